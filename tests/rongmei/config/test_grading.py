"""Grading rules and who countersigns: what is valid, what `rongmei check` says, what takes no campaign down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rongmei.config import check_house, load_campaign, load_lists

MAJOR = "owner: pan\nupdated: 2026-06-01\nwords:\n  - {word: 边界争端, grade: major, reason: 疆界}\n"
FINAL = "    final: [cen, bo]\n"


def edit(root: Path, reviews: str = "", grading: str = "") -> None:
    file = root / "campaigns" / "cup.yaml"
    text = file.read_text("utf-8").replace(FINAL, f"{FINAL}{reviews}{grading}")
    file.write_text(text, encoding="utf-8")


def keep(root: Path, text: str) -> None:
    (root / "lists").mkdir()
    (root / "lists" / "grades.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("reviews", "grading", "said"),
    [
        ("    countersign: [pan, cen]\n", "", ""),
        ("    countersign: [pan]\n", "", "签发只有 1 人可选"),
        ("    countersign: [an, bo]\n", "", "三审加签发排不出四个不同的人"),
        ("    countersign: [pan, nobody]\n", "", "没有人员“nobody”"),
        ("", "  grading: {major: {topics: [边界争端]}}\n", "写了重大选题的分级规则，却没有写签发的人"),
        ("", "  grading: {sensitive: {columns: [gone]}}\n", "没有栏目“gone”"),
        ("", "  grading: {sensitive: {words: [死]}}\n", "“死”只有一个字"),
        ("", "  grading: {sensitive: {words: [遇难, 遇难]}}\n", "词“遇难”重复了"),
        ("", "  grading: {sensitive: {words: [遇难], columns: [live]}, centre: false}\n", ""),
    ],
)
def test_rules_of_a_campaign(folder: Any, reviews: str, grading: str, said: str) -> None:
    edit(folder.root, reviews, grading)
    problems = [str(problem) for problem in check_house(folder.root)]
    assert (said in problems[0]) if said else problems == []


def test_a_list_with_major_topics_needs_somebody_to_sign_them(folder: Any) -> None:
    keep(folder.root, MAJOR)
    [problem] = map(str, check_house(folder.root))
    assert "lists/grades.yaml 会把稿件定为重大选题，这个活动却没有写签发的人" in problem
    assert "countersign: [人员标识, 人员标识]" in problem
    # The list changes while campaigns run, so it takes none of them down.
    assert load_campaign(folder.root, "cup").campaign.production.reviews.countersign == ()
    edit(folder.root, "    countersign: [pan, cen]\n")
    assert check_house(folder.root) == []


def test_a_campaign_that_does_not_use_the_list_needs_nobody(folder: Any) -> None:
    keep(folder.root, MAJOR)
    edit(folder.root, grading="  grading: {centre: false}\n")
    assert check_house(folder.root) == []


def test_a_list_of_sensitive_words_only_needs_nobody(folder: Any) -> None:
    keep(folder.root, MAJOR.replace("major", "sensitive"))
    assert check_house(folder.root) == []
    grades = load_lists(folder.root).grades
    assert grades is not None
    assert [(word.word, word.where) for word in grades.words] == [("边界争端", "text")]
