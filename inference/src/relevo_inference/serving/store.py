"""Versions on disk, so that a restart can serve without the registry."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from relevo_inference.registry.versions import ModelVersion

_VERSION_FILE = "version.json"
_POINTER = "last-good.json"
_INCOMING = ".incoming-"


@dataclass(frozen=True)
class LastGood:
    """What was in production when it was last known, and since when (UTC)."""

    version: ModelVersion
    since: datetime


_version_json = TypeAdapter(ModelVersion)
_last_good_json = TypeAdapter(LastGood)


class ModelStore:
    """The versions of one problem below `root`. Every write is a rename, so workers may share the folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def find(self, version: ModelVersion) -> Path | None:
        """The folder of exactly this version, if it is kept."""
        folder = self._root / version.version
        try:
            kept = _version_json.validate_json((folder / _VERSION_FILE).read_bytes())
        except (OSError, ValidationError):
            return None
        return folder if kept == version else None

    def find_made_by(self, version: str, run_id: str) -> Path | None:
        """The folder of the version of this number, if it is the one that this MLflow run made."""
        folder = self._root / version
        try:
            kept = _version_json.validate_json((folder / _VERSION_FILE).read_bytes())
        except (OSError, ValidationError):
            return None
        return folder if kept.run_id == run_id else None

    def incoming(self) -> Path:
        """A new folder for files that are still to be checked."""
        return Path(tempfile.mkdtemp(prefix=_INCOMING, dir=self._root))

    def keep(self, incoming: Path, version: ModelVersion, *, most: int) -> None:
        """Makes `incoming` the folder of `version` and drops all but the `most` youngest."""
        (incoming / _VERSION_FILE).write_bytes(_version_json.dump_json(version))
        incoming.chmod(0o755)
        folder = self._root / version.version
        self.discard(folder)
        try:
            incoming.rename(folder)
        except OSError:
            # Another worker was faster with the same version; its copy is as good.
            self.discard(incoming)
        self._prune(most, version.version)

    def discard(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)

    def last_good(self) -> LastGood | None:
        try:
            return _last_good_json.validate_json((self._root / _POINTER).read_bytes())
        except (OSError, ValidationError):
            return None

    def point(self, last_good: LastGood) -> None:
        """Remembers what is in production."""
        with tempfile.NamedTemporaryFile(dir=self._root, prefix=_INCOMING, delete=False) as file:
            file.write(_last_good_json.dump_json(last_good))
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(self._root / _POINTER)

    def withdraw(self) -> None:
        """Forgets what was in production: nothing is, says the registry."""
        (self._root / _POINTER).unlink(missing_ok=True)

    def _prune(self, most: int, newest: str) -> None:
        pointed = self.last_good()
        # By time of arrival; but a clock that was set back must not make the one that just came the oldest.
        needed = {newest, pointed.version.version if pointed else newest}
        kept = sorted((f for f in self._root.iterdir() if f.name.isdecimal()), key=_arrival, reverse=True)
        for folder in kept[most:]:
            if folder.name not in needed:
                self.discard(folder)


def _arrival(folder: Path) -> float:
    try:
        return (folder / _VERSION_FILE).stat().st_mtime
    except OSError:
        return 0.0
