"""Every setting of the page, from the environment."""

from pydantic import Field, SecretStr
from relevo_contract.database import DatabaseUrl
from relevo_contract.settings import ServiceSettings


class Settings(ServiceSettings):
    """Field names are the environment variables' names in lower case.

    `airflow_url` and `mlflow_url` are shown to people as links, so they are addresses a browser can reach;
    `inference_url` and `clean_db_url` are used by this process only.
    """

    ui_host: str = "127.0.0.1"
    ui_port: int = Field(default=8503, ge=1, le=65535)
    # The path that a reverse proxy takes off before it hands a request on, such as /relevo.
    ui_root_path: str = Field(default="", pattern="^(/[^/?#]+)*$")
    inference_url: str = "http://127.0.0.1:8000"
    # Where the model server has API keys.
    inference_api_key: SecretStr | None = None
    clean_db_url: DatabaseUrl = SecretStr("sqlite:///var/clean.db")
    airflow_url: str = "http://127.0.0.1:8080"
    mlflow_url: str = "http://127.0.0.1:5000"
    # The problem that is shown first, and the one that is asked for while no model exists. Empty: the first.
    default_problem: str = ""
