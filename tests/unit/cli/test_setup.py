"""`make setup` runs before anything is installed, so what it says must need nothing."""

import ast
import subprocess
import sys
from pathlib import Path

SETUP = Path(__file__).parents[3] / "cli" / "setup.py"


def test_a_python_that_is_too_old_is_a_sentence() -> None:
    pretend = f"import sys; sys.version_info = (3, 9, 2); exec(compile(open({str(SETUP)!r}).read(), 's', 'exec'))"
    # As a module of another name it would not run: `__name__` is "__main__" under -c.
    prelude = f"__file__ = {str(SETUP)!r}; "
    done = subprocess.run([sys.executable, "-c", prelude + pretend], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Relevo needs Python 3.11 or newer" in done.stderr
    assert "is 3.9" in done.stderr
    assert "make PYTHON=/path/to/python3" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_old_python_can_read_the_file() -> None:
    """A SyntaxError would come before the sentence."""
    ast.parse(SETUP.read_text(), feature_version=(3, 6))
