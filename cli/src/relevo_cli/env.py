"""Write `.env`: every setting of `.env.example`, the secrets among them fresh and random.

Runs by its path with any Python from 3.8 on and nothing installed, since it comes before everything else.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import secrets
import string
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[3]
ASSIGNMENT = re.compile(r"^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$")
GENERATED = re.compile(r"^# generated(?:: (.*))?$")
PINS = ("_IMAGE", "_VERSION")


def _text(length: int) -> str:
    """Letters and digits only: secrets become parts of URLs, where other characters would need escaping."""
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def _fernet_key() -> str:
    """What `cryptography.fernet.Fernet` takes: 32 random bytes in URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


GENERATORS: dict[str | None, Callable[[], str]] = {
    None: lambda: _text(32),
    # HMAC-SHA512 wants a key of at least 64 bytes.
    "long": lambda: _text(64),
    "fernet key": _fernet_key,
}


class EnvError(Exception):
    """Something is wrong with one of the files; the message says what to do about it."""


class Setting(NamedTuple):
    """One `NAME=value` line and the comments right above it. `generate` is there for a secret."""

    name: str
    value: str
    comments: list[str]
    generate: Callable[[], str] | None


def parse(text: str, file: str) -> list[Setting]:
    """The settings of a dotenv file, in order. Errors never quote a line: it may be a secret."""
    found: list[Setting] = []
    comments: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if stripped.startswith("#"):
            comments.append(stripped)
        elif not stripped:
            comments = []
        else:
            match = ASSIGNMENT.match(stripped)
            if match is None:
                raise EnvError(f"{file}, line {number}: this is no NAME=value. Correct or remove the line.")
            found.append(Setting(match[1], _unquoted(match[2]), comments, _generator(comments, file, number)))
            comments = []
    return found


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    # As compose reads it: behind a blank, # begins a comment.
    return re.split(r"(?:^|\s)#", value, maxsplit=1)[0].rstrip()


def _generator(comments: list[str], file: str, number: int) -> Callable[[], str] | None:
    marks = [match for match in map(GENERATED.match, comments) if match]
    if not marks:
        return None
    kind = marks[-1][1]
    if kind not in GENERATORS:
        raise EnvError(f"{file}, line {number}: nobody knows how to generate a {kind!r}.")
    return GENERATORS[kind]


def filled(text: str, secrets_by_name: dict[str, str]) -> str:
    """`text` with the values of the named settings put in, everything else as it was."""
    lines = text.splitlines()
    for position, line in enumerate(lines):
        match = ASSIGNMENT.match(line.strip())
        if match and match[1] in secrets_by_name:
            lines[position] = f"{match[1]}={secrets_by_name[match[1]]}"
    return "\n".join(lines) + "\n"


def update(example: str, existing: str | None) -> tuple[str, list[str]]:
    """The text of `.env` and, in sentences, what is new in it. What has a value in `existing` keeps it."""
    wanted = parse(example, ".env.example")
    if existing is None:
        fresh = {s.name: s.generate() for s in wanted if s.generate and not s.value}
        return filled(example, fresh), [f"wrote .env with {len(fresh)} fresh secrets"]

    present = {setting.name: setting.value for setting in parse(existing, ".env")}
    # Compose refuses an empty value where .env.example has one.
    empty = {
        s.name: s.generate() if s.generate else s.value
        for s in wanted
        if (s.generate or s.value) and present.get(s.name) == ""
    }
    missing = [s for s in wanted if s.name not in present]
    text = filled(existing, empty) if empty else existing
    notes = []
    if empty:
        notes.append(f"filled in what was empty: {', '.join(empty)}")
    if missing:
        notes.append(f"added what is new in .env.example: {', '.join(s.name for s in missing)}")
        text = text.rstrip("\n") + "\n" + "".join(_block(s) for s in missing)
    notes += [
        f"left {s.name} at {present[s.name]}; .env.example has {s.value}"
        for s in wanted
        if s.name.endswith(PINS) and present.get(s.name, s.value) != s.value
    ]
    return text, notes


def _block(setting: Setting) -> str:
    value = setting.generate() if setting.generate and not setting.value else setting.value
    return "\n" + "".join(f"{comment}\n" for comment in setting.comments) + f"{setting.name}={value}\n"


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise EnvError(f"{path} cannot be read ({_reason(error)}). Move it away or make it readable.") from error


def _write(path: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner only."""
    target = Path(os.path.realpath(path))
    draft = target.with_name(f"{target.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        draft.replace(target)
    except OSError as error:
        message = f"{path} cannot be written ({_reason(error)}). Make its folder writable."
        raise EnvError(message) from error


def _reason(error: Exception) -> str:
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else "it is no UTF-8 text"


def links(values: dict[str, str], show: bool) -> list[str]:
    """Where to go once the stack is up; `show` prints the passwords instead of where they stand."""

    def local(port: str) -> str:
        return f"http://localhost:{values.get(port, '')}"

    def login(user: str, password: str) -> str:
        shown = values.get(password, "") if show else f"{password} in .env"
        return f"   user {values.get(user, '')}, password: {shown}"

    profiles = {name.strip() for name in values.get("COMPOSE_PROFILES", "").split(",")}
    airflow = values.get("AIRFLOW_URL") or local("AIRFLOW_PORT")
    always = [
        f"  page          {local('UI_PORT')}   operator's password: "
        + (values.get("OPERATOR_PASSWORD", "") if show else "OPERATOR_PASSWORD in .env"),
        f"  Airflow       {airflow}" + login("AIRFLOW_ADMIN_USER", "AIRFLOW_ADMIN_PASSWORD"),
        f"  MLflow        {values.get('MLFLOW_URL') or local('MLFLOW_PORT')}",
        f"  model server  {local('INFERENCE_PORT')}/docs",
        f"  data API      {local('DATASOURCE_PORT')}",
        f"  Grafana       {local('GRAFANA_PORT')}" + login("GRAFANA_ADMIN_USER", "GRAFANA_ADMIN_PASSWORD"),
        f"  Prometheus    {local('PROMETHEUS_PORT')}",
        f"  Alertmanager  {local('ALERTMANAGER_PORT')}",
    ]

    def word(name: str) -> str:
        return values.get(name, "") if show else f"{name} in .env"

    more = {
        "tools": [
            f"  Flower        {local('FLOWER_PORT')}   user operator, password: {word('FLOWER_PASSWORD')}",
            f"  Adminer       {local('ADMINER_PORT')}   servers clean-db and raw-db, user reader, password: "
            + word("READER_DB_PASSWORD"),
        ],
        "lab": [f"  JupyterLab    {local('LAB_PORT')}   password: {word('LAB_PASSWORD')}"],
        "loadtest": [
            f"  Locust        {local('LOADTEST_PORT')}   user operator, password: {word('LOADTEST_PASSWORD')}"
        ],
    }
    return always + [line for profile, lines in more.items() if profiles & {profile, "*"} for line in lines]


def run(root: Path, only_links: bool, show: bool) -> list[str]:
    """Bring `root`/.env up to date or, with `only_links`, leave it alone; returns the lines to print."""
    path = root / ".env"
    existing = _read(path)
    if only_links:
        if existing is None:
            raise EnvError("There is no .env yet. `make env` writes it.")
        return links({s.name: s.value for s in parse(existing, ".env")}, show)
    example = _read(root / ".env.example")
    if example is None:
        raise EnvError(f"{root / '.env.example'} is missing. `git checkout .env.example` brings it back.")
    text, notes = update(example, existing)
    if text != existing:
        _write(path, text)
    return [f"env: {note}" for note in notes]


def main(arguments: list[str] | None = None) -> int:
    """The command line. Exit code 1 when something is wrong with the files."""
    parser = argparse.ArgumentParser(prog="env", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--links", action="store_true", help="print where the services are; write nothing")
    parser.add_argument("--show", action="store_true", help="with --links: print the passwords too")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds .env.example and .env")
    options = parser.parse_args(arguments)
    try:
        lines = run(options.root, options.links, options.show)
    except EnvError as error:
        sys.stderr.write(f"env: {error}\n")
        return 1
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
