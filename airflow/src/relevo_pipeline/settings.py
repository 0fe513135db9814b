"""Every setting of the pipeline, from the environment."""

from functools import cache
from importlib.metadata import version
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import NoDecode
from relevo_contract.data_api import PLACEHOLDER, Address, Special, address, special
from relevo_contract.database import DatabaseUrl
from relevo_contract.settings import ServiceSettings


class Settings(ServiceSettings):
    """Field names are the environment variables' names in lower case."""

    raw_db_url: DatabaseUrl = SecretStr("sqlite:///var/raw.db")
    clean_db_url: DatabaseUrl = SecretStr("sqlite:///var/clean.db")
    mlflow_tracking_uri: str = "http://127.0.0.1:5000"
    # `{problem}` in it stands for the problem's name.
    data_api_url: str = "http://127.0.0.1:8010"
    data_api_timeout_seconds: float = Field(default=60, gt=0)
    # Far above the 40 MB of the largest batch known; a body beyond it is an attack or a mistake.
    data_api_max_bytes: int = Field(default=256 * 2**20, ge=1)
    group_number: int = 1
    # What differs for single problems: `houses.day=Tuesday flowers.group_number=7`.
    data_api_settings: Annotated[Special, NoDecode] = Field(default_factory=dict)
    # Empty: every problem that is installed.
    problems: Annotated[tuple[str, ...], NoDecode] = ()
    # `manual`: DAGs run only when somebody triggers them.
    schedule: Literal["problem", "manual"] = "problem"
    # `manual`: a person approves or rejects every promotion, in Airflow.
    promotion: Literal["automatic", "manual"] = "automatic"
    # For each candidate; the pool `training` says how many train at once.
    training_threads: int = Field(default=1, ge=1)
    # How long each candidate's parameters are searched, and how many of them at most; 0 or 1: only the hand-picked.
    train_seconds: float = Field(default=60, ge=0)
    train_trials: int = Field(default=30, ge=1)
    seed: int = 20261121
    # For each model that is explained; a slow one is explained on fewer rows.
    explain_seconds: float = Field(default=15, gt=0)
    code_version: str = version("relevo-pipeline")

    @field_validator("problems", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("data_api_settings", mode="before")
    @classmethod
    def _by_problem(cls, value: object) -> object:
        return special(value) if isinstance(value, str) else value

    def data_api(self, problem: str) -> Address:
        """Where the data of `problem` is asked for. Raises `ValueError` where several would share one address."""
        if PLACEHOLDER not in self.data_api_url and "url" not in self.data_api_settings.get(problem, {}):
            sharing = [name for name in self.problems if "url" not in self.data_api_settings.get(name, {})]
            if len(sharing) > 1:
                raise ValueError(
                    f"{' and '.join(sharing)} would get the rows of one and the same problem: write {PLACEHOLDER} "
                    "into DATA_API_URL, or an url for each of them into DATA_API_SETTINGS"
                )
        return address(problem, self.data_api_url, self.group_number, self.data_api_settings)


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
