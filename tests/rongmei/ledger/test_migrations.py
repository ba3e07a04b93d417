"""The migrations build exactly the tables of the code, take them down again, and survive being run twice at once."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import DBAPIError

from rongmei.ledger import Ledger, upgrade
from rongmei.ledger.engine import open_engine
from rongmei.ledger.tables import Base

ALL = {*Base.metadata.tables, "alembic_version"}


def tables(url: str) -> set[str]:
    engine = open_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def differences(url: str) -> list[object]:
    """What Alembic would still have to do; types and defaults are compared too."""
    engine = open_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        found = compare_metadata(context, Base.metadata)
    engine.dispose()
    return list(found)


def checks(url: str) -> dict[str, set[str]]:
    """Names of the check constraints by table; Alembic does not compare those."""
    engine = open_engine(url)
    found = inspect(engine)
    named = {name: {str(one["name"]) for one in found.get_check_constraints(name)} for name in Base.metadata.tables}
    engine.dispose()
    return named


def test_up_from_nothing_down_and_up_again(empty_url: str) -> None:
    upgrade(empty_url)
    assert tables(empty_url) == ALL
    upgrade(empty_url, "base")
    assert tables(empty_url) == {"alembic_version"}
    upgrade(empty_url)
    assert tables(empty_url) == ALL
    assert differences(empty_url) == []


def test_the_migrations_make_the_tables_of_the_code(url: str) -> None:
    assert differences(url) == []


def test_the_checks_are_the_same_too(url: str, empty_url: str) -> None:
    engine = open_engine(empty_url)
    Base.metadata.create_all(engine)
    engine.dispose()
    assert checks(url) == checks(empty_url)
    assert checks(url)["publication"] == {
        "ck_publication_state",
        "ck_publication_claim_while_sending",
        "ck_publication_live_has_time",
        "ck_publication_accepted_has_external_id",
    }


def test_a_difference_would_be_found(own_url: str) -> None:
    engine = open_engine(own_url)
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_pitch_outlet"))
        connection.execute(text("ALTER TABLE mail ADD COLUMN colour VARCHAR(8)"))
    engine.dispose()
    assert {found[0] for found in differences(own_url) if isinstance(found, tuple)} == {"add_index", "remove_column"}


def test_upgrading_again_keeps_every_row(ledger: Ledger, url: str, world: SimpleNamespace) -> None:
    def counts() -> dict[str, int]:
        with ledger.read() as session:
            return {name: session.query(table).count() for name, table in Base.metadata.tables.items()}

    before = counts()
    assert set(before.values()) == {2}
    upgrade(url)
    assert counts() == before


def test_taking_down_works_with_rows_that_point_at_each_other(own_url: str, settle) -> None:
    one = Ledger(own_url)
    settle(one)
    one.close()
    upgrade(own_url, "base")
    assert tables(own_url) == {"alembic_version"}


def test_a_migration_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    engine = open_engine(empty_url)
    with engine.begin() as connection:
        # The last table but one is in the way.
        connection.execute(text("CREATE TABLE publication_event (id INTEGER)"))
    engine.dispose()
    with pytest.raises(DBAPIError):
        upgrade(empty_url)
    assert tables(empty_url) == {"publication_event"}


def test_containers_that_start_together_both_find_the_tables(empty_url: str, runners) -> None:
    for _ in range(3):
        runners.start("upgrade(sys.argv[1])", empty_url)
    runners.go()
    assert tables(empty_url) == ALL


def test_sqlite_makes_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "not" / "yet" / "ledger.db"
    upgrade(f"sqlite:///{file}")
    engine = create_engine(f"sqlite:///{file}")
    assert set(inspect(engine).get_table_names()) == ALL
    engine.dispose()
