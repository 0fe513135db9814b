"""How every service reads its settings from the environment."""

from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Fields are named like their environment variables, in lower case."""

    model_config = SettingsConfigDict(
        # An empty variable, as Compose passes on an unset one, is an unset one.
        env_ignore_empty=True,
        # A value that is refused may be a database's URL with its password.
        hide_input_in_errors=True,
        frozen=True,
    )


Settings = TypeVar("Settings", bound=ServiceSettings)


def load(settings: type[Settings]) -> Settings:
    """Read a service's settings when it starts.

    Raises:
        SystemExit: with a sentence that names each variable that is missing or wrong, and never its value.
    """
    try:
        return settings()
    except ValidationError as error:
        faults = "; ".join(f"{_variable(fault['loc'])}: {fault['msg']}" for fault in error.errors())
        raise SystemExit(f"These settings are missing or wrong: {faults}. Set them in the environment.") from None


def _variable(location: tuple[int | str, ...]) -> str:
    return str(location[0]).upper() if location else "several"
