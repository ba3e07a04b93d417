"""Cron lines: what is read, what is refused, and that Airflow's reader agrees."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rongmei.config.cron import parse
from rongmei.config.fields import Faults


@pytest.mark.parametrize(
    "line",
    [
        "",
        "0 18 * *",
        "0 18 * * * *",
        "60 18 * * *",
        "0 24 * * *",
        "0 18 0 * *",
        "0 18 32 * *",
        "0 18 * 13 *",
        "0 18 * * 8",
        "*/0 18 * * *",
        "0 18-9 * * *",
        "0 5/2 * * *",
        "0 18 * * monday",
        "0 18 * * 1,,2",
        "0 -1 * * *",
        "@daily",
        "0 18 L * *",
        "0 １８ * * *",
        "0 018 * * *",
        "0 18 30 2 *",
        "0 18 31 4,6,9,11 *",
        "0 18 * * 1-1",
        "0 18 1 * 5",
        "0 18 */2 * fri",
    ],
)
def test_a_line_that_cannot_work_is_refused_with_a_mend(line: str) -> None:
    with pytest.raises(Faults) as caught:
        parse(line)
    assert all(fault.message and fault.mend for fault in caught.value.faults)


def test_the_message_names_the_field() -> None:
    with pytest.raises(Faults, match="“时”一段“25”不对"):
        parse("0 25 * * *")


@pytest.mark.parametrize(
    ("line", "day", "fires"),
    [
        ("0 18 * * *", date(2026, 6, 6), True),
        ("0 9 * * 1", date(2026, 6, 8), True),
        ("0 9 * * mon", date(2026, 6, 9), False),
        ("0 9 * * 0", date(2026, 6, 7), True),
        ("0 9 * * 7", date(2026, 6, 7), True),
        ("0 9 29 2 *", date(2028, 2, 29), True),
        ("0 9 * JUN-aug *", date(2026, 7, 1), True),
        ("0 9 * jun-aug *", date(2026, 9, 1), False),
        ("0 9 */10 * *", date(2026, 6, 11), True),
        ("0 9 */10 * *", date(2026, 6, 10), False),
        ("0 9 * * 5-7", date(2026, 6, 7), True),
    ],
)
def test_fires_on(line: str, day: date, fires: bool) -> None:
    assert parse(line).fires_on(day) is fires


def test_once_a_day() -> None:
    assert parse("0 18 * * *").once_a_day
    assert not parse("0 9,18 * * *").once_a_day
    assert not parse("*/5 9 * * *").once_a_day


def _list(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).filter(lambda ends: ends[0] < ends[1]).map(lambda ends: f"{ends[0]}-{ends[1]}")
    step = st.integers(1, 7)
    stepped = st.tuples(st.one_of(st.just("*"), span), step).map(lambda pair: f"{pair[0]}/{pair[1]}")
    return st.lists(st.one_of(number.map(str), span, stepped), min_size=1, max_size=3).map(",".join)


DAY_FIELDS = st.one_of(
    st.tuples(st.one_of(st.just("*"), _list(1, 31)), st.just("*")), st.tuples(st.just("*"), _list(0, 7))
)


@settings(deadline=None)
@given(day_fields=DAY_FIELDS, months=st.one_of(st.just("*"), _list(1, 12)))
def test_the_reader_that_airflow_uses_fires_on_the_same_days(day_fields: tuple[str, str], months: str) -> None:
    croniter = pytest.importorskip("croniter", reason="croniter 随 Airflow 安装")
    line = f"0 18 {day_fields[0]} {months} {day_fields[1]}"
    try:
        ours = parse(line)
    except Faults:
        assume(False)
    day = datetime(2026, 1, 1, 18, tzinfo=UTC)
    days = [day + timedelta(days=n) for n in range(400)]
    due = [day for day in days if ours.fires_on(day.date())][:20]
    theirs = croniter.croniter(line, day - timedelta(days=1))
    assert due == [theirs.get_next(datetime) for _ in due]
