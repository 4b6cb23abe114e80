"""Run by alembic: always on the connection that `store.migrate` hands over, never on one of its own."""

from __future__ import annotations

from alembic import context

from kepthour.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
