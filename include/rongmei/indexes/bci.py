"""The Weibo communication index BCI (微博传播指数).

Registered: `BCI = (20 % × W1 + 80 % × W2) × 160`, `W1 = ln(posts + 1)`, `W2 = 40 % × ln(reposts + 1) + 40 % ×
ln(comments + 1) + 20 % × ln(likes + 1)`. Source: eight entries with the same text in 浙江省数据知识产权登记平台
(zjip.org.cn, trends 75574 Jiangsu, 74085 Shanxi, 74107, 74081, 74097, 74090, 74102, 74087).

With seven counts: what is remembered of 清博's BCI. No text was found: unofficial.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from rongmei.indexes.figures import UNKNOWN, Figure
from rongmei.indexes.formula import Formula, Part, Piece
from rongmei.indexes.model import Index, Inputs, Measure
from rongmei.indexes.relations import AtMost, Relation

TITLE = "微博传播指数"


@dataclass(frozen=True)
class BciInputs(Inputs):
    """What an account posted in a period, and what came of it."""

    posts: Annotated[Figure, Measure("发博数", "条", "X1")] = UNKNOWN
    reposts: Annotated[Figure, Measure("转发数", "次", "X2")] = UNKNOWN
    comments: Annotated[Figure, Measure("评论数", "条", "X3")] = UNKNOWN
    likes: Annotated[Figure, Measure("点赞数", "次", "X4")] = UNKNOWN


@dataclass(frozen=True)
class Bci7Inputs(Inputs):
    """The same, with those of original posts apart."""

    posts: Annotated[Figure, Measure("发博数", "条", "X1")] = UNKNOWN
    originals: Annotated[Figure, Measure("原创微博数", "条", "X2")] = UNKNOWN
    reposts: Annotated[Figure, Measure("转发数", "次", "X3")] = UNKNOWN
    comments: Annotated[Figure, Measure("评论数", "条", "X4")] = UNKNOWN
    original_reposts: Annotated[Figure, Measure("原创微博转发数", "次", "X5")] = UNKNOWN
    original_comments: Annotated[Figure, Measure("原创微博评论数", "条", "X6")] = UNKNOWN
    likes: Annotated[Figure, Measure("点赞数", "次", "X7")] = UNKNOWN

    relations: ClassVar[tuple[Relation, ...]] = (
        AtMost("originals", "posts", "原创微博数比发博数还多"),
        AtMost("original_reposts", "reposts", "原创微博转发数比转发数还多"),
        AtMost("original_comments", "comments", "原创微博评论数比评论数还多"),
    )


BCI = Index(
    key="bci",
    name="BCI",
    title=TITLE,
    edition="登记版（浙江数据知识产权登记 75574）",
    official=True,
    inputs=BciInputs,
    formula=Formula(
        (
            Part(0.2, "活跃度", "W1", (Piece(1.0, "发博数", "posts"),)),
            Part(
                0.8,
                "传播度",
                "W2",
                (Piece(0.4, "转发数", "reposts"), Piece(0.4, "评论数", "comments"), Piece(0.2, "点赞数", "likes")),
            ),
        ),
        power=1,
        factors=(160,),
    ),
    source="浙江省数据知识产权登记平台（zjip.org.cn）75574 等八条同文的微博影响力指数数据",
)
BCI_7 = Index(
    key="bci-7",
    name="BCI",
    title=TITLE,
    edition="七项",
    official=False,
    inputs=Bci7Inputs,
    formula=Formula(
        (
            Part(0.2, "活跃度", "W1", (Piece(0.3, "发博数", "posts"), Piece(0.7, "原创微博数", "originals"))),
            Part(
                0.8,
                "传播度",
                "W2",
                (
                    Piece(0.2, "转发数", "reposts"),
                    Piece(0.2, "评论数", "comments"),
                    Piece(0.25, "原创微博转发数", "original_reposts"),
                    Piece(0.25, "原创微博评论数", "original_comments"),
                    Piece(0.1, "点赞数", "likes"),
                ),
            ),
        ),
        power=1,
        factors=(160,),
    ),
    source="没有找到出处",
    caution="凭记忆写下的清博 BCI 公式，没有核实，不能拿来对外说",
)

INDEXES = (BCI, BCI_7)
