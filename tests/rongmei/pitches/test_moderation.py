"""投稿初筛: a person decides, the machine only hints, and nothing from outside is more than text on any page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from rongmei import pitches
from rongmei.config import Plan, SubmissionsSource
from rongmei.config.lists import Lists, SensitiveWord, SensitiveWords
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Mail, Media, Submission
from rongmei.pitches import receiving
from rongmei.pitches.forms import OutletPitch, read_idea
from rongmei.pitches.invitations import Door
from rongmei.pitches.moderation import (
    AT_A_TIME,
    ModerationSummary,
    decide_one,
    hints,
    moderate,
    moderation_sheet,
    parse_refusals,
)
from rongmei.pitches.purging import CONTACT_KEPT, REFUSED_KEPT, SENDER_KEPT, purge_contacts, purge_due
from rongmei.settings import Settings

DOOR = Door("cunchao", False)
EVIL = "<script>alert(1)</script>[x](javascript:alert(1))|**b**`c` ![i](//e.example/p.png)\u202etxt"
Put = Callable[..., int]


@pytest.fixture
def plan(plan: Plan) -> Plan:
    source = SubmissionsSource(
        kind="submissions", id="forms", name="网上报题", citizens=True, moderators=("lin-chu", "chen-ce")
    )
    return plan._replace(campaign=plan.campaign.model_copy(update={"sources": (source,)}))


@pytest.fixture
def put(ledger: Ledger, now: datetime) -> Put:
    """Puts a citizen's submission into the ledger; its number."""
    made = iter(range(10_000))

    def put_(title: str = "村超看台上的爷爷", **values: Any) -> int:
        with ledger.begin() as session:
            given = {"fields": {"age": "adult"}, "media": [], "author": "市民·阿强", "received_at": now, **values}
            given = {"campaign": "cunchao", **given}
            row = Submission(kind="citizen", ref=f"r{next(made)}", title=title, **given)
            session.add(row)
            session.flush()
            return row.id

    return put_


def stored(ledger: Ledger, number: int) -> Submission:
    with ledger.read() as session:
        return session.get_one(Submission, number)


def test_the_page_shows_what_waits_to_those_who_decide(
    ledger: Ledger, plan: Plan, key: str, put: Put, now: datetime
) -> None:
    one = put(body="阿公每场都来。\n第二行", place="榕江", media=[{"sha256": "a" * 64}])
    put("别的", rehearsal=True)
    put("将来的", received_at=now + timedelta(hours=1))
    put("看过的", state="passed", decided_by="lin-chu")
    sheet = moderation_sheet(ledger, plan, key, now=now)
    assert sheet.moderators == ("lin-chu", "chen-ce")
    assert [(option.submission_id, option.label) for option in sheet.options] == [
        (one, f"#{one} 市民·阿强｜村超看台上的爷爷")
    ]
    assert "1 条市民投稿" in sheet.subject
    for shown in ("阿公每场都来。 第二行", "1 张", "18 岁以上", "/rongmei/submissions/desk/cunchao"):
        assert shown in sheet.body
    assert moderation_sheet(ledger, plan, key, now=now - timedelta(hours=1)).options == ()


def test_a_full_page_says_how_many_more_there_are(
    ledger: Ledger, plan: Plan, key: str, put: Put, now: datetime
) -> None:
    for number in range(AT_A_TIME + 2):
        put(f"第 {number} 条")
    sheet = moderation_sheet(ledger, plan, key, now=now)
    assert len(sheet.options) == AT_A_TIME
    assert "另有 2 条" in sheet.body


def test_decisions_are_kept_with_who_when_and_why_and_the_rest_waits(ledger: Ledger, put: Put, now: datetime) -> None:
    good, ad, left, late = put(), put("加微信"), put("再看"), put("晚了")
    decide_one(ledger, late, let_through=False, by="chen-ce", why="重复", now=now)
    done = moderate(
        ledger, DOOR, passed=[good, late], refused={ad: "广告"}, asked=[good, ad, left, late], by="lin-chu", now=now
    )
    assert done == ModerationSummary(passed=1, refused=1, stale=1, waiting=1)
    rows = [stored(ledger, number) for number in (good, ad, left, late)]
    assert [(row.state, row.decided_by, row.why) for row in rows] == [
        ("passed", "lin-chu", ""),
        ("refused", "lin-chu", "广告"),
        ("waiting", None, ""),
        ("refused", "chen-ce", "重复"),
    ]
    assert rows[0].decided_at == now


def test_a_decision_can_be_changed_until_it_is_a_pitch_and_both_are_kept(
    ledger: Ledger, put: Put, pitch: Any, key: str, now: datetime
) -> None:
    number = put()
    decide_one(ledger, number, let_through=False, by="lin-chu", why="看不清", now=now)
    row = decide_one(ledger, number, let_through=True, by="chen-ce", why="", now=now + timedelta(hours=1))
    assert (row.state, row.decided_by) == ("passed", "chen-ce")
    assert row.fields["before"] == [{"to": "refused", "by": "lin-chu", "why": "看不清", "at": now.isoformat()}]
    made = pitch(key, "村超看台")
    with ledger.begin() as session:
        taken = session.get_one(Submission, number)
        taken.state, taken.pitch_id = "taken", made
    with pytest.raises(BadInput, match="已经成为选题"):
        decide_one(ledger, number, let_through=False, by="chen-ce", why="晚了", now=now)
    with pytest.raises(BadInput, match="没有这条市民投稿"):
        decide_one(ledger, 999, let_through=True, by="chen-ce", why="", now=now)


def test_another_campaigns_or_a_rehearsals_submission_is_not_decided_here(
    ledger: Ledger, put: Put, now: datetime
) -> None:
    other, rehearsal = put(campaign="haomai"), put(rehearsal=True)
    done = moderate(ledger, DOOR, passed=[other], refused={rehearsal: "x"}, by="lin-chu", now=now)
    assert (done.passed, done.refused, done.stale) == (0, 0, 2)


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("", {}),
        ("2 广告\n\n#3：与活动无关", {2: "广告", 3: "与活动无关"}),
        ("其余 看不清", {2: "看不清", 3: "看不清"}),
        ("2 广告\n其他，重复", {2: "广告", 3: "重复"}),
    ],
)
def test_reasons_are_read_a_line_each(text: str, refused: dict[int, str]) -> None:
    assert parse_refusals(text, known={1, 2, 3}, passed={1}) == refused


@pytest.mark.parametrize("text", ["广告", "2", "9 广告", "1 广告", "2 广告\n2 重复", "其余"])
def test_a_line_that_cannot_be_read_or_contradicts_is_sent_back(text: str) -> None:
    with pytest.raises(BadInput, match="退稿理由"):
        parse_refusals(text, known={1, 2}, passed={1})


def test_hints_and_only_hints() -> None:
    word = SensitiveWord.model_validate(
        {"word": "最佳", "level": "careful", "reason": "广告法", "except": ["最佳球员"]}
    )
    lists = Lists(sensitive_words=SensitiveWords.model_construct(owner="x", words=(word,)))

    def told(title: str, **values: Any) -> str:
        row = Submission(id=7, title=title, body="", **{"fields": {}, "media": [], **values})
        return "；".join(hints(row, lists, {7: 3} if "重复" in title else {}))

    assert told("村超看台上的爷爷") == ""
    assert told("最 佳·球员") == ""
    assert "敏感词“最佳”" in told("全场最·佳套餐")
    assert "像广告：“加微”" in told("加微信领券")
    assert "有网址" in told("看这里 www.example.com")
    assert "与 #3 内容相同" in told("重复")
    assert "自动遮盖" in told("题", fields={"masked": True})
    assert "人工智能" in told("题", media=[{"ai_label": True}])


def test_what_came_before_is_named(ledger: Ledger, plan: Plan, key: str, put: Put, now: datetime) -> None:
    first = put(body="同一段话")
    second = put(body="同一段话！")
    body = moderation_sheet(ledger, plan, key, now=now).body
    assert f"与 \\#{first} 内容相同" in body
    assert f"与 \\#{second} 内容相同" not in body


# ── to the meeting ───────────────────────────────────────────────────────────────────────────────────────────────


def harmless(markdown: str) -> bool:
    """Whether a Markdown page makes neither markup nor a link nor a picture of what `EVIL` says."""
    html = MarkdownIt("commonmark").enable("table").render(markdown)
    return not any(sign in html for sign in ("<script", "<img", 'href="javascript', "<strong>b</strong>", "\u202e"))


class Post:
    """Takes every mail."""

    def send(self, message: EmailMessage, recipient: str) -> None:
        assert message["To"]
        assert recipient


def test_from_both_forms_to_the_meeting_with_hostile_text_in_every_field(
    ledger: Ledger, plan: Plan, key: str, settings: Settings, tmp_path: Path, now: datetime, rows: Any
) -> None:
    outlet = OutletPitch(f"村超{EVIL}"[:100], EVIL, "live", ("wechat",), EVIL[:60], EVIL[:30], None)
    receiving.send_pitch(ledger, DOOR, "humen", outlet, link_id="", ref="a", now=now)
    fields = {"title": [f"看台{EVIL}"[:60]], "body": [EVIL], "place": [EVIL[:60]], "nickname": [EVIL[:20]]}
    given = {**fields, "age": ["adult"], "consent": ["1"], "contact": ["13900001111"], "may_contact": ["1"]}
    idea, faults = read_idea(given)
    assert not faults
    how = {"media": tmp_path / "media", "link_id": "", "ref": "b", "sender": "0" * 64}
    citizen = receiving.send_idea(ledger, DOOR, idea, [], now=now, **how)
    sheet = moderation_sheet(ledger, plan, key, now=now)
    assert harmless(sheet.body)
    assert harmless(sheet.subject)

    def collected() -> int:
        return pitches.collect(ledger, plan, key, "forms", settings=settings, now=now).new

    assert collected() == 1
    moderate(ledger, DOOR, passed=[citizen.number], refused={}, asked=[citizen.number], by="lin-chu", now=now)
    assert collected() == 1
    assert collected() == 0
    pitches.shortlist(ledger, plan, key, now=now)
    meeting = pitches.meeting(ledger, plan, key)
    assert len(meeting.options) == 2
    assert harmless(meeting.body)
    for page in (sheet.body, meeting.body, *(option.label for option in meeting.options)):
        assert "13900001111" not in page
        assert "\u202e" not in page
    accepted = [option.pitch_id for option in meeting.options]
    pitches.record_decisions(ledger, plan, key, accepted=accepted, by="chen-ce", now=now)
    pitches.tell_outcomes(ledger, plan, key, transport=Post(), clock=lambda: now)
    mails = [message_from_bytes(mail.message, policy=default) for mail in rows(Mail)]
    (html,) = [part.get_content() for mail in mails for part in mail.walk() if part.get_content_type() == "text/html"]
    assert "村超" in html
    assert not any(sign in html for sign in ("<script", "<img", "13900001111", "\u202e"))
    (shown,) = receiving.sent_by(ledger, DOOR, "humen")
    assert shown.state == receiving.PITCH_STATES["accepted"]


# ── what is forgotten ────────────────────────────────────────────────────────────────────────────────────────────


def test_telephones_senders_and_refused_photos_are_forgotten_in_time(
    ledger: Ledger, put: Put, tmp_path: Path, now: datetime
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    shared, used, own = ("a" * 64, "b" * 64, "c" * 64)
    for sha256 in (shared, used, own):
        (media / sha256).write_bytes(b"x")
    with ledger.begin() as session:
        session.add(Media(sha256=used, content_type="image/jpeg", size_bytes=1, added_at=now))
    photos = [{"sha256": sha256} for sha256 in (shared, used, own)]
    person = {"fields": {"age": "adult", "contact": "139"}, "sender": "f" * 64}
    kept = put(**person, media=[{"sha256": shared}])
    refused = put(**person, media=photos, state="refused", decided_by="lin-chu", decided_at=now)
    rehearsal = put(**person, rehearsal=True)

    def purged(after: timedelta) -> tuple[int, int]:
        at = now + after + timedelta(minutes=1)
        due = purge_due(ledger, DOOR, now=at)
        done = purge_contacts(ledger, DOOR, media=media, now=at)
        assert due or done == pitches.PurgeSummary()
        assert not purge_due(ledger, DOOR, now=at)
        return done.contacts, done.photos

    assert purged(timedelta(0)) == (0, 0)
    assert stored(ledger, kept).sender
    assert purged(SENDER_KEPT) == (0, 0)
    assert stored(ledger, kept).sender is None
    assert purged(REFUSED_KEPT) == (1, 1)
    assert sorted(file.name for file in media.iterdir()) == [shared, used]
    row = stored(ledger, refused)
    assert (row.media, "contact" in row.fields, row.fields["dropped"]) == ([], False, 3)
    assert stored(ledger, kept).fields["contact"] == "139"
    assert purged(CONTACT_KEPT) == (1, 0)
    assert "contact" not in stored(ledger, kept).fields
    assert stored(ledger, rehearsal).fields["contact"] == "139"
    assert stored(ledger, rehearsal).sender
