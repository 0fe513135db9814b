"""`relevo`: what the Makefile calls."""

from pathlib import Path
from typing import Annotated

import typer
from relevo_problems import registry
from relevo_problems.definition import DefinitionError
from rich.console import Console

from relevo_cli import retrain as again
from relevo_cli import stack
from relevo_cli.data import DataError, download
from relevo_cli.demo.run import Demo, DemoError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
console = Console()

# Everything a command writes lies below this folder.
Var = Annotated[Path, typer.Option(envvar="RELEVO_VAR", show_default=True)]
VAR = Path("var")


def fail(sentence: object) -> typer.Exit:
    """End with a sentence instead of a traceback."""
    console.print(str(sentence), style="red", highlight=False, markup=False, soft_wrap=True)
    return typer.Exit(1)


@app.command()
def data(var: Var = VAR) -> None:
    """Download the public data of every problem into var/data."""
    try:
        for problem in map(registry.load, registry.names()):
            if problem.dataset is not None and not problem.dataset.archive_url:
                console.print(
                    f"{problem.dataset.title} is not to be downloaded: put {problem.dataset.published} into "
                    f"{var / 'data'} yourself, or into the folder that RELEVO_DATASETS names.",
                    highlight=False,
                    soft_wrap=True,
                )
            elif problem.dataset is not None:
                download(problem, var / "data")
    except (DataError, DefinitionError) as error:
        raise fail(error) from None


@app.command()
def demo(
    problem: Annotated[str, typer.Option(envvar="PROBLEM")] = "covertype",
    problems: Annotated[str, typer.Option(envvar="PROBLEMS", help="Several, with commas between.")] = "",
    runs: Annotated[int, typer.Option(envvar="RUNS", min=1)] = 3,
    once: Annotated[bool, typer.Option(envvar="ONCE")] = False,
    var: Var = VAR,
) -> None:
    """Run the stack as plain processes, do the first runs, and keep serving until Ctrl-C."""
    try:
        wanted = list(dict.fromkeys(filter(None, map(str.strip, problems.split(","))))) or [problem]
        for name in wanted:
            registry.load(name)
        Demo(console, var, wanted).run(runs, keep_serving=not once)
    except (DemoError, stack.StackError, registry.UnknownProblemError, DefinitionError) as error:
        raise fail(error) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


Problem = Annotated[str, typer.Option(envvar="PROBLEM")]
Reason = Annotated[str, typer.Option(envvar="REASON", help="For the record.")]


@app.command()
def promote(
    problem: Problem = "",
    version: Annotated[str, typer.Option(envvar="VERSION")] = "",
    reason: Reason = "",
    var: Var = VAR,
) -> None:
    """Put a registered version into production."""
    wanted = {"PROBLEM": problem, "VERSION": version, "REASON": reason}
    _operate("promote", wanted, var)


@app.command()
def rollback(problem: Problem = "", reason: Reason = "", var: Var = VAR) -> None:
    """Put the version back into production that was there before."""
    wanted = {"PROBLEM": problem, "REASON": reason}
    _operate("rollback", wanted, var)


@app.command()
def retrain(
    problem: Problem = "",
    version: Annotated[str, typer.Option(envvar="VERSION")] = "",
    var: Var = VAR,
) -> None:
    """Train a registered version again from the database and compare its answers; nothing is registered."""
    _check("retrain", {"PROBLEM": problem, "VERSION": version})
    try:
        code = again.retrain(console, var, problem, version)
    except stack.StackError as error:
        raise fail(error) from None
    if code:
        raise typer.Exit(code)


def _check(action: str, wanted: dict[str, str]) -> None:
    if missing := [name for name, value in wanted.items() if not value.strip()]:
        example = " ".join(f'{name}="…"' for name in wanted)
        raise fail(f"Missing: {', '.join(missing)}. Say: make {action} {example}")


def _operate(action: str, wanted: dict[str, str], var: Path) -> None:
    _check(action, wanted)
    options = [f"--{name.lower()}={value}" for name, value in wanted.items()]
    try:
        code = stack.pipeline(var, "relevo_pipeline.operate", [action, *options])
    except stack.StackError as error:
        raise fail(error) from None
    if code:
        raise typer.Exit(code)


if __name__ == "__main__":
    app()
