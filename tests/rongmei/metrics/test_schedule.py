"""Dense in the first hours, then hourly, daily, weekly; over at thirty days or when nothing happens any more."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.clock import local
from rongmei.metrics.schedule import FLAT, STOP, next_reading

OUT = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("age", "apart"),
    [
        (timedelta(0), 15 * MINUTE),
        (2 * HOUR, 15 * MINUTE),
        (3 * HOUR, HOUR),
        (47 * HOUR, HOUR),
        (2 * DAY, DAY),
        (9 * DAY, DAY),
        (10 * DAY, 7 * DAY),
    ],
)
def test_the_older_the_further_apart(age, apart):
    due = next_reading(OUT, OUT + age, changed_at=OUT + age)
    early = OUT + age + apart - due
    assert timedelta(0) < early <= min(apart / 12, 10 * MINUTE)


@pytest.mark.parametrize(
    ("age", "still", "apart"), [(2 * HOUR, HOUR, HOUR), (20 * HOUR, 4 * HOUR, DAY), (9 * DAY, 4 * DAY, 7 * DAY)]
)
def test_what_stands_still_is_read_less_often(age, still, apart):
    due = next_reading(OUT, OUT + age, changed_at=OUT + age - still)
    assert due - OUT - age == apart - min(apart / 12, 10 * MINUTE)
    assert next_reading(OUT, OUT + age, changed_at=OUT + age - still + MINUTE) < due


def test_the_last_one_is_at_thirty_days():
    at = OUT + 28 * DAY
    assert next_reading(OUT, at, changed_at=at) == OUT + STOP
    assert next_reading(OUT, OUT + STOP, changed_at=OUT + STOP) is None


def test_what_has_been_flat_for_a_week_is_over():
    at = OUT + 12 * DAY
    assert next_reading(OUT, at, changed_at=at - FLAT) is None
    assert next_reading(OUT, OUT + FLAT, changed_at=None) is None


@pytest.mark.parametrize(
    ("age", "later"), [(HOUR, 1), (6 * DAY, 1), (10 * DAY, 7), (22 * DAY, 7)], ids=["new", "young", "old", "older"]
)
def test_what_counts_by_day_is_read_in_the_morning(age, later):
    now = OUT + age
    due = local(next_reading(OUT, now, changed_at=now, by_day=True))
    assert f"{due:%H:%M}" == "08:30"
    assert due.date() == local(now).date() + timedelta(days=later)
    assert next_reading(OUT, now, changed_at=now, by_day=True, behind=True) == now + timedelta(hours=2)


@settings(max_examples=80, deadline=None)
@given(
    age=st.timedeltas(timedelta(0), 40 * DAY),
    still=st.timedeltas(timedelta(0), 40 * DAY),
    by_day=st.booleans(),
    behind=st.booleans(),
)
def test_it_is_in_the_future_and_never_past_the_end(age, still, by_day, behind):
    now = OUT + age
    due = next_reading(OUT, now, changed_at=max(OUT, now - still), by_day=by_day, behind=behind)
    assert due is None or now < due <= OUT + STOP
