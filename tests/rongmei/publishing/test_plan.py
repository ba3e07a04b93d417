"""Planning: which accounts, which times, and that planning twice changes nothing."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from rongmei.clock import at_local, local
from rongmei.ledger import Assignment, Pitch, Publication, move
from rongmei.publishing import plan_publications

KEY = "cunchao/2026-06-06"


def times(newsroom, account):
    return [
        local(publication.scheduled_at).strftime("%H:%M")
        for publication in newsroom.publications()
        if publication.account == account
    ]


def test_every_signed_off_story_gets_the_accounts_of_the_rule(newsroom, planned):
    newsroom.sign_off(outlet="dongcheng")
    summary = plan_publications(newsroom.ledger, planned(), KEY, now=newsroom.time.now)
    assert {publication.account for publication in newsroom.publications()} == {
        f"{outlet}/{channel}" for outlet in ("daily", "dongcheng") for channel in ("wechat", "weibo", "wordpress")
    }
    assert (summary.planned, summary.cancelled, summary.known) == (6, 0, 0)


@pytest.mark.parametrize(
    ("rule", "outlets"), [("author", {"dongcheng"}), ("city", {"daily"}), ("author_and_city", {"daily", "dongcheng"})]
)
def test_account_rule(newsroom, planned, rule, outlets):
    newsroom.sign_off(outlet="dongcheng")
    plan_publications(newsroom.ledger, planned(accounts=rule), KEY, now=newsroom.time.now)
    assert {publication.outlet for publication in newsroom.publications()} == outlets


@pytest.mark.parametrize(
    ("rule", "partners", "wants", "carried"),
    [
        ("author_and_city", ["humen"], ["weibo"], {"humen/weibo"}),
        ("author", ["humen"], ["weibo"], {"humen/weibo"}),
        # What the author or the city is on already, nobody else carries.
        ("author_and_city", ["humen"], ["wechat"], set()),
        ("author_and_city", ["humen"], [], set()),
        ("author_and_city", [], ["weibo"], set()),
        ("author_and_city", ["shilong", "humen"], ["weibo"], {"shilong/weibo"}),
        # The campaign does not publish there, or the rule leaves outlets out.
        ("author_and_city", ["humen"], ["douyin"], set()),
        ("city", ["humen"], ["weibo"], set()),
    ],
)
def test_a_partner_carries_the_story_where_the_author_has_no_account(newsroom, planned, rule, partners, wants, carried):
    plan = without(
        planned(outlets=("daily", "dongcheng", "humen", "shilong"), accounts=rule), "weibo", "daily", "dongcheng"
    )
    newsroom.sign_off(outlet="dongcheng")
    with newsroom.ledger.begin() as session:
        session.scalars(select(Assignment)).one().partners = partners
        session.scalars(select(Pitch)).one().channels = wants
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    elsewhere = {one.account for one in newsroom.publications() if one.outlet not in ("daily", "dongcheng")}
    assert elsewhere == carried
    before = len(newsroom.publications())
    assert plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now).known == before


def without(plan, channel: str, *outlets: str):
    """The plan, some of whose outlets have no account on a channel."""
    changed = [
        outlet.model_copy(update={"accounts": tuple(one for one in outlet.accounts if one.channel != channel)})
        if outlet.id in outlets
        else outlet
        for outlet in plan.cluster.outlets
    ]
    return type(plan)(plan.campaign, plan.cluster.model_copy(update={"outlets": tuple(changed)}), plan.rules)


def test_options_narrow_the_channels(newsroom, planned):
    newsroom.open(channels=["weibo"])
    newsroom.sign_off()
    plan_publications(newsroom.ledger, planned(), KEY, now=newsroom.time.now)
    assert {publication.channel for publication in newsroom.publications()} == {"weibo"}


def test_planning_again_changes_nothing(newsroom, plan):
    newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    before = [(p.id, p.scheduled_at, p.fingerprint) for p in newsroom.publications()]
    again = plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now + timedelta(hours=1))
    assert (again.planned, again.known) == (0, len(before))
    assert [(p.id, p.scheduled_at, p.fingerprint) for p in newsroom.publications()] == before


def test_stories_that_are_not_signed_off_are_left_alone(newsroom, plan):
    newsroom.open()
    assert plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now).planned == 0


def test_slots_are_filled_one_story_each_then_by_the_gap(newsroom, planned, wechat):
    newsroom.time.now = at_local(newsroom.time.now.date(), "11:00")
    for number in range(4):
        newsroom.sign_off(f"第 {number} 条", outlet="daily")
    plan = planned(slots={"wechat": ["18:30", "12:00"]}, min_gap_minutes=10, accounts="author")
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert times(newsroom, "daily/wechat") == ["12:00", "18:30", "18:40", "18:50"]


def test_a_slot_just_past_means_now(newsroom, planned):
    newsroom.time.now = at_local(newsroom.time.now.date(), "20:00")
    newsroom.sign_off(outlet="daily")
    plan_publications(newsroom.ledger, planned(slots={"wechat": ["12:00", "18:30"]}), KEY, now=newsroom.time.now)
    assert times(newsroom, "daily/wechat") == ["20:00"]


def test_a_slot_long_past_stays_so_that_publish_marks_it_missed(newsroom, planned):
    newsroom.time.now = at_local(newsroom.time.now.date(), "18:00") + timedelta(days=30)
    newsroom.sign_off(outlet="daily")
    plan_publications(newsroom.ledger, planned(slots={"wechat": ["12:00"]}), KEY, now=newsroom.time.now)
    wechat = newsroom.publications("wechat")[0]
    assert wechat.scheduled_at == at_local(wechat.scheduled_at.date(), "12:00") < newsroom.time.now - timedelta(days=29)


def test_no_slots_counts_from_the_sign_off(newsroom, plan):
    signed = newsroom.time.now - timedelta(days=3)
    newsroom.sign_off(outlet="daily", at=signed)
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert {publication.scheduled_at for publication in newsroom.publications()} == {signed}


def test_weibo_never_comes_before_the_page_it_links_to(newsroom, planned):
    newsroom.time.now = at_local(newsroom.time.now.date(), "08:00")
    newsroom.sign_off(outlet="daily")
    plan = planned(slots={"wordpress": ["19:00"], "weibo": ["09:00", "20:00"]})
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert times(newsroom, "daily/weibo") == ["20:00"]


def test_an_edited_story_takes_back_what_was_scheduled(newsroom, planned):
    plan = planned(accounts="author")
    story = newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    newsroom.edit(story)
    summary = plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert (summary.cancelled, summary.planned) == (3, 3)
    assert newsroom.states() == ["cancelled"] * 3 + ["scheduled"] * 3
    assert len({publication.fingerprint for publication in newsroom.publications()}) == 6


def test_a_version_that_failed_makes_room_for_the_next(newsroom, planned):
    plan = planned(accounts="author", channels=["wechat"])
    story = newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    with newsroom.ledger.begin() as session:
        publication = session.get_one(Publication, newsroom.publications()[0].id)
        move(session, publication, "scheduled", "failed", by="test", why="标题太长", now=newsroom.time.now)
    # The same version is not tried again, the mended one is.
    assert plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now).planned == 0
    newsroom.edit(story)
    assert plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now).planned == 1
    assert newsroom.states() == ["failed", "scheduled"]


def test_a_rehearsal_and_the_real_edition_do_not_push_each_other(newsroom, planned):
    plan = planned(accounts="author", min_gap_minutes=30)
    rehearsal = newsroom.open(rehearsal=True)
    newsroom.sign_off(key=rehearsal)
    newsroom.sign_off()
    for key in (rehearsal, KEY):
        plan_publications(newsroom.ledger, plan, key, now=newsroom.time.now)
    assert {publication.scheduled_at for publication in newsroom.publications("wechat")} == {newsroom.time.now}


def test_a_crowded_account_keeps_its_distance(newsroom, planned, wechat):
    for number in range(12):
        newsroom.sign_off(f"第 {number} 条", outlet="daily")
    plan = planned(accounts="author", min_gap_minutes=7, slots={"weibo": ["12:00", "12:05", "12:30"]})
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    for channel in ("wechat", "weibo", "wordpress"):
        moments = sorted(publication.scheduled_at for publication in newsroom.publications(channel))
        assert all(later - earlier >= timedelta(minutes=7) for earlier, later in pairwise(moments))


def rows(newsroom, account="daily/wechat"):
    return [one for one in newsroom.publications() if one.account == account]


class TestBundles:
    """Stories of one slot share it, where the platform takes several: the best-scored pitch is the headline."""

    def test_stories_of_one_slot_share_it_by_score(self, newsroom, planned, bundling):
        newsroom.time.now = at_local(newsroom.time.now.date(), "11:00")
        for score in (60, None, 90):
            newsroom.sign_off(f"{score} 分", outlet="daily", score=score)
        plan = planned(channels=["wechat"], slots={"wechat": ["12:00", "18:30"]}, min_gap_minutes=10)
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        assert times(newsroom, "daily/wechat") == ["12:00"] * 3
        assert sorted((one.position, one.version_id) for one in rows(newsroom)) == [(1, 3), (2, 1), (3, 2)]

    def test_equal_scores_keep_the_order_of_the_desk(self, newsroom, planned, bundling):
        later = newsroom.sign_off("后签", outlet="daily", at=newsroom.time.now - timedelta(minutes=1))
        first = newsroom.sign_off("先签", outlet="daily", at=newsroom.time.now - timedelta(minutes=2))
        plan_publications(newsroom.ledger, planned(channels=["wechat"]), KEY, now=newsroom.time.now)
        assert {one.story_id: one.position for one in rows(newsroom)} == {first: 1, later: 2}

    def test_a_full_slot_leads_to_the_next_one_then_to_the_gap(self, newsroom, planned, bundling):
        newsroom.time.now = at_local(newsroom.time.now.date(), "11:00")
        for number in range(8):
            newsroom.sign_off(f"第 {number} 条", outlet="daily")
        plan = planned(channels=["wechat"], slots={"wechat": ["12:00", "18:30"]}, min_gap_minutes=10)
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        assert times(newsroom, "daily/wechat") == ["12:00"] * 3 + ["18:30"] * 3 + ["18:40"] * 2
        assert [one.position for one in rows(newsroom)] == [1, 2, 3, 1, 2, 3, 1, 2]

    def test_a_later_story_joins_and_may_become_the_headline(self, newsroom, planned, bundling):
        newsroom.time.now = at_local(newsroom.time.now.date(), "11:00")
        plan = planned(channels=["wechat"], slots={"wechat": ["12:00"]}, min_gap_minutes=10)
        newsroom.sign_off("先来的", outlet="daily", score=50)
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        newsroom.sign_off("更好的", outlet="daily", score=70)
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        assert [one.position for one in rows(newsroom)] == [2, 1]
        assert newsroom.events(1)[-1] == (None, "scheduled", "在同一条发布里从第 1 篇改为第 2 篇")
        before = [(one.scheduled_at, one.position) for one in rows(newsroom)]
        assert plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now).planned == 0
        assert [(one.scheduled_at, one.position) for one in rows(newsroom)] == before

    def test_nobody_joins_a_bundle_that_is_on_its_way(self, newsroom, planned, bundling):
        newsroom.time.now = at_local(newsroom.time.now.date(), "11:00")
        plan = planned(channels=["wechat"], slots={"wechat": ["12:00"]}, min_gap_minutes=10)
        for number in range(2):
            newsroom.sign_off(f"第 {number} 条", outlet="daily")
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        with newsroom.ledger.begin() as session:
            row = session.get_one(Publication, rows(newsroom)[0].id)
            move(session, row, "scheduled", "sending", by="test", why="", now=newsroom.time.now, claim="c")
        newsroom.sign_off("后来的", outlet="daily")
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        assert times(newsroom, "daily/wechat") == ["12:00", "12:00", "12:10"]

    def test_other_channels_have_no_places(self, newsroom, planned, bundling):
        newsroom.sign_off(outlet="daily")
        plan_publications(newsroom.ledger, planned(), KEY, now=newsroom.time.now)
        assert {one.position for one in newsroom.publications() if one.channel != "wechat"} == {None}

    def test_without_any_distance_bundles_are_still_told_apart(self, newsroom, planned, bundling):
        for number in range(7):
            newsroom.sign_off(f"第 {number} 条", outlet="daily")
        plan_publications(newsroom.ledger, planned(channels=["wechat"]), KEY, now=newsroom.time.now)
        moments = [one.scheduled_at - newsroom.time.now for one in rows(newsroom)]
        assert moments == [timedelta(seconds=n // 3) for n in range(7)]


class TestNeeds:
    """A story goes only where it has what the channel asks for."""

    @pytest.mark.parametrize(
        ("needs", "has", "planned_on"),
        [
            ({"video"}, {}, 0),
            ({"video"}, {"picture": True}, 0),
            ({"video"}, {"video": True}, 1),
            ({"picture"}, {"video": True}, 0),
            ({"picture"}, {"picture": True}, 1),
            ({"picture", "video"}, {"picture": True, "video": True}, 1),
            ((), {}, 1),
        ],
    )
    def test_what_is_missing_is_counted(self, newsroom, planned, put_up, needs, has, planned_on):
        put_up("weibo", needs=frozenset(needs))
        newsroom.sign_off(outlet="daily", **has)
        plan = planned(channels=["weibo"], accounts="author")
        for _ in range(2):
            summary = plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
            assert summary.unsuited == 1 - planned_on
        assert len(newsroom.publications()) == planned_on

    def test_a_version_with_a_video_is_planned_after_all(self, newsroom, planned, put_up):
        put_up("weibo", needs=frozenset({"picture"}))
        plan = planned(channels=["weibo"], accounts="author")
        newsroom.sign_off(outlet="daily")
        newsroom.sign_off("有图的", outlet="daily", picture=True)
        summary = plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        assert (summary.planned, summary.unsuited) == (1, 1)


class TestEmbargo:
    """A story under embargo takes the first slot after it, and says so."""

    def plan(self, newsroom, planned, embargo, **rules):
        newsroom.time.now = at_local(newsroom.time.now.date(), "11:00")
        newsroom.sign_off(outlet="daily", extras={"embargo": embargo})
        plan = planned(channels=["wordpress"], accounts="author", **rules)
        return plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)

    def test_the_next_slot_of_the_day(self, newsroom, planned):
        slots = {"wordpress": ["12:00", "18:30"]}
        summary = self.plan(newsroom, planned, "2026-06-06T15:00:00+08:00", slots=slots)
        assert (summary.planned, summary.embargoed) == (1, 1)
        assert times(newsroom, "daily/wordpress") == ["18:30"]
        assert newsroom.events(1)[0][2] == "列入发布计划；解禁时间 6月6日 15:00，排到其后的 6月6日 18:30"

    def test_a_slot_of_a_later_day(self, newsroom, planned):
        self.plan(newsroom, planned, "2026-06-08T20:00:00+08:00", slots={"wordpress": ["12:00", "18:30"]})
        assert local(newsroom.publications()[0].scheduled_at).strftime("%m-%d %H:%M") == "06-09 12:00"

    def test_without_slots_the_moment_itself(self, newsroom, planned):
        self.plan(newsroom, planned, "2026-06-06T15:00:00+08:00")
        assert times(newsroom, "daily/wordpress") == ["15:00"]

    def test_one_that_is_over_is_not_mentioned(self, newsroom, planned):
        summary = self.plan(newsroom, planned, "2026-06-05T15:00:00+08:00")
        assert (summary.embargoed, newsroom.events(1)[0][2]) == (0, "列入发布计划")

    def test_one_that_nobody_understands_is_a_problem_and_nothing_is_planned(self, newsroom, planned):
        summary = self.plan(newsroom, planned, "过几天")
        assert (summary.planned, newsroom.publications()) == (0, [])
        (problem,) = summary.problems
        assert "没有列入发布计划" in problem
        assert "过几天" in problem

    def test_a_rehearsal_keeps_it_too(self, newsroom, planned):
        key = newsroom.open(rehearsal=True)
        newsroom.sign_off(outlet="daily", key=key, extras={"embargo": "2026-06-06T15:00:00+08:00"})
        plan_publications(newsroom.ledger, planned(channels=["wordpress"]), key, now=newsroom.time.now)
        assert times(newsroom, "daily/wordpress") == ["15:00"]


def test_an_account_may_have_slots_of_its_own(newsroom, planned, wechat):
    newsroom.time.now = at_local(newsroom.time.now.date(), "06:00")
    newsroom.sign_off(outlet="daily")
    plan = planned(channels=["wechat"], accounts="author", slots={"wechat": ["12:00"]}, account={"slots": ["07:30"]})
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert times(newsroom, "daily/wechat") == ["07:30"]


def test_on_a_day_off_slots_move_to_monday(newsroom, planned, wechat):
    newsroom.time.now = at_local(newsroom.time.now.date(), "06:00")
    newsroom.sign_off(outlet="daily")
    plan = planned(channels=["wechat"], accounts="author", slots={"wechat": ["12:00"]}, working_days_only=True)
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert local(newsroom.publications()[0].scheduled_at).strftime("%m-%d %H:%M") == "06-08 12:00"


def test_a_post_that_links_waits_for_any_page_channel(newsroom, planned, put_up):
    """It is the channels' own word that counts, not their names."""
    put_up("wechat", page=True)
    put_up("wordpress", page=False, links=True)
    newsroom.time.now = at_local(newsroom.time.now.date(), "08:00")
    newsroom.sign_off(outlet="daily")
    slots = {"wechat": ["19:00"], "wordpress": ["09:00", "20:00"]}
    plan = planned(channels=["wechat", "wordpress"], slots=slots)
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert times(newsroom, "daily/wechat") == ["19:00"]
    assert times(newsroom, "daily/wordpress") == ["20:00"]


@given(
    scores=st.lists(st.none() | st.integers(0, 100), min_size=1, max_size=10),
    late=st.lists(st.integers(0, 3), max_size=3),
    gap=st.sampled_from([0, 5, 60]),
)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_bundles_never_overflow_and_are_numbered_by_score(fresh_newsroom, bundle_channel, planned, scores, late, gap):
    """Stories that come in several plannings: no bundle is too big, none too near another, all numbered from 1."""
    with fresh_newsroom(bundle_channel, bundle=3) as (newsroom, _):
        plan = planned(channels=["wechat"], accounts="author", min_gap_minutes=gap)
        of = {}
        for round_, score in enumerate(scores):
            of[newsroom.sign_off(f"第 {round_} 条", outlet="daily", score=score)] = score
            if round_ in late:
                plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        bundles = {}
        for one in newsroom.publications():
            bundles.setdefault(one.scheduled_at, []).append(one)
        for bundle in bundles.values():
            assert sorted(one.position for one in bundle) == list(range(1, len(bundle) + 1))
            assert len(bundle) <= 3
            ranked = [of[one.story_id] for one in sorted(bundle, key=lambda one: one.position)]
            assert ranked == sorted(ranked, key=lambda score: -1 if score is None else score, reverse=True)
        apart = timedelta(minutes=gap) or timedelta(seconds=1)
        assert all(later - earlier >= apart for earlier, later in pairwise(sorted(bundles)))
