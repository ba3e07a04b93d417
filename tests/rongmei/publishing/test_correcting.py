"""Corrections: edited in place where the platform can, told of in a note where it cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.rongmei.publishing.amending import (
    Amending,
    Fault,
    Killed,
    walls,
)
from tests.rongmei.publishing.conftest import Newsroom

from rongmei.channels import AI_LABEL, Absent, Pending, Rejected
from rongmei.clock import spoken
from rongmei.errors import OutcomeUnknown, Refused, TryLater
from rongmei.ledger import StoryVersion
from rongmei.publishing.amended import amendments_of, mark_corrected, next_amendment
from rongmei.publishing.carrying import CarrySummary

BUSY = TryLater("daily/wechat：平台忙")
UNCLEAR = OutcomeUnknown("daily/wechat：不知道平台有没有收下")
NO = Refused("daily/wechat：发布超过 30 天的不能删")
ONE = ("wechat",)


@pytest.fixture
def desk(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Amending:
    return Amending(newsroom, *walls(monkeypatch))


# ── corrections in place ─────────────────────────────────────────────────────────────────────────────────────────


def corrected(desk: Amending, **story: Any) -> int:
    """A story that is out on the outlets' sites, with a correction ordered."""
    story_id = desk.out(channels=("wordpress",), **story)
    desk.revise(story_id, "更正后的题目")
    desk.correct(story_id)
    return story_id


def test_a_post_is_edited_in_place(desk: Amending) -> None:
    story_id = corrected(desk)
    desk.site.keep = {"edited": "yes"}
    desk.time.pass_(minutes=3)
    assert desk.carry() == CarrySummary(done=2, corrected=1)
    assert {article.title for article in desk.site.up.values()} == {"更正后的题目"}
    for publication in desk.of(story_id, "wordpress"):
        assert publication.version.number == 2
        assert publication.progress["edited"] == "yes"
        assert publication.url == f"https://wordpress.example/{publication.external_id}?v=2"
        assert publication.state == "live"
    line = desk.only(story_id, "daily/wordpress")
    assert (line.state, line.how) == ("done", "edited")
    assert line.evidence == {"said": "平台已换成新版本", "answer": '{"edited": "yes"}', "at": desk.time().isoformat()}
    assert desk.story(story_id).state == "corrected"
    assert desk.story_events(story_id)[-1] == ("corrected", "旧版本已全部更正")
    assert desk.carry() == CarrySummary()
    assert len(desk.site.edits) == 2


def test_the_edit_carries_the_posts_own_fingerprint_and_the_outlets_name(desk: Amending) -> None:
    story_id = corrected(desk)
    desk.carry()
    prints = {one.external_id: one.fingerprint for one in desk.of(story_id, "wordpress")}
    assert {name: article.fingerprint for name, article in desk.site.up.items()} == prints
    assert all(article.author for article in desk.site.up.values())


@pytest.mark.parametrize("acts", [False, True])
@pytest.mark.parametrize("error", [BUSY, UNCLEAR, Killed()])
def test_an_edit_that_did_not_work_is_made_again(desk: Amending, error: BaseException, acts: bool) -> None:
    story_id = corrected(desk)
    desk.site.edit_faults = [Fault(error, acts=acts)]
    if isinstance(error, Killed):
        with pytest.raises(Killed):
            desk.carry()
    else:
        assert desk.carry().waiting == 1
    desk.carry_till_done(story_id)
    assert {article.title for article in desk.site.up.values()} == {"更正后的题目"}
    assert {how for _, _, how in desk.states(story_id)} == {"edited"}
    assert desk.story(story_id).state == "corrected"


def test_an_edit_that_is_refused_is_for_a_person(desk: Amending) -> None:
    story_id = corrected(desk)
    desk.site.edit_faults = [Fault(NO)]
    assert desk.carry() == CarrySummary(done=1, by_hand=1)
    assert desk.story(story_id).state == "signed_off"
    assert desk.by_hand(story_id) == 1
    assert desk.story(story_id).state == "corrected"
    assert desk.newsroom.events(desk.of(story_id, "wordpress")[0].id)[-1][2] == "人工处理：在后台处理了"


def test_a_text_that_the_platform_would_refuse_is_not_sent(desk: Amending) -> None:
    story_id = corrected(desk)
    desk.site.problems = ("正文太长",)
    assert desk.carry() == CarrySummary(by_hand=2)
    assert desk.site.edits == []
    assert desk.only(story_id, "daily/wordpress").last_error == "daily/wordpress：正文太长"


def test_an_edit_that_is_reviewed_is_asked_about_and_not_made_again(desk: Amending) -> None:
    story_id = corrected(desk)
    desk.site.live_after_edit = False
    assert desk.carry() == CarrySummary(waiting=2)
    assert "正在复审" in desk.only(story_id, "daily/wordpress").last_error
    desk.site.confirmations = [Pending("排队"), Rejected("标题党")]
    desk.time.pass_(minutes=1)
    assert desk.carry() == CarrySummary(waiting=1, by_hand=1)
    desk.time.pass_(minutes=2)
    assert desk.carry() == CarrySummary(done=1)
    assert len(desk.site.edits) == 2
    assert Counter(how for _, _, how in desk.states(story_id)) == {"edited": 1, None: 1}
    refused = next(line for line in amendments_of(desk.ledger, story_id) if line.state == "by_hand")
    assert refused.last_error == "平台复审没有通过新版本：标题党"


def test_an_embargo_holds_for_the_new_text_too(desk: Amending) -> None:
    story_id = corrected(desk)
    free = desk.time() + timedelta(hours=5)
    with desk.ledger.begin() as session:
        for version in session.query(StoryVersion).filter_by(story_id=story_id, number=2):
            version.extras = {"embargo": free.isoformat()}
    assert desk.carry() == CarrySummary(waiting=2)
    assert next_amendment(desk.ledger, story_id) == free
    assert spoken(free) in desk.only(story_id, "daily/wordpress").last_error
    desk.time.now = free
    assert desk.carry().done == 2


def test_an_embargo_that_nobody_understands_is_for_a_person(desk: Amending) -> None:
    story_id = corrected(desk)
    with desk.ledger.begin() as session:
        for version in session.query(StoryVersion).filter_by(story_id=story_id, number=2):
            version.extras = {"embargo": "过年以后"}
    assert desk.carry() == CarrySummary(by_hand=2)
    assert "解禁时间" in desk.only(story_id, "daily/wordpress").last_error


def test_the_label_of_ai_is_in_the_new_text_too(desk: Amending) -> None:
    story_id = desk.out(channels=("wordpress",), ai=True)
    desk.revise(story_id, "更正后的题目")
    with desk.ledger.begin() as session:
        session.query(StoryVersion).filter_by(story_id=story_id).update({"ai_generated": True})
    desk.correct(story_id)
    desk.carry()
    assert all(AI_LABEL in article.html for article in desk.site.up.values())


def test_a_version_that_another_post_of_the_account_shows(desk: Amending) -> None:
    """They are unique in the ledger; the platform has been corrected all the same."""
    story_id = desk.out(channels=())
    desk.revise(story_id, "第二版")
    desk.publish(channels=["wordpress"])
    first, second = (one for one in desk.of(story_id, "wordpress") if one.outlet == "daily")
    assert (first.state, second.state) == ("cancelled", "live")
    with desk.ledger.begin() as session:
        story = session.get_one(type(desk.story(story_id)), story_id)
        story.current_hash = session.query(StoryVersion).filter_by(story_id=story_id, number=1).one().content_hash
    desk.correct(story_id)
    assert desk.carry().done == 2
    assert [article.version for article in desk.site.up.values()] == [1, 1]
    assert desk.correct(story_id).known == 2


def test_a_newer_order_stops_the_older_one_before_it_writes(desk: Amending) -> None:
    story_id = corrected(desk)

    def interrupt(progress: Any) -> None:
        desk.site.before_edit = lambda _: None
        desk.revise(story_id, "第三版")
        desk.correct(story_id)
        progress.save(picture="uploaded")

    desk.site.before_edit = interrupt
    desk.carry()
    # The one that was interrupted made way at once, so nothing has to wait for its lease.
    desk.carry()
    assert {title for _, title in desk.site.edits} == {"第三版"}
    assert {article.title for article in desk.site.up.values()} == {"第三版"}


def test_an_older_text_that_came_late_is_written_over(desk: Amending) -> None:
    story_id = corrected(desk)

    def interrupt(_: Any) -> None:
        desk.site.before_edit = lambda _: None
        desk.revise(story_id, "第三版")
        desk.correct(story_id)
        desk.time.pass_(minutes=6)
        desk.carry()

    desk.site.before_edit = interrupt
    desk.carry()
    desk.carry_till_done(story_id)
    assert {article.title for article in desk.site.up.values()} == {"第三版"}
    assert {one.version.number for one in desk.of(story_id, "wordpress")} == {3}


def test_what_the_platform_gives_while_editing_is_kept(desk: Amending) -> None:
    story_id = corrected(desk)
    desk.site.before_edit = lambda progress: progress.save(picture=f"P-{len(desk.site.edits)}")
    desk.site.edit_faults = [Fault(Killed())]
    with pytest.raises(Killed):
        desk.carry()
    assert {one.progress.get("picture") for one in desk.of(story_id, "wordpress")} >= {"P-0"}


def test_a_story_with_something_older_on_its_way_is_not_corrected_yet(desk: Amending) -> None:
    story_id = corrected(desk)
    old = next(one for one in desk.of(story_id) if one.state == "cancelled")
    desk.put(old.id, state="scheduled")
    desk.carry()
    assert {state for _, state, _ in desk.states(story_id)} == {"done"}
    assert desk.story(story_id).state == "signed_off"
    desk.put(old.id, state="missed")
    assert mark_corrected(desk.ledger, "cunchao", rehearsal=True, now=desk.time()) == 0
    assert mark_corrected(desk.ledger, "cunchao", rehearsal=False, now=desk.time()) == 1
    assert mark_corrected(desk.ledger, "cunchao", rehearsal=False, now=desk.time()) == 0


def test_a_story_of_which_nothing_was_out_is_not_corrected(desk: Amending) -> None:
    story_id = corrected(desk)
    for one in desk.of(story_id, "wordpress"):
        desk.put(one.id, state="failed")
    assert desk.carry() == CarrySummary(done=2)
    assert {how for _, _, how in desk.states(story_id)} == {"never_public"}
    assert desk.story(story_id).state == "signed_off"


# ── correction notes ─────────────────────────────────────────────────────────────────────────────────────────────


def with_note(desk: Amending, channels: tuple[str, ...] = ONE) -> int:
    story_id = desk.out(channels=channels)
    desk.time.pass_(hours=1)
    desk.revise(story_id, "东城队三比一战胜南城队")
    desk.correct(story_id)
    return story_id


def test_a_note_goes_out_once_where_posts_cannot_be_edited(desk: Amending) -> None:
    story_id = with_note(desk)
    assert desk.carry() == CarrySummary(done=2, corrected=1)
    old, note = (one for one in desk.of(story_id, "wechat") if one.outlet == "daily")
    assert (note.state, note.version.number, note.progress["corrects"]) == ("live", 2, old.id)
    assert old.version.number == 1
    line = desk.only(story_id, "daily/wechat")
    assert (line.how, line.evidence["url"], line.evidence["publication"]) == ("noted", note.url, note.id)
    sends = len(desk.wechat.sends)
    desk.correct(story_id)
    desk.carry()
    desk.publish()
    assert len(desk.wechat.sends) == sends == 4


def test_a_note_says_what_it_corrects(desk: Amending) -> None:
    story_id = with_note(desk)
    desk.carry()
    old = next(one for one in desk.of(story_id, "wechat") if one.outlet == "daily")
    assert old.live_at is not None
    note = desk.wechat.articles[-1]
    assert note.title == "【更正】东城队三比一战胜南城队"
    said = f"【更正】{spoken(old.live_at)}发布的《东城队二比一战胜南城队》有误：比分写错。现更正如下。"
    assert note.text.startswith(said)
    assert note.html.startswith("<p>【更正】")
    assert f'<a href="{old.url}">东城队二比一战胜南城队</a>' in note.html


def test_notes_come_after_the_page_they_link_to(desk: Amending) -> None:
    story_id = with_note(desk, ("wordpress", "weibo"))
    assert desk.carry() == CarrySummary(done=4, corrected=1)
    page = next(one for one in desk.of(story_id, "wordpress") if one.outlet == "daily")
    note = next(article for article in desk.weibo.articles[::-1] if article.link == page.url)
    assert note.version == 2


@pytest.mark.parametrize("acts", [False, True])
def test_a_note_of_unknown_outcome_is_settled_and_not_sent_twice(desk: Amending, acts: bool) -> None:
    story_id = with_note(desk)
    desk.wechat.send_faults = [(acts, OutcomeUnknown("不知道平台有没有收下"))]
    assert desk.carry() == CarrySummary(done=1, waiting=1)
    desk.time.pass_(minutes=3)
    desk.carry_till_done(story_id)
    assert {how for _, _, how in desk.states(story_id)} == {"noted"}
    prints = Counter(fingerprint for _, fingerprint in desk.wechat.posts)
    assert len(prints) == 4
    assert set(prints.values()) == {1}


def test_a_worker_that_dies_while_a_note_is_sent(desk: Amending) -> None:
    story_id = with_note(desk)
    desk.wechat.send_faults = [(True, Killed())]
    with pytest.raises(Killed):
        desk.carry()
    desk.time.pass_(minutes=16)
    desk.carry_till_done(story_id)
    assert Counter(Counter(desk.wechat.posts).values()) == {1: 4}
    assert desk.story(story_id).state == "corrected"


def test_a_note_that_waits_for_review(desk: Amending) -> None:
    story_id = with_note(desk)
    desk.wechat.live = False
    desk.wechat.confirmations = [Pending("审核中")] * 2
    assert desk.carry() == CarrySummary(waiting=2)
    desk.time.pass_(minutes=1)
    desk.carry()
    desk.time.pass_(minutes=1)
    assert desk.carry() == CarrySummary(done=2, corrected=1)
    assert len(desk.wechat.sends) == 4
    assert story_id


@pytest.mark.parametrize("error", [Refused("含有违规词"), None])
def test_a_note_that_is_refused_is_for_a_person(desk: Amending, error: Any) -> None:
    story_id = with_note(desk)
    if error is None:
        desk.wechat.problems = ("含有违规词",)
    else:
        desk.wechat.send_faults = [(False, error)] * 2
    assert desk.carry() == CarrySummary(by_hand=2)
    assert "更正说明没有发出" in desk.only(story_id, "daily/wechat").last_error
    assert "含有违规词" in desk.only(story_id, "daily/wechat").last_error


def test_a_note_that_must_wait_its_turn(desk: Amending, planned: Callable[..., Any]) -> None:
    story_id = with_note(desk)
    plan = planned(min_gap_minutes=90)
    assert desk.carry(plan=plan) == CarrySummary(waiting=2)
    assert next_amendment(desk.ledger, story_id) == desk.time() + timedelta(minutes=30)
    desk.time.pass_(minutes=30)
    assert desk.carry(plan=plan).done == 2


def test_a_note_for_a_post_that_was_never_out_is_not_made(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    (publication, _) = desk.of(story_id, "wechat")
    desk.wechat.posts.clear()
    desk.make_unclear(publication)
    desk.revise(story_id)
    desk.correct(story_id)
    desk.wechat.sightings = [Absent("没有")]
    desk.time.pass_(hours=1)
    assert desk.carry().done == 2
    assert desk.only(story_id, publication.account).how == "never_public"
    assert [one.account for one in desk.of(story_id, "wechat") if one.progress.get("corrects")] == ["daily/wechat"]


def test_a_post_under_review_gets_its_note_when_it_is_live(desk: Amending) -> None:
    desk.wechat.live = False
    desk.wechat.confirmations = [Pending("审核中")] * 4
    story_id = desk.out(channels=ONE)
    desk.revise(story_id)
    desk.correct(story_id)
    assert desk.carry() == CarrySummary(waiting=2)
    assert "上线之后再发更正说明" in str(desk.only(story_id).last_error)
    assert len(desk.of(story_id, "wechat")) == 2
    desk.wechat.live = True
    desk.wechat.confirmations = [Rejected("违规")]
    desk.time.pass_(minutes=1)
    desk.carry_till_done(story_id)
    # One was turned down after all, so that its readers need not be told anything.
    assert Counter(how for _, _, how in desk.states(story_id)) == {"never_public": 1, "noted": 1}
    assert len(desk.wechat.sends) == 3


def test_a_version_that_was_given_up_on_the_account(desk: Amending) -> None:
    story_id = with_note(desk)
    desk.wechat.send_faults = [(False, BUSY)] * 2
    desk.carry()
    for one in desk.of(story_id, "wechat"):
        if one.progress.get("corrects"):
            desk.put(one.id, state="cancelled")
    desk.carry_till_done(story_id)
    assert {state for _, state, _ in desk.states(story_id)} == {"by_hand"}
    assert "已经取消过" in desk.only(story_id).last_error


def test_a_recall_takes_the_notes_down_too(desk: Amending) -> None:
    story_id = with_note(desk)
    desk.carry()
    desk.revise(story_id, "第三版")
    assert desk.recall(story_id).ordered == 4
    assert desk.carry().done == 4
    assert desk.wechat.up == {}


def test_a_recall_cancels_a_note_that_has_not_left(desk: Amending) -> None:
    story_id = with_note(desk)
    desk.wechat.send_faults = [(False, BUSY)] * 2
    desk.carry()
    assert desk.recall(story_id).cancelled >= 2
    desk.carry_till_done(story_id)
    desk.publish()
    assert desk.wechat.up == {}
    assert len(desk.wechat.posts) == 2
