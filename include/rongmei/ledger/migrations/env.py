"""Alembic's entry: runs the ledger's migrations on the engine that `rongmei.ledger.upgrade` names."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from rongmei.ledger.engine import open_engine
from rongmei.ledger.tables import Base


def run() -> None:
    """Run the migrations in one transaction, under a lock where the database has one."""
    engine = open_engine(context.config.attributes["url"])
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            # A table is altered by building it anew: without this, dropping the old one would take what points at it.
            # It has no effect inside a transaction.
            connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
        _migrate(connection)
    engine.dispose()


def _migrate(connection: Connection) -> None:
    engine = connection.engine
    with connection.begin():
        if engine.dialect.name == "postgresql":
            # Two containers starting together must not both create the tables.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7214793008)")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=engine.dialect.name == "sqlite",
            transactional_ddl=False,
        )
        context.run_migrations()
        if engine.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(f"the migration left rows that point at nothing: {broken[:5]}")


run()
