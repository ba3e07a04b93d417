"""Tests of the index that finds which titles are worth comparing."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.text.candidates import Candidates, worth_comparing

TITLES = st.lists(st.text("村超开赛東东莞莞 ，aA𠀀𝐀🄰㊗🎉", max_size=8), max_size=8)


def test_script_width_and_marks_do_not_hide_a_title() -> None:
    assert worth_comparing("東莞村超，開賽！", "东莞村超 开赛")
    assert worth_comparing("ＡＢＣ", "abc")
    assert worth_comparing("𝐀🄱㊗", "ab祝")
    assert not worth_comparing("东莞村超开赛", "地铁一号线通车")


def test_a_title_of_one_character_is_found_and_one_of_none_is_not() -> None:
    assert worth_comparing("村", "村！")
    assert not worth_comparing("村", "超")
    assert not worth_comparing("", "")
    assert not worth_comparing("🎉", "🎉")


def test_a_title_that_repeats_itself_finds_itself() -> None:
    assert worth_comparing("哈" * 20, "哈" * 20)


def test_nothing_to_search_and_nothing_to_ask() -> None:
    assert Candidates(["村超"], []).of(0) == []
    assert Candidates(["", "！"], ["村超"]).of(1) == []
    Candidates([], ["村超"])


def test_a_broken_surrogate_does_not_shift_the_others() -> None:
    assert Candidates(["村超开赛"], ["\ud800村超", "村超开赛", "地铁"]).of(0) == [0, 1]


@settings(max_examples=300, deadline=None)
@given(TITLES, TITLES)
def test_the_index_finds_exactly_what_is_worth_comparing(new: list[str], existing: list[str]) -> None:
    found = Candidates(new, existing)
    for number, title in enumerate(new):
        assert found.of(number) == [place for place, other in enumerate(existing) if worth_comparing(title, other)]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_it_is_symmetric(one: str, other: str) -> None:
    assert worth_comparing(one, other) == worth_comparing(other, one)
