"""What reviewers type, read back by story."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.errors import BadInput
from rongmei.stories import parse_opinions


@pytest.mark.parametrize(
    ("text", "opinions", "rejected"),
    [
        ("", {}, set()),
        ("\n  \n", {}, set()),
        ("3 标题不准", {3: "标题不准"}, set()),
        ("#3：标题不准", {3: "标题不准"}, set()),
        ("＃3: 标题不准", {3: "标题不准"}, set()),
        ("3、标题不准", {3: "标题不准"}, set()),
        ("３号 标题不准", {3: "标题不准"}, set()),
        ("3. 标题不准", {3: "标题不准"}, set()),
        ("3 否决 选题不当", {3: "选题不当"}, {3}),
        ("#3：否决：选题不当", {3: "选题不当"}, {3}),
        ("3 否决", {}, {3}),
        ("3 否决权的表述不对", {3: "否决权的表述不对"}, set()),
        ("3 一\n二\n\n4 三", {3: "一\n二", 4: "三"}, set()),
        ("3 一\n3 二", {3: "一\n二"}, set()),
        ("3 有误：\n3.5 万人应为 3.4 万人", {3: "有误：\n3.5 万人应为 3.4 万人"}, set()),
        ("3 有误：\n2个错字", {3: "有误：\n2个错字"}, set()),
    ],
)
def test_lines(text: str, opinions: dict[int, str], rejected: set[int]) -> None:
    assert parse_opinions(text) == (opinions, rejected)


def test_a_number_that_is_not_on_the_sheet_continues_the_opinion() -> None:
    text = "3 年份不对：\n2026 年误为 2025 年"
    assert parse_opinions(text, known={3, 4})[0] == {3: "年份不对：\n2026 年误为 2025 年"}


def test_a_marked_number_that_is_not_on_the_sheet_is_an_error() -> None:
    with pytest.raises(BadInput, match="没有稿件 #33"):
        parse_opinions("#33 标题不准", known={3})


def test_an_opinion_about_nothing_is_an_error() -> None:
    with pytest.raises(BadInput, match="没有写是哪一篇"):
        parse_opinions("都很好")


@given(st.text(max_size=200))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        opinions, _ = parse_opinions(text, known={1, 2})
    except BadInput:
        return
    assert set(opinions) <= {1, 2}
    assert all(opinion for opinion in opinions.values())
