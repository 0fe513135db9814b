"""Starts model servers by forking a process that has imported everything: ready in a blink, killed without a word.

Run as a script it is that process: each line `PORT` on its input starts a server and answers with its pid.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import uvicorn
from support.processes import free_port, until


class Nursery:
    """Model servers with one state folder, one after the other, always at the same address."""

    def __init__(self, log: Path, **env: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), **env}
        self._pid = 0

    def __enter__(self) -> Self:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, __file__],
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._pid:
            self.kill()
        with self._process as process:
            assert process.stdin
            process.stdin.close()

    def start(self) -> None:
        """Returns when the server answers."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{self.port}\n")
        self._process.stdin.flush()
        self._pid = int(self._process.stdout.readline())
        until(lambda: httpx.get(f"{self.url}/readyz").is_success, "readiness")

    def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        self._pid = 0


def main() -> None:
    import relevo_inference.app  # noqa: F401 - so that the children have it
    import sqlalchemy.dialects.sqlite.pysqlite  # noqa: F401

    pid = 0
    for line in sys.stdin:
        if pid:
            os.waitpid(pid, 0)
        pid = os.fork()
        if not pid:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, sys.stdout.fileno())
            uvicorn.run("relevo_inference.app:create_app", factory=True, port=int(line), log_level="warning")
            return
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
    if pid:
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
