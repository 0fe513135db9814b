"""Least privilege on MySQL: who may do what besides the pipeline, which owns its databases."""

from pydantic import SecretStr
from relevo_contract.database import DatabaseUrl
from relevo_contract.settings import ServiceSettings
from sqlalchemy import Engine, text

# What the model server may do, table by table; it may change and delete nothing, and not read what people sent
# (docs/decisions.md says what it reads the rest for).
_ALL_BUT_WHAT_PEOPLE_SENT = "prediction_id, request_id, problem, version, run_id, output, status, predicted_at"
INFERENCE_MAY = {
    "predictions": f"INSERT, SELECT ({_ALL_BUT_WHAT_PEOPLE_SENT})",
    "promotions": "INSERT, SELECT",
    "feedback": "INSERT, SELECT",
    "shadow_predictions": "INSERT",
}
# What the dashboards show. Whoever may look at Grafana can send any query by way of its data sources, so rows of
# data and what people sent are out of their reach.
GRAFANA_MAY = {"raw": ("promotions",), "clean": ("runs",)}


class Grants(ServiceSettings):
    """The administrators' URLs and the users to make; without them nothing is granted (SQLite has no users)."""

    raw_db_admin_url: DatabaseUrl | None = None
    clean_db_admin_url: DatabaseUrl | None = None
    inference_db_user: str = "inference"
    inference_db_password: SecretStr | None = None
    reader_db_user: str = "reader"
    reader_db_password: SecretStr | None = None
    grafana_db_user: str = "grafana"
    grafana_db_password: SecretStr | None = None
    exporter_user: str = "exporter"
    exporter_password: SecretStr | None = None
    # MLflow's database is its own; only its server is watched.
    mlflow_db_admin_url: DatabaseUrl | None = None


def grant(engine: Engine, store: str, grants: Grants) -> None:
    """Make or update the users of `store` (raw or clean). Run again, it changes nothing but passwords."""
    if engine.dialect.name != "mysql":
        return
    schema = str(engine.url.database)
    # In a GRANT on a whole database an underscore stands for any character; in one on a table it does not.
    pattern = schema.replace("_", r"\_")
    with engine.begin() as connection:

        def user(name: str, password: SecretStr) -> None:
            account = {"name": name, "password": password.get_secret_value()}
            connection.execute(text("CREATE USER IF NOT EXISTS :name@'%' IDENTIFIED BY :password"), account)
            connection.execute(text("ALTER USER :name@'%' IDENTIFIED BY :password"), account)

        if grants.reader_db_password is not None:
            user(grants.reader_db_user, grants.reader_db_password)
            connection.execute(text(f"GRANT SELECT ON `{pattern}`.* TO :name@'%'"), {"name": grants.reader_db_user})
        if grants.grafana_db_password is not None:
            user(grants.grafana_db_user, grants.grafana_db_password)
            for table in GRAFANA_MAY[store]:
                connection.execute(
                    text(f"GRANT SELECT ON `{schema}`.`{table}` TO :name@'%'"), {"name": grants.grafana_db_user}
                )
        if store == "raw" and grants.inference_db_password is not None:
            user(grants.inference_db_user, grants.inference_db_password)
            for table, rights in INFERENCE_MAY.items():
                connection.execute(
                    text(f"GRANT {rights} ON `{schema}`.`{table}` TO :name@'%'"),
                    {"name": grants.inference_db_user},
                )


def let_watch(engine: Engine, grants: Grants) -> None:
    """Make or update the user by whom an exporter asks a MySQL server how it is: it may do nothing else."""
    if grants.exporter_password is None or engine.dialect.name != "mysql":
        return
    account = {"name": grants.exporter_user, "password": grants.exporter_password.get_secret_value()}
    with engine.begin() as connection:
        connection.execute(text("CREATE USER IF NOT EXISTS :name@'%' IDENTIFIED BY :password"), account)
        # The status of a server is open to every user; a stuck exporter must not use up its connections.
        limited = "ALTER USER :name@'%' IDENTIFIED BY :password WITH MAX_USER_CONNECTIONS 5"
        connection.execute(text(limited), account)
