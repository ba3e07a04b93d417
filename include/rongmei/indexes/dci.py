"""The Douyin communication index DCI (抖音传播指数), as far as it is remembered: unofficial, its weights to be set.

No page with the formula was found. What is remembered is weights alone: publishing 10 %, interaction 76 % (likes 17,
comments 37, shares 46), coverage 14 % (new followers 11, all followers 89). The logarithms and the scale of 100 are
taken from the same publisher's index for Bilibili and are ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from rongmei.errors import BadInput
from rongmei.indexes.figures import UNKNOWN, Figure
from rongmei.indexes.formula import Formula, Part, Piece
from rongmei.indexes.model import Index, Inputs, Measure


@dataclass(frozen=True)
class DciInputs(Inputs):
    """What an account published in a period, what came of it, and who follows it."""

    posts: Annotated[Figure, Measure("作品数", "条", "X1")] = UNKNOWN
    likes: Annotated[Figure, Measure("点赞数", "次", "X2")] = UNKNOWN
    comments: Annotated[Figure, Measure("评论数", "条", "X3")] = UNKNOWN
    shares: Annotated[Figure, Measure("分享数", "次", "X4")] = UNKNOWN
    new_followers: Annotated[Figure, Measure("新增粉丝数", "人", "X5")] = UNKNOWN
    followers: Annotated[Figure, Measure("粉丝总数", "人", "X6")] = UNKNOWN


@dataclass(frozen=True)
class DciWeights:
    """Shares of 1: the three parts, and what is inside the second and the third.

    Raises:
        BadInput: a group does not add up to 1, or a weight is negative.
    """

    publishing: float = 0.10
    interaction: float = 0.76
    coverage: float = 0.14
    likes: float = 0.17
    comments: float = 0.37
    shares: float = 0.46
    new_followers: float = 0.11
    followers: float = 0.89

    def __post_init__(self) -> None:
        groups = {
            "发布、互动、覆盖": (self.publishing, self.interaction, self.coverage),
            "点赞、评论、分享": (self.likes, self.comments, self.shares),
            "新增粉丝、粉丝总数": (self.new_followers, self.followers),
        }
        for name, weights in groups.items():
            if min(weights) < 0 or not abs(sum(weights) - 1) < 1e-9:
                raise BadInput(f"{name}的权重要都不小于 0、加起来是 1", where="DCI", mend="改成例如 0.1、0.76、0.14")


DEFAULT = DciWeights()


def dci(weights: DciWeights = DEFAULT) -> Index[DciInputs]:
    """The index with weights of one's own; its version says them."""
    shown = "/".join(f"{share * 100:g}" for share in (weights.publishing, weights.interaction, weights.coverage))
    parts = (
        Part(weights.publishing, "发布指数", "P", (Piece(1.0, "作品数", "posts"),)),
        Part(
            weights.interaction,
            "互动指数",
            "I",
            (
                Piece(weights.likes, "点赞数", "likes"),
                Piece(weights.comments, "评论数", "comments"),
                Piece(weights.shares, "分享数", "shares"),
            ),
        ),
        Part(
            weights.coverage,
            "覆盖指数",
            "C",
            (
                Piece(weights.new_followers, "新增粉丝数", "new_followers"),
                Piece(weights.followers, "粉丝总数", "followers"),
            ),
        ),
    )
    return Index(
        key="dci",
        name="DCI",
        title="抖音传播指数",
        edition=f"自定权重（{'' if weights == DEFAULT else '改过，'}发布/互动/覆盖 {shown}）",
        official=False,
        inputs=DciInputs,
        formula=Formula(parts, power=1, factors=(100,)),
        source="没有找到出处",
        caution="权重凭记忆，取对数、乘 100 是本系统定的，没有核实，不能拿来对外说",
    )


INDEXES = (dci(),)
