"""How every service reads its settings from the environment."""

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
