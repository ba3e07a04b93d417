"""Lines of hot boards are stored once; what the board did not say stays unknown."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from rongmei.ledger import BoardEntry, Ledger
from rongmei.ledger.boards import BoardLine, insert_board_rows, save_board_lines, stored_moment

LINES = [
    BoardLine(1, "东莞村超决赛", category="体育", heat=2**33, reads=0, discussions=3, originals=1, description="今晚"),
    BoardLine(2, "100% 的 ? 与 'it''s'", is_ad=True),
]


def test_lines_come_back_whole(ledger: Ledger, now: datetime) -> None:
    with ledger.begin() as session:
        assert save_board_lines(session, "weibo", now, LINES) == 2
    with ledger.read() as session:
        first, second = session.scalars(select(BoardEntry).order_by(BoardEntry.position)).all()
    assert (first.board, first.observed_at, first.title, first.category) == ("weibo", now, "东莞村超决赛", "体育")
    assert (first.heat, first.reads, first.discussions, first.originals) == (2**33, 0, 3, 1)
    assert (first.is_ad, first.description) == (False, "今晚")
    assert (second.title, second.heat, second.reads, second.is_ad) == ("100% 的 ? 与 'it''s'", None, None, True)


def test_only_new_lines_count(ledger: Ledger, now: datetime) -> None:
    with ledger.begin() as session:
        assert save_board_lines(session, "weibo", now, LINES) == 2
        assert save_board_lines(session, "weibo", now, [*LINES, BoardLine(3, "新上榜")]) == 1
        assert save_board_lines(session, "zhihu", now, LINES[:1]) == 1
        assert save_board_lines(session, "weibo", now + timedelta(hours=1), LINES[:1]) == 1
    with ledger.begin() as session:
        assert save_board_lines(session, "weibo", now, LINES) == 0
        assert len(session.scalars(select(BoardEntry)).all()) == 5


def test_a_known_line_keeps_what_was_seen_first(ledger: Ledger, now: datetime) -> None:
    with ledger.begin() as session:
        save_board_lines(session, "weibo", now, [BoardLine(1, "村超", heat=5)])
        save_board_lines(session, "weibo", now, [BoardLine(1, "村超", heat=9)])
        assert session.scalars(select(BoardEntry.heat)).all() == [5]


def test_nothing_to_store(ledger: Ledger, now: datetime) -> None:
    with ledger.begin() as session:
        assert save_board_lines(session, "weibo", now, []) == 0
        assert insert_board_rows(session, []) == 0


def test_ready_rows_and_lines_meet(ledger: Ledger, now: datetime) -> None:
    with ledger.begin() as session:
        moment = stored_moment(session, now)
        rows = [("weibo", moment, n, f"第 {n} 名", None, n, None, None, None, False, None) for n in range(1, 501)]
        assert insert_board_rows(session, rows) == 500
        assert save_board_lines(session, "weibo", now, [BoardLine(7, "第 7 名")]) == 0
