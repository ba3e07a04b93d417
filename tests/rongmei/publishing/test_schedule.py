"""Moments: slots, working days, embargoes, and the distance between posts."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.clock import at_local, local
from rongmei.config.holidays import is_working_day
from rongmei.errors import BadInput
from rongmei.publishing import schedule
from rongmei.publishing.schedule import (
    Timetable,
    embargo_of,
    first_free,
    free_slot,
    is_free,
    next_free,
    pace,
    starts,
    timetable,
)

SATURDAY = date(2026, 6, 6)
NOON = at_local(SATURDAY, "12:00")
HOURS = timedelta(hours=6)
TWICE = Timetable(("12:00", "18:30"))


def clock(moment):
    return local(moment).strftime("%m-%d %H:%M")


class TestWorkingDays:
    def test_slots_of_a_day_off_move_to_the_next_working_day(self):
        table = Timetable(("12:00",), working_days_only=True)
        assert [clock(slot) for slot in table.on(SATURDAY)] == ["06-08 12:00"]
        assert [clock(slot) for slot in Timetable(("12:00",)).on(SATURDAY)] == ["06-06 12:00"]

    def test_a_long_holiday_is_gone_round(self):
        table = Timetable(("09:00",), working_days_only=True)
        assert clock(table.on(date(2026, 10, 1))[0]) == "10-08 09:00"

    def test_a_calendar_without_working_days_is_not_followed(self, monkeypatch):
        monkeypatch.setattr(schedule, "is_working_day", lambda _: False)
        assert clock(Timetable(("09:00",), working_days_only=True).on(SATURDAY)[0]) == "06-06 09:00"


class TestTimetable:
    def test_slots_after_a_moment_go_on_day_after_day(self):
        found = [clock(slot) for slot in islice(TWICE.after(NOON + timedelta(minutes=1)), 3)]
        assert found == ["06-06 18:30", "06-07 12:00", "06-07 18:30"]

    def test_without_slots_there_are_none(self):
        assert list(Timetable().after(NOON)) == []

    def test_an_accounts_own_slots_come_before_the_channels(self, planned):
        plan = planned(account={"slots": ["20:00", "07:30"]}, slots={"wechat": ["12:00"]})
        _, account = next(plan.cluster.accounts())
        rules = plan.campaign.publishing
        assert timetable(rules, "wechat", account, rehearsal=False).slots == ("07:30", "20:00")
        assert timetable(rules, "wechat", None, rehearsal=False).slots == ("12:00",)
        assert timetable(rules, "wechat", account, rehearsal=True).slots == ()

    def test_a_rehearsal_goes_at_its_own_pace(self, planned):
        rules = planned(slots={"wechat": ["12:00"]}, min_gap_minutes=10, working_days_only=True).campaign.publishing
        quick = pace(rules, rehearsal=True)
        assert (quick.slots, quick.min_gap_minutes, quick.working_days_only) == ({}, 0, False)
        assert pace(rules, rehearsal=False) is rules


class TestEmbargo:
    def test_there_is_none(self):
        assert embargo_of(None) is embargo_of({}) is embargo_of({"place": "石龙"}) is None

    def test_it_is_read_in_utc(self):
        assert embargo_of({"embargo": "2026-06-07T18:00:00+08:00"}) == datetime(2026, 6, 7, 10, tzinfo=UTC)

    @pytest.mark.parametrize("said", ["明天", "2026-06-07T18:00:00", 20260607, "", ["2026-06-07"], True])
    def test_one_that_nobody_understands_is_no_silent_permission(self, said):
        with pytest.raises(BadInput, match="解禁时间"):
            embargo_of({"embargo": said})


class TestStarts:
    def of(self, table=TWICE, *, now=NOON, signed_off=NOON, embargo=None):
        found = starts(table, SATURDAY, signed_off=signed_off, now=now, late=HOURS, embargo=embargo)
        return [clock(moment) for moment in found]

    def test_the_slots_still_to_come(self):
        assert self.of() == ["06-06 12:00", "06-06 18:30"]
        assert self.of(now=NOON + timedelta(minutes=1)) == ["06-06 18:30"]

    def test_slots_within_the_embargo_do_not_count(self):
        assert self.of(embargo=NOON + timedelta(hours=1)) == ["06-06 18:30"]

    def test_an_embargo_beyond_the_day_leads_to_the_first_slots_after_it(self):
        assert self.of(embargo=at_local(SATURDAY, "20:00")) == ["06-07 12:00", "06-07 18:30"]
        assert self.of(Timetable(), embargo=at_local(SATURDAY, "20:00")) == ["06-06 20:00"]

    def test_an_embargo_that_is_over_changes_nothing(self):
        assert self.of(embargo=NOON - timedelta(days=1)) == self.of()

    def test_past_slots(self):
        assert self.of(now=at_local(SATURDAY, "20:00")) == ["06-06 20:00"]
        assert self.of(now=NOON + timedelta(days=3)) == ["06-06 18:30"]


slots_of_day = st.sets(st.integers(0, 23 * 60), max_size=4).map(
    lambda minutes: tuple(sorted(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes))
)
moments = st.integers(-60 * 24 * 30, 60 * 24 * 190).map(lambda minutes: NOON + timedelta(minutes=minutes))


@given(slots_of_day, st.booleans(), moments, moments, st.none() | moments)
def test_nothing_starts_within_an_embargo_and_slots_are_slots(slots, working, now, signed_off, embargo):
    table = Timetable(slots, working)
    found = starts(table, SATURDAY, signed_off=signed_off, now=now, late=HOURS, embargo=embargo)
    assert found == sorted(found)
    assert found
    for moment in found:
        assert embargo is None or moment >= embargo
        on_the_clock = local(moment).strftime("%H:%M") in slots
        assert on_the_clock or moment in (now, embargo, min(signed_off, now))
        assert not (on_the_clock and working) or is_working_day(local(moment).date()) or moment in (now, embargo)


@given(slots_of_day.filter(bool), st.booleans(), moments)
def test_slots_after_a_moment_are_in_order_and_none_is_before_it(slots, working, moment):
    found = list(islice(Timetable(slots, working).after(moment), 12))
    assert len(found) == 12
    assert found[0] >= moment
    assert all(earlier < later for earlier, later in pairwise(found))


@given(slots_of_day, moments, st.lists(st.integers(0, 4000), max_size=12), st.integers(0, 90))
def test_a_free_slot_keeps_its_distance(slots, moment, others, gap):
    taken = [moment + timedelta(minutes=minute) for minute in others]
    found = free_slot(Timetable(slots), moment, taken, timedelta(minutes=gap))
    assert found >= moment
    assert all(abs(found - other) >= timedelta(minutes=gap) for other in taken)


@given(taken=st.lists(st.integers(0, 600), max_size=20), start=st.integers(0, 600), gap=st.integers(0, 60))
def test_next_free_keeps_the_gap_and_never_goes_back(taken, start, gap):
    moments = [NOON + timedelta(minutes=minute) for minute in taken]
    first = NOON + timedelta(minutes=start)
    span = timedelta(minutes=gap)
    found = next_free(first, moments, span)
    assert found >= first
    assert all(abs(found - other) >= span for other in moments)


def test_the_first_free_candidate_wins():
    candidates = [NOON, NOON + timedelta(hours=1)]
    assert first_free(candidates, [], HOURS) == NOON
    assert first_free(candidates, [NOON], timedelta(minutes=10)) == candidates[1]
    assert first_free(candidates, candidates, timedelta(minutes=10)) == candidates[1] + timedelta(minutes=10)
    assert not is_free(NOON, [NOON], timedelta(0))
