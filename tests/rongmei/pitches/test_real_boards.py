"""The 2024 Weibo boards: what the campaign as shipped finds on its two known days, and not on the days around them."""

import csv
import gzip
import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import rongmei.settings
from rongmei.clock import at_local
from rongmei.config import load_campaign
from rongmei.ledger import Lead
from rongmei.ledger.boards import BoardLine, save_board_lines
from rongmei.pitches import collect, meeting, shortlist

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("RONGMEI_SHARED", ROOT / ".." / "shared"))
BOARDS = SHARED / "data" / "weibo_hot_hourly" / "weibo_hourly_2024-05-20_to_2024-06-30.csv.gz"
KNOWN = {
    date(2024, 6, 1): "卡纳瓦罗助力奇瑞村超公益慈善赛",
    date(2024, 6, 24): "贵州村超少年圆梦欧洲杯",
}

DAYS = [day + timedelta(days=n) for day in KNOWN for n in (-1, 0, 1)]

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not BOARDS.exists(), reason="没有共享数据 weibo_hot_hourly，设 RONGMEI_SHARED 指向它"),
]


def number(text: str) -> int | None:
    return int(float(text)) if text else None


@pytest.fixture
def archive(ledger):
    hours: dict[tuple[str, str], list[BoardLine]] = {}
    with gzip.open(BOARDS, "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if date.fromisoformat(row["date"]) not in DAYS:
                continue
            line = BoardLine(
                position=int(row["position"]),
                title=row["title"],
                category=row["category"].strip() or None,
                heat=number(row["hot"]),
                is_ad=row["ads"] == "1",
                description=row["description"] or None,
            )
            hours.setdefault((row["date"], row["hour"]), []).append(line)
    with ledger.begin() as session:
        for (day, hour), lines in hours.items():
            save_board_lines(session, "weibo", at_local(date.fromisoformat(day), f"{int(hour):02}:00"), lines)
        villages = [BoardLine(2, "乡村超市火了", heat=9), BoardLine(3, "乡村超模走秀", heat=9)]
        save_board_lines(session, "weibo", at_local(date(2024, 6, 1), "12:00"), villages)
    return ledger


def test_the_known_days_find_their_topic_and_the_days_around_them_nothing(archive, open_day, settings, rows):
    plan = load_campaign(rongmei.settings.PACKAGE_CONFIG, "cunchao")
    long_after = datetime(2026, 1, 1, tzinfo=UTC)
    found = {}
    for day in DAYS:
        key = open_day(day)
        if collect(archive, plan, key, "weibo-board", settings=settings, now=long_after).new:
            shortlist(archive, plan, key, now=long_after)
            found[day] = meeting(archive, plan, key)
    assert sorted(found) == sorted(KNOWN)
    for day, title in KNOWN.items():
        assert f"【推广位】{title}" in found[day].body
        assert [option.label.partition("｜")[2] for option in found[day].options] == [title]
    leads = {lead.title: lead for lead in rows(Lead)}
    assert set(leads) == set(KNOWN.values())
    assert (leads[KNOWN[date(2024, 6, 24)]].best_position, leads[KNOWN[date(2024, 6, 24)]].peak_heat) == (12, 384960)
    assert leads[KNOWN[date(2024, 6, 1)]].last_seen_at == at_local(date(2024, 6, 1), "23:00")
