"""The facts that appraisal formulas may speak of: what each is called, what it can be, and which way is good."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from rongmei.config.appraisal.bounds import Bounds

Good = Literal["more", "less", "neither"]
"""`more`: more of it must never lower a score; `less`: more of it must never raise one."""

COUNTS = {
    "reads": "阅读",
    "likes": "赞",
    "comments": "评论",
    "shares": "转发",
    "watching": "在看",
    "favourites": "收藏",
}
MOST = 2.0**62
"""As far as the ledger's counters go."""
FEW = 1_000_000.0
"""More cases of one kind than any subject has in a period."""


@dataclass(frozen=True)
class FactKind:
    """What a fact is.

    Attributes:
        name: as formulas call it; facts of rows are `rows.fact`.
        label: as people call it.
        range: what it can be; facts that the rules decide are narrowed by them.
    """

    name: str
    label: str
    good: Good
    range: Bounds
    whole: bool = True


def _count(name: str, label: str, good: Good = "more", most: float = FEW) -> FactKind:
    return FactKind(name, label, good, Bounds(0.0, most))


_ALL = (
    # One row a live publication whose reads are known.
    *(_count(f"posts.{name}", label, most=MOST) for name, label in COUNTS.items()),
    FactKind("posts.base", "平台基准", "neither", Bounds(0.0, math.inf), whole=False),
    FactKind("posts.position", "位次系数", "neither", Bounds(0.0, math.inf), whole=False),
    FactKind("posts.followers", "粉丝", "neither", Bounds(0.0, 1e10)),
    FactKind("posts.reference", "参照粉丝", "neither", Bounds(0.0, 1e10)),
    FactKind("posts.history", "往期水平", "neither", Bounds(0.0, MOST), whole=False),
    FactKind("posts.original", "原创系数", "neither", Bounds(0.0, math.inf), whole=False),
    FactKind("posts.part", "署名份额", "neither", Bounds(0.0, 1.0), whole=False),
    # One row a story with at least one live publication.
    FactKind("works.original", "原创系数", "neither", Bounds(0.0, math.inf), whole=False),
    FactKind("works.part", "署名份额", "neither", Bounds(0.0, 1.0), whole=False),
    # One row a week (Monday to Sunday) and one a month, as far as they lie in the period.
    FactKind("weeks.days", "天数", "neither", Bounds(1.0, 7.0)),
    _count("weeks.works", "发稿篇数"),
    FactKind("months.days", "天数", "neither", Bounds(1.0, 31.0)),
    FactKind("months.length", "当月天数", "neither", Bounds(28.0, 31.0)),
    _count("months.works", "发稿篇数"),
    # One row an item that media above took over; `before` is what it had earned before the period.
    FactKind("adoptions.points", "最高一级分值", "more", Bounds(0.0, FEW), whole=False),
    FactKind("adoptions.before", "以往已计分值", "neither", Bounds(0.0, FEW), whole=False),
    FactKind("adoptions.part", "署名份额", "neither", Bounds(0.0, 1.0), whole=False),
    FactKind("awards.points", "分值", "more", Bounds(0.0, FEW), whole=False),
    FactKind("awards.part", "署名份额", "neither", Bounds(0.0, 1.0), whole=False),
    FactKind("hits.points", "分值", "more", Bounds(0.0, FEW), whole=False),
    FactKind("hits.part", "署名份额", "neither", Bounds(0.0, 1.0), whole=False),
    FactKind("errors.points", "分值", "less", Bounds(0.0, FEW), whole=False),
    _count("errors.times", "处数", "less"),
    FactKind("errors.part", "署名份额", "neither", Bounds(0.0, 1.0), whole=False),
    # Counts of the subject.
    FactKind("days", "周期天数", "neither", Bounds(1.0, 3660.0)),
    _count("on_time", "按时交稿"),
    _count("late", "迟交", "less"),
    _count("missing", "未交", "less"),
    _count("answered", "按时答复"),
    _count("unanswered", "逾期未答", "less"),
    _count("passed", "一次过审"),
    _count("returned", "被退稿件", "less"),
    _count("rejected", "否决稿件", "less"),
    _count("recalled", "撤回稿件", "less"),
    _count("corrected", "更正稿件", "less"),
    _count("pitches_accepted", "采用"),
    _count("pitches_joined", "并入采用选题"),
    _count("pitches_held", "留用"),
    _count("pitches_other", "未采用", "neither"),
    _count("partnered", "协办"),
    _count("hosted", "转载联动"),
    _count("reviews", "审稿件数"),
)
KINDS: dict[str, FactKind] = {kind.name: kind for kind in _ALL}
"""Every fact by its name."""
ROWS: tuple[str, ...] = tuple(dict.fromkeys(name.partition(".")[0] for name in KINDS if "." in name))
"""The kinds of rows."""
NUMBERS: tuple[str, ...] = tuple(name for name in KINDS if "." not in name)
"""The facts of the subject itself."""
