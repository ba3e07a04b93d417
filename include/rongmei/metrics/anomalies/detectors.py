"""Looks at one publication's figures for bought traffic and for errors; pure functions, each with its own evidence.

None of them proves anything: each says in words and numbers what is odd, and a person decides. Thresholds are where the
growth of 15,498 real articles and 4,400 real topics raises next to nothing, see docs/anomalies.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, median, pstdev

from rongmei.clock import local, spoken
from rongmei.metrics.anomalies.norms import Norm
from rongmei.metrics.anomalies.series import (
    ENGAGEMENT,
    MEASURE_NAMES,
    Finding,
    Point,
    Step,
    binomial_at_least,
    engagement_of,
    poisson_at_most,
    resolution,
    steps_of,
)

LEAST_FALL = 3
FALL_SHARE = {"reads": 0.001}
OTHER_FALL_SHARE = 0.1
"""Likes are taken back and comments deleted; reads cannot be unread."""
RECOVERS_WITHIN = timedelta(hours=6)
RESCALED = 3
"""A counter that comes back as that many times what it was counts something else now."""

SPIKE_LEAST = 500
SPIKE_TIMES = 8.0
SPIKE_SHARE = 0.3
SPIKE_TIMES_ALONE = 20.0
SPIKE_LEAST_ALONE = 1_000
SPIKE_HISTORY = 3
SPIKE_WINDOW = timedelta(hours=24)
FLAT_AFTER = 0.02
DULL = 0.3
"""Readers who come by a link from elsewhere may do a third of what others do; fewer are no readers."""
RARE = 1e-4

LIKES_LEAST = 30

ROUND_GRAINS = (1_000, 500, 100)
ROUND_LEAST = 3
ROUND_RARE = 1e-5

HOUR_JUMPS = 4
HOUR_LEAST = 50
HOUR_TIMES = 5.0
HOUR_RARE = 1e-3
FINE = timedelta(minutes=21)
FINE_STEPS = 12

LINEAR_STEPS = 10
LINEAR_SPAN = timedelta(hours=6)
LINEAR_LEAST = 50.0
LINEAR_SPREAD = 0.1
GRAINS = 20
"""A gain of fewer grains of the platform's rounding says nothing about how even it is."""

RATIO_LEAST = 500
RATIO_RARE = 1e-3
RATIO_AGE = timedelta(hours=12)


def detect(points: Sequence[Point], norm: Norm | None = None) -> list[Finding]:
    """Everything odd about one publication, in order of time.

    Args:
        points: its figures in order.
        norm: what is usual on its channel; None knows nothing.
    """
    usual = norm or Norm()
    found = [
        *(finding for measure in MEASURE_NAMES for finding in falls(steps_of(points, measure), measure)),
        *spikes(points),
        *likes_without_reads(points),
        *round_numbers(steps_of(points, "reads")),
        *round_hours(steps_of(points, "reads")),
        *linear(steps_of(points, "reads")),
        *ratio(points, usual),
    ]
    return sorted(found, key=lambda one: (one.start, one.kind, one.measure))


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────


def falls(steps: Sequence[Step], measure: str) -> Iterator[Finding]:
    """A counter that goes down: for good (the platform took figures back), or for a moment (a wrong answer)."""
    recovered = None
    for number, step in enumerate(steps):
        if (recovered is not None and step.start < recovered) or not _falls(step, measure):
            continue
        back = _recovery(steps[number + 1 :], step)
        if back is None:
            yield _fall(step, measure, "没有恢复：平台清理或改了口径，是数据回落，不作为刷量看")
        elif back.after > RESCALED * step.before:
            recovered = back.end
            words = f"{spoken(back.end)}又跳到 {back.after:,}：平台或采集换了口径，是数据回落，前后的数不能相减"
            yield _fall(step, measure, words)
        else:
            recovered = back.end
            words = f"{spoken(back.end)}又回到 {back.after:,}：像读错了帖子或昨天的页面，不作为刷量看"
            yield replace(_fall(step, measure, words), kind="glitch", until=back.start, after=back.before)


def _fall(step: Step, measure: str, verdict: str) -> Finding:
    share = 1 - step.after / step.before
    lost = f"{MEASURE_NAMES[measure]}从 {step.before:,} 降到 {step.after:,}（−{share:.1%}）"
    numbers = {"lost": -step.gain, "share": round(share, 4)}
    words = f"{_when(step)}{lost}，{verdict}"
    return Finding("fall", measure, step.end, step.end, step.before, step.after, words, numbers)


def _recovery(later: Sequence[Step], fall: Step) -> Step | None:
    """The step with which the counter is where it was, or higher, soon after."""
    return next((step for step in later if step.after >= fall.before and step.end - fall.end <= RECOVERS_WITHIN), None)


def _falls(step: Step, measure: str) -> bool:
    share = FALL_SHARE.get(measure, OTHER_FALL_SHARE)
    return -step.gain > max(LEAST_FALL, share * step.before) and not step.rounded


# ── bought traffic ───────────────────────────────────────────────────────────────────────────────────────────────


def spikes(points: Sequence[Point]) -> Iterator[Finding]:
    """Reads that leap while readers do nothing else; without any other figure, a leap that ends as abruptly."""
    steps = steps_of(points, "reads")
    by_moment = {point.at: point for point in points}
    for number, step in enumerate(steps):
        if step.gain < max(SPIKE_LEAST, SPIKE_SHARE * step.before):
            continue
        expected = _expected(steps[:number], step)
        if expected is None or step.gain < SPIKE_TIMES * expected:
            continue
        done = _done(by_moment[step.start], by_moment[step.end])
        if done is None:
            if not _is_pulse(steps, number, expected):
                continue
            why = "之后几乎不再增长，来去都突然；平台没有给互动数，请看后台的来源分布"
        else:
            ratio_before = _ratio(by_moment[step.start])
            if ratio_before is None or poisson_at_most(done, DULL * ratio_before * step.gain) > RARE:
                continue
            due = ratio_before * step.gain
            why = f"同时互动只增加 {done:,}，按这篇此前每百次阅读 {100 * ratio_before:.2g} 次互动，应增加约 {due:,.0f}"
        calm = f"是此前同样时长的 {step.gain / expected:,.0f} 倍" if expected >= 1 else "此前几乎没有增长"
        words = f"{_when(step)}阅读增加 {step.gain:,}，{calm}；{why}"
        numbers = {"gain": step.gain, "expected": round(expected, 1), "engagement_gain": done}
        yield Finding("spike", "reads", step.end, step.end, step.before, step.after, words, numbers)


def _expected(earlier: Sequence[Step], step: Step) -> float | None:
    """What the step should have brought by the median pace of the day (or few steps) before; None without history."""
    # Where figures come by the day, a day back is one step.
    window = max(SPIKE_WINDOW, (step.end - step.start) * (SPIKE_HISTORY + 1))
    recent = [one for one in earlier if step.start - one.start <= window and one.gain >= 0]
    if len(recent) < SPIKE_HISTORY:
        return None
    return median(one.gain / one.hours for one in recent) * step.hours


def _done(before: Point, after: Point) -> int | None:
    shared = [name for name in ENGAGEMENT if name in before.counts and name in after.counts]
    return sum(max(0, after.counts[name] - before.counts[name]) for name in shared) if shared else None


def _ratio(point: Point) -> float | None:
    done, reads = engagement_of(point), point.counts.get("reads")
    return (done + 0.5) / (reads + 1) if done is not None and reads else None


def _is_pulse(steps: Sequence[Step], number: int, expected: float) -> bool:
    step, following = steps[number], steps[number + 1 : number + 4]
    if step.gain < max(SPIKE_LEAST_ALONE, SPIKE_TIMES_ALONE * expected) or len(following) < 3:
        return False
    return sum(abs(one.gain) for one in following) <= FLAT_AFTER * step.gain


def likes_without_reads(points: Sequence[Point]) -> Iterator[Finding]:
    """More new likes than new reads: nobody likes what nobody opened."""
    for before, after in pairwise(points):
        if not {"reads", "likes"} <= before.counts.keys() & after.counts.keys() or "reads" in after.rounded:
            continue
        liked = after.counts["likes"] - before.counts["likes"]
        read = after.counts["reads"] - before.counts["reads"]
        if liked < LIKES_LEAST or read < 0 or poisson_at_most(read, liked) > RARE:
            continue
        words = f"{spoken(before.at)}至{spoken(after.at)}点赞增加 {liked:,}，阅读只增加 {read:,}：赞比读多"
        numbers = {"gain": liked, "reads_gain": read}
        start, end = before.counts["likes"], after.counts["likes"]
        yield Finding("likes_only", "likes", after.at, after.at, start, end, words, numbers)


def round_numbers(steps: Sequence[Step]) -> Iterator[Finding]:
    """Gains that are round numbers again and again, where the figures themselves are not round."""
    gains = [step for step in steps if step.gain >= min(ROUND_GRAINS) and not step.rounded]
    finest = resolution(step.after for step in gains)
    for grain in ROUND_GRAINS:
        big = [step for step in gains if step.gain >= grain]
        round_ones = [step for step in big if step.gain % grain == 0 and step.before % grain]
        chance = finest / grain
        if len(round_ones) < ROUND_LEAST or binomial_at_least(len(round_ones), len(big), chance) > ROUND_RARE:
            continue
        first, last = round_ones[0], round_ones[-1]
        shown = "、".join(f"{step.gain:,}" for step in round_ones[:5])
        words = (
            f"{spoken(first.start)}至{spoken(last.end)}阅读 {len(big)} 次大的增加里有 {len(round_ones)} 次正好是 "
            f"{grain} 的倍数（{shown}）：读者不会凑整数"
        )
        numbers = {"grain": grain, "round": len(round_ones), "of": len(big)}
        yield Finding("round_number", "reads", first.end, last.end, first.before, last.after, words, numbers)
        return


def round_hours(steps: Sequence[Step]) -> Iterator[Finding]:
    """Leaps that come on the hour again and again; only where the figures are read often enough to tell."""
    fine = [step for step in steps if step.end - step.start <= FINE and step.gain >= 0]
    if len(fine) < FINE_STEPS:
        return
    pace = median(step.gain for step in fine)
    jumps = [step for step in fine if step.gain >= max(HOUR_LEAST, HOUR_TIMES * pace)]
    on_hour = [step for step in jumps if _has_hour(step)]
    chance = sum(map(_has_hour, fine)) / len(fine)
    if len(on_hour) < HOUR_JUMPS or binomial_at_least(len(on_hour), len(jumps), chance) > HOUR_RARE:
        return
    first, last = on_hour[0], on_hour[-1]
    hours = "、".join(f"{local(step.end):%H} 点" for step in on_hour[:5])
    words = (
        f"阅读 {len(jumps)} 次突增里有 {len(on_hour)} 次都在整点前后（{hours}），而整点前后只占观测的 {chance:.0%}："
        "先核对整点有没有自己的推送，没有就像定时任务"
    )
    numbers = {"jumps": len(jumps), "on_hour": len(on_hour), "chance": round(chance, 3)}
    yield Finding("round_hour", "reads", first.end, last.end, first.before, last.after, words, numbers)


def _has_hour(step: Step) -> bool:
    """Whether a full hour lies in the step, its beginning left out."""
    hour = step.end.replace(minute=0, second=0, microsecond=0)
    return step.start < hour <= step.end


def linear(steps: Sequence[Step]) -> Iterator[Finding]:
    """Growth as even as a machine's, hour after hour: readers come and go with the day."""
    for run in _even_runs(steps):
        first, last = run[0], run[-1]
        pace = fmean(step.gain / step.hours for step in run)
        spread = _spread(run)
        night = sum(1 for step in run if local(step.end).hour in range(1, 6))
        words = (
            f"{spoken(first.start)}至{spoken(last.end)}阅读连续 {len(run)} 次观测几乎匀速增长，每小时约 {pace:,.0f}，"
            f"起伏只有 {spread:.1%}" + (f"，其中 {night} 次在凌晨也没有慢下来" if night else "") + "：像机器"
        )
        numbers = {"steps": len(run), "per_hour": round(pace, 1), "spread": round(spread, 4), "at_night": night}
        yield Finding("linear", "reads", first.end, last.end, first.before, last.after, words, numbers)


def _even_runs(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """Longest stretches of steps of even pace, one after the other."""
    at = 0
    while at + LINEAR_STEPS <= len(steps):
        run = list(steps[at : at + LINEAR_STEPS])
        if not _is_even(run):
            at += 1
            continue
        while at + len(run) < len(steps) and _is_even([*run, steps[at + len(run)]]):
            run.append(steps[at + len(run)])
        if run[-1].end - run[0].start >= LINEAR_SPAN:
            yield run
        at += len(run)


def _is_even(run: Sequence[Step]) -> bool:
    smallest = min(step.gain for step in run)
    if smallest < LINEAR_LEAST / 2 or any(step.rounded for step in run) or fmean(s.gain for s in run) < LINEAR_LEAST:
        return False
    grain = resolution(step.after for step in run)
    return (grain == 1 or smallest >= GRAINS * grain) and _spread(run) <= LINEAR_SPREAD


def _spread(run: Sequence[Step]) -> float:
    """Standard deviation of the pace as a share of its mean."""
    paces = [step.gain / step.hours for step in run]
    return pstdev(paces) / fmean(paces)


def ratio(points: Sequence[Point], norm: Norm) -> Iterator[Finding]:
    """Actions for each read far outside what is usual on the channel, at the last figure that has both."""
    both = [point for point in points if "reads" in point.counts and engagement_of(point) is not None]
    if not both or both[-1].at - points[0].at < RATIO_AGE or "reads" in both[-1].rounded:
        return
    last = both[-1]
    reads, done = last.counts["reads"], engagement_of(last) or 0
    if reads < RATIO_LEAST and done < RATIO_LEAST:
        return
    too_few = poisson_at_most(done, reads * norm.least) <= RATIO_RARE
    too_many = 1 - poisson_at_most(done - 1, reads * norm.most) <= RATIO_RARE
    if not (too_few or too_many):
        return
    source = f"本单位这个渠道 {norm.posts} 篇" if norm.posts else "没有自己的历史，按很宽的范围"
    span = f"{1000 * norm.least:.2g}–{1000 * norm.most:.3g} 都算正常"
    usual = f"通常每千次阅读 {1000 * norm.usual:.3g} 次（{source}，{span}）"
    numbers = {"reads": reads, "engagement": done, "usual": norm.usual, "least": norm.least, "most": norm.most}
    numbers["posts"] = norm.posts
    known = f"到{spoken(last.at)}阅读 {reads:,}、互动 {done:,}，每千次阅读 {1000 * done / max(reads, 1):.3g} 次"
    if too_few:
        words = f"{known}，{usual}：读的人几乎不互动，像买来的阅读"
        yield Finding("ratio", "reads", both[0].at, None, None, reads, words, numbers)
    else:
        words = f"{known}，{usual}：互动多得不合常理，像买来的赞"
        most = max((name for name in ENGAGEMENT if name in last.counts), key=lambda name: last.counts[name])
        yield Finding("ratio", most, both[0].at, None, None, last.counts[most], words, numbers)


def _when(step: Step) -> str:
    minutes = round((step.end - step.start).total_seconds() / 60)
    length = f"{minutes} 分钟" if minutes < 120 else f"{minutes / 60:.0f} 小时"
    return f"{spoken(step.end)}前的 {length}里"
