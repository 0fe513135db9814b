"""Every setting of the page, from the environment."""

from pydantic import Field, SecretStr
from relevo_contract.database import DatabaseUrl
from relevo_contract.settings import ServiceSettings


class Settings(ServiceSettings):
    """Field names are the environment variables' names in lower case.

    `airflow_url`, `mlflow_url` and `inference_public_url` are shown to people, so they are addresses that they can
    reach; `inference_url`, `mlflow_tracking_uri` and `clean_db_url` are used by this process only.
    """

    ui_host: str = "127.0.0.1"
    ui_port: int = Field(default=8503, ge=1, le=65535)
    # The path that a reverse proxy takes off before it hands a request on, such as /relevo.
    ui_root_path: str = Field(default="", pattern="^(/[^/?#]+)*$")
    inference_url: str = "http://127.0.0.1:8000"
    # Stands in the requests that people copy. Empty: `inference_url`.
    inference_public_url: str = ""
    # Where the model server has API keys.
    inference_api_key: SecretStr | None = None
    clean_db_url: DatabaseUrl = SecretStr("sqlite:///var/clean.db")
    airflow_url: str = "http://127.0.0.1:8080"
    mlflow_url: str = "http://127.0.0.1:5000"
    # Where the page reads what each column counts in a version. Empty: `mlflow_url`.
    mlflow_tracking_uri: str = ""
    # The problem that is shown first, and the one that is asked for while no model exists. Empty: the first.
    default_problem: str = ""
