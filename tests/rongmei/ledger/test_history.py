"""The life of a thing: what it came from, what happened to it, what came of it, oldest first, and not without end."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Pitch, PitchEvent, Publication, Snapshot, Story, log, move
from rongmei.ledger.history import KINDS, WHAT, Life, history
from rongmei.ledger.transitions import ALLOWED, EVENTS


def life(ledger: Ledger, key: str, **how: Any) -> Life:
    with ledger.read() as session:
        return history(session, key, **how)


def told(found: Life) -> list[tuple[str, int, str]]:
    return [(one.kind, one.id, one.what) for one in found.happenings]


@pytest.fixture
def lived(ledger: Ledger, world: SimpleNamespace, now: datetime) -> SimpleNamespace:
    """The first pitch, task, story and publication have gone on; the second of each is only there."""

    def later(minutes: int) -> datetime:
        return now + timedelta(minutes=minutes)

    with ledger.begin() as session:
        pitch, story = session.get_one(Pitch, world.pitch[0]), session.get_one(Story, world.story[0])
        publication = session.get_one(Publication, world.publication[0])
        move(session, pitch, "submitted", "shortlisted", by="rongmei", why="第 1 名", now=later(1))
        move(session, pitch, "shortlisted", "accepted", by="chen-ce", why="选题会采用", now=later(2))
        move(session, story, "filed", "first_review", by="rongmei", why="送初审", now=later(3))
        detail = {"hash": "1" * 64, "stands_for": ["lin-chu"]}
        said = "初审退回（代 林初）：比分"
        move(session, story, "first_review", "returned", by="he-shen", why=said, now=later(4), detail=detail)
        detail = {"hash": "2" * 64, "version": 2}
        move(session, story, "returned", "filed", by="humen", why="交来第 2 版", now=later(5), detail=detail)
        move(session, publication, "scheduled", "sending", by="rongmei", why="到点", now=later(6), claim="c")
        move(session, publication, "sending", "scheduled", by="rongmei", why="限流", now=later(7), claim=None)
        log(session, publication, by="rongmei", why="改期", now=later(8))
    return world


def test_a_story_is_told_from_its_pitch_to_its_publications(ledger: Ledger, lived: SimpleNamespace) -> None:
    pitch, task, story, post = lived.pitch[0], lived.assignment[0], lived.story[0], lived.publication[0]
    found = life(ledger, f"story:{story}")
    assert told(found) == [
        ("pitch", pitch, "报题"),
        ("assignment", task, "派单"),
        ("story", story, "交稿"),
        ("publication", post, "排期"),
        ("publication", post, "首次读数"),
        ("pitch", pitch, "入围"),
        ("pitch", pitch, "采用"),
        ("story", story, "送初审"),
        ("story", story, "退回"),
        ("story", story, "交来新版"),
        ("publication", post, "开始发送"),
        ("publication", post, "放回待发"),
        ("publication", post, "记事"),
    ]
    assert (found.edition, found.campaign, found.left) == ("cunchao/2026-06-06", "cunchao", 0)
    assert found.names["story", story] == "决赛夜"
    assert found.names["publication", post] == "humen/wechat"
    assert found.names["assignment", task] == "humen"


def test_who_stood_in_for_whom_and_which_version(ledger: Ledger, lived: SimpleNamespace) -> None:
    (returned,) = [one for one in life(ledger, f"story:{lived.story[0]}").happenings if one.what == "退回"]
    assert (returned.by, returned.stands_for, returned.content_hash) == ("he-shen", ("lin-chu",), "1" * 64)
    assert returned.why == "初审退回（代 林初）：比分"


@pytest.mark.parametrize("kind", ["pitch", "assignment", "publication"])
def test_every_other_thing_has_the_same_life(ledger: Ledger, lived: SimpleNamespace, kind: str) -> None:
    whole = told(life(ledger, f"story:{lived.story[0]}"))
    assert told(life(ledger, f" {kind}：{getattr(lived, kind)[0]} ")) == whole


def test_a_publication_leaves_its_siblings_out(ledger: Ledger, lived: SimpleNamespace, make: Any) -> None:
    with ledger.begin() as session:
        first = session.get_one(Publication, lived.publication[0])
        sibling = make.publication(first.version, account="humen/weibo", channel="weibo")
        session.add(sibling)
        session.flush()
        log(session, sibling, by="rongmei", why="排期", now=first.scheduled_at)
        session.flush()
        key = sibling.id
    of_story = {one[:2] for one in told(life(ledger, f"story:{lived.story[0]}"))}
    of_first = {one[:2] for one in told(life(ledger, f"publication:{lived.publication[0]}"))}
    assert ("publication", key) in of_story
    assert ("publication", key) not in of_first


def test_an_edition_has_everything_and_its_mails(ledger: Ledger, lived: SimpleNamespace) -> None:
    found = told(life(ledger, "cunchao/2026-06-06"))
    assert found[0][2] == "开出"
    assert [what for kind, _, what in found if kind == "edition"] == [
        "开出",
        "考核计分",
        "生成报告",
        "邮件待发",
        "邮件待发",
    ]
    assert [one.why for one in life(ledger, "cunchao/2026-06-06").happenings if one.what == "考核计分"] == ["2 家媒体"]
    assert {key for kind, key, _ in found if kind == "pitch"} == set(lived.pitch)
    assert {key for kind, key, _ in found if kind == "publication"} == set(lived.publication)


def test_of_many_numbers_the_first_and_the_last_are_told(ledger: Ledger, lived: SimpleNamespace, now: datetime) -> None:
    post = lived.publication[0]
    with ledger.begin() as session:
        for hours in range(1, 30):
            at = now + timedelta(hours=hours)
            session.add(Snapshot(publication_id=post, observed_at=at, reads=1000 * hours, likes=0, raw={}))
    found = life(ledger, f"publication:{post}")
    read = [(one.what, one.why) for one in found.happenings if "读数" in one.what]
    assert read == [("首次读数", "平台没有给出数字"), ("最近读数（共 30 次）", "阅读 29,000，点赞 0")]
    assert found.left == 0


def test_a_long_life_is_cut_at_its_end_and_says_so(ledger: Ledger, lived: SimpleNamespace) -> None:
    whole = life(ledger, "cunchao/2026-06-06", most=500)
    for most in (1, 5, 12, len(whole.happenings)):
        cut = life(ledger, "cunchao/2026-06-06", most=most)
        assert len(cut.happenings) == most
        assert cut.left == len(whole.happenings) - most
        times = [one.at for one in cut.happenings]
        assert times == sorted(times)
        assert times[-1] <= min((one.at for one in whole.happenings[most:]), default=times[-1])


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("story:99", "没有稿件 #99"),
        ("mail:1", "不认得“mail”"),
        ("story:x", "没有期次 story:x"),
        ("cunchao/2020-01-01", "没有期次"),
        ("story:99999999999999999999", "没有期次"),
    ],
)
def test_what_is_not_there_is_named(ledger: Ledger, key: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        life(ledger, key)


def test_a_strange_detail_does_no_harm(ledger: Ledger, world: SimpleNamespace, now: datetime) -> None:
    with ledger.begin() as session:
        strange = {"hash": 7, "stands_for": "lin"}
        session.add(
            PitchEvent(thing_id=world.pitch[0], at=now, by="x", from_state="a", to_state="b", why="?", detail=strange)
        )
    (odd,) = [one for one in life(ledger, f"pitch:{world.pitch[0]}").happenings if one.by == "x"]
    assert (odd.what, odd.content_hash, odd.stands_for) == ("b", "", ())


def test_every_state_has_a_word() -> None:
    for kind, table in KINDS.items():
        states = set(ALLOWED[table]) | {to for ways in ALLOWED[table].values() for to in ways}
        assert states <= set(WHAT[kind]), kind
        assert table in EVENTS
