"""代班 and the hours after which somebody is reminded, as an operator writes them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from rongmei.config import check_house, load_campaign
from rongmei.config.models import Deputy, Production

AN = "  - {id: an, name: 安, role: editor, title: 责编, email: an@town.example"
BO = "  - {id: bo, name: 柏, role: editor, title: 主任, email: bo@town.example"


def stand_in(folder: Any, line: str, *deputies: str) -> int:
    """Give the person on `line` deputies; the number of the line of the first."""
    rows = "".join(f"        - {{{one}}}\n" for one in deputies)
    parts = line.removeprefix("  - {").split(", ")
    block = "  - " + "\n    ".join(parts) + "\n    deputies:\n" + rows
    text = (folder.root / "clusters/town.yaml").read_text(encoding="utf-8")
    folder.write("clusters/town.yaml", text.replace(f"{line}}}\n", block))
    return text[: text.index(line)].count("\n") + len(parts) + 2


def problems(folder: Any) -> list[tuple[int, str, str]]:
    return [(one.line, one.path, one.message) for one in check_house(folder.root)]


def test_deputies_are_read(folder: Any) -> None:
    stand_in(
        folder, AN, "person: cen, from: 2026-06-08, to: 2026-06-14", "person: bo, from: 2026-06-15, to: 2026-06-15"
    )
    assert problems(folder) == []
    first, second = load_campaign(folder.root, "cup").cluster.person("an").deputies
    assert (first.person, first.first, first.last) == ("cen", date(2026, 6, 8), date(2026, 6, 14))
    assert [date(2026, 6, day) in first for day in (7, 8, 14, 15)] == [False, True, True, False]
    assert not first.overlaps(second)


@pytest.mark.parametrize(
    ("row", "path", "message"),
    [
        ("person: xu, from: 2026-06-08, to: 2026-06-14", "person", "没有人员“xu”"),
        ("person: an, from: 2026-06-08, to: 2026-06-14", "person", "“an”给自己代班"),
        ("person: bo, from: 2026-06-14, to: 2026-06-08", "from", "代班开始 2026-06-14 晚于结束 2026-06-08"),
        ("person: bo, from: 6月8日, to: 2026-06-14", "from", "“6月8日”不是日期"),
        ("person: bo, from: 2026-06-08", "to", "缺少“to”"),
    ],
)
def test_what_cannot_be_is_told_with_its_line(folder: Any, row: str, path: str, message: str) -> None:
    line = stand_in(folder, AN, row)
    assert problems(folder) == [(line, f"people[1].deputies[0].{path}", message)]


def test_two_at_a_time_are_refused(folder: Any) -> None:
    line = stand_in(
        folder, AN, "person: bo, from: 2026-06-08, to: 2026-06-14", "person: cen, from: 2026-06-14, to: 2026-06-20"
    )
    message = "2026-06-14 至 2026-06-20 的代班与前面一条的日子重叠"
    assert problems(folder) == [(line + 1, "people[1].deputies[1].from", message)]


def test_who_is_away_stands_in_for_nobody(folder: Any) -> None:
    line = stand_in(folder, AN, "person: bo, from: 2026-06-08, to: 2026-06-14")
    stand_in(folder, BO, "person: cen, from: 2026-06-14, to: 2026-06-20")
    assert problems(folder) == [(line, "people[1].deputies[0].person", "“bo”在这段日子里自己也由别人代班")]


def test_the_hours_have_sensible_defaults(folder: Any) -> None:
    production = load_campaign(folder.root, "cup").campaign.production
    assert (production.remind_hours, production.escalate_after) == (4, timedelta(hours=4))
    odd = production.model_copy(update={"deadline_hours": 7})
    assert odd.escalate_after == timedelta(hours=3, minutes=30)
    written = production.model_copy(update={"escalate_hours": 6})
    assert written.escalate_after == timedelta(hours=6)


def test_a_short_deadline_is_no_fault_of_the_defaults(folder: Any) -> None:
    folder.swap("campaigns/cup.yaml", "production:\n", "production:\n  deadline_hours: 2\n")
    assert problems(folder) == []


@pytest.mark.parametrize(("key", "name"), [("remind_hours", "再次提醒"), ("escalate_hours", "报请督办")])
def test_hours_after_the_deadline_are_told(folder: Any, key: str, name: str) -> None:
    line = folder.swap("campaigns/cup.yaml", "production:\n", f"production:\n  deadline_hours: 6\n  {key}: 6\n")
    message = f"{name} 6 小时不早于审稿时限 6 小时，赶不上提醒"
    assert problems(folder) == [(line + 2, f"production.{key}", message)]


def test_the_models_are_frozen() -> None:
    assert Deputy.model_config["frozen"]
    assert Production.model_config["extra"] == "forbid"
