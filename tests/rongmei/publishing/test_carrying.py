"""Carrying out recalls: each may be repeated, interrupted and done by two at once, and each ends."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.rongmei.publishing.amending import (
    Amending,
    Fault,
    Killed,
    credential_missing,
    dying_at,
    walls,
    with_accounts,
)
from tests.rongmei.publishing.conftest import KEY, Newsroom, sandbox_connect

from rongmei.channels import Absent, Credential, Pending, Posted, Rejected, registry
from rongmei.config import Account, Outlet, Plan
from rongmei.errors import BadInput, CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater
from rongmei.ledger import Ledger
from rongmei.ledger.tables import Base
from rongmei.publishing import recalling, taken
from rongmei.publishing.amended import amendments_of, done_by_hand, next_amendment
from rongmei.publishing.amendments import TAKEN_UNTIL, OrderSummary
from rongmei.publishing.carrying import CarrySummary
from rongmei.publishing.runs import open_run
from rongmei.publishing.settle import settle_by_hand
from rongmei.settings import Settings

BUSY = TryLater("daily/wechat：平台忙")
UNCLEAR = OutcomeUnknown("daily/wechat：不知道平台有没有收下")
NO = Refused("daily/wechat：发布超过 30 天的不能删")
ONE = ("wechat",)


@pytest.fixture
def desk(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Amending:
    return Amending(newsroom, *walls(monkeypatch))


# ── taking down ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_is_taken_down_with_evidence(desk: Amending) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    desk.time.pass_(minutes=2)
    assert desk.carry() == CarrySummary(done=6)
    assert [wall.up for wall in desk.walls] == [{}, {}, {}]
    assert {one.state for one in desk.of(story_id)} == {"recalled"}
    for line in amendments_of(desk.ledger, story_id):
        assert (line.state, line.how, line.last_error) == ("done", "deleted", None)
        assert line.done_at == desk.time()
        assert line.evidence == {
            "how": "deleted",
            "said": "0 ok",
            "gone": True,
            "gone_status": 404,
            "at": desk.time().isoformat(),
        }
    assert desk.newsroom.events(desk.of(story_id)[0].id)[-1] == ("live", "recalled", "撤下：0 ok")


def test_once_more_speaks_to_nobody(desk: Amending) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    desk.carry()
    calls = [list(wall.recalls) for wall in desk.walls]
    assert desk.carry() == CarrySummary()
    assert [list(wall.recalls) for wall in desk.walls] == calls


def test_the_public_address_is_asked_how_it_answers(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    own, other = desk.of(story_id, "wechat")
    desk.put(other.id, url=None)
    desk.recall(story_id)
    desk.carry()
    # The sandbox's pages are inside the house.
    assert desk.pages.asked == [(own.url, True)]
    assert "gone_status" not in desk.only(story_id, other.account).evidence

    def real(outlet: Any, account: Any) -> Credential:
        return Credential("https://api.example.com", {}, sandbox=False)

    second = desk.out(channels=ONE)
    desk.recall(second)
    desk.carry(connect=real)
    assert [inside for _, inside in desk.pages.asked[1:]] == [False, False]


def test_a_page_that_cannot_be_asked_proves_nothing(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    desk.pages.status = None
    desk.recall(story_id)
    assert desk.carry().done == 2
    assert desk.only(story_id).evidence["gone_status"] is None


def test_exports_have_no_page_to_be_asked(desk: Amending, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.all_channels(), "wechat", wall := type(desk.wechat)("wechat", kind="export"))
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    assert desk.carry().done == 2
    assert desk.pages.asked == []
    assert len(wall.taken_down) == 2


def test_an_exported_story_is_corrected_and_then_withdrawn(desk: Amending, tmp_path: Path) -> None:
    """Partners take files: a new version, then a notice that it is withdrawn."""
    partner = tmp_path / "partner"
    partner.mkdir()
    desk.newsroom.plan = with_accounts(desk.plan, "rundown")

    def connect(outlet: Outlet, account: Account) -> Credential:
        return Credential(partner.as_uri(), {}, sandbox=True)

    story_id = desk.newsroom.sign_off()
    desk.publish(channels=["rundown"], connect=connect)
    desk.revise(story_id, "更正：东城队三比一")
    desk.correct(story_id)
    assert desk.carry(connect=connect).done == 2
    desk.recall(story_id)
    assert desk.carry(connect=connect).done == 2
    names = sorted(path.name for path in partner.iterdir())
    for version, ending in (("v1", ".txt"), ("v2", ".txt"), ("v3", "-canceled.txt")):
        assert len([name for name in names if f"-{version}-" in name and name.endswith(ending)]) == 2
    assert desk.only_last(story_id, "daily/rundown").evidence["gone"] is True
    assert {one.state for one in desk.of(story_id, "rundown")} == {"recalled"}
    assert desk.pages.asked == []


def test_only_the_story_that_was_asked_for(desk: Amending) -> None:
    first, second = desk.out(channels=ONE), desk.out(channels=ONE)
    desk.recall(first)
    desk.recall(second)
    assert desk.carry(second).done == 2
    assert {one.state for one in desk.of(first, "wechat")} == {"live"}


@pytest.mark.parametrize(("error", "acts"), [(BUSY, False), (UNCLEAR, False), (UNCLEAR, True)])
def test_what_did_not_work_is_tried_again(desk: Amending, error: Exception, acts: bool) -> None:
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    desk.wechat.recall_faults = [Fault(error, acts=acts)]
    assert desk.carry() == CarrySummary(done=1, waiting=1)
    line = desk.only(story_id)
    assert (line.state, line.last_error) == ("ordered", str(error))
    assert next_amendment(desk.ledger, story_id) == desk.time() + timedelta(minutes=1)
    assert desk.carry() == CarrySummary()
    desk.time.pass_(minutes=1)
    assert desk.carry() == CarrySummary(done=1)
    assert desk.wechat.up == {}
    # One that went through after all was only looked at.
    assert len(desk.wechat.recalls) == (2 if acts else 3)
    assert desk.only(story_id).how == ("gone" if acts else "deleted")


def test_pauses_grow_to_an_hour(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    desk.wechat.recall_faults = [Fault(BUSY)] * 100
    pauses = []
    for _ in range(9):
        desk.carry()
        due = next_amendment(desk.ledger, story_id)
        assert due is not None
        pauses.append((due - desk.time()) // timedelta(minutes=1))
        desk.time.now = due
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_the_platform_may_ask_for_more_time(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    reset = desk.time() + timedelta(hours=9)
    desk.wechat.recall_faults = [
        Fault(TryLater("频繁", retry_after=timedelta(hours=3))),
        Fault(QuotaGone("额度用完", now=desk.time(), resets_at=reset)),
    ]
    desk.carry()
    assert next_amendment(desk.ledger, story_id) == desk.time() + timedelta(hours=3)
    desk.time.now = reset
    assert desk.carry().done == 2


def test_a_refusal_is_for_a_person(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    desk.wechat.recall_faults = [Fault(NO)]
    assert desk.carry() == CarrySummary(done=1, by_hand=1)
    line = desk.only(story_id)
    assert (line.state, line.last_error) == ("by_hand", str(NO))
    assert next_amendment(desk.ledger, story_id) is None
    desk.time.pass_(days=1)
    assert desk.carry() == CarrySummary()
    done_by_hand(desk.ledger, line.id, by="lin-chu", note="在后台\n删了", now=desk.time())
    line = desk.only(story_id)
    assert (line.state, line.how, line.last_error) == ("done", "by_hand", None)
    assert line.evidence == {"by": "lin-chu", "said": "在后台 删了", "at": desk.time().isoformat()}
    assert {one.state for one in desk.of(story_id, "wechat")} == {"recalled"}
    assert desk.newsroom.events(line.publication_id)[-1] == ("live", "recalled", "人工撤下：在后台 删了")


def test_a_refused_credential_waits_and_is_told(desk: Amending) -> None:
    first, second = desk.out(channels=ONE), desk.out(channels=ONE)
    desk.recall(first)
    desk.recall(second)
    asked: list[str] = []
    missing = credential_missing("dongcheng/wechat")

    def connect(outlet: Any, account: Any) -> Any:
        asked.append(outlet.id)
        return missing(outlet, account)

    assert desk.carry(connect=connect) == CarrySummary(done=2, waiting=2, refused_accounts=("dongcheng/wechat",))
    # Nobody knocks twice at a door that was shut.
    assert Counter(asked) == {"dongcheng": 1, "daily": 1}
    for story_id in (first, second):
        line = desk.only(story_id)
        assert line.state == "ordered"
        assert "没有账号连接 dongcheng/wechat" in line.last_error
    desk.time.pass_(minutes=1)
    assert desk.carry() == CarrySummary(done=2)


def test_a_credential_that_the_platform_refuses(desk: Amending) -> None:
    first, second = desk.out(channels=ONE), desk.out(channels=ONE)
    desk.recall(first)
    desk.recall(second)
    desk.wechat.recall_faults = [Fault(CredentialRefused("dongcheng/wechat：凭据已失效"))]
    told = desk.carry()
    assert (told.waiting, told.done, told.refused_accounts) == (2, 2, ("dongcheng/wechat",))
    assert len(desk.wechat.recalls) == 3


def test_a_rehearsal_never_reaches_a_real_account(desk: Amending) -> None:
    key = desk.newsroom.open(rehearsal=True)
    story_id = desk.out(key, channels=ONE)
    desk.recall(story_id)

    def real(outlet: Any, account: Any) -> Credential:
        return Credential("https://api.weixin.qq.com", {}, sandbox=False)

    assert desk.carry(rehearsal=True, connect=real).waiting == 2
    assert desk.wechat.recalls == []


def test_what_is_still_there_is_not_done(desk: Amending) -> None:
    """Platforms have caches."""
    story_id = desk.out(channels=ONE)
    (_, last) = desk.of(story_id, "wechat")
    desk.put(last.id, state="failed")
    desk.recall(story_id)
    desk.wechat.lag = 2
    assert desk.carry() == CarrySummary(waiting=1)
    line = desk.only(story_id)
    assert line.evidence["said"] == "0 ok"
    assert "却还在" in line.last_error
    assert desk.of(story_id, "wechat")[0].state == "live"
    desk.time.pass_(minutes=1)
    # The second time it is looked for first, and taken down once more.
    assert desk.carry() == CarrySummary(done=1)
    assert len(desk.wechat.recalls) == 2
    line = desk.only(story_id)
    assert (line.how, line.evidence["gone"]) == ("deleted", True)
    assert recalling.STILL_THERE in line.evidence


def test_what_stays_there_is_for_a_person(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    (_, last) = desk.of(story_id, "wechat")
    desk.put(last.id, state="failed")
    desk.recall(story_id)
    desk.wechat.lag = 1000
    desk.carry_till_done(story_id)
    line = desk.only(story_id)
    assert line.state == "by_hand"
    assert f"看了 {recalling.LOOKS} 次" in line.last_error


@pytest.mark.parametrize("answer", [None, TryLater("读不到"), Refused("没有权限"), CredentialRefused("凭据失效")])
def test_a_platform_that_cannot_be_asked_is_believed(desk: Amending, answer: Any) -> None:
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    desk.wechat.gone_answers = [answer, answer]
    assert desk.carry().done == 2
    assert desk.only(story_id).evidence["gone"] is None


def test_a_reading_that_fails_does_not_stop_the_next_attempt(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    desk.wechat.recall_faults = [Fault(UNCLEAR)]
    desk.carry()
    desk.time.pass_(minutes=1)
    desk.wechat.gone_answers = [Refused("没有查看的权限"), None]
    assert desk.carry().done == 1
    assert desk.wechat.up == {}


@pytest.mark.parametrize("state", ["sending", "unknown"])
def test_what_may_be_on_its_way_is_waited_for(desk: Amending, state: str) -> None:
    story_id = desk.out(channels=ONE)
    (publication, _) = desk.of(story_id, "wechat")
    desk.make_unclear(publication)
    if state == "sending":
        desk.put(publication.id, state=state, claim="w", claimed_at=desk.time())
    desk.wechat.sightings = [Pending("看不清")] * 50
    desk.recall(story_id)
    assert desk.carry() == CarrySummary(done=1, waiting=1)
    assert "还不知道" in str(desk.only(story_id).last_error)
    assert len(desk.wechat.recalls) == 1
    with pytest.raises(BadInput, match=rf"publish decide 认定发布单 #{publication.id}"):
        done_by_hand(desk.ledger, desk.only(story_id).id, by="lin-chu", note="没看到", now=desk.time())


def test_what_is_found_on_the_platform_is_taken_down_in_the_same_run(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    (publication, _) = desk.of(story_id, "wechat")
    desk.make_unclear(publication)
    desk.recall(story_id)
    assert desk.carry().done == 2
    assert desk.wechat.up == {}


def test_what_was_never_sent_is_never_sent(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    (publication, _) = desk.of(story_id, "wechat")
    desk.wechat.posts.clear()
    desk.make_unclear(publication)
    desk.wechat.sightings = [Absent("没有")]
    desk.time.pass_(hours=1)
    desk.recall(story_id)
    assert desk.carry().done == 2
    line = desk.only(story_id)
    assert (line.state, line.how) == ("done", "never_public")
    assert desk.of(story_id, "wechat")[0].state == "cancelled"
    sends = len(desk.wechat.sends)
    desk.publish()
    assert len(desk.wechat.sends) == sends


def test_what_a_person_found_not_to_be_out(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    (publication, _) = desk.of(story_id, "wechat")
    desk.make_unclear(publication)
    desk.wechat.sightings = [Pending("看不清")] * 50
    desk.recall(story_id)
    desk.carry()
    settle_by_hand(desk.ledger, publication.id, url=None, external_id=None, by="lin-chu", now=desk.time())
    desk.carry_till_done(story_id)
    assert desk.only(story_id).how == "never_public"


def test_a_post_that_is_under_review_is_taken_back(desk: Amending) -> None:
    desk.wechat.live = False
    story_id = desk.out(channels=ONE)
    desk.wechat.confirmations = [Pending("审核中")] * 50
    desk.recall(story_id)
    assert desk.carry().done == 2
    assert {one.state for one in desk.of(story_id, "wechat")} == {"recalled"}


def test_a_post_that_was_turned_down_was_never_public(desk: Amending) -> None:
    desk.wechat.live = False
    story_id = desk.out(channels=ONE)
    desk.wechat.confirmations = [Rejected("违规"), Rejected("违规")]
    desk.recall(story_id)
    assert desk.carry().done == 2
    assert {how for _, _, how in desk.states(story_id)} == {"never_public"}
    assert desk.wechat.recalls == []


def test_a_channel_that_the_house_no_longer_has(desk: Amending, monkeypatch: pytest.MonkeyPatch) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    monkeypatch.delitem(registry.all_channels(), "weibo")
    assert desk.carry() == CarrySummary(done=4, by_hand=2)
    assert "没有渠道“weibo”" in desk.only(story_id, "daily/weibo").last_error


def test_an_account_that_left_the_cluster_waits_for_a_person_to_say_so(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    for publication in desk.of(story_id, "wechat"):
        desk.put(publication.id, account=f"houjie/{publication.id}")
    desk.recall(story_id)
    told = desk.carry()
    assert (told.waiting, len(told.refused_accounts)) == (2, 2)


def test_posts_that_people_published_are_for_people(desk: Amending, newsroom: Newsroom) -> None:
    newsroom.plan = with_accounts(newsroom.plan, "shipinhao")
    story_id = desk.out(channels=ONE)
    for publication in desk.of(story_id, "wechat"):
        outlet = publication.account.partition("/")[0]
        desk.put(publication.id, channel="shipinhao", account=f"{outlet}/shipinhao:{publication.id}"[:90])
    desk.recall(story_id)
    assert desk.carry() == CarrySummary(by_hand=2)
    assert {line.state for line in amendments_of(desk.ledger, story_id)} == {"by_hand"}
    assert desk.by_hand(story_id) == 2
    assert {one.state for one in desk.newsroom.publications("shipinhao")} & {"live"} == set()


def test_an_unexpected_error_stops_no_other_account(desk: Amending) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    desk.wechat.recall_faults = [Fault(KeyError("a bug"))]
    with pytest.raises(KeyError):
        desk.carry()
    assert Counter(state for _, state, _ in desk.states(story_id)) == {"done": 5, "ordered": 1}
    assert desk.carry() == CarrySummary()
    desk.time.pass_(minutes=5)
    assert desk.carry() == CarrySummary(done=1)


# ── two at once, and the dead ────────────────────────────────────────────────────────────────────────────────────


def test_nobody_else_touches_an_order_while_it_is_worked_on(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    seen: list[CarrySummary] = []
    recall = desk.wechat.recall

    def slow(line: Any, posted: Posted) -> Any:
        if not seen:
            seen.append(CarrySummary())
            seen.append(desk.carry())
            assert TAKEN_UNTIL in desk.only(story_id, line.account).evidence
        return recall(line, posted)

    desk.wechat.recall = slow  # type: ignore[method-assign]
    assert desk.carry() == CarrySummary(done=1)
    assert seen[1] == CarrySummary(done=1)
    assert len(desk.wechat.recalls) == 2
    assert all(TAKEN_UNTIL not in line.evidence for line in amendments_of(desk.ledger, story_id))


def test_an_order_is_taken_once(desk: Amending) -> None:
    """Two workers may have found it due at the same moment."""
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    line = desk.only(story_id)
    run = open_run(desk.ledger, desk.plan, KEY, "wechat", connect=sandbox_connect, clock=desk.time)
    first = taken.take(run, line.id)
    assert isinstance(first, taken.Order)
    assert taken.take(run, line.id) == "elsewhere"
    desk.time.pass_(minutes=5)
    second = taken.take(run, line.id)
    assert isinstance(second, taken.Order)
    assert (first.attempt, second.attempt) == (1, 2)
    # The first one has lost it: it may neither write for it nor end it.
    with pytest.raises(taken.Overtaken):
        taken.keep(run, first, {})
    assert taken.put_off(run, first, "慢") == "elsewhere"
    assert taken.give_to_person(run, first, "慢") == "elsewhere"
    assert TAKEN_UNTIL in desk.only(story_id).evidence
    assert taken.put_off(run, second, "忙") == "waiting"


def test_many_workers_at_once(desk: Amending) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    ready = threading.Barrier(4)

    def work(_: int) -> CarrySummary:
        ready.wait()
        return desk.carry(workers=4)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(work, range(4)))
    assert sum(one.done for one in told) == 6
    assert Counter(count for wall in desk.walls for count in Counter(wall.recalls).values()) == {1: 6}


@pytest.mark.postgres
def test_orders_and_workers_together_on_postgresql(
    postgres_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plan: Plan
) -> None:
    ledger = Ledger(postgres_database())
    Base.metadata.create_all(ledger.engine)
    newsroom = Newsroom(ledger, Settings(tmp_path, "", tmp_path, None, None, None), plan)
    desk = Amending(newsroom, *walls(monkeypatch))
    story_id = desk.out()
    desk.revise(story_id)

    def together(*works: Callable[[], object]) -> None:
        ready = threading.Barrier(len(works))

        def run(work: Callable[[], object]) -> None:
            ready.wait()
            work()

        with ThreadPoolExecutor(len(works)) as pool:
            list(pool.map(run, works))

    def carry() -> CarrySummary:
        return desk.carry(workers=3)

    def correct() -> OrderSummary:
        return desk.correct(story_id)

    def recall() -> OrderSummary:
        return desk.recall(story_id)

    together(correct, correct, carry, carry)
    together(recall, carry, recall, carry, carry)
    desk.time.pass_(minutes=6)
    desk.carry_till_done(story_id)
    assert [wall.up for wall in desk.walls] == [{}, {}, {}]
    for wall in desk.walls:
        assert set(Counter(wall.posts).values()) == {1}
        assert set(Counter(wall.taken_down).values()) == {1}
    ledger.close()


@pytest.mark.parametrize("acts", [False, True])
def test_a_worker_that_dies_at_the_platform(desk: Amending, acts: bool) -> None:
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    desk.wechat.recall_faults = [Fault(Killed(), acts=acts)]
    with pytest.raises(Killed):
        desk.carry()
    assert desk.only(story_id).state == "ordered"
    assert desk.carry() == CarrySummary()
    assert next_amendment(desk.ledger, story_id) == desk.time() + taken.LEASE
    desk.time.pass_(minutes=5)
    assert desk.carry() == CarrySummary(done=1)
    assert desk.wechat.up == {}
    assert Counter(desk.wechat.taken_down).most_common(1)[0][1] == 1


def test_a_slow_worker_still_tells_what_it_did(desk: Amending) -> None:
    """It was taken for dead, and the other one had no luck: what the platform said counts all the same."""
    story_id = desk.out(channels=ONE)
    (_, last) = desk.of(story_id, "wechat")
    desk.put(last.id, state="failed")
    desk.recall(story_id)
    recall = desk.wechat.recall
    others: list[CarrySummary] = []

    def slow(line: Any, posted: Posted) -> Any:
        if not others:
            desk.time.pass_(minutes=6)
            others.append(CarrySummary())
            desk.wechat.recall_faults = [Fault(BUSY)]
            others.append(desk.carry())
        return recall(line, posted)

    desk.wechat.recall = slow  # type: ignore[method-assign]
    assert desk.carry() == CarrySummary(done=1)
    assert others[1] == CarrySummary(waiting=1)
    assert desk.only(story_id).how == "deleted"
    assert desk.only(story_id).last_error is None


def test_a_person_was_quicker(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    (_, last) = desk.of(story_id, "wechat")
    desk.put(last.id, state="failed")
    desk.recall(story_id)
    line = desk.only(story_id)
    recall = desk.wechat.recall

    def slow(at: Any, posted: Posted) -> Any:
        done_by_hand(desk.ledger, line.id, by="lin-chu", note="我删了", now=desk.time())
        return recall(at, posted)

    desk.wechat.recall = slow  # type: ignore[method-assign]
    assert desk.carry() == CarrySummary()
    found = desk.only(story_id)
    assert (found.how, found.evidence["by"]) == ("by_hand", "lin-chu")
    assert TAKEN_UNTIL not in found.evidence
    assert "迟到的结果" in desk.newsroom.events(line.publication_id)[-1][2]


# ── a person's word ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_persons_word_needs_words_and_an_open_order(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    line = desk.only(story_id)
    with pytest.raises(BadInput, match="没有写怎么处理的"):
        done_by_hand(desk.ledger, line.id, by="lin-chu", note=" \n", now=desk.time())
    with pytest.raises(BadInput, match="没有待办的撤稿或更正 #999"):
        done_by_hand(desk.ledger, 999, by="lin-chu", note="删了", now=desk.time())
    desk.carry()
    with pytest.raises(BadInput, match=f"没有待办的撤稿或更正 #{line.id}"):
        done_by_hand(desk.ledger, line.id, by="lin-chu", note="删了", now=desk.time())


def test_a_person_may_do_what_waits_for_a_credential(desk: Amending) -> None:
    story_id = desk.out(channels=ONE)
    desk.recall(story_id)
    desk.carry(connect=credential_missing("dongcheng/wechat"))
    done_by_hand(desk.ledger, desk.only(story_id).id, by="lin-chu", note="手机上删了", now=desk.time())
    assert next_amendment(desk.ledger, story_id) is None
    assert {one.state for one in desk.of(story_id, "wechat")} == {"recalled"}


# ── any order of things ──────────────────────────────────────────────────────────────────────────────────────────

WALL_FAULTS = st.sampled_from(
    [
        None,
        Fault(BUSY),
        Fault(UNCLEAR),
        Fault(UNCLEAR, acts=True),
        Fault(NO),
        Fault(CredentialRefused("凭据失效")),
        Fault(Killed()),
        Fault(Killed(), acts=True),
    ]
)
STEPS = st.lists(
    st.one_of(
        st.just(("recall",)),
        st.tuples(st.just("correct"), st.sampled_from(["甲", "乙", "丙"])),
        st.tuples(st.just("fault"), st.sampled_from(["recall", "edit", "send"]), WALL_FAULTS),
        st.tuples(st.just("carry"), st.integers(0, 40)),
        st.tuples(st.just("pass"), st.sampled_from([0, 1, 5, 20, 90])),
        st.just(("hand",)),
    ),
    max_size=14,
)


class Play:
    """Plays steps against a desk, and says in the end whether everything is as it should be."""

    def __init__(self, desk: Amending) -> None:
        self.desk = desk
        self.story_id = desk.out(channels=("wordpress", "wechat"))

    def __call__(self, step: tuple[Any, ...]) -> None:
        getattr(self, f"_{step[0]}")(*step[1:])

    def _recall(self) -> None:
        self.desk.recall(self.story_id)

    def _correct(self, title: str) -> None:
        if self.desk.story(self.story_id).state == "recalled":
            return
        versions = {one.version.title for one in self.desk.of(self.story_id)}
        if title not in versions:
            self.desk.revise(self.story_id, title)
        try:
            self.desk.correct(self.story_id)
        except BadInput:
            # Nothing older is out; all states of the story lead here at times.
            event("nothing to correct")

    def _fault(self, where: str, fault: Fault | None) -> None:
        if fault is None:
            return
        if where == "edit":
            self.desk.site.edit_faults.append(fault)
        elif where == "send":
            self.desk.wechat.send_faults.append((fault.acts, fault.error))
        else:
            self.desk.wechat.recall_faults.append(fault)
            self.desk.site.recall_faults.append(fault)

    def _carry(self, dies_at: int) -> None:
        try:
            with dying_at(self.desk.ledger, dies_at):
                self.desk.carry()
        except Killed:
            event("killed")

    def _pass(self, minutes: int) -> None:
        self.desk.time.pass_(minutes=minutes)

    def _hand(self) -> None:
        self.desk.by_hand(self.story_id)

    def end(self) -> None:
        """From here on nothing fails, time passes, and people do their part."""
        for wall in self.desk.walls:
            wall.recall_faults.clear()
            wall.send_faults.clear()
        self.desk.site.edit_faults.clear()
        for _ in range(3):
            self.desk.time.pass_(hours=2)
            self.desk.carry_till_done(self.story_id)
            self.desk.by_hand(self.story_id)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_whatever_happens_every_order_ends_and_nothing_goes_out_twice(
    steps: list[tuple[Any, ...]], fresh_newsroom: Callable[[], Any]
) -> None:
    with fresh_newsroom() as (newsroom, _), pytest.MonkeyPatch.context() as patch:
        desk = Amending(newsroom, *walls(patch))
        play = Play(desk)
        for step in steps:
            play(step)
        play.end()
        lines = amendments_of(desk.ledger, play.story_id)
        assert {line.state for line in lines} <= {"done"}
        assert all(TAKEN_UNTIL not in line.evidence or line.how == "overtaken" for line in lines)
        for wall in desk.walls:
            assert set(Counter(wall.posts).values()) <= {1}
            assert set(Counter(wall.taken_down).values()) <= {1}
        machine_did_it = all(line.how != "by_hand" for line in lines)
        event("by hand" if not machine_did_it else "by machine")
        if desk.story(play.story_id).state == "recalled":
            assert {one.state for one in desk.of(play.story_id)} <= {"recalled", "cancelled", "failed", "missed"}
            if machine_did_it:
                assert [wall.up for wall in desk.walls] == [{}, {}, {}]
        elif lines and machine_did_it:
            assert {article.title for article in desk.site.up.values()} == {desk.of(play.story_id)[-1].version.title}


@pytest.mark.parametrize("step", range(1, 16))
def test_a_process_may_die_at_every_transaction_of_a_recall(step: int, fresh_newsroom: Callable[[], Any]) -> None:
    with fresh_newsroom() as (newsroom, _), pytest.MonkeyPatch.context() as patch:
        desk = Amending(newsroom, *walls(patch))
        story_id = desk.out(channels=("wechat",))
        desk.recall(story_id)
        try:
            with dying_at(desk.ledger, step) as seen:
                desk.carry()
        except Killed:
            assert seen[0] * 2 >= step
        else:
            assert step > seen[0] * 2
        desk.time.pass_(minutes=6)
        desk.carry_till_done(story_id)
        assert [wall.up for wall in desk.walls] == [{}, {}, {}]
        assert {state for _, state, _ in desk.states(story_id)} == {"done"}
        assert {how for _, _, how in desk.states(story_id)} <= {"deleted", "gone"}
