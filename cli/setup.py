"""Prepare .venv from the lock: `make setup`. Plain Python, since it runs before anything is installed."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
BOOTSTRAP = os.path.join(ROOT, "var", "uv")
STAMP = os.path.join(VENV, "relevo-setup")
MINIMUM = (3, 11)
INPUTS = ["uv.lock", "pyproject.toml"] + [
    os.path.join(member, "pyproject.toml")
    for member in (
        "airflow",
        "cli",
        "contract",
        "datasource",
        "inference",
        "lab",
        "loadtest",
        "mlflow",
        "problems",
        "ui",
    )
]


def main():
    if sys.version_info < MINIMUM:
        sys.exit(
            "Relevo needs Python %d.%d or newer, and `%s` is %d.%d. Name another one: make PYTHON=/path/to/python3"
            % (MINIMUM + (sys.executable,) + tuple(sys.version_info[:2]))
        )
    state = fingerprint()
    if read(STAMP) == state:
        return
    uv = find_uv()
    print("Installing what uv.lock names into .venv (some minutes the first time) ...", flush=True)
    environment = dict(os.environ, UV_PYTHON_DOWNLOADS="never", UV_PROJECT_ENVIRONMENT=VENV)
    environment.pop("VIRTUAL_ENV", None)
    # Bytecode now, once: every process of the stack then starts seconds earlier.
    command = [
        uv,
        "sync",
        "--frozen",
        "--all-packages",
        "--compile-bytecode",
        "--quiet",
        "--python",
        sys.executable,
    ]
    if subprocess.call(command, cwd=ROOT, env=environment) != 0:
        sys.exit("The packages could not be installed; uv's words above say why. Is there a network connection?")
    with open(STAMP, "w", encoding="ascii") as stamp:
        stamp.write(state)


def find_uv():
    """uv from the PATH, or a copy of our own that pip brings into var/uv."""
    found = shutil.which("uv")
    if found:
        return found
    own = os.path.join(BOOTSTRAP, "bin", "uv")
    if not os.path.exists(own):
        try:
            venv.create(BOOTSTRAP, with_pip=True, clear=True)
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit("Python's venv does not work here (%s). On Debian: apt-get install python3-venv" % error)
        pip = [os.path.join(BOOTSTRAP, "bin", "python"), "-m", "pip", "install", "--quiet", "uv"]
        if subprocess.call(pip) != 0:
            sys.exit("uv could not be installed; pip's words above say why. Is there a network connection?")
    return own


def fingerprint():
    """Changes whenever another interpreter or another lock would give another environment."""
    digest = hashlib.sha256(sys.version.encode())
    for name in INPUTS:
        digest.update(read(os.path.join(ROOT, name)).encode())
    return digest.hexdigest()


def read(path):
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    main()
