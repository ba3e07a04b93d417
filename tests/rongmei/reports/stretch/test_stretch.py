"""A stretch of days read from the ledger: sums that a calculator gives too, nothing of other campaigns or outlets."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from rongmei.ledger import Period, PeriodScore, Publication, Score
from rongmei.ledger.periods import packed
from rongmei.reports.stretch import figures, scores, work
from rongmei.reports.stretch.scope import Scope
from rongmei.reports.weekly.gathering import gather as gather_weekly

NOW = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)
MONDAY, SUNDAY = date(2026, 6, 1), date(2026, 6, 7)
ALL_READS = 38_412 + 86_530 + 12_080 + 4_211 + 9_640 + 41_007 + 21_900
"""Of the live posts of the lively edition."""


@pytest.fixture
def week(counted, house):
    with counted.read() as session:
        yield Scope(session, house, MONDAY, SUNDAY, NOW)


def test_the_weeks_sums_are_those_of_its_posts(week):
    lines = figures.channel_lines(week)
    sums = figures.summed(lines)
    assert (sums.reads, sums.live, sums.silent) == (ALL_READS, 8, 1)
    assert [(line.name, line.live, line.reads, line.reads_before) for line in lines] == [
        ("微信公众号", 5, 197_489, 50_647),
        ("微博", 1, 12_080, None),
        ("网站", 2, 4_211, None),
    ]
    assert figures.history(week, 6) == [50_647]
    days = {line.day: (line.reads, line.live) for line in figures.daily(week)}
    assert days[SUNDAY] == (ALL_READS, 0)
    assert days[date(2026, 6, 6)] == (None, 8)


def test_the_best_stories_say_why(week):
    first, second, third = figures.best_stories(week, 5, ALL_READS)
    assert first.title.startswith("茶山村超夜")
    assert (first.reads, second.reads, third.reads) == (141_233, 50_647, 21_900)
    assert "占全部阅读的 66%" in first.why
    assert any("是该渠道其余 4 次发布中位数 30,156 的 2.9 倍" in one for one in first.why)
    assert any(one.startswith("上过微博热搜，最高第 3 位") for one in first.why)


def test_what_was_done_and_what_went_wrong(week):
    assert [(step.name, step.count) for step in work.funnel(week)] == [
        ("报题", 7), ("通过", 4), ("派单", 6), ("交稿", 4), ("签发", 3), ("发布", 8),
    ]  # fmt: skip
    punctual = work.punctuality(week)
    assert (punctual.due, punctual.on_time) == (4, 4)
    assert [(line.kind, line.count, line.before) for line in work.troubles(week)] == [("发布失败", 1, 0)]
    (hit,) = work.hits(week)
    assert (hit.board, hit.place, hit.minutes, hit.about[:5]) == ("微博热搜", "第 3 位", 95, "茶山村超夜")
    assert {task.kind for task in work.open_tasks(week)} >= {"结果不明", "发布失败", "无人接单"}


def test_an_outlets_part_has_nothing_of_the_others(week):
    own = week.of("humen")
    assert figures.summed(figures.channel_lines(own)).reads == 21_900
    assert work.hits(own) == ()
    review = gather_weekly(own, "key")
    told = repr(review)
    assert "茶山" not in told
    assert "石排" not in told
    (line,) = review.ranking.lines
    assert (line.outlet, line.rank, review.outlets) == ("虎门融媒", 2, 3)
    assert line.terms[0].median == 70.0


def test_a_rehearsal_and_a_correction_note_are_not_counted(counted, house):
    with counted.begin() as session:
        note = session.query(Publication).filter_by(account="dongguan-daily/wechat").first()
        note.progress = {"corrects": 1}
    with counted.read() as session:
        scope = Scope(session, house, MONDAY, SUNDAY, NOW)
        # The first publication of that account is the week before's; it gained nothing in this one.
        assert figures.summed(figures.channel_lines(scope)).reads == ALL_READS
        assert figures.history(scope, 6) == [9_640]
        assert figures.channel_lines(replace(scope, rehearsal=True)) == ()
        assert figures.channel_lines(replace(scope, only=())) == ()


def test_without_a_frozen_period_editions_are_averaged(week):
    ranking = scores.ranking(week)
    assert [(line.rank, line.outlet, line.total, line.before) for line in ranking.lines] == [
        (1, "茶山融媒", 86.4, None),
        (2, "虎门融媒", 71.2, None),
        (3, "石排融媒", 66.5, None),
    ]
    assert ranking.rules == "期次考核规则 1"
    assert "没有冻结" in ranking.source
    assert ranking.period == ""


def test_a_frozen_period_comes_before_editions_and_with_its_corrections(counted, house):
    def frozen(session, first, last, totals):
        period = Period(
            key=f"period:dongguan:{first}..{last}:r",
            cluster="dongguan",
            first_day=first,
            last_day=last,
            rules="r@1",
            rules_json=packed({"name": "周期规则"}),
            inputs_json=packed({}),
            inputs_hash="0" * 64,
            frozen_at=NOW,
            frozen_by="chen-ce",
        )
        session.add(period)
        session.flush()
        terms = {
            "names": {},
            "dimensions": [],
            "powers": [],
            "terms": [],
            "summary": "",
            "complete": True,
            "name": "名",
        }
        for place, (outlet, total) in enumerate(totals, start=1):
            session.add(
                PeriodScore(period_id=period.id, kind="outlet", subject=outlet, total=total, rank=place, terms=terms)
            )

    with counted.begin() as session:
        frozen(session, MONDAY, SUNDAY, [("humen", 80.0), ("chashan", 79.0)])
        frozen(session, date(2026, 5, 25), date(2026, 5, 31), [("chashan", 81.0), ("humen", 70.0)])
        assert session.query(Score).count() == 3
    with counted.read() as session:
        ranking = scores.ranking(Scope(session, house, MONDAY, SUNDAY, NOW))
    assert [(line.rank, line.outlet_id, line.total, line.before) for line in ranking.lines] == [
        (1, "humen", 80.0, 2),
        (2, "chashan", 79.0, 1),
    ]
    assert ranking.period == "period:dongguan:2026-06-01..2026-06-07:r"
    assert "周期规则" in ranking.rules
