"""On PostgreSQL, where writers do not queue by themselves: limits hold, a form is stored once, old data goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from rongmei.access import Links, Sealer
from rongmei.ledger import Ledger, Link, Submission
from rongmei.ledger.tables import Base
from rongmei.pitches import receiving
from rongmei.pitches.forms import Idea
from rongmei.pitches.invitations import Door, public_link
from rongmei.pitches.moderation import decide_one, moderate
from rongmei.pitches.purging import CONTACT_KEPT, purge_contacts, purge_due
from rongmei.pitches.receiving import PER_DEVICE, TooMany

pytestmark = pytest.mark.postgres

DOOR = Door("cunchao", False)
IDEA = Idea("题", "内容内容内容内容内容", "", "市民", "adult", "13900001111")


@pytest.fixture
def on_postgres(postgres_database: Callable[[], str], now: datetime) -> Iterator[Ledger]:
    ledger = Ledger(postgres_database())
    Base.metadata.create_all(ledger.engine)
    with ledger.begin() as session:
        public_link(session, Links("https://desk.example", Sealer(b"k" * 40)), DOOR, by="chen-ce", now=now)
    yield ledger
    ledger.close()


def test_nobody_slips_past_a_limit_or_in_twice(on_postgres: Ledger, tmp_path: Path, now: datetime) -> None:
    with on_postgres.read() as session:
        link_id = session.scalars(select(Link.id)).one()

    def send(ref: str) -> int | None:
        how = {"media": tmp_path, "link_id": link_id, "sender": "a" * 64}
        try:
            return receiving.send_idea(on_postgres, DOOR, IDEA, [], ref=ref, now=now, **how).number
        except TooMany:
            return None

    with ThreadPoolExecutor(8) as pool:
        same = set(pool.map(send, ["one"] * 6))
        numbers = list(pool.map(send, [f"r{number}" for number in range(10)]))
    assert len(same) == 1
    assert len([number for number in numbers if number]) == PER_DEVICE[0].most - 1


def test_decisions_and_forgetting(on_postgres: Ledger, tmp_path: Path, now: datetime) -> None:
    how = {"media": tmp_path, "link_id": "", "sender": "a" * 64}
    number = receiving.send_idea(on_postgres, DOOR, IDEA, [], ref="r", now=now, **how).number
    assert moderate(on_postgres, DOOR, passed=[number], refused={}, asked=[number], by="lin-chu", now=now).passed == 1
    assert decide_one(on_postgres, number, let_through=False, by="lin-chu", why="重复", now=now).state == "refused"
    late = now + CONTACT_KEPT + timedelta(minutes=1)
    assert purge_due(on_postgres, DOOR, now=late)
    assert purge_contacts(on_postgres, DOOR, media=tmp_path, now=late).contacts == 1
    assert not purge_due(on_postgres, DOOR, now=late)
    with on_postgres.read() as session:
        row = session.get_one(Submission, number)
    assert row.sender is None
    assert "contact" not in row.fields
