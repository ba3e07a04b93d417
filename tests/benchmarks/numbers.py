"""A ledger full of publications and of figures for them, for the benchmarks of metrics."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from tests.benchmarks.newsrooms import outlet_name
from tests.conftest import databases, postgres

from rongmei.ledger import Edition, Ledger, Publication, Story, StoryVersion, upgrade
from rongmei.ledger.tables import Assignment, Pitch

START = datetime(2026, 1, 1, 16, tzinfo=UTC)
"""Midnight of 2 January in Shanghai."""
CHANNELS = ("wechat", "weibo", "wordpress", "douyin", "kuaishou", "bilibili", "alipay")
OUTLETS = 38


@contextmanager
def ledger_on(kind: str, folder: Path) -> Iterator[Ledger | None]:
    """An empty ledger on `sqlite` or `postgresql`; None where there is no PostgreSQL."""
    if kind == "sqlite":
        url = f"sqlite:///{folder / 'ledger.db'}"
        upgrade(url)
        yield from _opened(url)
        return
    with postgres() as server:
        if server is None:
            yield None
            return
        with databases(server) as make:
            url = make()
            upgrade(url)
            yield from _opened(url)


def _opened(url: str) -> Iterator[Ledger]:
    ledger = Ledger(url)
    try:
        yield ledger
    finally:
        ledger.close()


def add_publications(ledger: Ledger, count: int, *, days: int = 365, since: datetime = START) -> list[dict[str, Any]]:
    """So many live publications, ids from 1, spread over the days after `since`; their rows, in the order of the ids.

    One edition a week, one story for seven publications: as much as the foreign keys ask for and no more.
    """
    draw = random.Random(2026)
    times = sorted(since + timedelta(seconds=draw.uniform(0, days * 86_400)) for _ in range(count))
    stories = (count + len(CHANNELS) - 1) // len(CHANNELS)
    with ledger.begin() as session:
        weeks = days // 7 + 1
        editions = [
            {
                "id": week + 1,
                "key": f"cunchao/{_day(week)}",
                "campaign": "cunchao",
                "day": _day(week),
                "rehearsal": False,
                "options": {},
                "opened_at": START,
            }
            for week in range(weeks)
        ]
        session.execute(insert(Edition), editions)
        numbers = range(1, stories + 1)
        common = {"edition_id": 1, "source": "desk", "title": "t", "state": "accepted"}
        session.execute(
            insert(Pitch),
            [
                {"id": n, "ref": str(n), "channels": [], "score_terms": {}, "submitted_at": START, **common}
                for n in numbers
            ],
        )
        moments = {"answer_by": START, "deadline_at": START, "offered_at": START}
        session.execute(
            insert(Assignment),
            [
                {
                    "id": n,
                    "pitch_id": n,
                    "edition_id": 1,
                    "outlet": _outlet(n),
                    "state": "done",
                    "partners": [],
                    "reasons": {},
                }
                | moments
                for n in numbers
            ],
        )
        session.execute(
            insert(Story),
            [
                {
                    "id": n,
                    "edition_id": 1,
                    "assignment_id": n,
                    "outlet": _outlet(n),
                    "state": "signed_off",
                    "filed_at": START,
                }
                for n in numbers
            ],
        )
        session.execute(
            insert(StoryVersion),
            [
                {
                    "id": n,
                    "story_id": n,
                    "number": 1,
                    "content_hash": f"{n:064d}",
                    "title": f"第 {n} 条",
                    "body": "",
                    "tags": [],
                }
                | {"filed_at": START}
                for n in numbers
            ],
        )
        made = [_publication(n, at, (at - since).days // 7 + 1) for n, at in enumerate(times, 1)]
        session.execute(insert(Publication), made)
    return made


def _publication(number: int, at: datetime, edition: int) -> dict[str, Any]:
    story = (number - 1) // len(CHANNELS) + 1
    outlet, channel = _outlet(story), CHANNELS[number % len(CHANNELS)]
    return {
        "id": number,
        "edition_id": edition,
        "story_id": story,
        "version_id": story,
        "outlet": outlet,
        "channel": channel,
        "account": f"{outlet}/{channel}",
        "state": "live",
        "fingerprint": f"rm{number:018d}",
        "scheduled_at": at,
        "external_id": f"{number}:1" if channel == "wechat" else f"{number}",
        "accepted_at": at,
        "live_at": at,
        "progress": {"msg_data_id": f"{number}", "index": 1} if channel == "wechat" else {},
    }


def _outlet(story: int) -> str:
    return outlet_name(story % OUTLETS)


def _day(week: int) -> date:
    return (START + timedelta(days=7 * week, hours=12)).date()
