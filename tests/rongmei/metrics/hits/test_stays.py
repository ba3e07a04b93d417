"""Stays: what counts as time on the board, what ends a stay, gaps in looking, paid lines, reworded entries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.metrics.hits.stays import LIVE, MOST_POINTS, Roll, Sighting, Stay, pace_of

T = datetime(2026, 6, 6, 10, 0, tzinfo=UTC)


def at(minutes: int) -> datetime:
    return T + timedelta(minutes=minutes)


def seen(position: int = 5, title: str = "东莞村超决赛", **how: object) -> Sighting:
    return Sighting("cunchao", title, position, **how)  # type: ignore[arg-type]


def run(looks: dict[int, list[Sighting]], roll: Roll | None = None) -> list[Stay]:
    roll = roll or Roll(LIVE)
    for minute, sightings in looks.items():
        roll.look(at(minute), sightings)
    return sorted([*roll.closed, *roll.open], key=lambda stay: (stay.first_seen, stay.title))


def test_time_is_counted_between_looks_that_both_saw_it() -> None:
    (stay,) = run({0: [seen(30)], 10: [seen(4, heat=900)], 20: [seen(12, heat=400)], 30: []})
    assert (stay.minutes, stay.blind_minutes, stay.sightings) == (20, 0, 3)
    assert (stay.first_position, stay.best_position, stay.best_at, stay.last_position) == (30, 4, at(10), 12)
    assert (stay.first_heat, stay.peak_heat) == (None, 900)
    assert stay.left_at == at(30)


def test_flickering_is_one_stay_and_the_time_away_does_not_count() -> None:
    (stay,) = run({0: [seen()], 10: [seen()], 20: [], 30: [seen()], 40: [seen()]})
    assert (stay.minutes, stay.sightings, stay.left_at) == (20, 4, None)


def test_gone_for_longer_than_forgiven_is_a_new_stay() -> None:
    first, second = run({0: [seen()], 10: [], 20: [], 30: [], 40: [seen(3)]})
    assert (first.left_at, first.minutes, second.first_seen, second.first_position) == (at(10), 0, at(40), 3)


def test_time_in_which_nobody_looked_is_told_and_not_counted() -> None:
    (stay,) = run({0: [seen()], 10: [seen()], 130: [seen()], 140: [seen()]})
    assert (stay.minutes, stay.blind_minutes) == (20, 120)
    assert len(run({0: [seen()], 7 * 60: [seen()]})) == 2


def test_an_hourly_archive_with_a_missing_hour_counts_what_was_seen() -> None:
    moments = [at(60 * hour) for hour in (0, 1, 2, 4, 5)]
    pace = pace_of(moments)
    (stay,) = run({60 * hour: [seen()] for hour in (0, 1, 2, 4, 5)}, Roll(pace))
    assert (stay.minutes, stay.blind_minutes) == (180, 120)
    assert pace_of([]) == LIVE
    # Lists of whole days are never time on a board.
    assert pace_of([T, T + timedelta(days=1), T + timedelta(days=2)]).step == timedelta(hours=3)


def test_a_pinned_line_has_no_rank_to_be_best() -> None:
    (stay,) = run({0: [seen(0)], 10: [seen(17)], 20: [seen(0)]})
    assert stay.best_position == 17
    assert run({0: [seen(0)]})[0].best_position == 0


def test_a_paid_line_is_a_stay_of_its_own_and_hides_whether_the_entry_left() -> None:
    paid = seen(3, promoted=True)
    stays = run({0: [seen(8)], 10: [paid], 20: [seen(9)], 30: [seen(9), paid]})
    plain, promoted = sorted(stays, key=lambda stay: stay.promoted)
    assert (plain.best_position, plain.sightings, plain.minutes, plain.left_at) == (8, 3, 30, None)
    assert (promoted.promoted, promoted.sightings) == (True, 1)


def test_an_entry_in_other_words_goes_on_and_remembers_them() -> None:
    old, new = "东莞村超总决赛今晚八点开踢", "东莞村超总决赛今晚八点正式开踢"
    (stay,) = run({0: [seen(6, old)], 10: [seen(5, new)], 20: [seen(5, new)]})
    assert (stay.title, stay.titles, stay.minutes) == (new, (old,), 20)
    other = run({0: [seen(6, old)], 10: [seen(5, "荔枝柴烧鹅火了")]})
    assert len(other) == 2


def test_a_part_of_a_board_sends_nobody_away() -> None:
    roll = Roll(LIVE)
    roll.look(at(0), [seen()])
    assert roll.look(at(10), [], complete=False) == []
    assert roll.open[0].left_at is None


def test_a_look_twice_or_late_changes_nothing() -> None:
    roll = Roll(LIVE)
    roll.look(at(10), [seen(5)])
    roll.look(at(10), [seen(2)])
    roll.look(at(0), [seen(1)])
    (stay,) = roll.open
    assert (stay.sightings, stay.best_position) == (1, 5)


def test_a_track_stays_bounded_with_both_ends() -> None:
    (stay,) = run({10 * look: [seen(look % 50 + 1)] for look in range(5 * MOST_POINTS)})
    assert len(stay.track) <= MOST_POINTS
    assert stay.track[0][0] == T.isoformat()
    assert stay.track[-1][0] == stay.last_seen.isoformat()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), min_size=1, max_size=40))
def test_counted_and_blind_time_never_exceed_the_span(looks: list[tuple[int, bool]]) -> None:
    minute, plan = 0, {}
    for gap, there in looks:
        minute += gap
        plan[minute] = [seen()] if there else []
    stays = run(plan)
    for stay in stays:
        span = (stay.last_seen - stay.first_seen).total_seconds() / 60
        assert 0 <= stay.minutes + stay.blind_minutes <= span
    assert sum(stay.sightings for stay in stays) == sum(there for _, there in looks)


@pytest.mark.parametrize("gap", [30, 31])
def test_the_step_is_the_longest_time_that_counts(gap: int) -> None:
    (stay,) = run({0: [seen()], gap: [seen()]})
    assert (stay.minutes, stay.blind_minutes) == ((30, 0) if gap == 30 else (0, 31))
