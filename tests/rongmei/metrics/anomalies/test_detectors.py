"""What looks odd in a publication's figures, and what must not: natural growth, waves with engagement, rounding."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from rongmei.metrics.anomalies.detectors import detect
from rongmei.metrics.anomalies.norms import FAR, Norm, norm_of
from rongmei.metrics.anomalies.series import Point, binomial_at_least, poisson_at_most, resolution

ROOT = Path(__file__).resolve().parents[4]
SHARED = Path(os.environ.get("RONGMEI_SHARED", ROOT.parent / "shared")) / "data"
T = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
HOUSE = Norm(centre=math.log(0.015), spread=0.7, posts=150)
Rows = list[list[int]]


def kinds(points: Sequence[Point], norm: Norm | None = HOUSE) -> list[str]:
    return [finding.kind for finding in detect(points, norm)]


def points(rows: Sequence[Sequence[int]], minutes: int = 60) -> list[Point]:
    names = ("reads", "likes", "comments")
    return [
        Point(T + timedelta(minutes=minutes * (number + 1)), dict(zip(names, row, strict=False)))
        for number, row in enumerate(rows)
    ]


def natural(draw: random.Random, total: float = 8_000, ratio: float = 0.015, *, wave: int | None = None) -> Rows:
    """Three days of a post, hour by hour: decay, the day's rhythm, chance; a wave comes from a repost."""
    weights = []
    for hour in range(72):
        clock = (9 + hour) % 24
        rhythm = 0.15 if clock in range(1, 6) else 0.6 + 0.6 * math.sin((clock - 6) / 17 * math.pi)
        weight = (math.exp(-hour / 14) + 0.02) * rhythm * draw.lognormvariate(0, 0.5)
        if wave is not None and hour >= wave:
            weight += 3 * math.exp(-(hour - wave) / 6)
        weights.append(weight)
    reads = likes = comments = 0
    rows: Rows = []
    for weight in weights:
        gained = total * weight / sum(weights)
        reads += round(draw.gauss(gained, math.sqrt(gained)) if gained > 30 else gained)
        likes += round(gained * ratio * draw.lognormvariate(0, 0.3))
        comments += draw.random() < gained * ratio / 10
        rows.append([reads, likes, comments])
    return rows


def bought(rows: Rows, hour: int, *, reads: int = 0, likes: int = 0) -> Rows:
    return [[row[0] + reads, row[1] + likes, row[2]] if number >= hour else row for number, row in enumerate(rows)]


def share(make: Callable[[random.Random], Rows], kind: str | None = None, posts: int = 16) -> float:
    """How many of many posts are flagged (as `kind`)."""
    draw = random.Random(7)
    found = [kinds(points(make(draw))) for _ in range(posts)]
    return sum(kind in one if kind else bool(one) for one in found) / posts


def test_natural_posts_and_waves_of_real_readers_raise_nothing() -> None:
    assert share(natural) == 0
    assert share(lambda draw: natural(draw, 40_000, wave=30)) == 0


def test_bought_reads_are_found_more_surely_the_more_there_are() -> None:
    assert share(lambda draw: bought(natural(draw), 20, reads=8_000), "spike") >= 0.7
    assert share(lambda draw: bought(natural(draw), 20, reads=40_000), "spike") >= 0.95


def test_bought_likes_are_found() -> None:
    assert share(lambda draw: bought(natural(draw), 40, likes=360), "likes_only") >= 0.9


def test_a_drip_of_machines_is_found() -> None:
    def drip(draw: random.Random) -> Rows:
        rows = natural(draw)
        for hour in range(20, 32):
            rows = bought(rows, hour, reads=round(1_300 * draw.uniform(0.98, 1.02)))
        return rows

    assert share(drip, "linear") >= 0.95


def test_the_evidence_is_in_words_and_numbers() -> None:
    rows = bought(natural(random.Random(7)), 40, reads=20_000)
    finding = next(one for one in detect(points(rows), HOUSE) if one.kind == "spike")
    assert (finding.measure, finding.before, finding.after) == ("reads", rows[39][0], rows[40][0])
    assert finding.start == finding.until == T + timedelta(hours=41)
    for said in ("60 分钟", "阅读增加 20,", "同时互动只增加", "应增加约"):
        assert said in finding.words, finding.words
    assert finding.numbers["gain"] == rows[40][0] - rows[39][0]


def test_a_leap_without_any_other_figure_is_odd_only_when_it_ends_as_abruptly() -> None:
    calm = [[100 + 10 * hour] for hour in range(12)]
    pulse = [*calm, *([[50_210 + hour] for hour in range(6)])]
    wave = [*calm, *([[50_210 + 9_137 * hour] for hour in range(6)])]
    assert kinds(points(pulse)) == ["spike"]
    assert kinds(points(wave)) == []


def test_a_leap_is_found_where_figures_come_by_the_day() -> None:
    reads = [5_000, 5_600, 5_810, 5_930, 6_010, 26_010, 26_050]
    assert kinds(points([[value, 70 + day] for day, value in enumerate(reads)], 24 * 60)) == ["spike"]
    assert kinds(points([[value, value // 70] for value in reads], 24 * 60)) == []


def test_reads_cannot_be_unread_and_a_wrong_answer_is_told_from_a_drop() -> None:
    steady = [[1_000 + 50 * hour] for hour in range(6)]
    (fall,) = detect(points([*steady, [400], [420], [440]]))
    assert (fall.kind, fall.before, fall.after, fall.until) == ("fall", 1_250, 400, fall.start)
    assert "不作为刷量" in fall.words
    (glitch,) = detect(points([*steady, [400], [1_300], [1_350]]))
    assert (glitch.kind, glitch.before, glitch.after) == ("glitch", 1_250, 400)
    (rescaled,) = detect(points([[8_000], [8_800], [9_000], [6_000], [97_000], [98_000]]))
    assert (rescaled.kind, "换了口径" in rescaled.words) == ("fall", True)


def test_a_few_likes_taken_back_are_no_fall() -> None:
    assert kinds(points([[1_000, 200], [1_100, 197], [1_200, 205]])) == []
    assert kinds(points([[1_000, 200], [1_100, 120], [1_200, 121]])) == ["fall"]


def test_round_orders_are_found_and_a_platforms_rounding_is_not() -> None:
    draw = random.Random(3)
    reads, rows = 137, []
    for hour in range(24):
        reads += 1_000 if hour % 6 == 5 else draw.randrange(1, 80)
        rows.append([reads])
    assert "round_number" in kinds(points(rows))
    rounded = [[10_000 + 1_000 * hour * hour] for hour in range(12)]
    assert "round_number" not in kinds(points(rounded))


def test_leaps_on_the_hour_are_found_only_where_figures_come_more_often() -> None:
    draw = random.Random(3)

    def rows(minutes: int, days: int = 2) -> Rows:
        reads, made = 500, []
        for number in range(days * 24 * 60 // minutes):
            on_the_hour = (number + 1) * minutes % 60 == 0 and number * minutes // 60 % 6 == 0
            reads += draw.randrange(3, 9) + (400 + draw.randrange(90) if on_the_hour else 0)
            made.append([reads])
        return made

    (finding,) = [one for one in detect(points(rows(10), 10)) if one.kind == "round_hour"]
    assert "先核对整点有没有自己的推送" in finding.words
    assert "round_hour" not in kinds(points(rows(60), 60))


def test_a_ratio_is_judged_by_the_houses_own_posts_and_mildly_without_them() -> None:
    few, many = (
        [[500 * hour, hour // 9, 0] for hour in range(1, 30)],
        [[40 * hour, 90 * hour, 0] for hour in range(1, 30)],
    )
    draw = random.Random(3)
    irregular = [[row[0] + draw.randrange(300), *row[1:]] for row in few]
    assert "ratio" in kinds(points(irregular))
    assert "ratio" not in kinds(points(irregular), None)
    finding = next(one for one in detect(points(many), HOUSE) if one.kind == "ratio")
    assert (finding.measure, finding.until, finding.before) == ("likes", None, None)


def test_a_norm_needs_history_to_be_narrow() -> None:
    draw = random.Random(3)
    posts = [(reads, round(reads * 0.02 * draw.lognormvariate(0, 0.4))) for reads in (500, 900, 4_000, 12_000) * 20]
    assert norm_of([]) == Norm()
    assert norm_of([(10, 5)] * 50) == Norm()
    norm = norm_of(posts)
    assert norm.posts == 80
    assert 0.015 < norm.usual < 0.025
    assert norm.most / norm.usual < math.exp(FAR * Norm().spread)


@pytest.mark.parametrize("series", [[], [[5]], [[5], [5]], [[0], [0], [0]], [[10**12], [10**12 + 1]]])
def test_short_empty_and_giant_series_are_no_trouble(series: Rows) -> None:
    assert kinds(points(series)) == []


def test_arithmetic() -> None:
    assert poisson_at_most(0, 5) == pytest.approx(math.exp(-5))
    assert poisson_at_most(80, 400) < 1e-12
    assert poisson_at_most(3, 0) == 1.0
    assert binomial_at_least(3, 3, 0.1) == pytest.approx(0.001)
    assert [resolution(values) for values in ([12_000, 13_000], [0], [12_345, 100], [])] == [1_000, 1, 1, 1]


@pytest.mark.data
def test_real_growth_raises_next_to_nothing() -> None:
    file = SHARED / "news_popularity_growth" / "LinkedIn_Palestine.csv.gz"
    if not file.is_file():
        pytest.skip(f"no {file}")
    grown = pd.read_csv(file, nrows=7_000).iloc[::70, 1:].to_numpy()
    flagged = sum(bool(kinds(points([[int(v)] for v in row if v >= 0], 20), None)) for row in grown)
    assert flagged <= 1


@pytest.mark.data
def test_the_drops_of_the_real_weibo_series_are_drops_and_nothing_else() -> None:
    file = SHARED / "weibo_hot_hourly" / "weibo_hourly_2024-05-20_to_2024-06-30.csv.gz"
    if not file.is_file():
        pytest.skip(f"no {file}")
    table = pd.read_csv(file, nrows=2_600, usecols=["date", "hour", "title", "readCount", "discussCount"])
    table = table[table.readCount.notna()]
    table["at"] = pd.to_datetime(table.date + table.hour.astype(str).str.zfill(2), format="%Y-%m-%d%H", utc=True)
    last = table.drop_duplicates("title", keep="last").dropna()
    usual = norm_of((round(reads), round(said)) for reads, said in zip(last.readCount, last.discussCount, strict=True))
    found: dict[str, list[str]] = {}
    for title, rows in table.drop_duplicates(["title", "at"]).sort_values("at").groupby("title"):
        mine = [
            Point(at.to_pydatetime(), {"reads": round(reads)} | ({} if math.isnan(said) else {"comments": round(said)}))
            for at, reads, said in zip(rows["at"], rows.readCount, rows.discussCount, strict=True)
        ]
        flagged = [one.kind for one in detect(mine, usual) if one.measure == "reads"]
        if flagged:
            found[str(title)] = flagged
    # Ten genuine drops; the eleventh decrease is the float noise of 1.91e9.
    assert len(found) == 10
    assert "小红书崩了" not in found
    assert {kind for flagged in found.values() for kind in flagged} <= {"fall", "glitch"}
