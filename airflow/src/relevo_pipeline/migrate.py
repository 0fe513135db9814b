"""Bring both databases to the newest schema: `python -m relevo_pipeline.migrate`.

Everything else waits for this, so it also says whether the problems can be used.
"""

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from relevo_contract.database import connect
from sqlalchemy import Engine

from relevo_pipeline.catalogue import faults
from relevo_pipeline.grants import Grants, grant, let_watch
from relevo_pipeline.settings import settings

MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config(store: str) -> Config:
    """Alembic's configuration for `raw` or `clean`: they share one environment, not one history."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("version_locations", str(MIGRATIONS / store))
    config.set_main_option("path_separator", "newline")
    config.attributes["store"] = store
    return config


def upgrade(engine: Engine, store: str) -> None:
    """Apply every migration that `store` (raw or clean) does not have yet."""
    config = alembic_config(store)
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def main() -> None:
    """Migrate both stores; on MySQL also make the users that may do less than the pipeline.

    Changes nothing and ends with sentences when a problem cannot be used.
    """
    if wrong := faults(settings()):
        sys.exit("\n".join(wrong))
    grants = Grants()
    urls = {
        "raw": grants.raw_db_admin_url or settings().raw_db_url,
        "clean": grants.clean_db_admin_url or settings().clean_db_url,
    }
    for store, url in urls.items():
        engine = connect(url.get_secret_value())
        upgrade(engine, store)
        grant(engine, store, grants)
        let_watch(engine, grants)
        engine.dispose()
    if grants.mlflow_db_admin_url is not None:
        engine = connect(grants.mlflow_db_admin_url.get_secret_value())
        let_watch(engine, grants)
        engine.dispose()


if __name__ == "__main__":
    main()
