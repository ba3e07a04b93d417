"""The lists for the checks before review: what is valid, how mistakes are told, and that a change is seen at once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from rongmei.config import Lists, check_house, load_campaign, load_lists
from rongmei.config.lists import FILES
from rongmei.settings import PACKAGE_CONFIG

GOOD = {
    "wrong_words": "words:\n  - {wrong: 必竟, right: 毕竟}\n  - {wrong: 成份, right: 成分, except: [成份股]}\n",
    "leaders": "people:\n  - {name: 示例甲, title: 市长, since: 2026-01-01, rank: 1}\n",
    "places": "places:\n  - {full: 长安镇, short: 长安, wrong: [常安镇]}\n",
    "sensitive_words": "words:\n  - {word: 最佳, level: careful, reason: 绝对化, except: [最佳球员]}\n",
    "agencies": "agencies:\n  - {name: 甲图片社, kind: licence, licensed_until: 2026-12-31}\n",
    "grades": "words:\n  - {word: 遇难者, grade: sensitive, reason: 伤亡, except: [遇难者纪念馆]}\n",
}


def write(root: Path, stem: str, text: str, owner: str = "pan") -> int:
    """Write a list; the number of its first line after the head."""
    (root / "lists").mkdir(exist_ok=True)
    (root / "lists" / f"{stem}.yaml").write_text(f"owner: {owner}\nupdated: 2026-06-01\n{text}", encoding="utf-8")
    return 3


def told(root: Path) -> list[str]:
    return [str(problem) for problem in check_house(root)]


def test_good_lists(folder: Any) -> None:
    for stem, text in GOOD.items():
        write(folder.root, stem, text)
    assert told(folder.root) == []
    lists = load_lists(folder.root)
    assert lists.unread == ()
    assert lists.wrong_words
    assert [word.right for word in lists.wrong_words.words] == ["毕竟", "成分"]
    assert set(GOOD) == set(FILES) == set(Lists.__dataclass_fields__) - {"unread"}


def test_without_lists_there_are_none_and_it_is_said(folder: Any) -> None:
    assert told(folder.root) == []
    lists = load_lists(folder.root)
    assert lists.wrong_words is None
    assert lists.unread[0] == "错别字（没有 lists/wrong_words.yaml）"
    assert len(lists.unread) == len(load_lists(None).unread) == len(FILES)


def test_a_plan_knows_its_folder(folder: Any) -> None:
    assert load_campaign(folder.root, "cup").folder == folder.root


@pytest.mark.parametrize(
    ("stem", "text", "line", "what"),
    [
        ("wrong_words", "words:\n  - {wrong: 必, right: 毕竟}\n", 4, "words[0].wrong：“必”只有一个字，会到处误报"),
        ("wrong_words", "words:\n  - {wrong: 必竟, right: 必竟}\n", 4, "words[0].right：“必竟”的正误写得一样"),
        (
            "wrong_words",
            "words:\n  - {wrong: 必竟, right: 毕竟}\n  - {wrong: 必竟, right: 毕竟}\n",
            5,
            "words[1].wrong：词“必竟”重复了",
        ),
        (
            "wrong_words",
            "words:\n  - {wrong: 成份, right: 成分, except: [股票]}\n",
            4,
            "words[0].except[0]：例外“股票”里没有“成份”，或与它相同",
        ),
        ("sensitive_words", "words:\n  - {word: 最佳, level: ban, reason: x}\n", 4, "words[0].level：只能是"),
        ("sensitive_words", "words:\n  - {word: 最佳, level: careful}\n", 4, "words[0].reason：缺少“reason”"),
        (
            "leaders",
            "people:\n  - {name: 示例甲, title: 市长, rank: 1, since: 2026-02-01, until: 2026-01-01}\n",
            4,
            "people[0].until：任职的最后一天早于第一天",
        ),
        (
            "places",
            "places:\n  - {full: 长安镇, wrong: [长安镇]}\n",
            4,
            "places[0].wrong[0]：“长安镇”既是正确写法又列为",
        ),
        (
            "places",
            "places:\n  - {full: 甲乙镇, wrong: [甲已]}\n  - {full: 甲乙市, wrong: [甲已]}\n",
            5,
            "places[1].wrong[0]：“甲已”在“甲乙镇”下已经有了",
        ),
        ("agencies", "agencies:\n  - {name: 甲图片社, kind: free}\n", 4, "agencies[0].kind：只能是"),
    ],
)
def test_mistakes_are_told_with_file_and_line(folder: Any, stem: str, text: str, line: int, what: str) -> None:
    write(folder.root, stem, text)
    [problem] = told(folder.root)
    assert problem.startswith(f"include/lists/{stem}.yaml:{line}：{what}")
    assert "改法：" in problem
    lists = load_lists(folder.root)
    assert getattr(lists, stem) is None
    assert any(f"lists/{stem}.yaml 有错" in one for one in lists.unread)


def test_every_mistake_of_every_list_at_once(folder: Any) -> None:
    write(folder.root, "wrong_words", "words:\n  - {wrong: 必, right: 毕竟}\n  - {wrong: 气侯}\n", owner="nobody")
    write(folder.root, "places", "places: [东]\n")
    (folder.root / "lists" / "people.yaml").write_text("owner: pan\n", encoding="utf-8")
    (folder.root / "lists" / "leaders.yml").write_text("owner: pan\n", encoding="utf-8")
    problems = told(folder.root)
    assert len(problems) == 6
    assert any("wrong_words.yaml:1：owner：没有人员“nobody”" in problem for problem in problems)
    assert any("lists/people.yaml：没有这种名单，不会被读到" in problem for problem in problems)
    assert any("lists/leaders.yml：扩展名是 .yml" in problem for problem in problems)


def test_a_broken_list_stops_no_campaign(folder: Any) -> None:
    write(folder.root, "wrong_words", "words: [\n")
    assert load_campaign(folder.root, "cup").campaign.id == "cup"
    assert load_lists(folder.root).wrong_words is None


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(folder: Any) -> None:
    write(folder.root, "wrong_words", GOOD["wrong_words"])
    first = load_lists(folder.root).wrong_words
    assert load_lists(folder.root).wrong_words is first
    write(folder.root, "wrong_words", "words:\n  - {wrong: 气侯, right: 气候}\n")
    second = load_lists(folder.root).wrong_words
    assert second
    assert [word.wrong for word in second.words] == ["气侯"]
    # A change of the same length is told by the time of the change.
    file = folder.root / "lists" / "wrong_words.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("气侯", "时侯"), encoding="utf-8")
    os.utime(file, ns=(1, 1))
    third = load_lists(folder.root).wrong_words
    assert third
    assert [word.wrong for word in third.words] == ["时侯"]


def test_five_thousand_words_fit(folder: Any) -> None:
    entries = "".join(f"  - {{wrong: 错词{number}, right: 对词{number}, except: []}}\n" for number in range(5_000))
    write(folder.root, "wrong_words", f"words:\n{entries}")
    lists = load_lists(folder.root)
    assert lists.wrong_words
    assert len(lists.wrong_words.words) == 5_000


def test_the_shipped_lists() -> None:
    lists = load_lists(PACKAGE_CONFIG)
    assert lists.unread == ()
    assert lists.wrong_words
    assert len(lists.wrong_words.words) > 150
    assert lists.sensitive_words
    assert "广告法" in lists.sensitive_words.source
    assert lists.places
    towns = {place.full for place in lists.places.places if place.full.endswith(("镇", "街道"))}
    assert len(towns) == 32
