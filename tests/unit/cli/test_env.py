"""`.env`: fresh secrets, nothing that is there is lost, and every wrong state has its sentence."""

import base64
import os
import re
import stat
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from relevo_cli import env

ROOT = Path(__file__).parents[3]
EXAMPLE = """\
# The port.
PORT=8080

# Who signs in.
# generated
PASSWORD=
# generated: long
SIGNATURE=
# generated: fernet key
KEY=
SERVER_IMAGE=server:2
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".env.example").write_text(EXAMPLE)
    return tmp_path


def values(root: Path) -> dict[str, str]:
    return {setting.name: setting.value for setting in env.parse((root / ".env").read_text(), ".env")}


def run(root: Path, *arguments: str) -> int:
    return env.main(["--root", str(root), *arguments])


def test_a_new_file_has_every_setting_and_fresh_secrets(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root) == 0
    found = values(root)
    assert list(found) == ["PORT", "PASSWORD", "SIGNATURE", "KEY", "SERVER_IMAGE"]
    assert found["PORT"] == "8080"
    assert re.fullmatch("[A-Za-z0-9]{32}", found["PASSWORD"])
    assert re.fullmatch("[A-Za-z0-9]{64}", found["SIGNATURE"])
    assert len(base64.urlsafe_b64decode(found["KEY"])) == 32
    printed = capsys.readouterr().out
    assert printed == "env: wrote .env with 3 fresh secrets\n"
    assert stat.S_IMODE((root / ".env").stat().st_mode) == 0o600
    assert sorted(path.name for path in root.iterdir()) == [".env", ".env.example"]


def test_two_files_share_no_secret(root: Path) -> None:
    run(root)
    first = values(root)
    (root / ".env").unlink()
    run(root)
    second = values(root)
    assert not {first[name] for name in ("PASSWORD", "SIGNATURE", "KEY")} & set(second.values())


def test_a_file_that_is_complete_stays_as_it_is(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(root)
    before = ((root / ".env").read_bytes(), (root / ".env").stat().st_mtime_ns)
    capsys.readouterr()
    assert run(root) == 0
    assert ((root / ".env").read_bytes(), (root / ".env").stat().st_mtime_ns) == before
    assert capsys.readouterr().out == ""


def test_what_is_missing_is_added_and_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = "# mine\nPORT='81' \nPASSWORD=chosen\nEXTRA=kept # note\nSERVER_IMAGE=server:2"
    (root / ".env").write_text(mine)
    assert run(root) == 0
    text = (root / ".env").read_text()
    assert text.startswith(mine + "\n")
    found = values(root)
    assert (found["PORT"], found["PASSWORD"], found["EXTRA"]) == ("81", "chosen", "kept")
    assert len(found["SIGNATURE"]) == 64
    printed = capsys.readouterr().out
    assert printed == "env: added what is new in .env.example: SIGNATURE, KEY\n"
    assert found["SIGNATURE"] not in printed


def test_a_copy_of_the_example_gets_its_secrets(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / ".env").write_text(EXAMPLE)
    assert run(root) == 0
    assert all(values(root).values())
    assert "filled in what was empty: PASSWORD, SIGNATURE, KEY" in capsys.readouterr().out
    assert "# Who signs in.\n# generated\nPASSWORD=" in (root / ".env").read_text()


def test_an_older_pin_is_kept_and_told(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(root)
    (root / ".env").write_text((root / ".env").read_text().replace("server:2", "server:1"))
    capsys.readouterr()
    assert run(root) == 0
    assert values(root)["SERVER_IMAGE"] == "server:1"
    assert capsys.readouterr().out == "env: left SERVER_IMAGE at server:1; .env.example has server:2\n"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("PORT=1\nhunter2 secret\n", ".env, line 2: this is no NAME=value"),
        (b"PORT=\xff\xfe\n", "it is no UTF-8 text"),
        (None, "cannot be read (Is a directory)"),
    ],
    ids=["a line", "bytes", "a folder"],
)
def test_a_file_that_cannot_be_used_is_left_alone(
    root: Path, capsys: pytest.CaptureFixture[str], wrong: str | bytes | None, sentence: str
) -> None:
    path = root / ".env"
    if wrong is None:
        path.mkdir()
    else:
        path.write_bytes(wrong if isinstance(wrong, bytes) else wrong.encode())
    assert run(root) == 1
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert "hunter2" not in printed.err + printed.out
    assert path.is_dir() or path.read_bytes() == (wrong if isinstance(wrong, bytes) else str(wrong).encode())


def test_without_the_example_there_is_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path) == 1
    assert ".env.example is missing. `git checkout .env.example` brings it back." in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_a_sentence(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / ".env").symlink_to(root / "gone" / ".env")
    assert run(root) == 1
    assert "cannot be written (No such file or directory)" in capsys.readouterr().err


def test_a_link_to_the_file_stays_a_link(root: Path) -> None:
    (root / "kept").mkdir()
    (root / "kept" / "env").write_text("PORT=81\n")
    (root / ".env").symlink_to(root / "kept" / "env")
    assert run(root) == 0
    assert (root / ".env").is_symlink()
    assert "PASSWORD=" in (root / "kept" / "env").read_text()


def test_links_say_where_passwords_stand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".env.example").write_text((ROOT / ".env.example").read_text())
    run(tmp_path)
    capsys.readouterr()
    before = (tmp_path / ".env").read_bytes()
    secrets = [value for name, value in values(tmp_path).items() if name.endswith("PASSWORD") and value]

    assert run(tmp_path, "--links") == 0
    plain = capsys.readouterr().out
    assert "http://localhost:8503" in plain
    assert "user admin, password: AIRFLOW_ADMIN_PASSWORD in .env" in plain
    assert not [secret for secret in secrets if secret in plain]

    assert run(tmp_path, "--links", "--show") == 0
    assert f"user admin, password: {values(tmp_path)['AIRFLOW_ADMIN_PASSWORD']}" in capsys.readouterr().out
    assert (tmp_path / ".env").read_bytes() == before


def test_links_name_what_else_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    example = (ROOT / ".env.example").read_text()
    (tmp_path / ".env.example").write_text(example)
    run(tmp_path)
    assert run(tmp_path, "--links") == 0
    assert not re.search("Flower|JupyterLab|Locust", capsys.readouterr().out)
    made = (tmp_path / ".env").read_text()
    (tmp_path / ".env").write_text(made.replace("COMPOSE_PROFILES=", "COMPOSE_PROFILES=lab, loadtest"))
    assert run(tmp_path, "--links") == 0
    assert re.findall("Flower|JupyterLab|Locust", capsys.readouterr().out) == ["JupyterLab", "Locust"]


def test_links_need_the_file(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "--links") == 1
    assert "There is no .env yet. `make env` writes it." in capsys.readouterr().err
    assert not (root / ".env").exists()


def test_it_runs_by_its_path_with_nothing_installed(root: Path) -> None:
    command = [sys.executable, "-I", "-S", str(ROOT / "cli/src/relevo_cli/env.py"), "--root", str(root)]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.defpath}, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(values(root)["PASSWORD"]) == 32


# Secrets that somebody else has made: nothing is generated, and there is no default either.
ELSEWHERE = {"ALERT_SMTP_PASSWORD"}


def test_what_is_secret_is_generated_and_has_no_default() -> None:
    settings = env.parse((ROOT / ".env.example").read_text(), ".env.example")
    names = [setting.name for setting in settings]
    assert len(set(names)) == len(names)
    secret = re.compile(r"PASSWORD|SECRET|_KEY$")
    for setting in settings:
        is_secret = bool(secret.search(setting.name))
        assert is_secret == (bool(setting.generate) or setting.name in ELSEWHERE), setting.name
        if is_secret:
            assert setting.value == "", setting.name


def test_compose_and_the_example_know_the_same_settings() -> None:
    used = set()
    for file in ("compose.yaml", "compose.override.yaml"):
        lines = [line for line in (ROOT / file).read_text().splitlines() if not line.lstrip().startswith("#")]
        used |= set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", "\n".join(lines)))
    names = {setting.name for setting in env.parse((ROOT / ".env.example").read_text(), ".env.example")}
    # Which services there are is for Compose itself.
    assert used | {"COMPOSE_PROFILES"} == names


NAMES = st.text(string.ascii_uppercase + "_", min_size=1, max_size=12)
VALUES = st.text(string.ascii_letters + string.digits + "=/:.-_", max_size=20)


@given(theirs=st.dictionaries(NAMES, VALUES, max_size=8))
def test_whatever_has_a_value_keeps_it(theirs: dict[str, str]) -> None:
    existing = "".join(f"{name}={value}\n" for name, value in theirs.items())
    text, _ = env.update(EXAMPLE, existing)
    after = {setting.name: setting.value for setting in env.parse(text, ".env")}
    assert {name: after[name] for name, value in theirs.items() if value} == {k: v for k, v in theirs.items() if v}
    assert {"PORT", "PASSWORD", "SIGNATURE", "KEY", "SERVER_IMAGE"} <= set(after)
    assert env.update(EXAMPLE, text)[0] == text
