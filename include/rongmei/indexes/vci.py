"""The index of short-video accounts VCI (短视频影响力指数).

`VCI = (20 % × V1 + 80 % × V2) × 160`, `V1 = ln(videos + 1)`, `V2 = 40 % × ln(reposts + 1) + 40 % × ln(comments + 1) +
20 % × ln(likes + 1)`. Source: 浙江省数据知识产权登记平台 (zjip.org.cn, trends 75579,
短视频自媒体影响力指数数据).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from rongmei.indexes.figures import UNKNOWN, Figure
from rongmei.indexes.formula import Formula, Part, Piece
from rongmei.indexes.model import Index, Inputs, Measure


@dataclass(frozen=True)
class VciInputs(Inputs):
    """What an account published in a period, and what came of it."""

    posts: Annotated[Figure, Measure("发稿量", "条", "X1")] = UNKNOWN
    reposts: Annotated[Figure, Measure("转发数", "次", "X2")] = UNKNOWN
    comments: Annotated[Figure, Measure("评论数", "条", "X3")] = UNKNOWN
    likes: Annotated[Figure, Measure("点赞数", "次", "X4")] = UNKNOWN


VCI = Index(
    key="vci",
    name="VCI",
    title="短视频影响力指数",
    edition="登记版（浙江数据知识产权登记 75579）",
    official=True,
    inputs=VciInputs,
    formula=Formula(
        (
            Part(0.2, "活跃度", "V1", (Piece(1.0, "发稿量", "posts"),)),
            Part(
                0.8,
                "传播度",
                "V2",
                (Piece(0.4, "转发数", "reposts"), Piece(0.4, "评论数", "comments"), Piece(0.2, "点赞数", "likes")),
            ),
        ),
        power=1,
        factors=(160,),
    ),
    source="浙江省数据知识产权登记平台（zjip.org.cn）75579 短视频自媒体影响力指数数据",
)

INDEXES = (VCI,)
