"""Which report is due when, and how it is named."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rongmei.clock import at_local
from rongmei.config import Season
from rongmei.reports import occasions


def told(occasion):
    return occasion and (occasion.key, occasion.first, occasion.last)


@pytest.fixture(scope="module")
def working(plan):
    reports = plan.cluster.reports
    daily = reports.daily.model_copy(update={"working_days_only": True})
    return plan.cluster.model_copy(update={"reports": reports.model_copy(update={"daily": daily})})


def test_a_brief_is_about_the_day_before(plan):
    occasion = occasions.daily(plan.cluster, date(2026, 6, 6))
    assert told(occasion) == ("daily:dongguan:2026-06-05", date(2026, 6, 5), date(2026, 6, 5))
    assert occasion.due == datetime(2026, 6, 6, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("today", "days"),
    [
        (date(2026, 6, 5), (date(2026, 6, 4), date(2026, 6, 4))),
        (date(2026, 6, 6), None),
        (date(2026, 6, 8), (date(2026, 6, 5), date(2026, 6, 7))),
        # National Day: 1–7 October are off, Saturday the 10th is worked.
        (date(2026, 10, 3), None),
        (date(2026, 10, 8), (date(2026, 9, 30), date(2026, 10, 7))),
        (date(2026, 10, 10), (date(2026, 10, 9), date(2026, 10, 9))),
    ],
)
def test_on_working_days_a_brief_covers_the_days_off_before_it(working, today, days):
    occasion = occasions.daily(working, today)
    assert (occasion and (occasion.first, occasion.last)) == days


def test_briefs_of_working_days_leave_no_day_out(working):
    covered = []
    for number in range(60):
        occasion = occasions.daily(working, date(2026, 9, 1) + timedelta(days=number))
        if occasion:
            covered += [occasion.first + timedelta(days=n) for n in range((occasion.last - occasion.first).days + 1)]
    assert covered == [covered[0] + timedelta(days=n) for n in range(len(covered))]


@pytest.mark.parametrize("today", [date(2026, 6, 8), date(2026, 6, 10), date(2026, 6, 14)])
def test_a_review_is_about_the_week_before(plan, today):
    occasion = occasions.weekly(plan.cluster, today, rehearsal=True)
    assert told(occasion) == ("weekly:dongguan/rehearsal:2026-06-01", date(2026, 6, 1), date(2026, 6, 7))
    assert occasion.due == at_local(date(2026, 6, 8), "09:00")


def test_a_wrap_up_is_due_when_a_season_ends(plan):
    spring = Season(start=date(2026, 3, 28), end=date(2026, 6, 7))
    campaign = plan.campaign.model_copy(update={"seasons": (spring,)})
    assert occasions.wrapup(campaign, date(2026, 6, 6)) is None
    occasion = occasions.wrapup(campaign, date(2026, 6, 7))
    assert told(occasion) == ("wrapup:cunchao:2026-06-07", date(2026, 3, 28), date(2026, 6, 7))
    assert occasions.latest_season(campaign, date(2026, 5, 1)) == occasion
    assert occasions.latest_season(campaign, date(2026, 3, 1)) is None
    assert occasions.wrapup(plan.campaign, date(2026, 6, 7)) is None
    late = campaign.reporting.model_copy(
        update={"wrapup": campaign.reporting.wrapup.model_copy(update={"days_after": 3})}
    )
    waited = occasions.wrapup(campaign.model_copy(update={"reporting": late}), date(2026, 6, 10))
    assert (waited.key, waited.last, waited.issues) == (occasion.key, date(2026, 6, 10), (spring.start, spring.end))


def test_what_was_due_long_ago_is_no_news(plan):
    occasion = occasions.daily(plan.cluster, date(2026, 6, 6))
    assert occasion.news(occasion.due + timedelta(hours=17))
    assert not occasion.news(occasion.due + timedelta(hours=19))
