"""The board watch as a whole: lines kept, stays brought forward, alerts sent once, rehearsals apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from rongmei.boards import BOARDS
from rongmei.errors import TryLater
from rongmei.ledger import BoardEntry, BoardHit, Ledger, Publication, StoryVersion, open_edition
from rongmei.ledger.boards import BoardLine
from rongmei.ledger.hits import board_hits, on_board_now, publication_hits
from rongmei.metrics.hits import WatchSummary, named_boards, watch_board, watched_plans
from rongmei.metrics.hits.watching import board_addresses
from rongmei.settings import Settings

TOPIC = BoardLine(3, "东莞村超补时绝杀", "体育", heat=1_865_009, description="<script>alert(1)</script>一场球")
Look = Callable[..., WatchSummary]


@pytest.fixture
def look(ledger: Ledger, house: Settings, shown: Any, post: Any, clock: Any) -> Look:
    def watch(board: str = "weibo", *, rehearsal: bool = False, settings: Settings = house) -> WatchSummary:
        return watch_board(
            ledger,
            settings,
            board,
            rehearsal=rehearsal,
            transport=lambda: post,
            clock=clock,
            open_session=lambda inside: NoSession(),
        )

    return watch


class NoSession:
    """Stands in for a web session."""

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None: ...


def rows(ledger: Ledger) -> list[BoardHit]:
    with ledger.read() as session:
        return list(session.scalars(select(BoardHit).order_by(BoardHit.id)))


def test_a_topic_in_the_top_ten_is_kept_and_told_once_a_stay_and_recipient(
    ledger: Ledger, look: Look, shown: Any, post: Any, clock: Any
) -> None:
    shown.show(TOPIC)
    first = look()
    assert (first.lines, first.kept, first.on_board, first.opened, first.topped, first.queued, first.sent) == (
        21, 21, 1, 1, 1, 3, 3,
    )  # fmt: skip
    assert shown.asked == ["https://boards.example/hot/weibo"]
    assert len({recipient for recipient, _ in post.sent}) == 3
    for _ in range(3):
        clock.go(10)
        assert look().queued == 0
    (row,) = rows(ledger)
    assert (row.minutes, row.sightings, row.best_position, row.alerted_at is not None) == (30, 4, 3, True)
    # Gone for an hour and back: another stay, another mail.
    shown.show()
    for _ in range(6):
        clock.go(10)
        look()
    shown.show(TOPIC)
    clock.go(10)
    assert look().queued == 3
    assert [row.left_at is None for row in rows(ledger)] == [False, True]


def test_looking_twice_in_a_minute_changes_nothing(
    ledger: Ledger, look: Look, shown: Any, post: Any, clock: Any
) -> None:
    shown.show(TOPIC)
    look()
    clock.go(0.5)
    again = look()
    assert (again.kept, again.opened, again.queued, len(post.sent)) == (0, 0, 0, 3)
    assert rows(ledger)[0].sightings == 1


def test_the_mail_says_what_where_since_when_how_hot_and_why(look: Look, shown: Any, post: Any, clock: Any) -> None:
    shown.show(replace(TOPIC, position=30))
    look()
    clock.go(10)
    shown.show(TOPIC, BoardLine(1, "村超<b>啦啦队</b>有多拼"))
    look()
    _, message = post.sent[0]
    html = message.get_body(("html",)).get_content()
    text = message.get_body(("plain",)).get_content()
    assert str(message["Subject"]) == "上榜提醒：微博热搜第 1 位 村超<b>啦啦队</b>有多拼等 2 条"
    for said in (
        "微博热搜",
        "第 3 位",
        "微博热度 186.5 万",
        "6月6日 18:00",
        "第 30 位上榜",
        "10 分钟",
        "命中「东莞村超」",
    ):
        assert said in html, said
        assert said in text, said
    assert "https://s.weibo.com/weibo?q=%23%E4%B8%9C%E8%8E%9E%E6%9D%91%E8%B6%85" in html
    assert "<script>" not in html
    assert "<b>" not in html


def test_paid_lines_below_ten_and_other_titles_alert_nobody(ledger: Ledger, look: Look, shown: Any, post: Any) -> None:
    shown.show(replace(TOPIC, is_ad=True), BoardLine(11, "村超观众席突破三万人"), BoardLine(5, "乡村超市又涨价"))
    assert (look().topped, post.sent) == (0, [])
    kept = {(row.best_position, bool(row.evidence.get("promoted"))) for row in rows(ledger)}
    assert kept == {(3, True), (11, False)}


def test_a_mail_that_could_not_leave_goes_with_a_later_look(
    ledger: Ledger, house: Settings, shown: Any, post: Any, clock: Any, look: Look
) -> None:
    class Away:
        def send(self, message: Any, recipient: str) -> None:
            raise TryLater("邮件服务器没有应答")

    shown.show(TOPIC)
    how = {"rehearsal": False, "clock": clock, "open_session": lambda inside: NoSession()}
    assert watch_board(ledger, house, "weibo", transport=Away, **how).pending == 3
    clock.go(10)
    assert look().sent == 3


def test_a_board_that_fails_raises_and_nothing_is_counted_as_gone(
    ledger: Ledger, look: Look, shown: Any, clock: Any
) -> None:
    shown.show(TOPIC)
    look()
    shown.error = TryLater("微博没有给出榜单")
    clock.go(10)
    with pytest.raises(TryLater):
        look()
    shown.error = None
    shown.show(filling=False)
    clock.go(10)
    look()
    # Half a board says nothing about the rest.
    assert rows(ledger)[0].left_at is None


def test_a_rehearsal_looks_at_the_sandbox_keeps_no_lines_and_only_while_somebody_rehearses(
    ledger: Ledger, look: Look, shown: Any, post: Any, clock: Any
) -> None:
    shown.show(TOPIC)
    assert look(rehearsal=True) == WatchSummary("weibo")
    with ledger.begin() as session:
        open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=True, options={}, now=clock.now)
    assert look(rehearsal=True).queued == 3
    assert shown.asked == ["http://sandbox.invalid/_sandbox/hot/weibo"]
    assert str(post.sent[0][1]["Subject"]).startswith("【彩排】上榜提醒")
    with ledger.read() as session:
        assert session.scalar(select(func.count(BoardEntry.id))) == 0
        span = (clock.now - timedelta(days=1), clock.now + timedelta(days=1))
        assert board_hits(session, "cunchao", *span) == ()
        assert len(board_hits(session, "cunchao", *span, rehearsal=True)) == 1
    # The real one knows nothing of it, and alerts on its own.
    assert look().opened == 1


def test_what_leads_to_the_sandbox_is_never_read_as_real(house: Settings) -> None:
    plans, _ = watched_plans(house, date(2026, 6, 6))
    embedded = replace(house, sources_base=f"{house.sandbox_url}/_sandbox")
    assert board_addresses(plans, "weibo", embedded, rehearsal=False) == ()
    assert board_addresses(plans, "weibo", embedded, rehearsal=True) == (
        ("http://sandbox.invalid/_sandbox/hot/weibo", True),
    )
    assert board_addresses(plans, "weibo", replace(house, sources_base=None), rehearsal=False) == ()


def test_an_entry_about_a_live_publication_names_it(
    ledger: Ledger, look: Look, shown: Any, put: Callable[..., int], clock: Any
) -> None:
    number = put("live", at=clock.now - timedelta(hours=2))
    with ledger.begin() as session:
        version = session.get_one(StoryVersion, session.get_one(Publication, number).version_id)
        version.title = "从贵州大山到松山湖实验室：一位焊工的二十年"
    shown.show(BoardLine(8, "松山湖实验室一位焊工的二十年"))
    assert look().topped == 1
    with ledger.read() as session:
        (hit,) = publication_hits(session, [number])[number]
        assert (hit.outlet, hit.channel, hit.best_position) == ("daily", "wechat", 8)
        assert f"发布单 #{number}" in hit.why
        assert on_board_now(session, "cunchao", clock.now - timedelta(minutes=15)) == (hit,)


def test_which_boards_are_watched_and_for_whom(house: Settings) -> None:
    plans, problems = watched_plans(house, date(2026, 6, 6))
    assert problems == []
    assert named_boards(plans) == tuple(board for board in BOARDS if board in named_boards(plans))
    assert "weibo" in named_boards(plans)
    after = {plan.campaign.id for plan in watched_plans(house, date(2027, 3, 1))[0]}
    assert after == {plan.campaign.id for plan in plans} - {"cunchao"}
