"""The script of a campaign in which all 38 outlets take part: what everybody writes, answers, files and decides.

Everything follows from the order of the accepted pitches, so that the ledger's end state can be written down
beforehand.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from openpyxl import Workbook

from rongmei.config import Cluster, Outlet
from rongmei.settings import PACKAGE_CONFIG

CAMPAIGN = "zhucun"
PITCHES = 200
TWINS = 6
"""Pitches that two outlets send word for word: the second is merged into the first."""
ACCEPTED = 60

SUBJECTS = (
    "龙舟起水", "荔枝开园", "夜校开班", "祠堂修缮", "粤剧下乡", "醒狮传承", "骑楼翻新", "渔港开海",
    "稻田画展", "长者食堂", "工厂夜班", "机器人车间", "毛织直播", "家具出口", "潮玩设计", "茶山豆腐",
    "腊肠晾晒", "米粉作坊", "糖画摊子", "竹编课堂", "古榕认养", "湿地观鸟", "绿道骑行", "河涌清淤",
    "垃圾分类", "光伏屋顶", "充电驿站", "校车线路", "托育中心", "儿童书屋", "乡村医生", "血液告急",
    "反诈宣讲", "消防演练", "防汛值守", "台风安置", "征兵送行", "返乡创业", "新市民讲堂", "外来工春晚",
)  # fmt: skip
ANGLES = (
    "老匠人的最后一批徒弟怎样接过手艺",
    "一本旧账簿里看见三十年的变化",
    "清晨五点的人们在忙些什么",
    "年轻人回来以后做成的第一件事",
    "一张问题清单逐条销号的过程",
)


@dataclass(frozen=True)
class Line:
    """One row of a workbook."""

    outlet: Outlet
    title: str
    summary: str
    column: str
    place: str


def campaign(folder: Path) -> Path:
    """A configuration with this one campaign of the whole cluster."""
    for name in ("clusters", "appraisal", "lists"):
        shutil.copytree(PACKAGE_CONFIG / name, folder / name)
    rules: dict[str, Any] = yaml.safe_load((PACKAGE_CONFIG / "campaigns/cunchao.yaml").read_text("utf-8"))
    del rules["seasons"], rules["schedule"]
    rules |= {
        "id": CAMPAIGN,
        "name": "逐村行",
        "description": "38 家媒体同走一趟。",
        "sources": [{"kind": "workbook", "id": "workbooks", "name": "各媒体报题工作簿", "inbox": CAMPAIGN}],
    }
    rules["pitching"] |= {"shortlist_size": 80, "accept_at_most": ACCEPTED}
    rules["production"] |= {"rounds": 3}
    rules["publishing"] = {"channels": ["wechat", "weibo"], "accounts": "author", "min_gap_minutes": 0}
    file = folder / "campaigns" / f"{CAMPAIGN}.yaml"
    file.parent.mkdir()
    file.write_text(yaml.safe_dump(rules, allow_unicode=True, sort_keys=False), "utf-8")
    return folder


def lines(cluster: Cluster, columns: tuple[str, ...]) -> list[Line]:
    """All pitches: every outlet has at least five; the last ones repeat what another outlet has sent."""
    outlets, found = cluster.outlets, []
    for n in range(PITCHES - TWINS):
        outlet = outlets[n % len(outlets)]
        subject = SUBJECTS[n % len(SUBJECTS)]
        angle = ANGLES[(n // len(SUBJECTS)) % len(ANGLES)]
        place = outlet.regions[(n // len(outlets)) % len(outlet.regions)]
        title = f"{place}{subject}：{angle}"
        summary = f"{outlet.name}跟访{place}{subject}，{angle}，现场采访三位当事人。"
        found.append(Line(outlet, title, summary, columns[n % len(columns)], place))
    for n in range(TWINS):
        first = found[n]
        other = outlets[(n + 7) % len(outlets)]
        found.append(Line(other, first.title, first.summary, first.column, first.place))
    return found


def workbooks(all_lines: list[Line]) -> Iterator[tuple[str, bytes]]:
    """One workbook an outlet, as (name, content)."""
    by_outlet: dict[str, list[Line]] = {}
    for line in all_lines:
        by_outlet.setdefault(line.outlet.id, []).append(line)
    for outlet, mine in by_outlet.items():
        book = Workbook()
        sheet = book.active or book.create_sheet()
        sheet.append(["媒体", "标题", "内容摘要", "栏目", "渠道", "地点", "作者"])
        for line in mine:
            sheet.append([line.outlet.name, line.title, line.summary, line.column, "微信", line.place, "本报记者"])
        buffer = io.BytesIO()
        book.save(buffer)
        yield f"{outlet}.xlsx", buffer.getvalue()
