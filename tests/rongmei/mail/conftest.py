from datetime import UTC, date, datetime

import pytest

from rongmei.ledger import Ledger, open_edition
from rongmei.ledger.tables import Base

NOW = datetime(2026, 6, 6, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def ledger(tmp_path):
    one = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Base.metadata.create_all(one.engine)
    with one.begin() as session:
        for rehearsal in (False, True):
            open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=rehearsal, options={}, now=NOW)
    yield one
    one.close()
