"""Times: aware UTC inside, Asia/Shanghai on every surface a person reads."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def utcnow() -> datetime:
    """The present moment, aware, UTC. Only entry points call it; functions take `now`."""
    return datetime.now(UTC)


def aware(moment: datetime) -> datetime:
    """`moment` in UTC.

    Raises:
        ValueError: it has no time zone, so nobody can know what it means.
    """
    if moment.tzinfo is None:
        raise ValueError(f"时间 {moment.isoformat()} 没有时区")
    return moment.astimezone(UTC)


def local(moment: datetime) -> datetime:
    """`moment` on the newsroom's wall clock (Asia/Shanghai)."""
    return aware(moment).astimezone(SHANGHAI)


def local_date(moment: datetime) -> date:
    """The newsroom's calendar day of `moment`."""
    return local(moment).date()


def at_local(day: date, clock: str) -> datetime:
    """The UTC moment of `clock` ("HH:MM", Asia/Shanghai) on `day`."""
    hour, minute = clock.split(":")
    return datetime.combine(day, time(int(hour), int(minute)), tzinfo=SHANGHAI).astimezone(UTC)


def spoken(moment: datetime | None) -> str:
    """`moment` as a newsroom writes it: 11月21日 20:19; a dash when there is none."""
    if moment is None:
        return "—"
    there = local(moment)
    return f"{there.month}月{there.day}日 {there:%H:%M}"
