"""Orders to recall or to correct: what they touch, what they cancel, and that they may be given again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.rongmei.publishing.amending import Amending, Killed, walls
from tests.rongmei.publishing.conftest import KEY, Newsroom, sandbox_connect

from rongmei.errors import BadInput
from rongmei.ledger import Amendment, Publication, PublicationEvent
from rongmei.publishing.amended import amendments_of
from rongmei.publishing.amendments import (
    TAKEN_UNTIL,
    OrderSummary,
    StandingPost,
    gets_note,
    order_correction,
    order_recall,
    standing_posts,
)
from rongmei.publishing.handoff import FOLDER, VOID
from rongmei.publishing.outbox import publish
from rongmei.publishing.standing import RESCHEDULED

ACCOUNTS = [f"{outlet}/{channel}" for channel in ("wordpress", "wechat", "weibo") for outlet in ("dongcheng", "daily")]


@pytest.fixture
def desk(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Amending:
    return Amending(newsroom, *walls(monkeypatch))


def why_of(desk: Amending, publication_id: int) -> list[str]:
    with desk.ledger.read() as session:
        return list(
            session.scalars(
                select(PublicationEvent.why)
                .where(PublicationEvent.thing_id == publication_id)
                .order_by(PublicationEvent.id)
            )
        )


# ── recall ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_recall_is_ordered_for_every_account(desk: Amending) -> None:
    story_id = desk.out()
    other = desk.out(title="别的稿件")
    assert desk.recall(story_id) == OrderSummary(ordered=6)
    assert desk.story(story_id).state == "recalled"
    assert desk.story(other).state == "signed_off"
    assert desk.story_events(story_id)[-1] == ("recalled", "撤稿：当事人姓名写错")
    assert sorted(desk.states(story_id)) == sorted((account, "ordered", None) for account in ACCOUNTS)
    assert amendments_of(desk.ledger, other) == []
    assert {line.why for line in amendments_of(desk.ledger, story_id)} == {"当事人姓名写错"}
    assert why_of(desk, desk.of(story_id)[0].id)[-1] == "撤稿：当事人姓名写错"


def test_recalling_twice_changes_nothing(desk: Amending) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    before = amendments_of(desk.ledger, story_id)
    assert desk.recall(story_id, why="又想了一遍") == OrderSummary(known=6)
    assert amendments_of(desk.ledger, story_id) == before
    desk.carry()
    assert desk.recall(story_id) == OrderSummary()
    assert [line.state for line in amendments_of(desk.ledger, story_id)] == ["done"] * 6


def test_what_has_not_gone_out_is_cancelled_at_once(desk: Amending) -> None:
    story_id = desk.out(channels=["wordpress"])
    assert desk.recall(story_id) == OrderSummary(ordered=2, cancelled=4)
    assert {one.state for one in desk.of(story_id) if one.channel != "wordpress"} == {"cancelled"}
    desk.publish()
    assert desk.wechat.sends == []
    assert len(desk.of(story_id)) == 6


def test_a_story_that_never_went_out_is_recalled_without_orders(desk: Amending) -> None:
    story_id = desk.newsroom.sign_off()
    assert desk.recall(story_id) == OrderSummary()
    assert desk.story(story_id).state == "recalled"
    desk.publish()
    assert desk.of(story_id) == []


def test_every_state_of_publication_at_once(desk: Amending) -> None:
    story_id = desk.out()
    states = {
        "live": {},
        "accepted": {"live_at": None},
        "unknown": {"external_id": None},
        "sending": {"external_id": None, "claim": "somebody"},
        "failed": {"external_id": None},
        "missed": {"external_id": None},
    }
    ids = {}
    for publication, (state, values) in zip(desk.of(story_id), states.items(), strict=True):
        desk.put(publication.id, state=state, **values)
        ids[state] = publication.id
    assert desk.recall(story_id) == OrderSummary(ordered=4)
    assert {line.publication_id for line in amendments_of(desk.ledger, story_id)} == {
        ids[state] for state in ("live", "accepted", "unknown", "sending")
    }
    # An order moves nothing that is, or may be, on its platform.
    assert {one.id: one.state for one in desk.of(story_id)} == {found: state for state, found in ids.items()}


def test_a_post_that_was_found_again_after_its_recall_is_ordered_anew(desk: Amending) -> None:
    """Whatever an earlier order came to: what readers may see must go."""
    story_id = desk.out(channels=["wechat"])
    desk.recall(story_id)
    (one, *_) = [line for line in amendments_of(desk.ledger, story_id) if line.account == "daily/wechat"]
    desk.put_amendment(one.id, state="done", how="never_public", done_at=desk.time())
    assert desk.recall(story_id).ordered == 1
    assert len([line for line in amendments_of(desk.ledger, story_id) if line.account == "daily/wechat"]) == 2


def test_a_package_that_lies_ready_is_withdrawn_and_asked_about(desk: Amending, tmp_path: Any) -> None:
    story_id = desk.out(channels=["wechat"])
    (publication, _) = desk.of(story_id, "wechat")
    folder = tmp_path / "package"
    folder.mkdir()
    desk.put(
        publication.id,
        state="awaiting_operator",
        external_id=None,
        live_at=None,
        channel="shipinhao",
        account="daily/shipinhao",
        progress={FOLDER: str(folder)},
    )
    assert desk.recall(story_id) == OrderSummary(ordered=2, cancelled=5)
    assert desk.newsroom.publications("shipinhao")[0].state == "cancelled"
    assert "当事人姓名写错" in (folder / VOID).read_text(encoding="utf-8")
    desk.carry()
    (line,) = [one for one in amendments_of(desk.ledger, story_id) if one.account == "daily/shipinhao"]
    assert line.state == "by_hand"
    assert "可能已经发布" in str(line.last_error)
    assert desk.by_hand(story_id) == 1
    assert {state for _, state, _ in desk.states(story_id)} == {"done"}


@pytest.mark.parametrize("state", ["filed", "first_review", "returned", "rejected"])
def test_a_story_whose_next_version_is_under_review_can_be_recalled(desk: Amending, state: str) -> None:
    story_id = desk.out()
    with desk.ledger.begin() as session:
        session.get_one(type(desk.story(story_id)), story_id).state = state
    assert desk.recall(story_id) == OrderSummary(ordered=6)
    assert desk.story_events(story_id)[-1][1] == "撤稿：当事人姓名写错"
    desk.carry()
    assert desk.wechat.up == {}


def test_a_recall_overrules_a_correction_that_was_not_made(desk: Amending) -> None:
    story_id = desk.out(channels=["wordpress"])
    desk.revise(story_id)
    desk.correct(story_id)
    assert desk.recall(story_id).ordered == 2
    assert desk.states(story_id) == [
        ("dongcheng/wordpress", "done", "overtaken"),
        ("daily/wordpress", "done", "overtaken"),
        ("dongcheng/wordpress", "ordered", None),
        ("daily/wordpress", "ordered", None),
    ]
    desk.carry()
    assert desk.site.edits == []
    assert desk.site.up == {}


def test_a_correction_that_waits_for_a_person_is_overruled_too(desk: Amending) -> None:
    story_id = desk.out(channels=["wordpress"])
    desk.revise(story_id)
    desk.correct(story_id)
    for line in amendments_of(desk.ledger, story_id):
        desk.put_amendment(line.id, state="by_hand")
    desk.put(desk.of(story_id, "wordpress")[0].id, state="failed", external_id=None)
    desk.recall(story_id)
    assert [how for _, _, how in desk.states(story_id)] == ["overtaken", "overtaken", None]


def test_a_newer_order_waits_until_the_worker_of_the_older_one_must_be_through(desk: Amending) -> None:
    story_id = desk.out(channels=["wordpress"])
    desk.revise(story_id)
    desk.correct(story_id)
    busy, idle = amendments_of(desk.ledger, story_id)
    until = desk.time() + timedelta(minutes=4)
    desk.put_amendment(busy.id, attempts=1, not_before=until, evidence={TAKEN_UNTIL: until.isoformat()})
    desk.put_amendment(idle.id, attempts=3, not_before=desk.time() + timedelta(hours=1))
    desk.revise(story_id, "更正：还是二比一")
    desk.correct(story_id)
    desk.recall(story_id)
    with desk.ledger.read() as session:
        newest = {
            one.publication_id: one.not_before for one in session.scalars(select(Amendment).order_by(Amendment.id))
        }
    assert newest == {busy.publication_id: until, idle.publication_id: None}


@pytest.mark.parametrize("why", ["", "   ", "\n\t"])
def test_no_order_without_a_reason(desk: Amending, why: str) -> None:
    story_id = desk.out()
    for order in (desk.recall, desk.correct):
        with pytest.raises(BadInput, match="没有写理由"):
            order(story_id, why)
    assert desk.story(story_id).state == "signed_off"


def test_a_reason_is_one_bounded_line(desk: Amending) -> None:
    story_id = desk.out()
    desk.recall(story_id, "名字\n写错 " + "很" * 900)
    (why,) = {line.why for line in amendments_of(desk.ledger, story_id)}
    assert why.startswith("名字 写错 很")
    assert len(why) == 500


def test_orders_for_what_is_not_there(desk: Amending) -> None:
    story_id = desk.out()
    elsewhere = desk.plan.campaign.model_copy(update={"id": "zhumeng", "name": "逐梦他乡"})
    plan = type(desk.plan)(elsewhere, desk.plan.cluster, desk.plan.rules)
    for order in (order_recall, order_correction):
        with pytest.raises(BadInput, match=r"没有稿件 #999。改法：.*rongmei stories list"):
            order(
                desk.ledger,
                type(desk.plan)(desk.plan.campaign, desk.plan.cluster, desk.plan.rules),
                999,
                **_given(desk),
            )
        with pytest.raises(BadInput, match=f"逐梦他乡：没有稿件 #{story_id}"):
            order(desk.ledger, plan, story_id, **_given(desk))


def _given(desk: Amending) -> dict[str, Any]:
    return {"by": "chen-ce", "why": "写错", "now": desk.time()}


@pytest.mark.parametrize("state", ["filed", "second_review", "returned", "rejected"])
def test_what_was_never_signed_off_is_not_recalled(desk: Amending, state: str) -> None:
    story_id = desk.newsroom.sign_off()
    with desk.ledger.begin() as session:
        session.get_one(type(desk.story(story_id)), story_id).state = state
    with pytest.raises(BadInput, match="没有签发过"):
        desk.recall(story_id)


def test_an_order_is_written_whole_or_not_at_all(desk: Amending, monkeypatch: pytest.MonkeyPatch) -> None:
    story_id = desk.out(channels=["wordpress"])
    written: list[int] = []

    def die(*arguments: Any, **_: Any) -> None:
        written.append(1)
        if len(written) == 2:
            raise Killed

    monkeypatch.setattr("rongmei.publishing.amendments.log", die)
    with pytest.raises(Killed):
        desk.recall(story_id)
    monkeypatch.undo()
    assert desk.story(story_id).state == "signed_off"
    assert amendments_of(desk.ledger, story_id) == []
    assert {one.state for one in desk.of(story_id)} == {"live", "scheduled"}


def test_a_post_that_leaves_while_the_order_is_written(desk: Amending) -> None:
    """A worker has it: it is neither cancelled nor forgotten, and goes as soon as it is known to be out."""
    story_id = desk.newsroom.sign_off()
    summaries: list[OrderSummary] = []
    desk.wechat.before_send = lambda _: summaries.append(desk.recall(story_id)) if not summaries else None
    desk.publish(channels=["wechat"])
    # One was in the middle of being sent; the other five had not left.
    assert summaries == [OrderSummary(ordered=1, cancelled=5)]
    assert len(desk.wechat.up) == 1
    desk.carry()
    assert desk.wechat.up == {}
    assert [how for _, _, how in desk.states(story_id)] == ["deleted"]


# ── correction ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_correction_is_ordered_for_the_version_that_is_signed_off_now(desk: Amending) -> None:
    story_id = desk.out()
    desk.revise(story_id)
    assert desk.correct(story_id) == OrderSummary(ordered=6, noted=4)
    assert {line.kind for line in amendments_of(desk.ledger, story_id)} == {"correction"}
    assert desk.correct(story_id) == OrderSummary(known=6)
    desk.carry_till_done(story_id)
    assert desk.story(story_id).state == "corrected"
    assert desk.correct(story_id) == OrderSummary(known=6)


def test_what_waits_with_an_older_version_is_cancelled(desk: Amending) -> None:
    story_id = desk.out(channels=["wordpress"])
    desk.revise(story_id)
    assert desk.correct(story_id) == OrderSummary(ordered=2, cancelled=4, planned=4)
    old, new = desk.of(story_id, "wechat")[:2], desk.of(story_id, "wechat")[2:]
    assert {one.state for one in old} == {"cancelled"}
    assert [(one.state, one.progress) for one in new] == [("scheduled", {RESCHEDULED: True})] * 2
    assert desk.correct(story_id) == OrderSummary(known=2)


def test_what_waits_with_the_new_version_stays(desk: Amending) -> None:
    story_id = desk.out(channels=["wordpress"])
    desk.revise(story_id)
    desk.publish(channels=[])
    assert desk.correct(story_id) == OrderSummary(ordered=2)
    assert [one.state for one in desk.of(story_id, "wechat")] == ["cancelled", "cancelled", "scheduled", "scheduled"]


@pytest.mark.parametrize("state", ["filed", "final_review", "returned", "rejected", "recalled"])
def test_a_correction_needs_three_reviews(desk: Amending, state: str) -> None:
    story_id = desk.out()
    desk.revise(story_id)
    with desk.ledger.begin() as session:
        session.get_one(type(desk.story(story_id)), story_id).state = state
    with pytest.raises(BadInput, match="签发后再发更正"):
        desk.correct(story_id)
    assert amendments_of(desk.ledger, story_id) == []


def test_nothing_older_is_out(desk: Amending) -> None:
    story_id = desk.newsroom.sign_off()
    for prepare in (lambda: None, desk.publish, lambda: desk.revise(desk.newsroom.sign_off())):
        prepare()
        with pytest.raises(BadInput, match="没有旧版本在外面"):
            desk.correct(story_id)


def test_a_refused_correction_leaves_packages_as_they_are(desk: Amending, tmp_path: Any) -> None:
    """Files cannot be rolled back."""
    story_id = desk.out(channels=[])
    (publication, *rest) = desk.of(story_id)
    for one in rest:
        desk.put(one.id, state="missed")
    desk.put(publication.id, state="awaiting_operator", progress={FOLDER: str(tmp_path)})
    desk.revise(story_id)
    with pytest.raises(BadInput, match="没有旧版本在外面"):
        desk.correct(story_id)
    assert not (tmp_path / VOID).exists()
    assert desk.of(story_id)[0].state == "awaiting_operator"


def test_a_correction_of_a_correction(desk: Amending) -> None:
    story_id = desk.out()
    desk.revise(story_id, "第二版")
    desk.correct(story_id)
    desk.carry_till_done(story_id)
    desk.revise(story_id, "第三版")
    # Both the post and its first correction note are wrong now.
    assert desk.correct(story_id) == OrderSummary(ordered=2 + 4 + 4, noted=4)
    desk.carry_till_done(story_id)
    assert desk.story(story_id).state == "corrected"
    assert {article.title for article in desk.site.up.values()} == {"第三版"}
    # One more note an account, not one a post.
    assert len(desk.wechat.up) == len(desk.weibo.up) == 2 * 3
    third = [one for one in desk.of(story_id, "wechat") if one.progress.get("corrects")][2:]
    second = [one for one in desk.of(story_id, "wechat") if one.progress.get("corrects")][:2]
    assert [one.progress["corrects"] for one in third] == [one.id for one in second]


def test_a_second_version_overtakes_the_first_correction(desk: Amending) -> None:
    story_id = desk.out(channels=["wordpress"])
    desk.revise(story_id, "第二版")
    desk.correct(story_id)
    desk.revise(story_id, "第三版")
    assert desk.correct(story_id) == OrderSummary(ordered=2, cancelled=4, planned=4)
    desk.carry()
    assert [title for _, title in desk.site.edits] == ["第三版", "第三版"]
    assert [how for _, _, how in desk.states(story_id)] == ["overtaken", "overtaken", "edited", "edited"]


def test_which_channels_get_notes(desk: Amending) -> None:
    assert [gets_note(name) for name in ("wechat", "weibo", "wordpress")] == [True, True, False]
    assert [gets_note(name) for name in ("shipinhao", "ninjs", "no-such-channel")] == [False, False, False]


# ── what would be touched ────────────────────────────────────────────────────────────────────────────────────────


def test_standing_posts_are_what_an_order_would_touch(desk: Amending) -> None:
    story_id = desk.out(channels=["wordpress"])
    own, _ = desk.of(story_id, "wechat")
    desk.put(own.id, state="failed")
    found = standing_posts(desk.ledger, story_id)
    assert sorted((one.account, one.state, one.version) for one in found) == [
        ("daily/wechat", "scheduled", 1),
        ("daily/weibo", "scheduled", 1),
        ("daily/wordpress", "live", 1),
        ("dongcheng/weibo", "scheduled", 1),
        ("dongcheng/wordpress", "live", 1),
    ]
    assert all(isinstance(one, StandingPost) for one in found)
    assert found[0].url == desk.of(story_id, "wordpress")[0].url
    touched = desk.recall(story_id)
    assert len(found) == touched.ordered + touched.cancelled
    desk.carry()
    assert standing_posts(desk.ledger, story_id) == ()


def test_looking_changes_nothing(desk: Amending) -> None:
    story_id = desk.out()
    before = [(one.id, one.state) for one in desk.of(story_id)]
    standing_posts(desk.ledger, story_id)
    assert [(one.id, one.state) for one in desk.of(story_id)] == before
    assert amendments_of(desk.ledger, story_id) == []


def test_looking_for_a_story_that_is_not_there(desk: Amending) -> None:
    with pytest.raises(BadInput, match="没有稿件 #7"):
        standing_posts(desk.ledger, 7)


# ── rehearsals ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_order_in_the_rehearsal_touches_no_real_post(desk: Amending) -> None:
    rehearsal = desk.newsroom.open(rehearsal=True)
    real = desk.out()
    played = desk.out(rehearsal)
    desk.recall(played)
    desk.recall(real)
    assert desk.carry(rehearsal=True).done == 6
    assert {one.state for one in desk.of(played)} == {"recalled"}
    assert {one.state for one in desk.of(real)} == {"live"}
    assert desk.carry(rehearsal=False).done == 6
    assert {one.state for one in desk.of(real)} == {"recalled"}


def test_publications_of_the_recalled_story_are_never_planned_again(desk: Amending) -> None:
    story_id = desk.out(channels=["wordpress"])
    desk.recall(story_id)
    desk.carry()
    desk.publish()
    publish(
        desk.ledger,
        desk.plan,
        KEY,
        "wordpress",
        connect=sandbox_connect,
        settings=desk.newsroom.settings,
        clock=desk.time,
    )
    assert desk.site.up == {}
    assert {one.state for one in desk.of(story_id)} == {"recalled", "cancelled"}
    with desk.ledger.read() as session:
        assert len(session.scalars(select(Publication)).all()) == 6
