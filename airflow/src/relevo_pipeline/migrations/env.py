"""Alembic's environment for both stores; `relevo_pipeline.migrate` hands the connection over."""

from alembic import context
from relevo_contract.tables import clean_metadata, raw_metadata

attributes = context.config.attributes
metadata = {"raw": raw_metadata, "clean": clean_metadata}[attributes["store"]]
context.configure(
    connection=attributes["connection"],
    target_metadata=metadata,
    # Both stores may be one database.
    version_table=f"alembic_version_{attributes['store']}",
    # A problem's own tables live in the same databases and are not Alembic's business.
    include_name=lambda name, kind, _parents: kind != "table" or name in metadata.tables,
)
with context.begin_transaction():
    context.run_migrations()
attributes["connection"].commit()
