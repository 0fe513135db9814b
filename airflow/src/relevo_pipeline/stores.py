"""The two databases of the pipeline, by URL."""

from dataclasses import dataclass

from relevo_contract.database import connect
from sqlalchemy import Engine

from relevo_pipeline.settings import Settings


@dataclass(frozen=True)
class Stores:
    """`raw` holds what was delivered and what was promised, `clean` the typed rows and the audit."""

    raw: Engine
    clean: Engine

    @classmethod
    def open(cls, settings: Settings) -> "Stores":
        return cls(
            raw=connect(settings.raw_db_url.get_secret_value(), bulk=True),
            clean=connect(settings.clean_db_url.get_secret_value(), bulk=True),
        )

    def close(self) -> None:
        self.raw.dispose()
        self.clean.dispose()
