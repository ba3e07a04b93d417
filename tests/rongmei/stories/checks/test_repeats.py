"""重复: stories that are out in the last 90 days, by title and by beginning."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from rongmei.ledger import Edition, Publication, Story, StoryVersion
from rongmei.stories.checks.repeats import repeats

BODY = (
    "五月的最后一个周末，东城体育公园座无虚席，来自各镇街的球迷敲着锣鼓为主队加油，孩子们脸上画着队徽，老人搬来了小板凳，"
    "一场普通的小组赛踢出了决赛的气氛，终场哨响时谁也不愿意离开。"
)
OTHER = (
    "松山湖的实验室昨天公布了新的成果，研究人员用三年时间找到了一种更便宜的材料，可以让电池在低温下也保持大部分的容量，"
    "企业已经来谈合作。"
)


@pytest.fixture
def out(newsroom: Any) -> Any:
    """`out(title, body, …)`: a story that another edition published some days ago; its id."""

    def publish(
        title: str, body: str, *, days: int = 5, state: str = "live", rehearsal: bool = False, number: int = 1
    ) -> int:
        when = newsroom.now - timedelta(days=days)
        key = f"cunchao/{when:%Y-%m-%d}" + ("/rehearsal" if rehearsal else "")
        with newsroom.ledger.read() as session:
            known = session.scalars(select(Edition.id).where(Edition.key == key)).one_or_none()
        edition = known or newsroom.edition(key, rehearsal=rehearsal)
        assignment = newsroom.assignment("nancheng", key=key)
        with newsroom.ledger.begin() as session:
            story = Story(edition_id=edition, assignment_id=assignment, outlet="nancheng", filed_at=when)
            session.add(story)
            session.flush()
            version = StoryVersion(
                story_id=story.id, number=1, content_hash=f"{story.id:064x}", title=title, body=body, filed_at=when
            )
            session.add(version)
            session.flush()
            session.add(
                Publication(
                    edition_id=edition,
                    story_id=story.id,
                    version_id=version.id,
                    outlet="nancheng",
                    channel="weibo",
                    account=f"nancheng/weibo/{number}",
                    state=state,
                    fingerprint="f",
                    scheduled_at=when,
                    external_id=f"{story.id}" if state == "live" else None,
                    live_at=when if state == "live" else None,
                )
            )
            return story.id

    return publish


@pytest.fixture
def told(newsroom: Any) -> Any:
    """`told(title, body)`: what is remarked on a story of today's edition."""

    def look(title: str, body: str, story: int = 0) -> list[str]:
        version = StoryVersion(story_id=story, content_hash="a" * 64, title=title, body=body)
        with newsroom.ledger.read() as session:
            edition = session.scalars(select(Edition).where(Edition.key == newsroom.key)).one()
            found = repeats(session, newsroom.plan, edition, [version], now=newsroom.now)
        return [finding.message for finding in found.get("a" * 64, ())]

    return look


def test_the_same_title(out: Any, told: Any) -> None:
    story = out("东城体育公园座无虚席 村超小组赛精彩纷呈", OTHER)
    [message] = told("东城体育公园座无虚席，村超小组赛精彩纷呈！", BODY)
    assert message.startswith(
        f"标题与已发的 #{story}《东城体育公园座无虚席 村超小组赛精彩纷呈》（南城融媒，2026-06-01）相同"
    )


def test_the_same_text_under_another_title(out: Any, told: Any) -> None:
    out("锣鼓声里的周末", f"![图](a.jpg)\n\n**{BODY}**")
    [message] = told("一场小组赛踢出决赛气氛", BODY.replace("五月的最后一个周末", "五月最后一个周末"))
    assert message.startswith("开头与已发的")


def test_another_story_is_no_repeat(out: Any, told: Any) -> None:
    out("松山湖公布电池新材料", OTHER)
    assert told("一场小组赛踢出决赛气氛", BODY) == []


@pytest.mark.parametrize("parts", [{"days": 91}, {"state": "scheduled"}, {"rehearsal": True}])
def test_what_is_old_not_out_or_a_rehearsal_does_not_count(out: Any, told: Any, parts: dict[str, Any]) -> None:
    out("一场小组赛踢出决赛气氛", BODY, **parts)
    assert told("一场小组赛踢出决赛气氛", BODY) == []


def test_a_correction_does_not_repeat_itself(out: Any, told: Any) -> None:
    story = out("一场小组赛踢出决赛气氛", BODY)
    assert told("一场小组赛踢出决赛气氛", BODY, story) == []


def test_the_likest_three_are_told(out: Any, told: Any) -> None:
    for number in range(5):
        out(f"一场小组赛踢出决赛气氛（{'一二三四五'[number]}）", OTHER, number=number)
    out("一场小组赛踢出决赛气氛", OTHER, number=9)
    messages = told("一场小组赛踢出决赛气氛", BODY)
    assert len(messages) == 3
    assert "相同" in messages[0]


def test_nothing_is_asked_without_versions(newsroom: Any) -> None:
    with newsroom.ledger.read() as session:
        edition = session.scalars(select(Edition).where(Edition.key == newsroom.key)).one()
        assert repeats(session, newsroom.plan, edition, [], now=newsroom.now) == {}


def test_the_sheet_shows_it(newsroom: Any, out: Any) -> None:
    story = out("东城夺冠", BODY)
    newsroom.file(newsroom.assignment(), body=BODY)
    lines = newsroom.sheet("first_review").body.split("\n")
    at = lines.index("  - **重复**")
    assert f"已发的 \\#{story}《东城夺冠》" in lines[at + 1]
