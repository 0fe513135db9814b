"""What is written down once and never changed."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Frozen, and read strictly: a field that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
