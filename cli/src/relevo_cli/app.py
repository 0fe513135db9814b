"""`relevo`: what the Makefile calls."""

from pathlib import Path
from typing import Annotated

import typer
from relevo_problems import registry
from rich.console import Console

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
        for name in registry.names():
            download(registry.load(name), var / "data")
    except DataError as error:
        raise fail(error) from None


@app.command()
def demo(
    problem: Annotated[str, typer.Option(envvar="PROBLEM")] = "covertype",
    runs: Annotated[int, typer.Option(envvar="RUNS", min=1)] = 3,
    once: Annotated[bool, typer.Option(envvar="ONCE")] = False,
    var: Var = VAR,
) -> None:
    """Run the stack as plain processes, do the first runs, and keep serving until Ctrl-C."""
    try:
        registry.load(problem)
        Demo(console, var, problem).run(runs, keep_serving=not once)
    except (DemoError, registry.UnknownProblemError) as error:
        raise fail(error) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


if __name__ == "__main__":
    app()
