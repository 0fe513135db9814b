"""Every setting of the data API, from the environment."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode
from relevo_contract.settings import ServiceSettings
from relevo_problems import registry


class Settings(ServiceSettings):
    """Every one of `problems` is served below its name, `default_problem` also at the root.

    `relevo_datasets` and `data_dir` are searched, in this order, for the problems' data as published.

    `seed` fixes the simulated rows and, per group, which rows its successive requests get.
    """

    default_problem: str = Field(default_factory=lambda: registry.names()[0])
    relevo_datasets: Path | None = None
    data_dir: Path = Path("var/data")
    state_dir: Path = Path("var/datasource")
    # Empty: every problem that is installed.
    problems: Annotated[tuple[str, ...], NoDecode] = ()
    rotate_seconds: float = Field(default=300.0, ge=0)
    response_seconds: float = Field(default=0.0, ge=0, le=600)
    simulated_rows: int = Field(default=100_000, ge=1_000, le=10_000_000)
    seed: int = 42

    @field_validator("problems", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @property
    def served(self) -> tuple[str, ...]:
        """The names of the problems that are served, the default one first."""
        return tuple(dict.fromkeys((self.default_problem, *(self.problems or registry.names()))))
