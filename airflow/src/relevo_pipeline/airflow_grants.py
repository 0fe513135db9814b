"""What the exporter may read of Airflow's own database: `python -m relevo_pipeline.airflow_grants`.

Run by Airflow's owner once the tables are there. Run again, it changes nothing but the password.
"""

from pydantic import Field, SecretStr
from relevo_contract.database import DatabaseUrl, connect
from relevo_contract.settings import ServiceSettings, load
from sqlalchemy import Engine, text

# What observability/postgres/airflow.yaml asks for, table by table: nothing that tasks were given or returned.
EXPORTER_MAY_READ = {
    "dag_run": "state",
    "import_error": "id",
    "job": "job_type, latest_heartbeat",
    "slot_pool": "pool, slots",
    "task_instance": "state, pool, pool_slots, queued_dttm",
}


class Settings(ServiceSettings):
    """Airflow's database by its owner, and the user to make."""

    url: DatabaseUrl = Field(alias="AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
    exporter_user: str = "exporter"
    exporter_password: SecretStr


def grant(engine: Engine, user: str, password: str) -> None:
    """Make or update the role `user`, which sees PostgreSQL's own figures and those columns."""
    role = engine.dialect.identifier_preparer.quote(user)
    with engine.begin() as connection:
        known = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": user}).first()
        if known is None:
            # A stuck exporter must not use up the server's connections.
            connection.execute(text(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 5"))
        connection.execute(text(f"ALTER ROLE {role} PASSWORD :password"), {"password": password})
        connection.execute(text(f"GRANT pg_monitor TO {role}"))
        for table, columns in EXPORTER_MAY_READ.items():
            connection.execute(text(f"GRANT SELECT ({columns}) ON {table} TO {role}"))


def main() -> None:
    """Ends with an error where the tables are not there yet."""
    settings = load(Settings)
    engine = connect(settings.url.get_secret_value())
    grant(engine, settings.exporter_user, settings.exporter_password.get_secret_value())
    engine.dispose()


if __name__ == "__main__":
    main()
