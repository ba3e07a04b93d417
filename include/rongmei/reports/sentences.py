"""Says in plain Chinese what changed and why it may have, from numbers alone.

Every builder is a pure function from figures to one sentence, or to "" where the figures do not carry one. No adjective
without a number; what is only an arithmetical split is called that, never a cause; what is not known is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rongmei.reports.words import change, change_text, on_board, short_count

FEW = 3
"""From fewer figures nothing is said about what is usual."""
NOTABLE = 0.05
"""A share of the whole below which a part is not worth a sentence."""


@dataclass(frozen=True)
class Part:
    """What one channel, outlet or campaign contributed, now and before; None when nothing is known."""

    name: str
    now: int | None
    before: int | None


def changed(what: str, now: int | None, before: int | None, against: str) -> str:
    """`新增阅读 12.3万，比上周的 11.1万 多 1.2万（增 11%）。`

    Args:
        against: what it is compared with: 上周, 上期同龄.
    """
    if now is None:
        return f"{what}：平台还没有给出。"
    if before is None:
        return f"{what} {short_count(now)}，{against}没有可比的数。"
    if now == before:
        return f"{what} {short_count(now)}，与{against}相同。"
    ratio = change_text(change(now, before))
    said = f"（{ratio}）" if ratio and ratio != "持平" else "（不到 1%）" if before else ""
    way = "多" if now > before else "少"
    return (
        f"{what} {short_count(now)}，比{against}的 {short_count(before)} {way} {short_count(abs(now - before))}{said}。"
    )


def driver(parts: Sequence[Part], kind: str) -> str:
    """Which part moved the sum most, and what moved against it: `多出的 5.2万里，微信公众号占 4.1万（79%）。`

    Parts that are unknown on either side are left out of the split, and it says so.

    Args:
        kind: what the parts are: 渠道, 活动.
    """
    moves = [(part.name, part.now - part.before) for part in parts if part.now is not None and part.before is not None]
    whole = sum(move for _, move in moves)
    if len(moves) < 2 or not whole:
        return ""
    name, most = max(moves, key=lambda one: one[1] if whole > 0 else -one[1])
    if abs(most) <= abs(whole):
        way = "多出" if whole > 0 else "少掉"
        said = (
            f"{way}的 {short_count(abs(whole))} 里，{name}占 {short_count(abs(most))}（{round(100 * most / whole)}%）"
        )
    else:
        # Another part moved against it: a share above 100 % would only confuse.
        other, least = min(moves, key=lambda one: one[1] if whole > 0 else -one[1])
        said = f"{name}{_more(most)}，{other}{_more(least)}，合计{_more(whole)}"
    left_out = [part.name for part in parts if part.now is None or part.before is None]
    if left_out:
        names = "、".join(left_out[:3]) + (f"等 {len(left_out)} 个{kind}" if len(left_out) > 3 else "")
        said += f"；{names}有一边没有数，没有拆进来"
    return said + "。"


def split(now: int | None, before: int | None, times_now: int, times_before: int, against: str) -> str:
    """How much of a change goes with more posts and how much with more reads for each.

    `N₁m₁ − N₀m₀ = (N₁−N₀)·m₀ + N₁·(m₁−m₀)`: the first addend is valued at the earlier mean. It is arithmetic and no
    cause, which the sentence says.

    Args:
        now, before: reads; of `times_now` and `times_before` publications.
    """
    if now is None or before is None or not times_now or not times_before or now == before:
        return ""
    mean_now, mean_before = now / times_now, before / times_before
    by_number = round((times_now - times_before) * mean_before)
    by_mean = now - before - by_number
    return (
        f"拆开看：发布 {times_before}→{times_now} 次，按{against}平均约合 {_signed(by_number)}；"
        f"每发布一次摊到的阅读 {short_count(round(mean_before))}→{short_count(round(mean_now))}，"
        f"约合 {_signed(by_mean)}。"
        "这是算术拆分，不等于原因。"
    )


def leaning(best: str, reads: int | None, whole: int | None, before: int | None, against: str) -> str:
    """How much hangs on the best story: its share, and the change without it."""
    if not reads or not whole or reads / whole < 0.2:
        return ""
    said = f"《{best}》一篇占 {round(100 * reads / whole)}%"
    without = change_text(change(whole - reads, before))
    return said + (f"，去掉它则比{against}{without}。" if without else "。")


def usual(now: int | None, history: Sequence[int | None], unit: str) -> str:
    """Whether a figure is outside what has been seen lately: `前 6 周在 8.1万–12.6万之间，本周高于其中每一周。`

    Args:
        history: earlier figures, without the present one.
        unit: 周, 天, 期.
    """
    known = [value for value in history if value is not None]
    if now is None or len(known) < FEW:
        return f"可比的只有 {len(known)} {unit}，还看不出平常是多少。" if now is not None and known else ""
    low, high = min(known), max(known)
    said = f"前 {len(known)} {unit}在 {short_count(low)}–{short_count(high)} 之间，"
    if low <= now <= high:
        return said + "这一次在范围之内，涨跌可能只是起伏。"
    return said + f"这一次{'高' if now > high else '低'}于其中每一{unit}。"


def gaps(silent: int, live: int) -> str:
    """What the platforms did not say."""
    if not silent:
        return ""
    return f"{live} 次发布里有 {silent} 次平台没有给出阅读数，没有当作零，实际只会更多。"


def boards(hits: int, best: str, minutes: int) -> str:
    """Hot-board hits as a possible reason.

    Args:
        best: where the best of them stood: 微博热搜第 3 位.
    """
    if not hits:
        return ""
    return (
        f"有 {hits} 条话题上榜，最高{best}，{on_board(minutes, '合计')}；"
        "上榜可能带来阅读，也可能是阅读带来上榜，数据分不开。"
    )


def doubtful(flagged: int) -> str:
    """Anomalies that nobody has decided about yet."""
    return f"有 {flagged} 条数据异常待人工判断，目前仍计在内。" if flagged else ""


def share_of(reads: int | None, whole: int | None) -> str:
    """`占本周新增阅读 34%`, "" when it is under one in twenty."""
    if not reads or not whole or reads / whole < NOTABLE:
        return ""
    return f"占全部阅读的 {round(100 * reads / whole)}%"


def against_median(reads: int | None, others: Sequence[int], what: str) -> str:
    """How a post stands to the middle one of its kind: `是微信公众号其余 12 次发布中位数 1,250 的 9.6 倍`."""
    if reads is None or len(others) < FEW:
        return ""
    ordered = sorted(others)
    half = len(ordered) // 2
    median = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    if not median:
        return ""
    middle = f"该渠道其余 {len(ordered)} 次发布中位数 {short_count(round(median))}"
    return f"{what} {short_count(reads)}，是{middle} 的 {reads / median:.1f} 倍"


def rank_moved(now: int, before: int | None) -> str:
    """`▲3`, `▼2`, `—`, `新`: places gained or lost."""
    if before is None:
        return "新"
    return "—" if now == before else f"▲{before - now}" if now < before else f"▼{now - before}"


def climbers(moves: Sequence[tuple[str, int, int | None]], against: str) -> str:
    """Who climbed and who fell most: (name, rank now, rank before); nothing where nobody moved."""
    moved = [(name, before - now, before, now) for name, now, before in moves if before is not None and now != before]
    if not moved:
        return ""
    up = max(moved, key=lambda one: one[1])
    down = min(moved, key=lambda one: one[1])
    said = []
    if up[1] > 0:
        said.append(f"{up[0]}从第 {up[2]} 升到第 {up[3]}")
    if down[1] < 0:
        said.append(f"{down[0]}从第 {down[2]} 降到第 {down[3]}")
    return f"名次变动最大的：{'，'.join(said)}（与{against}比）。"


def _signed(value: int) -> str:
    return f"{'＋' if value >= 0 else '－'}{short_count(abs(value))}"


def _more(value: int) -> str:
    return f"{'多' if value >= 0 else '少'} {short_count(abs(value))}"
