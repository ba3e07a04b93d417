"""What forms and citizens sent becomes pitches: once, for its edition, and nobody's private matters with it."""

from datetime import date

import pytest

from rongmei.config import SubmissionsSource
from rongmei.ledger import Pitch, PitchEvent, Submission
from rongmei.pitches import collect, meeting, shortlist


@pytest.fixture
def plan(plan):
    source = SubmissionsSource(kind="submissions", id="forms", name="报题表与市民投稿", citizens=True)
    return plan._replace(campaign=plan.campaign.model_copy(update={"sources": (*plan.campaign.sources, source)}))


@pytest.fixture
def sent(ledger, now):
    def put(title="村超龙舟队首次亮相", **values):
        passed = {"decided_by": "chen-ce", "decided_at": now} if values.get("state") == "passed" else {}
        with ledger.begin() as session:
            row = Submission(
                **{
                    "kind": "outlet",
                    "campaign": "cunchao",
                    "outlet": "shilong",
                    "ref": title,
                    "title": title,
                    "body": "在石龙",
                    "fields": {},
                    "media": [],
                    "state": "waiting",
                    "received_at": now,
                    **passed,
                    **values,
                }
            )
            session.add(row)
            session.flush()
            return row.id

    return put


CITIZEN = {"kind": "citizen", "outlet": None, "author": "小记者·张同学", "state": "passed"}


def test_forms_and_passed_citizens_become_pitches_once(ledger, plan, key, sent, rows, dump, settings, now):
    form = sent(fields={"column": "people", "channels": ["weibo", "nope"], "url": "https://a.example/1", "link": 7})
    idea = sent("奶奶的球衣摊", fields={"contact": "13800000000"}, media=[{"sha256": "x"}] * 3, **CITIZEN)
    sent("还没有初筛", **{**CITIZEN, "state": "waiting"})
    summary = collect(ledger, plan, key, "forms", settings=settings, now=now)
    assert (summary.new, summary.known, summary.rejected) == (2, 0, 0)
    first, second = rows(Pitch)
    assert (first.outlet, first.column, first.channels, first.url) == (
        "shilong",
        "people",
        ["weibo"],
        "https://a.example/1",
    )
    assert (second.outlet, second.author, second.summary) == (None, "小记者·张同学", "在石龙（附 3 张照片）")
    assert "13800000000" not in repr(dump()["pitch"]) + repr(dump()["pitch_event"])
    births = {event.thing_id: event for event in rows(PitchEvent)}
    assert births[first.id].detail == {"submission": form}
    assert births[second.id].detail == {"submission": idea, "passed_by": "chen-ce"}
    assert [(row.state, row.pitch_id) for row in rows(Submission)] == [
        ("taken", first.id),
        ("taken", second.id),
        ("waiting", None),
    ]
    before = dump()
    assert collect(ledger, plan, key, "forms", settings=settings, now=now).new == 0
    assert dump() == before
    shortlist(ledger, plan, key, now=now)
    assert "市民投稿（小记者·张同学）" in meeting(ledger, plan, key).body


def test_only_what_is_for_this_edition(ledger, plan, key, sent, rows, settings, now):
    sent("彩排的", rehearsal=True)
    sent("别的活动", campaign="haomai")
    sent("明天的", day=date(2026, 6, 7))
    sent("昨天没有开期的", day=date(2026, 6, 5))
    sent("邮件", kind="mail")
    assert collect(ledger, plan, key, "forms", settings=settings, now=now).new == 1
    assert [one.title for one in rows(Pitch)] == ["昨天没有开期的"]


def test_one_that_cannot_be_taken_waits_and_is_named_and_twins_are_known(ledger, plan, key, sent, rows, settings, now):
    sent("媒体没有了", outlet="gone")
    sent(ref="a")
    sent(ref="b")
    sent(ref="c", **CITIZEN)
    sent(ref="d", **CITIZEN)
    summary = collect(ledger, plan, key, "forms", settings=settings, now=now)
    assert (summary.new, summary.known, summary.rejected) == (3, 1, 1)
    assert "“gone”已不在集群里" in summary.problems[0]
    assert [row.state for row in rows(Submission)] == ["waiting", "taken", "taken", "taken", "taken"]
    assert len({row.pitch_id for row in rows(Submission)}) == 4, "the outlet's two forms are one pitch"
