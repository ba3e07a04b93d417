"""The audience: monotone, deterministic, whole numbers that add up, and sizes a newsroom would believe."""

from __future__ import annotations

import itertools
from dataclasses import replace
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from sandbox.audience import Subject, figures_at, figures_between, final_reads, quality_of, split

subjects = st.builds(
    Subject,
    seed=st.text(max_size=6),
    platform=st.sampled_from(["wechat", "weibo", "wordpress", "other"]),
    account=st.text(max_size=8),
    post_id=st.text(max_size=12),
    followers=st.integers(0, 3_000_000),
    position=st.integers(1, 8),
    quality=st.floats(0.7, 1.6),
)
ages = st.floats(-1e6, 1e8)


@given(subjects, ages, ages)
def test_figures_never_fall(subject: Subject, one: float, other: float) -> None:
    earlier, later = figures_at(subject, min(one, other)), figures_at(subject, max(one, other))
    for name, value in vars(earlier).items():
        assert 0 <= value <= getattr(later, name)


@given(subjects, st.lists(st.floats(0, 1e7), min_size=2, max_size=12))
def test_adjoining_spans_add_up_to_the_total(subject: Subject, cuts: list[float]) -> None:
    cuts = sorted(cuts)
    spans = [figures_between(subject, a, b).reads for a, b in itertools.pairwise(cuts)]
    assert figures_at(subject, cuts[0]).reads + sum(spans) == figures_at(subject, cuts[-1]).reads


@given(subjects, st.floats(0, 1e8))
def test_nobody_reacts_who_has_not_read(subject: Subject, age: float) -> None:
    figures = figures_at(subject, age)
    for part in (figures.likes, figures.zaikan, figures.shares, figures.comments, figures.collects):
        assert part <= figures.reads
    assert figures == figures_at(subject, age)


@given(st.integers(0, 10**7), st.dictionaries(st.text(max_size=3), st.floats(0.01, 5), min_size=1, max_size=8))
def test_split_loses_nothing(total: int, weights: dict[str, float]) -> None:
    parts = split(total, weights)
    assert sum(parts.values()) == total
    assert list(parts) == list(weights)


def reads_of(followers: int, position: int = 1) -> list[float]:
    base = Subject("calibration", "wechat", "a", "", followers, position)
    return [final_reads(replace(base, post_id=str(number))) for number in range(400)]


def test_sizes_a_newsroom_would_believe() -> None:
    town, below, daily = reads_of(20_000), reads_of(20_000, position=3), reads_of(1_000_000)
    assert 500 < median(town) < 900
    assert 200 < median(below) < 500
    assert 5_000 < median(daily) < 20_000
    assert max(town) > 3 * median(town)


def test_likes_and_shares_are_a_few_per_cent() -> None:
    figures = [figures_at(Subject("s", "wechat", "a", str(n), 1_000_000), 30 * 86400) for n in range(200)]
    assert 0.01 < median(f.likes / f.reads for f in figures) < 0.05
    assert 0.005 < median(f.shares / f.reads for f in figures) < 0.05


def test_most_readers_come_on_the_first_day() -> None:
    subject = Subject("s", "wechat", "a", "1", 1_000_000)
    first, all_of_them = figures_at(subject, 86400).reads, figures_at(subject, 60 * 86400).reads
    assert 0.7 < first / all_of_them < 0.97


def test_football_is_read_more() -> None:
    assert quality_of("东莞村超今晚开赛", "<img src=x>") > quality_of("通知", "正文")
