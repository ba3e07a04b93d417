"""Turns a stage's summary into what a producer reads in the log and what becomes the task's XCom."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any, Protocol

from rongmei.clock import spoken

LABELS = {
    "accepted": "已受理",
    "declined": "落选",
    "draft": "草稿",
    "escalated": "升级待办",
    "failed": "失败",
    "filed": "收稿",
    "held": "留待下期",
    "leads": "线索",
    "live": "已上线",
    "merged": "合并重复",
    "missed": "错过时段",
    "new": "新增",
    "offered": "派出",
    "passed": "通过",
    "pending": "等待",
    "pitches": "选题",
    "planned": "已排",
    "postponed": "改期",
    "problems": "问题",
    "publications": "发布单",
    "read": "读到",
    "refused": "退回",
    "rejected": "不可用",
    "returned": "退回修改",
    "sent": "已送达",
    "shortlisted": "入围",
    "snapshots": "快照",
    "unknown": "结果不明",
    "waiting": "等待",
}


class _Log(Protocol):
    def info(self, msg: str, *args: object) -> None: ...

    def warning(self, msg: str, *args: object) -> None: ...


def tell(log: _Log, summary: Any) -> dict[str, Any]:
    """Write `summary` to the log in Chinese, problems each on a line, and return it as plain JSON data."""
    if summary is None:
        return {}
    fields = _plain(asdict(summary) if is_dataclass(summary) and not isinstance(summary, type) else dict(summary))
    counts = [
        f"{LABELS.get(name, name)} {len(value) if isinstance(value, list) else value}"
        for name, value in fields.items()
        if isinstance(value, int | float | list) and not isinstance(value, bool)
    ]
    log.info("结果：%s", "，".join(counts) or "无")
    for name, value in fields.items():
        if name in {"problems", "reasons", "notes"} and isinstance(value, list):
            for line in value:
                log.warning("· %s", line) if name == "problems" else log.info("· %s", line)
    return fields


def _plain(value: Any) -> Any:
    """JSON data only: an XCom carries counts and keys, never objects."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return spoken(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)
