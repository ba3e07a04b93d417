"""The index of Bilibili accounts BVCI (B站视频传播指数).

`BVCI = {0.15·ln(X1+1) + 0.25·ln(X2+1) + 0.3·ln(X3+1) + 0.18·ln(X4+1) + 0.12·ln(X5+1)} × 100`. Source: gsdata's
usage page 8 (gsdata.cn/site/usage-8, 清博, BVCI(V2.0)). Its table calls X2 and X3 means per video,
its legend says total plays and comments divided by the days of the period; the legend defines them and is followed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from rongmei.indexes.figures import UNKNOWN, Figure
from rongmei.indexes.formula import Formula, Part, Piece
from rongmei.indexes.model import Index, Inputs, Measure


@dataclass(frozen=True)
class BvciInputs(Inputs):
    """What an account published in a period, what came of it, and who follows it.

    An account that lost followers has no index: the formula is not defined for fewer than 0 new ones.
    """

    days: Annotated[Figure, Measure("天数", "天", "d", least=1)] = UNKNOWN
    videos: Annotated[Figure, Measure("发布视频数", "条", "X1")] = UNKNOWN
    plays: Annotated[Figure, Measure("总播放量", "次", "X2")] = UNKNOWN
    comments: Annotated[Figure, Measure("总评论量", "条", "X3")] = UNKNOWN
    followers: Annotated[Figure, Measure("粉丝总数", "人", "X4")] = UNKNOWN
    new_followers: Annotated[Figure, Measure("新增粉丝数", "人", "X5")] = UNKNOWN


def _part(weight: float, name: str, symbol: str, *pieces: Piece) -> Part:
    return Part(weight, name, symbol, pieces)


BVCI = Index(
    key="bvci",
    name="BVCI",
    title="B站视频传播指数",
    edition="V2.0",
    official=True,
    inputs=BvciInputs,
    formula=Formula(
        (
            _part(0.15, "发布指数", "发布", Piece(1.0, "发布视频数", "videos")),
            _part(0.25, "播放指数", "播放", Piece(1.0, "日均播放量", "plays", "days")),
            _part(0.30, "互动指数", "互动", Piece(1.0, "日均评论量", "comments", "days")),
            _part(0.18, "覆盖指数（粉丝总数）", "粉丝", Piece(1.0, "粉丝总数", "followers")),
            _part(0.12, "覆盖指数（新增粉丝）", "增粉", Piece(1.0, "新增粉丝数", "new_followers")),
        ),
        power=1,
        factors=(100,),
    ),
    source="清博指数使用说明页（gsdata.cn/site/usage-8）BVCI(V2.0)；播放与评论按其图例除以天数",
)

INDEXES = (BVCI,)
