"""The words of a correction note: what it corrects, and nothing that anybody could smuggle in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rongmei.publishing.conftest import NOON

from rongmei.channels import Article
from rongmei.publishing.notes import DIGEST_UNITS, TITLE_UNITS, as_correction, noted

ARTICLE = Article(
    fingerprint="rm01",
    title="东城队三比一战胜南城队",
    author="记者 林初",
    digest="东城队赢了",
    html="<p>东城队昨晚以三比一战胜南城队。</p>",
    text="东城队昨晚以三比一战胜南城队。",
)


def test_hostile_words_stay_words() -> None:
    made = as_correction(
        ARTICLE, '<script>alert(1)</script>"\n二', "javascript:alert(1)", NOON, "<img src=x onerror=y>"
    )
    first = made.html.partition("</p>")[0]
    assert "<script" not in first
    assert "<img" not in first
    assert "javascript" not in first
    assert "<a " not in first
    assert "\n" not in made.text.partition("现更正如下")[0]


def test_an_address_with_quotes_in_it_stays_in_its_attribute() -> None:
    made = as_correction(ARTICLE, "旧", 'https://example.com/"onmouseover="x', NOON, "错")
    assert "&quot;onmouseover=&quot;x" in made.html


def test_no_address_no_link() -> None:
    assert "<a " not in as_correction(ARTICLE, "旧", None, NOON, "错").html.partition("</p>")[0]


@pytest.mark.parametrize("why", ["比分写错", "比分写错。", "比分写错。。 ", " 比分写错；\n"])
def test_the_reason_is_one_clause(why: str) -> None:
    made = as_correction(ARTICLE, "旧", None, NOON, why)
    assert made.text.startswith("【更正】6月6日 12:00发布的《旧》有误：比分写错。现更正如下。东城队")


def test_what_calls_itself_a_correction_is_not_marked_again() -> None:
    for title in ("更正：东城队三比一", "【更正】东城队三比一"):
        assert as_correction(replace(ARTICLE, title=title), "旧", None, NOON, "错").title == title


def test_the_titles_of_single_channels_are_marked_too() -> None:
    made = as_correction(replace(ARTICLE, titles={"weibo": "短题"}), "旧", None, NOON, "错")
    assert made.title_for("weibo") == "【更正】短题"


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@given(
    title=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=90),
    why=st.text(min_size=1, max_size=500),
    earlier=st.text(max_size=200),
)
def test_a_note_never_outgrows_what_was_reviewed(title: str, why: str, earlier: str) -> None:
    reviewed = Article("rm01", title, "记者", "摘要", "<p>正文</p>", "正文")
    made = as_correction(reviewed, earlier, "https://example.com/1", NOON, why)
    assert units(made.title) <= max(len(title), TITLE_UNITS)
    assert units(made.digest) <= DIGEST_UNITS
    assert made.html.endswith("<p>正文</p>")
    assert made.text.endswith("现更正如下。正文")
    assert made.fingerprint == "rm01"


def test_only_notes_are_noted() -> None:
    assert noted(ARTICLE, {}) is ARTICLE
    assert noted(ARTICLE, {"corrects": 3}) is ARTICLE
    facts = {"title": "旧", "url": None, "at": NOON.isoformat(), "why": "错"}
    assert noted(ARTICLE, {"corrects": 3, "correction": facts}).title.startswith("【更正】")
