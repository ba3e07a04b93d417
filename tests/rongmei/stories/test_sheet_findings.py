"""预检 on the sheet: grouped, bounded, escaped, and honest about the lists that are missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rongmei.settings import PACKAGE_CONFIG
from rongmei.stories.checks import GROUPS, Finding
from rongmei.stories.sheet_page import findings_shown


@pytest.fixture
def listed(newsroom: Any, tmp_path: Path) -> Any:
    """The newsroom with a configuration folder of which the lists can be written."""
    folder = tmp_path / "config"
    (folder / "lists").mkdir(parents=True)
    newsroom.plan = newsroom.plan._replace(folder=folder)
    return newsroom


def write(room: Any, stem: str, text: str) -> None:
    (room.plan.folder / "lists" / f"{stem}.yaml").write_text(f"owner: lin\nupdated: 2026-06-01\n{text}")


def lines_of(room: Any) -> list[str]:
    return room.sheet("first_review").body.split("\n")


def test_missing_lists_are_said_once(newsroom: Any, body: str) -> None:
    for number in range(2):
        newsroom.file(newsroom.assignment(), name=f"{number}.md", body=f"{body}\n\n第 {number} 篇。")
    said = [line for line in lines_of(newsroom) if "缺名单" in line]
    assert len(said) == 1
    assert "错别字（没有 lists\\/wrong\\_words\\.yaml）" in said[0]


def test_with_every_list_nothing_is_missing(newsroom: Any) -> None:
    newsroom.plan = newsroom.plan._replace(folder=PACKAGE_CONFIG)
    newsroom.file(newsroom.assignment())
    assert not any("缺名单" in line for line in lines_of(newsroom))


def test_findings_are_grouped_in_order(newsroom: Any, body: str) -> None:
    newsroom.plan = newsroom.plan._replace(folder=PACKAGE_CONFIG)
    text = f"{body}\n\n截止目前，6月31日，合格率达120%，电话13812345678，寮埗镇的第一品牌。"
    newsroom.file(newsroom.assignment(), head="ai_generated: true", body=text)
    lines = lines_of(newsroom)
    groups = [line.strip(" -*") for line in lines if line.startswith("  - **")]
    assert groups == ["先看", "差错", "名称", "敏感", "数字", "隐私", "平台限制", "缺项"]
    assert lines[lines.index("  - **先看**") + 1].startswith("    - ⛔ 不能通过：")
    assert newsroom.sheet("first_review").items[0].blocked


def test_a_changed_list_counts_on_the_next_sheet(listed: Any, body: str) -> None:
    write(listed, "wrong_words", "words:\n  - {wrong: 必竟, right: 毕竟}\n")
    listed.file(listed.assignment(), body=f"{body}\n\n他必竟年轻。")
    assert any("“必竟”应为“毕竟”" in line for line in lines_of(listed))
    write(listed, "wrong_words", "words:\n  - {wrong: 气侯, right: 气候}\n")
    assert not any("应为“毕竟”" in line for line in lines_of(listed))


def test_a_broken_list_is_said_and_the_review_goes_on(listed: Any) -> None:
    write(listed, "wrong_words", "words: [\n")
    listed.file(listed.assignment())
    assert any("wrong\\_words\\.yaml 有错，运行 rongmei check 可见" in line for line in lines_of(listed))


def test_nothing_but_unlabelled_ai_content_blocks(newsroom: Any, body: str) -> None:
    newsroom.plan = newsroom.plan._replace(folder=PACKAGE_CONFIG)
    newsroom.file(newsroom.assignment(), body=f"{body}\n\n截止目前，包治百病，身份证号11010519491231002X。")
    [item] = newsroom.sheet("first_review").items
    assert not item.blocked
    assert newsroom.pass_all("first_review", "lin").passed == (item.story_id,)


def test_findings_are_bounded_and_the_rest_counted() -> None:
    many = [Finding("wrong_word", f"第 {number} 处", group="errors") for number in range(30)]
    lines = findings_shown([*many, Finding("repeat", "重复", group="repeats")])
    assert lines[0] == "- **预检** 31 处，只供参考，由审稿人判断"
    assert sum(line.startswith("    - ") for line in lines) == 20
    assert lines[-1] == "  - 另有 11 处没有列出"
    assert "  - **重复**" not in lines


def test_a_long_or_hostile_message_is_cut_and_escaped() -> None:
    [_, _, line] = findings_shown([Finding("x", "<b>[点](x)\n# " + "长" * 1_000, group="errors")])
    assert len(line) < 400
    assert "<b>" not in line.replace("\\<b", "")
    assert "\n" not in line


def test_every_group_has_a_name() -> None:
    assert list(GROUPS.values()) == ["差错", "名称", "敏感", "数字", "隐私", "版权", "重复", "平台限制", "缺项"]
