"""Replays of what the ledger has: as live, again the same, lists of days left out; and thinning of old lines."""

from __future__ import annotations

import csv
import gzip
import os
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from rongmei.clock import at_local
from rongmei.config import load_campaign
from rongmei.ledger import BoardEntry, BoardHit, Ledger
from rongmei.ledger.boards import BoardLine, save_board_lines
from rongmei.ledger.hits import board_hits
from rongmei.metrics import import_board
from rongmei.metrics.hits import boards_kept, first_day, replay, thin_boards
from rongmei.settings import PACKAGE_CONFIG

ROOT = Path(__file__).resolve().parents[4]
SHARED = Path(os.environ.get("RONGMEI_SHARED", ROOT.parent / "shared")) / "data"
PLANS = [load_campaign(PACKAGE_CONFIG, "cunchao")]
DAY = date(2024, 6, 1)
T = at_local(DAY, "08:00")


def board(*lines: BoardLine) -> list[BoardLine]:
    taken = {line.position for line in lines}
    return [*lines, *(BoardLine(rank, f"别的第{rank}条") for rank in range(1, 31) if rank not in taken)]


def keep(ledger: Ledger, moment: datetime, lines: list[BoardLine], name: str = "weibo") -> None:
    with ledger.begin() as session:
        save_board_lines(session, name, moment, lines)


def hits(ledger: Ledger) -> list[tuple[str, int, int]]:
    with ledger.read() as session:
        rows = session.scalars(select(BoardHit).order_by(BoardHit.first_seen_at))
        return [(row.title, row.best_position, row.minutes) for row in rows]


def test_a_replay_finds_the_stays_and_doing_it_again_finds_the_same(ledger: Ledger) -> None:
    for hour in range(6):
        keep(ledger, T + timedelta(hours=hour), board(*([BoardLine(9 - hour, "贵州村超开赛")] if hour < 3 else [])))
    first = replay(ledger, PLANS, "weibo", DAY, DAY)
    assert (first.looks, first.left_out, first.stays, first.topped, first.replaced) == (6, 0, 1, 1, 0)
    assert hits(ledger) == [("贵州村超开赛", 7, 120)]
    assert replay(ledger, PLANS, "weibo", DAY, DAY).replaced == 1
    assert hits(ledger) == [("贵州村超开赛", 7, 120)]
    with ledger.read() as session:
        assert boards_kept(session, DAY, DAY) == ["weibo"]


def test_what_was_seen_live_and_told_stays(ledger: Ledger) -> None:
    for hour in range(6):
        keep(ledger, T + timedelta(hours=hour), board(BoardLine(4, "贵州村超开赛")))
    replay(ledger, PLANS, "weibo", DAY, DAY)
    with ledger.begin() as session:
        row = session.scalars(select(BoardHit)).one()
        row.alerted_at, row.minutes = T, 333
    assert (replay(ledger, PLANS, "weibo", DAY, DAY).stays, hits(ledger)) == (0, [("贵州村超开赛", 4, 333)])


def test_lists_of_a_whole_day_are_no_looks(ledger: Ledger) -> None:
    whole_day = [BoardLine(place, f"话题{place}") for place in range(1, 400)]
    keep(ledger, at_local(DAY, "00:00"), [*whole_day, BoardLine(400, "贵州村超开赛")])
    keep(ledger, T, [BoardLine(0, "贵州村超开赛"), BoardLine(40, "别的")])
    summary = replay(ledger, PLANS, "weibo", DAY, DAY)
    assert (summary.looks, summary.left_out, hits(ledger)) == (0, 2, [])


def test_old_lines_are_thinned_to_one_look_an_hour_except_for_what_was_ours(ledger: Ledger) -> None:
    for minutes in range(0, 120, 10):
        keep(ledger, T + timedelta(minutes=minutes), board(BoardLine(4, "贵州村超开赛")))
    replay(ledger, PLANS, "weibo", DAY, DAY)
    recent = T + timedelta(days=20)
    for minutes in range(0, 60, 10):
        keep(ledger, recent + timedelta(minutes=minutes), board())
    now = recent + timedelta(hours=1)
    assert first_day(ledger) == DAY
    assert thin_boards(ledger, now=now, since=DAY).removed == 10 * 29
    assert thin_boards(ledger, now=now, since=DAY).removed == 0
    with ledger.read() as session:
        ours = session.scalar(select(func.count()).where(BoardEntry.title == "贵州村超开赛"))
        others = session.scalar(
            select(func.count()).where(BoardEntry.title == "别的第1条", BoardEntry.observed_at < recent)
        )
        late = session.scalar(select(func.count()).where(BoardEntry.observed_at >= recent))
    assert (ours, others, late) == (12, 2, 6 * 30)


@pytest.mark.data
def test_the_real_boards_of_a_day(ledger: Ledger, tmp_path: Path) -> None:
    file = SHARED / "weibo_hot_hourly" / "weibo_hourly_2024-05-20_to_2024-06-30.csv.gz"
    if not file.is_file():
        pytest.skip(f"no {file}")
    day = date(2024, 6, 24)
    with gzip.open(file, "rt", encoding="utf-8", newline="") as whole:
        header, *rows = csv.reader(whole)
    with (tmp_path / "day.csv").open("w", encoding="utf-8", newline="") as part:
        csv.writer(part).writerows([header, *(row for row in rows if row[0] == day.isoformat())])
    import_board(ledger, tmp_path / "day.csv")
    assert replay(ledger, PLANS, "weibo", day, day).looks > 20
    with ledger.read() as session:
        span = (at_local(day, "00:00"), at_local(day + timedelta(days=1), "00:00"))
        (hit,) = board_hits(session, "cunchao", *span, promoted=True)
        assert (hit.title, hit.best_position, hit.minutes) == ("贵州村超少年圆梦欧洲杯", 12, 60)
        # Both sightings of it were paid for.
        assert board_hits(session, "cunchao", *span) == ()
