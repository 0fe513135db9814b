"""Every setting of the data API, from the environment."""

from pathlib import Path

from pydantic import Field
from relevo_contract.settings import ServiceSettings
from relevo_problems import registry


class Settings(ServiceSettings):
    """`relevo_datasets` and `data_dir` are searched, in this order, for the problem's data as published.

    `seed` fixes the simulated rows and, per group, which rows its successive requests get.
    """

    default_problem: str = Field(default_factory=lambda: registry.names()[0])
    relevo_datasets: Path | None = None
    data_dir: Path = Path("var/data")
    state_dir: Path = Path("var/datasource")
    rotate_seconds: float = Field(default=300.0, ge=0)
    simulated_rows: int = Field(default=100_000, ge=1_000, le=10_000_000)
    seed: int = 42
