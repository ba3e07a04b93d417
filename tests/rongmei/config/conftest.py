"""A small valid configuration folder for the tests to break."""

from __future__ import annotations

from pathlib import Path

import pytest

CLUSTER = """\
id: town
name: 小城集群
outlets:
  - id: daily
    name: 小城日报
    kind: city
    size: 20
    regions: [小城]
    beats: [民生]
    capacity_per_day: 4
    accounts:
      - {channel: wechat, handle: 小城日报, followers: 1000}
      - {channel: wordpress, handle: 小城网}
    contact_email: daily@town.example
  - id: east
    name: 东街融媒
    kind: town
    size: 3
    regions: [东街]
    beats: [体育]
    capacity_per_day: 1
    accounts:
      - {channel: weibo, handle: 东街融媒}
    contact_email: east@town.example
people:
  - {id: pan, name: 潘, role: producer, title: 制片, email: pan@town.example}
  - {id: an, name: 安, role: editor, title: 责编, email: an@town.example}
  - {id: bo, name: 柏, role: editor, title: 主任, email: bo@town.example}
  - {id: cen, name: 岑, role: editor, title: 总编, email: cen@town.example}
rota:
  anchor: 2026-01-05
  order: [daily, east]
"""

CAMPAIGN = """\
id: cup
name: 杯赛
cluster: town
owner: pan
seasons:
  - {start: 2026-05-01, end: 2026-05-31}
schedule:
  cron: 0 18 * * *
  matchdays: [2026-05-02, 2026-05-09]
columns:
  - {id: live, name: 直击, beats: [体育]}
watch:
  keywords: [杯赛]
sources:
  - {kind: workbook, id: books, name: 工作簿, inbox: cup}
  - kind: feed
    id: feed
    name: 日报
    urls: [/feeds/daily.xml]
    outlet: daily
pitching:
  meeting: [pan]
production:
  reviews:
    first: [an, bo]
    second: [bo, an]
    final: [cen, bo]
publishing:
  channels: [wechat, wordpress]
  slots:
    wechat: [08:30, 21:00]
reporting:
  rules: rules-v1
  recipients: [pan, cen]
"""

RULES = """\
id: rules-v1
name: 规则
version: "1"
weights: {spread: 0.5, delivery: 0.5}
"""


class Folder:
    """A configuration folder under test: files are written whole, or with one piece of text swapped."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for folder in ("clusters", "campaigns", "appraisal"):
            (root / folder).mkdir(parents=True)
        self.write("clusters/town.yaml", CLUSTER)
        self.write("campaigns/cup.yaml", CAMPAIGN)
        self.write("appraisal/rules.yaml", RULES)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def swap(self, name: str, old: str, new: str) -> int:
        """Replace the one occurrence of `old`; the line it was on."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} 出现 {text.count(old)} 次"
        self.write(name, text.replace(old, new))
        return text[: text.index(old)].count("\n") + 1


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "include")
