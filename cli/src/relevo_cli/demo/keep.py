"""`python -m relevo_cli.demo.keep NAME COMMAND…`: run a service so that its end is not the end of the others.

honcho ends everything when one process ends. That is right while the stack starts, and wrong afterwards: the model
server is there to go on when the registry is gone.
"""

import signal
import subprocess
import sys
import time

START_SECONDS = 45


def main(name: str, command: list[str]) -> int:
    """Returns the service's exit code if it ended while it was starting; otherwise waits to be ended itself."""
    started = time.monotonic()
    asked_to_end: list[int] = []
    # honcho signals the whole group, so the service has its own copy of the signal: only wait for it.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked_to_end.append(number))
    code = subprocess.call(command)  # noqa: S603 - the Procfile's own commands
    if asked_to_end:
        return code
    if time.monotonic() - started < START_SECONDS:
        return code or 1
    print(f"{name} ended with code {code}. The others keep running.", flush=True)  # noqa: T201
    while not asked_to_end:
        signal.pause()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
