"""Turns a stage's summary into what a producer reads in the log and what becomes the task's XCom."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any, Protocol

from rongmei.clock import spoken

LABELS = {
    "accepted": "已受理",
    "awaiting": "待人工发布",
    "best": "居前媒体",
    "by_hand": "待人工处理",
    "cancelled": "取消",
    "charts": "图表",
    "checked": "检查",
    "considered": "参评",
    "contacts": "删除的电话",
    "corrected": "已更正的稿件",
    "declined": "落选",
    "done": "完成",
    "dropped": "下榜",
    "editions": "期次",
    "embargoed": "等解禁",
    "feeds": "订阅源",
    "flagged": "新异常",
    "escalated": "升级待办",
    "expired": "超时未答",
    "extended": "持续的异常",
    "failed": "失败",
    "failed_accounts": "读不到的账号",
    "fell": "回落",
    "filed": "收稿",
    "gone": "已删除",
    "held": "缓议",
    "known": "已有",
    "kept": "新存条目",
    "leads": "线索",
    "left": "未动",
    "lines": "榜单条目",
    "live": "已上线",
    "merged": "合并重复",
    "missed": "错过时段",
    "new": "新增",
    "noted": "发更正说明",
    "notes": "说明",
    "on_board": "在榜话题",
    "offered": "派出",
    "opened": "新上榜",
    "ordered": "已下达",
    "outlets": "媒体",
    "passed": "通过",
    "pending": "等待",
    "people": "人员",
    "photos": "删除的照片",
    "pinned": "置顶",
    "planned": "已排",
    "postponed": "改期",
    "problems": "问题",
    "proposed": "建议改期",
    "queued": "待发邮件",
    "refused": "退回",
    "refused_accounts": "凭据被拒的账号",
    "rejected": "不可用",
    "reminded": "催办",
    "removed": "删去旧条目",
    "reports": "报告",
    "rescheduled": "重新排期",
    "resting_accounts": "额度留给发布的账号",
    "returned": "退回修改",
    "revised": "新版本",
    "round": "轮次",
    "sent": "已送达",
    "shortlisted": "入围",
    "silent": "平台暂无数据",
    "snapshots": "快照",
    "stale": "已过时",
    "stories": "稿件",
    "tasks": "任务",
    "sooner": "提前查询",
    "topped": "进前十",
    "unchanged": "无变化",
    "unknown": "结果不明",
    "unmatched": "与主题无关",
    "unsuited": "不适合的账号",
    "used_before": "往期已用",
    "vetoed": "否决",
    "waiting": "等待",
    "written": "写出",
}
"""Field of a summary → what a producer reads; counts without a word here are for engineers and stay in the XCom."""
SPECIAL = {
    ("DecisionSummary", "accepted"): "采用",
    ("DeskSummary", "dropped"): "撤下",
    ("DeskSummary", "left"): "还没有媒体",
    ("DeskSummary", "ordered"): "指派",
    ("ModerationSummary", "refused"): "退稿",
    ("ModerationSummary", "stale"): "别人已处理",
    ("ModerationSummary", "waiting"): "留到下期",
    ("RemindSummary", "escalated"): "报请督办",
    ("ReviewSummary", "rejected"): "否决",
    ("ShortlistSummary", "ordered"): "指令",
    ("ShortlistSummary", "returned"): "上期缓议",
}
"""The same field name with another meaning in one summary."""
NAMED = {"problems": "", "failed_accounts": "读不到：", "refused_accounts": "凭据被拒，请管理员改正连接："}
"""Lists whose members somebody must act on, each on a line of its own."""


class _Log(Protocol):
    def info(self, msg: str, *args: object) -> None: ...

    def warning(self, msg: str, *args: object) -> None: ...


def tell(log: _Log, summary: Any) -> dict[str, Any]:
    """Write what `summary` counts to the log in Chinese, problems each on a line, and return it as plain JSON data."""
    if summary is None:
        return {}
    fields = _plain(asdict(summary) if is_dataclass(summary) and not isinstance(summary, type) else dict(summary))
    counts = [
        f"{SPECIAL.get((type(summary).__name__, name), LABELS[name])} {count}"
        for name, value in fields.items()
        if name in LABELS and (count := _count(value))
    ]
    log.info("结果：%s", "，".join(counts) or "无")
    for name, value in fields.items():
        if name in NAMED and isinstance(value, list):
            for line in value:
                log.warning("· %s%s", NAMED[name], line)
    return fields


def _count(value: Any) -> int | float:
    """How many `value` stands for; what is no count stands for none."""
    if isinstance(value, list):
        return len(value)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0


def _plain(value: Any) -> Any:
    """JSON data only: an XCom carries counts and keys, never objects."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return spoken(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
