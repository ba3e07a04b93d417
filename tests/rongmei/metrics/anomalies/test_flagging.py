"""Anomalies in the ledger: found once, carried on, left alone once decided; what an exclusion means for the figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from rongmei.clock import at_local
from rongmei.errors import BadInput
from rongmei.ledger import Anomaly, Ledger, Snapshot
from rongmei.ledger.anomalies import Exclusion, counted, exclusions, flags
from rongmei.metrics.anomalies import AnomalySummary, clear, exclude, flag_anomalies
from rongmei.metrics.anomalies.series import points_of

NOON = at_local(datetime(2026, 6, 6).date(), "12:00")  # noqa: DTZ001 - a day
NOW = NOON + timedelta(hours=20)
Put = Callable[..., int]


def tell(
    ledger: Ledger, publication_id: int, reads: Iterable[int], *, likes: int | None = None, start: int = 0
) -> None:
    """One snapshot an hour."""
    with ledger.begin() as session:
        for hour, value in enumerate(reads, start=start):
            session.add(
                Snapshot(
                    publication_id=publication_id, observed_at=NOON + timedelta(hours=hour), reads=value, likes=likes
                )
            )


def rows(ledger: Ledger) -> list[Anomaly]:
    with ledger.read() as session:
        return list(session.scalars(select(Anomaly).order_by(Anomaly.id)))


CALM = [100, 190, 270, 340, 400, 450, 490]
PULSE = [*CALM, 9_490, 9_500, 9_507, 9_512]


def test_a_leap_is_flagged_once_and_what_a_person_said_stays(ledger: Ledger, put: Put) -> None:
    number = put()
    tell(ledger, number, PULSE)
    assert flag_anomalies(ledger, now=NOW) == AnomalySummary(checked=1, flagged=1)
    assert flag_anomalies(ledger, now=NOW) == AnomalySummary(checked=1)
    (row,) = rows(ledger)
    assert (row.kind, row.measure, row.state, row.evidence["before"], row.evidence["after"]) == (
        "spike", "reads", "flagged", 490, 9_490,
    )  # fmt: skip
    effect = exclude(ledger, row.id, by="chen-ce", why="媒体承认投放了推广", now=NOW)
    assert (effect.reported, effect.counts) == (9_512, 512)
    assert flag_anomalies(ledger, now=NOW) == AnomalySummary(checked=1)
    assert clear(ledger, row.id, by="lin-chu", why="查到是首页推荐", now=NOW).counts == 9_512
    (row,) = rows(ledger)
    assert (row.state, row.decided_by, row.why) == ("cleared", "lin-chu", "查到是首页推荐")
    assert [said["by"] for said in row.evidence["decisions"]] == ["chen-ce", "lin-chu"]
    assert flag_anomalies(ledger, now=NOW).flagged == 0


def test_a_decision_needs_a_reason_and_an_anomaly(ledger: Ledger, put: Put) -> None:
    tell(ledger, put(), PULSE)
    flag_anomalies(ledger, now=NOW)
    with pytest.raises(BadInput, match="没有写理由"):
        exclude(ledger, 1, by="chen-ce", why=" \n ", now=NOW)
    with pytest.raises(BadInput, match="没有异常 #99"):
        clear(ledger, 99, by="chen-ce", why="好", now=NOW)
    assert rows(ledger)[0].state == "flagged"


def test_old_news_and_rehearsals_are_not_looked_at(ledger: Ledger, put: Put) -> None:
    tell(ledger, put(), PULSE)
    tell(ledger, put(rehearsal=True), PULSE)
    assert flag_anomalies(ledger, now=NOW + timedelta(days=3)) == AnomalySummary()
    assert flag_anomalies(ledger, now=NOW).checked == 1
    assert flag_anomalies(ledger, now=NOW, rehearsal=True) == AnomalySummary(checked=1, flagged=1)


def test_a_steady_machine_is_one_anomaly_that_goes_on(ledger: Ledger, put: Put) -> None:
    number = put()
    tell(ledger, number, [1_003 + 217 * hour for hour in range(12)])
    assert flag_anomalies(ledger, now=NOW).flagged == 1
    tell(ledger, number, [1_003 + 217 * hour for hour in range(12, 17)], start=12)
    assert flag_anomalies(ledger, now=NOW) == AnomalySummary(checked=1, extended=1)
    (row,) = rows(ledger)
    assert (row.kind, row.until_at, row.evidence["steps"]) == ("linear", NOON + timedelta(hours=16), 16)


def test_falls_of_many_posts_together_are_the_platforms(ledger: Ledger, put: Put) -> None:
    for number in [put() for _ in range(4)]:
        tell(ledger, number, [5_000 + number, 5_100 + number, 900 + number, 910 + number])
    alone = put(account="dongcheng/weibo")
    tell(ledger, alone, [5_000, 5_100, 900, 910])
    flag_anomalies(ledger, now=NOW)
    assert [row.kind for row in rows(ledger)] == ["shared_fall"] * 4 + ["fall"]
    assert "有 4 条一起回落" in rows(ledger)[0].evidence["words"]


def test_a_fall_that_recovers_is_called_a_wrong_answer_afterwards(ledger: Ledger, put: Put) -> None:
    number = put()
    tell(ledger, number, [5_000, 5_100, 60])
    flag_anomalies(ledger, now=NOW)
    assert [row.kind for row in rows(ledger)] == ["fall"]
    tell(ledger, number, [5_230], start=3)
    flag_anomalies(ledger, now=NOW)
    assert [(row.kind, row.evidence["after"]) for row in rows(ledger)] == [("glitch", 60)]


def test_lists_for_mails_name_the_publication(ledger: Ledger, put: Put) -> None:
    number = put()
    tell(ledger, number, PULSE)
    flag_anomalies(ledger, now=NOW)
    with ledger.read() as session:
        (flag,) = flags(session, since=NOW, until=NOW + timedelta(minutes=1), campaign="cunchao")
        assert (flag.edition, flag.outlet, flag.channel, flag.publication_id) == (
            "cunchao/2026-06-06", "daily", "wechat", number,
        )  # fmt: skip
        assert flag.title in {"第 1 条"}
        assert flags(session, states=("excluded",)) == ()
        assert flags(session, publication_ids=[]) == ()
        assert flags(session, until=NOW) == ()
        assert exclusions(session, [number]) == {}


def test_a_row_seen_unchanged_and_a_platform_that_counts_by_day() -> None:
    steady = Snapshot(publication_id=1, observed_at=NOON, last_seen_at=NOON + timedelta(hours=3), reads=5)
    late = Snapshot(
        publication_id=1, observed_at=NOON, last_seen_at=NOON, about_day=NOON.date() - timedelta(days=1), reads=4
    )
    gone = Snapshot(publication_id=1, observed_at=NOW, last_seen_at=NOW, about_day=NOW.date(), reads=5, gone=True)
    steady.about_day = NOON.date()
    assert [(point.at, point.counts["reads"]) for point in points_of([steady, late, gone])] == [
        (at_local(NOON.date(), "00:00"), 4),
        (NOON, 5),
        (NOON + timedelta(hours=3), 5),
    ]


def stretch(start: int, until: int | None, before: int | None, after: int | None, measure: str = "reads") -> Exclusion:
    end = None if until is None else NOON + timedelta(hours=until)
    return Exclusion(
        start, 1, "spike", measure, NOON + timedelta(hours=start), end, before, after, "", "chen-ce", NOW, ""
    )


@pytest.mark.parametrize(
    ("excluded", "expected"),
    [
        ([], [100, 200, 9_200, 9_300, 9_400]),
        # One leap at the second hour: what it brought is off from then on, what came later counts.
        ([stretch(2, 2, 200, 9_200)], [100, 200, 200, 300, 400]),
        # A stretch: the figure before it stands in for all of it.
        ([stretch(2, 3, 200, 9_300)], [100, 200, 200, 200, 300]),
        ([stretch(2, None, 200, 9_400)], [100, 200, 200, 200, 200]),
        # Overlapping ones count once.
        ([stretch(2, 2, 200, 9_200), stretch(2, 3, 200, 9_300)], [100, 200, 200, 200, 300]),
        # From the first figure on there is none before: not known.
        ([stretch(0, None, None, 9_400)], [None] * 5),
        ([stretch(2, 2, 200, 9_200, "likes")], [100, 200, 9_200, 9_300, 9_400]),
    ],
)
def test_what_counts_instead(excluded: list[Exclusion], expected: list[int | None]) -> None:
    reported = [100, 200, 9_200, 9_300, 9_400]
    found = [counted(value, "reads", NOON + timedelta(hours=hour), excluded) for hour, value in enumerate(reported)]
    assert found == expected
    assert counted(None, "reads", NOON, excluded) is None
