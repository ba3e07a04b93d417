"""A ledger, and what seals links."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rongmei.access import Sealer
from rongmei.ledger import Ledger
from rongmei.ledger.tables import Base


@pytest.fixture(scope="session")
def empty_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the ledger's tables and nothing in them; copying it is quicker than making it."""
    file = tmp_path_factory.mktemp("ledger") / "empty.db"
    made = Ledger(f"sqlite:///{file}")
    Base.metadata.create_all(made.engine)
    made.close()
    return file


@pytest.fixture
def ledger(tmp_path: Path, empty_ledger: Path) -> Iterator[Ledger]:
    made = Ledger(f"sqlite:///{shutil.copyfile(empty_ledger, tmp_path / 'ledger.db')}")
    yield made
    made.close()


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(b"k" * 32)


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
