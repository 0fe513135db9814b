"""Every setting of the model server, read from the environment."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_settings import NoDecode
from relevo_contract.database import DatabaseUrl
from relevo_contract.settings import ServiceSettings

# A problem's name becomes part of paths and of registry queries.
_PROBLEM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")


class Settings(ServiceSettings):
    """Read once, when the app is created; a missing or wrong value stops the start with its name."""

    mlflow_tracking_uri: str
    default_problem: str
    problems: Annotated[tuple[str, ...], NoDecode] = ()
    state_dir: Path = Path("var/inference")
    # Without it predictions stay in the outbox until a database is named.
    raw_db_url: DatabaseUrl | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    alias_max_age_ms: float = Field(default=100, ge=0)
    registry_timeout_seconds: float = Field(default=1.0, gt=0)
    # The pause after a failed look-up: the first value, doubled up to the second.
    registry_backoff_seconds: float = Field(default=0.2, gt=0)
    registry_backoff_max_seconds: float = Field(default=2.0, gt=0)
    # How often the aliases are looked up without any request, to load what comes next ahead of time.
    refresh_seconds: float = Field(default=2.0, gt=0)
    load_timeout_seconds: float = Field(default=10.0, gt=0)
    load_retry_seconds: float = Field(default=5.0, gt=0)
    # Of each problem, in memory and on disk; and what the versions in memory may take together in each process, in
    # MiB of their graphs' files. What is in production stays in any case.
    versions_kept: int = Field(default=3, ge=2)
    models_max_mb: float = Field(default=256, gt=0)

    max_body_bytes: int = Field(default=2 * 1024 * 1024, gt=0)
    max_rows: int = Field(default=5000, gt=0)
    # Up to this many rows run on the event loop: a thread costs more than they do.
    inline_rows: int = Field(default=64, ge=1)

    # An explanation computes about a thousand answers, in a thread of its own: how many of these each process has,
    # how many requests may wait for one (503 beyond), and how long each may take in all (504 after).
    explain_threads: int = Field(default=1, ge=1)
    explain_waiting: int = Field(default=16, ge=0)
    explain_request_seconds: float = Field(default=5.0, gt=0)

    # Of the rows that are answered this share is also put to the challenger, behind the answer's back; so many may
    # wait for it, and what comes meanwhile is not.
    shadow_share: float = Field(default=0.0, ge=0, le=1)
    shadow_waiting: int = Field(default=1000, ge=1)

    # As many of the latest rows of each problem are compared with the training rows.
    drift_rows: int = Field(default=1000, ge=1)

    # How long a request's body may take to come.
    body_timeout_seconds: float = Field(default=10.0, gt=0)
    # Without keys everybody may ask. `name:hash,name:hash`, from `python -m relevo_inference.api_keys NAME`.
    api_keys: Annotated[Mapping[str, str], NoDecode] = {}
    # How often each key may ask, in each process; without it as often as it likes.
    api_key_requests_per_second: float | None = Field(default=None, gt=0)
    # Pages of these origins may ask from a browser, such as https://app.example.org.
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()

    # FULL also survives a power cut, for one fsync a commit; NORMAL survives every death of the process.
    outbox_synchronous: Literal["NORMAL", "FULL"] = "NORMAL"
    # How much may wait on disk for the database, in MiB (one prediction takes about half a KiB), and what to do
    # with a prediction that cannot be written down: refuse it with 503, or answer it and forget it.
    outbox_max_mb: int = Field(default=2048, ge=1)
    outbox_when_full: Literal["refuse", "drop"] = "refuse"
    ship_seconds: float = Field(default=1.0, gt=0)

    @field_validator("mlflow_tracking_uri")
    @classmethod
    def _is_http(cls, uri: str) -> str:
        if not uri.startswith(("http://", "https://")):
            raise ValueError("the model server reads from a tracking server: give its http:// or https:// URL")
        return uri.rstrip("/")

    @field_validator("api_keys", mode="before")
    @classmethod
    def _named_hashes(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [entry.strip().partition(":") for entry in value.split(",") if entry.strip()]
        if not all(name and re.fullmatch("[0-9a-f]{64}", digest) for name, _, digest in pairs):
            raise ValueError("give name:hash with commas between; python -m relevo_inference.api_keys makes them")
        return {name: digest for name, _, digest in pairs}

    @field_validator("problems", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _names_are_sane(self) -> Self:
        for name in self.served_problems:
            if not _PROBLEM_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a problem: use letters, digits, '_' and '-'")
        return self

    @property
    def outbox_path(self) -> Path:
        return self.state_dir / "outbox.db"

    @property
    def served_problems(self) -> tuple[str, ...]:
        """The default problem first, each once."""
        return tuple(dict.fromkeys((self.default_problem, *self.problems)))
