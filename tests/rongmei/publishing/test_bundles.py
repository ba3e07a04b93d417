"""Bundles: what shares a slot shares a call; each publication keeps its own fate, and none goes out twice."""

import threading
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongmei.channels import Absent, Accepted, Pending
from rongmei.clock import at_local
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater
from rongmei.ledger import Ledger, Publication
from rongmei.ledger.tables import Base
from rongmei.publishing import claims, next_due, plan_publications, publish, settle
from rongmei.publishing.bundles import bundles
from rongmei.publishing.due import Due

KEY = "cunchao/2026-06-06"


def plan_stories(newsroom, planned, count=3, *, key=KEY, **publishing):
    """Stories 第 1 条 … in the order of their scores, on one account."""
    plan = planned(channels=["wechat"], accounts="author", **publishing)
    for number in range(1, count + 1):
        newsroom.sign_off(f"第 {number} 条", score=100 - number, key=key)
    plan_publications(newsroom.ledger, plan, key, now=newsroom.time.now)
    return plan


def run(newsroom, plan, connect, *, key=KEY, ledger=None, **options):
    return publish(
        ledger or newsroom.ledger,
        plan,
        key,
        "wechat",
        connect=connect,
        settings=newsroom.settings,
        clock=newsroom.time,
        **options,
    )


def titles(newsroom, state):
    with newsroom.ledger.read() as session:
        rows = session.query(Publication).order_by(Publication.id)
        return [row.version.title for row in rows if row.state == state]


def test_one_call_publishes_what_shares_a_slot_headline_first(newsroom, planned, connect, bundling):
    plan = plan_stories(newsroom, planned)
    summary = run(newsroom, plan, connect)
    assert summary.live == 3
    assert bundling.bundles == [["第 1 条", "第 2 条", "第 3 条"]]
    assert len(bundling.sends) == 1
    rows = newsroom.publications()
    assert [row.external_id for row in rows] == [f"wechat-{row.fingerprint}" for row in rows]
    assert len({row.claimed_at for row in rows}) == 1
    for row in rows:
        steps = [(before, after) for before, after, _ in newsroom.events(row.id)]
        assert steps[-3:] == [("scheduled", "sending"), ("sending", "accepted"), ("accepted", "live")]
        assert "leaving" not in row.progress


def test_every_row_has_a_token_of_its_own_and_leaves_in_one_transaction(newsroom, planned, connect, bundling):
    plan = plan_stories(newsroom, planned)
    seen = []
    bundling.before_send = lambda _: seen.extend(
        (row.claim, row.progress["leaving"], row.state) for row in newsroom.publications()
    )
    run(newsroom, plan, connect)
    assert len({claim for claim, _, _ in seen}) == 3
    assert {(leaving, state) for _, leaving, state in seen} == {(newsroom.time.now.isoformat(), "sending")}


def test_more_than_fits_goes_in_the_next_bundle(newsroom, planned, connect, bundling):
    plan = plan_stories(newsroom, planned, 5, min_gap_minutes=10)
    run(newsroom, plan, connect)
    assert bundling.bundles == [["第 1 条", "第 2 条", "第 3 条"]]
    newsroom.time.now = next_due(newsroom.ledger, KEY, "wechat")
    run(newsroom, plan, connect)
    assert bundling.bundles[1:] == [["第 4 条", "第 5 条"]]


def test_the_distance_counts_between_bundles_not_inside_them(newsroom, planned, connect, bundling):
    plan = plan_stories(newsroom, planned, 6, min_gap_minutes=10)
    newsroom.time.pass_(hours=1)
    assert run(newsroom, plan, connect).live == 3
    assert next_due(newsroom.ledger, KEY, "wechat") == newsroom.time.now + timedelta(minutes=10)
    newsroom.time.pass_(minutes=10)
    assert run(newsroom, plan, connect).live == 3
    assert [len(bundle) for bundle in bundling.bundles] == [3, 3]


def test_slots_keep_their_bundles_apart(newsroom, planned, connect, bundling):
    newsroom.time.now = at_local(newsroom.time.now.date(), "11:00")
    plan = plan_stories(newsroom, planned, 4, slots={"wechat": ["12:00", "18:30"]}, late_after_hours=12)
    newsroom.time.now = at_local(newsroom.time.now.date(), "18:30")
    run(newsroom, plan, connect)
    assert bundling.bundles == [["第 1 条", "第 2 条", "第 3 条"], ["第 4 条"]]


def test_a_rehearsal_bundles_everything_that_is_due(newsroom, planned, connect, bundling):
    key = newsroom.open(rehearsal=True)
    plan = plan_stories(newsroom, planned, 2, key=key, slots={"wechat": ["12:00"]}, min_gap_minutes=60)
    newsroom.time.pass_(minutes=3)
    newsroom.sign_off("第 3 条", score=1, key=key)
    plan_publications(newsroom.ledger, plan, key, now=newsroom.time.now)
    assert run(newsroom, plan, connect, key=key).live == 3
    assert bundling.bundles == [["第 1 条", "第 2 条", "第 3 条"]]


class TestDropOut:
    """A row that may not go out leaves the bundle, the others stay."""

    def test_an_edited_story(self, newsroom, planned, connect, bundling):
        plan = planned(channels=["wechat"], accounts="author")
        stories = [newsroom.sign_off(f"第 {number} 条", score=-number) for number in range(3)]
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        newsroom.edit(stories[0])
        summary = run(newsroom, plan, connect)
        assert (summary.cancelled, summary.live) == (1, 2)
        assert bundling.bundles == [["第 1 条", "第 2 条"]]

    def test_one_that_waits_for_something_else(self, newsroom, planned, connect, bundling):
        plan = plan_stories(newsroom, planned)
        with newsroom.ledger.begin() as session:
            session.get_one(Publication, 2).not_before = newsroom.time.now + timedelta(minutes=5)
        run(newsroom, plan, connect)
        newsroom.time.pass_(minutes=5)
        run(newsroom, plan, connect)
        assert bundling.bundles == [["第 1 条", "第 3 条"], ["第 2 条"]]

    def test_one_that_somebody_else_has_claimed(self, newsroom, planned, connect, bundling):
        plan = plan_stories(newsroom, planned)
        ours = claims.admit

        def theirs_first(session, *arguments, **options):
            row = session.get_one(Publication, 1)
            row.state, row.claim, row.claimed_at = "sending", "theirs", newsroom.time.now
            session.flush()
            return ours(session, *arguments, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(claims, "admit", theirs_first)
            run(newsroom, plan, connect)
        assert bundling.bundles == [["第 2 条", "第 3 条"]]

    def test_a_refused_one_fails_alone(self, newsroom, planned, connect, bundling):
        bundling.refuses["第 1 条"] = Refused("含违规内容")
        plan = plan_stories(newsroom, planned)
        summary = run(newsroom, plan, connect)
        assert (summary.failed, summary.live) == (1, 2)
        assert bundling.bundles == [["第 2 条", "第 3 条"]]
        assert newsroom.publications()[0].last_error == "含违规内容"

    def test_when_all_are_refused_nothing_is_sent(self, newsroom, planned, connect, bundling):
        bundling.problems = ("标题太长",)
        plan = plan_stories(newsroom, planned)
        assert run(newsroom, plan, connect).failed == 3
        assert (bundling.drafts, bundling.sends) == ([], [])


class TestHold:
    """One that cannot be prepared now holds the others back for a while."""

    def test_all_wait_and_go_together(self, newsroom, planned, connect, bundling):
        bundling.refuses["第 2 条"] = TryLater("上传图片：连不上")
        plan = plan_stories(newsroom, planned)
        assert run(newsroom, plan, connect).postponed == 3
        assert {row.not_before for row in newsroom.publications()} == {newsroom.time.now + timedelta(minutes=1)}
        assert "《第 2 条》" in newsroom.publications()[0].last_error
        bundling.refuses.clear()
        newsroom.time.pass_(minutes=1)
        run(newsroom, plan, connect)
        assert bundling.bundles == [["第 1 条", "第 2 条", "第 3 条"]]

    def test_in_the_end_the_others_go_without_it(self, newsroom, planned, connect, bundling):
        bundling.refuses["第 1 条"] = TryLater("上传图片：连不上")
        plan = plan_stories(newsroom, planned)
        for _ in range(3):
            assert run(newsroom, plan, connect).postponed == 3
            newsroom.time.now = next_due(newsroom.ledger, KEY, "wechat")
        summary = run(newsroom, plan, connect)
        assert (summary.live, summary.postponed) == (2, 1)
        assert bundling.bundles == [["第 2 条", "第 3 条"]]


class TestTogether:
    """What happens to the one call happens to all."""

    def test_a_refused_credential_gives_all_back(self, newsroom, planned, connect, bundling):
        bundling.refuses["第 2 条"] = CredentialRefused("密钥过期")
        plan = plan_stories(newsroom, planned)
        summary = run(newsroom, plan, connect)
        assert (summary.postponed, summary.refused_accounts) == (3, ("dongcheng/wechat",))
        assert newsroom.states() == ["scheduled"] * 3

    @pytest.mark.parametrize("where", ["assemble", "send"])
    def test_not_now_gives_all_back(self, newsroom, planned, connect, bundling, where):
        if where == "assemble":
            bundling.assemble_faults = [TryLater("忙")]
        else:
            bundling.send_faults = [(False, TryLater("忙"))]
        plan = plan_stories(newsroom, planned)
        assert run(newsroom, plan, connect).postponed == 3
        assert all("leaving" not in row.progress for row in newsroom.publications())
        newsroom.time.pass_(minutes=1)
        assert run(newsroom, plan, connect).live == 3
        assert bundling.bundles == [["第 1 条", "第 2 条", "第 3 条"]]

    @pytest.mark.parametrize("where", ["assemble", "send"])
    def test_refused_as_a_whole_they_go_out_one_by_one(self, newsroom, planned, connect, bundling, where):
        if where == "assemble":
            bundling.assemble_faults = [Refused("87014 内容违规"), Refused("87014 内容违规")]
        else:
            bundling.send_faults = [(False, Refused("53503 检查不通过"))] * 2
        plan = plan_stories(newsroom, planned, min_gap_minutes=10)
        assert run(newsroom, plan, connect).postponed == 3
        assert "逐篇" in newsroom.publications()[1].last_error
        while (moment := next_due(newsroom.ledger, KEY, "wechat")) is not None:
            newsroom.time.now = max(newsroom.time.now, moment)
            run(newsroom, plan, connect)
        # The culprit fails alone, with its own reason; the others are live.
        assert newsroom.states() == ["failed", "live", "live"]
        assert bundling.bundles == [["第 2 条"], ["第 3 条"]]

    @pytest.mark.parametrize("posted", [True, False])
    def test_an_unknown_outcome_is_everybodys_and_settled_row_by_row(
        self, newsroom, planned, connect, bundling, posted
    ):
        bundling.send_faults = [(posted, OutcomeUnknown("断开"))]
        plan = plan_stories(newsroom, planned)
        assert run(newsroom, plan, connect).unknown == 3
        newsroom.time.pass_(minutes=3)
        done = settle(newsroom.ledger, plan, KEY, "wechat", connect=connect, clock=newsroom.time)
        assert (done.live, done.rescheduled) == ((3, 0) if posted else (0, 3))
        run(newsroom, plan, connect)
        assert newsroom.states() == ["live"] * 3
        assert len(bundling.posts) == len(set(bundling.posts)) == 3

    def test_what_is_found_and_what_is_not_part_company(self, newsroom, planned, connect, bundling):
        bundling.send_faults = [(False, OutcomeUnknown("断开"))]
        plan = plan_stories(newsroom, planned)
        run(newsroom, plan, connect)
        newsroom.time.pass_(minutes=3)
        bundling.sightings = [Accepted("wechat-x", "https://a.example/x", live=True), Pending("看不清"), Absent("没有")]
        settle(newsroom.ledger, plan, KEY, "wechat", connect=connect, clock=newsroom.time)
        assert newsroom.states() == ["live", "unknown", "scheduled"]

    def test_too_few_answers_are_an_unknown_outcome(self, newsroom, planned, connect, bundling, monkeypatch):
        real = bundling.send_together
        monkeypatch.setattr(bundling, "send_together", lambda line, parcels: real(line, parcels)[:1])
        plan = plan_stories(newsroom, planned)
        assert run(newsroom, plan, connect).unknown == 3
        assert "发出 3 条，平台回了 1 条" in newsroom.publications()[0].last_error

    def test_the_same_id_for_two_leaves_the_second_in_doubt(self, newsroom, planned, connect, bundling, monkeypatch):
        answer = Accepted("same", "https://a.example/", live=True)
        monkeypatch.setattr(bundling, "send_together", lambda line, parcels: (answer,) * len(parcels))
        plan = plan_stories(newsroom, planned, 2)
        run(newsroom, plan, connect)
        assert newsroom.states() == ["live", "unknown"]
        assert "属于发布单 #1" in newsroom.publications()[1].last_error


class TestLostClaims:
    """A claim that is lost on the way: nothing is sent that somebody else may send too."""

    def lose(self, newsroom, publication_id=1):
        with newsroom.ledger.begin() as session:
            session.get_one(Publication, publication_id).claim = "theirs"

    def test_before_the_call_the_others_are_given_back(self, newsroom, planned, connect, bundling, monkeypatch):
        plan = plan_stories(newsroom, planned)
        real = bundling.assemble

        def assemble(line, parcels):
            real(line, parcels)
            self.lose(newsroom)

        monkeypatch.setattr(bundling, "assemble", assemble)
        summary = run(newsroom, plan, connect)
        assert (summary.postponed, bundling.sends) == (2, [])
        assert newsroom.states() == ["sending", "scheduled", "scheduled"]
        # Not one row says that it was leaving: the note was one transaction.
        assert all("leaving" not in row.progress for row in newsroom.publications())

    def test_while_one_is_prepared_the_others_go_on(self, newsroom, planned, connect, bundling, monkeypatch):
        plan = plan_stories(newsroom, planned)
        real = bundling.prepare

        def prepare(line, article, progress):
            if article.title == "第 1 条":
                self.lose(newsroom)
            real(line, article, progress)

        monkeypatch.setattr(bundling, "prepare", prepare)
        assert run(newsroom, plan, connect).live == 2
        assert bundling.bundles == [["第 2 条", "第 3 条"]]

    def test_in_the_call_the_outcome_is_unknown(self, newsroom, planned, connect, bundling, monkeypatch):
        plan = plan_stories(newsroom, planned)

        def send(line, parcels):
            self.lose(newsroom)
            parcels[0].progress.save(submitted=True)

        monkeypatch.setattr(bundling, "send_together", send)
        assert run(newsroom, plan, connect).unknown == 2
        assert newsroom.states() == ["sending", "unknown", "unknown"]


def crowd(newsroom, planned, connect, **rules):
    """Three publishers at once on 24 stories of four accounts, again and again until nothing is due."""
    accounts = [f"town-{number}" for number in range(4)]
    plan = planned(outlets=accounts, channels=["wechat"], accounts="author", **rules)
    for number in range(24):
        newsroom.sign_off(f"第 {number} 条", outlet=accounts[number % 4], score=number)
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    url = newsroom.ledger.engine.url.render_as_string(hide_password=False)
    ledgers = [Ledger(url) for _ in range(3)]
    start = threading.Barrier(3)

    def work(ledger):
        start.wait()
        run(newsroom, plan, connect, ledger=ledger)

    while (moment := next_due(newsroom.ledger, KEY, "wechat")) is not None:
        newsroom.time.now = max(newsroom.time.now, moment)
        threads = [threading.Thread(target=work, args=(ledger,)) for ledger in ledgers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for ledger in ledgers:
        ledger.close()


def check_the_crowds_work(newsroom, channel):
    assert newsroom.states() == ["live"] * 24
    assert len(channel.posts) == len(set(channel.posts)) == 24
    moments = {}
    for one in newsroom.publications():
        moments.setdefault(one.account, set()).add(one.claimed_at)
    for claimed in moments.values():
        # A bundle more at a time, never two within the distance.
        assert all(later - earlier >= timedelta(minutes=10) for earlier, later in pairwise(sorted(claimed)))


def test_three_publishers_share_the_bundles_out(newsroom, planned, connect, bundling):
    crowd(newsroom, planned, connect, min_gap_minutes=10)
    check_the_crowds_work(newsroom, bundling)


@pytest.mark.postgres
def test_so_they_do_on_postgresql(newsroom, planned, connect, bundling, postgres_database):
    ledger = Ledger(postgres_database())
    Base.metadata.create_all(ledger.engine)
    there = replace(newsroom, ledger=ledger)
    crowd(there, planned, connect, min_gap_minutes=10)
    check_the_crowds_work(there, bundling)
    ledger.close()


def due(number, slot=0, position=None, alone=False):
    return Due(number, "a/wechat", "a", number, f"f{number}", at_local(DAY, f"{12 + slot}:00"), position, alone)


DAY = date(2026, 6, 6)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.none() | st.integers(1, 9), st.booleans()), max_size=20),
    st.integers(1, 8),
    st.booleans(),
)
def test_bundles_lose_nothing_and_keep_to_their_size_and_slot(facts, size, rehearsal):
    every = [due(number, *fact) for number, fact in enumerate(facts)]
    every.sort(key=lambda one: (one.scheduled_at, one.id))
    found = list(bundles(every, size, rehearsal=rehearsal))
    assert sorted(one.id for bundle in found for one in bundle) == sorted(one.id for one in every)
    for bundle in found:
        assert 1 <= len(bundle) <= size
        assert len(bundle) == 1 or not any(one.alone for one in bundle)
        assert rehearsal or len({one.scheduled_at for one in bundle}) == 1
        places = [(one.scheduled_at, one.position is None, one.position or 0) for one in bundle]
        assert places == sorted(places)


class Killed(BaseException):
    """The process is gone."""


FAULTS = st.lists(
    st.sampled_from(
        [
            "none",
            "try-later",
            "lost",
            "posted",
            "refused",
            "credential",
            "assemble-later",
            "assemble-refused",
            "killed",
            "killed-posted",
        ]
    ),
    max_size=5,
)


def order(channel, fault):
    """Make the next call, or what is assembled for it, go wrong."""
    calls = {
        "try-later": (False, TryLater("忙")),
        "lost": (False, OutcomeUnknown("断开")),
        "posted": (True, OutcomeUnknown("断开")),
        "refused": (False, Refused("整条不行")),
        "credential": (False, CredentialRefused("密钥过期")),
        "killed": (False, Killed()),
        "killed-posted": (True, Killed()),
    }
    if fault == "assemble-later":
        channel.assemble_faults.append(TryLater("连不上"))
    elif fault == "assemble-refused":
        channel.assemble_faults.append(Refused("草稿不行"))
    elif fault != "none":
        channel.send_faults.append(calls[fault])


@given(faults=FAULTS, stories=st.integers(1, 5), pauses=st.lists(st.integers(0, 25), min_size=8, max_size=8))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_sequence_of_faults_posts_nothing_twice(
    fresh_newsroom, bundle_channel, planned, connect, faults, stories, pauses
):
    """Whatever goes wrong in whatever order: never two posts of a story, and in the end each is live or refused."""
    with fresh_newsroom(bundle_channel, bundle=3) as (newsroom, channel):
        plan = plan_stories(newsroom, planned, stories, late_after_hours=168)
        for fault in faults:
            order(channel, fault)
        for minutes in pauses:
            with suppress(Killed):
                run(newsroom, plan, connect)
            assert len(channel.posts) == len(set(channel.posts))
            newsroom.time.pass_(minutes=minutes)
        for _ in range(2 * len(faults) + 2):
            newsroom.time.pass_(minutes=40)
            with suppress(Killed):
                run(newsroom, plan, connect)
        assert set(newsroom.states()) <= {"live", "failed"}
        assert len(channel.posts) == len(set(channel.posts)) == newsroom.states().count("live")
        assert "failed" not in newsroom.states() or {"refused", "assemble-refused"} & set(faults)
