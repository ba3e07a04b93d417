"""Bilibili's regions (分区): the part of the tree that a newsroom posts to. The numbers are the public ones."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.platforms.bilibili.base import answer, routes
from sandbox.platforms.bilibili.signing import signed
from sandbox.seed import Account
from sandbox.wire import Call

_TREE = {
    (160, "生活"): {21: "日常", 138: "搞笑", 239: "家居房产", 250: "出行", 251: "三农", 254: "亲子"},
    (36, "知识"): {
        122: "野生技能协会",
        124: "社科·法律·心理",
        201: "科学科普",
        207: "财经商业",
        208: "校园学习",
        228: "人文历史",
    },
    (177, "纪录片"): {37: "人文·历史", 178: "科学·探索·自然", 180: "社会·美食·旅行"},
    (202, "资讯"): {203: "热点", 204: "环球", 205: "社会", 206: "综合"},
    (234, "运动"): {235: "篮球", 236: "竞技体育", 237: "运动文化", 238: "运动综合", 249: "足球"},
}
NAMES = {tid: name for children in _TREE.values() for tid, name in children.items()}
"""The regions that take archives: the leaves."""


@routes.on("GET", "/arcopen/fn/archive/type/list")
@signed
def type_list(_call: Call, _account: Account) -> Response:
    return answer([_region(tid, name, 0, children) for (tid, name), children in _TREE.items()])


def _region(tid: int, name: str, parent: int, children: dict[int, str]) -> dict[str, Any]:
    return {
        "id": tid,
        "name": name,
        "parent": parent,
        "description": "",
        "children": [_region(child, child_name, tid, {}) for child, child_name in children.items()],
    }
