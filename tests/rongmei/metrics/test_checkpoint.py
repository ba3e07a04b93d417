"""The checkpoint: so many hours after the last publication."""

from datetime import date, timedelta

import pytest

from rongmei.clock import at_local
from rongmei.errors import BadInput
from rongmei.ledger import open_edition
from rongmei.metrics import checkpoint_at, checkpoint_due

KEY = "cunchao/2026-06-06"
NOON = at_local(date(2026, 6, 6), "12:00")
DAY = timedelta(hours=24)


def test_it_comes_a_day_after_the_last_one(ledger, plan, put):
    put(at=NOON)
    put(at=NOON + timedelta(hours=3))
    assert checkpoint_at(ledger, plan, KEY) == NOON + timedelta(hours=27)
    assert not checkpoint_due(ledger, plan, KEY, now=NOON + timedelta(hours=26, minutes=59))
    assert checkpoint_due(ledger, plan, KEY, now=NOON + timedelta(hours=27))


@pytest.mark.parametrize("state", ["scheduled", "sending", "unknown", "accepted", "awaiting_operator"])
def test_what_may_still_come_out_is_waited_for(ledger, plan, put, state):
    put(at=NOON)
    put(state, at=NOON + timedelta(hours=5))
    assert checkpoint_at(ledger, plan, KEY) == NOON + timedelta(hours=5) + DAY


@pytest.mark.parametrize("state", ["failed", "missed", "cancelled"])
def test_what_never_came_out_is_not(ledger, plan, put, state):
    put(state, at=NOON)
    assert checkpoint_at(ledger, plan, KEY) is None
    assert checkpoint_due(ledger, plan, KEY, now=NOON)


def test_an_edition_without_publications_has_nothing_to_wait_for(ledger, plan):
    with ledger.begin() as session:
        open_edition(session, "cunchao", NOON.date(), rehearsal=False, options={}, now=NOON)
    assert checkpoint_due(ledger, plan, KEY, now=NOON)


def test_there_must_be_an_edition(ledger, plan):
    with pytest.raises(BadInput, match="没有期次"):
        checkpoint_due(ledger, plan, KEY, now=NOON)
