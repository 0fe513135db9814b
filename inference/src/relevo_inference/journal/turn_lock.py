"""Which of several processes ships, and what it has to say."""

import fcntl
from contextlib import suppress
from pathlib import Path
from typing import IO


class TurnLock:
    """A locked file: the operating system frees it when its holder dies, however it does.

    Its text is what is wrong with shipping, for the processes that do not ship: each may be asked for it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None
        self._text: str | None = None

    def hold(self) -> bool:
        """Whether it is on this process to ship."""
        if self._file is not None:
            return True
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def say(self, error: str | None) -> None:
        """Leaves it for the others, if this process ships."""
        text = error or ""
        if self._file is None or text == self._text:
            return
        # A full disk keeps others from knowing, and nothing else.
        with suppress(OSError):
            self._file.truncate(0)
            self._file.write(text)
            self._file.flush()
            self._text = text

    def said(self) -> str | None:
        """What another process that ships has left; None when all is well, or when this one ships."""
        if self._file is None:
            with suppress(OSError):
                return self._path.read_text() or None
        return None

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
