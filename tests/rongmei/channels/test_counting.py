"""What platforms say in place of numbers, and what is kept of it."""

import math

import pytest

from rongmei.channels.counting import numbers_of

NAMES = {"reads": "play", "likes": "digg"}


@pytest.mark.parametrize(
    ("said", "reads", "upper"),
    [
        (0, 0, None),
        ("12", 12, None),
        (3.0, 3, None),
        ("1,200", 1200, None),
        ("3.2万", 31_500, 32_999),
        ("10万+", 100_001, ...),
        ("1.5亿", 145_000_000, 159_999_999),
    ],
)
def test_figures_are_kept_as_they_are_known(said, reads, upper):
    numbers = numbers_of({"play": said}, NAMES)
    assert numbers.reads == reads
    assert numbers.likes is None
    assert numbers.upper == ({} if upper is None else {"reads": None if upper is ... else upper})
    assert numbers.raw == ({} if upper is None else {"play": said})
    assert numbers.strange == ()


@pytest.mark.parametrize("said", [None, "", "--", "暂无"])
def test_silence_is_no_figure_and_nothing_strange(said):
    numbers = numbers_of({"play": said}, NAMES)
    assert (numbers.reads, numbers.strange, numbers.raw) == (None, (), {})


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (-5, -5),
        ("-5", "-5"),
        ("<html>", "<html>"),
        ("很多" * 100, "很多" * 40),
        (10**12, 10**12),
        (True, True),
        ([1], "<list>"),
        ({}, "<dict>"),
        (1e300, "<float>"),
        (math.inf, "<float>"),
        (2**80, "<int>"),
        (1.5, 1.5),
    ],
)
def test_nonsense_is_unknown_and_kept_as_evidence(said, kept):
    numbers = numbers_of({"play": said, "digg": 3}, NAMES)
    assert (numbers.reads, numbers.likes) == (None, 3)
    assert numbers.strange == ("reads",)
    assert numbers.raw == {"play": kept}


def test_only_what_is_asked_for_is_kept_beside():
    numbers = numbers_of({"play": 1, "coin": 3, "title": "t", "list": []}, NAMES, beside=("coin", "list"), source="old")
    assert numbers.raw == {"interface": "old", "coin": 3}
