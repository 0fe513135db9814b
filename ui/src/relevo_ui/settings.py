"""Every setting of the page, from the environment."""

from typing import Self

from pydantic import Field, SecretStr, field_validator, model_validator
from relevo_contract.data_api import Address, address, special
from relevo_contract.database import DatabaseUrl
from relevo_contract.settings import ServiceSettings


class Settings(ServiceSettings):
    """Field names are the environment variables' names in lower case.

    Those of the first group are shown to people as links, so they are addresses a browser can reach; the others are
    used by this process only. An `…_api_url` that is empty is the same as its link.
    """

    airflow_url: str = "http://127.0.0.1:8080"
    mlflow_url: str = "http://127.0.0.1:5000"
    # The model server's stands in the requests that people copy. Empty: as this process reaches them.
    inference_public_url: str = ""
    data_api_public_url: str = ""
    # Empty: there is none.
    prometheus_url: str = ""
    grafana_url: str = ""

    ui_host: str = "127.0.0.1"
    ui_port: int = Field(default=8503, ge=1, le=65535)
    # The path that a reverse proxy takes off before it hands a request on, such as /relevo.
    ui_root_path: str = Field(default="", pattern="^(/[^/?#]+)*$")
    inference_url: str = "http://127.0.0.1:8000"
    # Where the model server has API keys.
    inference_api_key: SecretStr | None = None
    clean_db_url: DatabaseUrl = SecretStr("sqlite:///var/clean.db")
    raw_db_url: DatabaseUrl = SecretStr("sqlite:///var/raw.db")
    airflow_api_url: str = ""
    airflow_api_user: str = "page"
    # Without it the page cannot start runs, nor see their tasks.
    airflow_api_password: SecretStr | None = None
    # What each column counts in a version is read here, too.
    mlflow_tracking_uri: str = ""
    prometheus_api_url: str = ""
    grafana_api_url: str = ""
    # As the pipeline has them.
    data_api_url: str = "http://127.0.0.1:8010"
    group_number: int = 1
    data_api_settings: str = ""
    # Without it nothing can be operated from the page.
    operator_password: SecretStr | None = None
    # Whether nobody sees the page without a password: this one, or the operator's.
    page_login: bool = False
    page_password: SecretStr | None = None
    # The problem that is shown first, and the one that is asked for while no model exists. Empty: the first.
    default_problem: str = ""

    @field_validator("data_api_settings")
    @classmethod
    def _readable(cls, value: str) -> str:
        special(value)
        return value

    @model_validator(mode="after")
    def _can_be_entered(self) -> Self:
        if self.page_login and not self.passwords:
            raise ValueError("PAGE_LOGIN needs PAGE_PASSWORD or OPERATOR_PASSWORD")
        return self

    @property
    def passwords(self) -> tuple[SecretStr, ...]:
        """Those that open the page."""
        return tuple(password for password in (self.page_password, self.operator_password) if password)

    def data_api(self, problem: str) -> Address:
        """Where the data of `problem` is asked for, and with what."""
        return address(problem, self.data_api_url, self.group_number, special(self.data_api_settings))
