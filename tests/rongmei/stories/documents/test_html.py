"""Web pages: what becomes of them, in which encoding they may be, and that nothing of their own markup survives."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rongmei.stories.documents import read_document
from rongmei.stories.documents.blocks import Block, Span
from rongmei.stories.documents.html import MAX_MIB, found
from rongmei.stories.documents.writing import escape_words, to_markdown
from rongmei.stories.draft import Draft
from rongmei.stories.head import Unfit

NAME = "12 东城夺冠.html"
PAGE = "<html><head><title>东城夺冠</title></head><body><p>作者：张三</p>{}</body></html>"


def read(inside: str, name: str = NAME, **options: Any) -> Draft:
    return read_document(PAGE.format(inside).encode(), name, **options).draft


def test_a_page_as_an_editor_saves_it() -> None:
    draft = read(
        "<h1>东城三比一夺冠</h1><section><p>第一段<b>要紧</b>，\n 见<a href='https://example.com/'>报道</a>。<br/>下一行</p></section>"
        "<figure><img src='./图/捧杯.jpg' alt='捧杯'><figcaption>东城队捧杯（张三 摄）</figcaption></figure>"
        "<ul><li>甲<ol start='3'><li>乙</li><li>丙</li></ol></li></ul><blockquote>引用</blockquote>"
        "<table><tr><th>队</th><th>分</th></tr><tr><td>东城</td><td>3</td></tr></table>"
    )
    assert (draft.assignment, draft.title, draft.author, draft.kind) == (12, "东城三比一夺冠", "张三", "HTML")
    assert [(p.name, p.alt, p.credit) for p in draft.pictures] == [("图/捧杯.jpg", "东城队捧杯", "张三")]
    assert draft.body.split("\n\n") == [
        "第一段**要紧**，见[报道](https://example.com/)。",
        "下一行",
        "![东城队捧杯](图/捧杯.jpg)",
        "- 甲\n    3. 乙\n    4. 丙",
        "> 引用",
        "| 队 | 分 |\n|---|---|\n| 东城 | 3 |",
    ]


def test_the_page_title_is_the_last_resort() -> None:
    assert read("<p>一段正文，足够长，也不像标题。</p>").title == "东城夺冠"


def test_scripts_styles_and_forms_are_gone() -> None:
    draft = read(
        "<script>alert(1)</script><style>p{}</style><svg onload=alert(2)><script>alert(3)</script></svg>"
        "<iframe src=//evil.example></iframe><p onclick='alert(4)'>正文</p><form><input value=x>填表</form>"
        "<a href='javascript:alert(5)'>点</a><math><mtext><img src=x onerror=alert(6)></mtext></math>"
    )
    assert draft.body == "正文\n\n点"


@pytest.mark.parametrize(
    "source",
    ["https://mp.example/a.jpg", "//cdn.example/a.jpg", "data:image/png;base64,AAAA", "../a.jpg", "file:///C:/a.jpg"],
)
def test_only_pictures_beside_the_page_are_taken(source: str) -> None:
    with pytest.raises(Unfit, match=r"引用了网络图片|指到了别处"):
        read(f"<p>正文</p><img src='{source}'>")


def test_counting_pixels_are_no_pictures() -> None:
    assert read("<p>正文</p><img src='https://a.example/p.gif' width='1' height='1'>").pictures == ()


@pytest.mark.parametrize("charset", ["gb2312", "utf-8", ""])
def test_chinese_pages_of_before(charset: str) -> None:
    head = f"<head><meta charset='{charset}'><title>东城夺冠</title></head>"
    page = f"<html>{head}<body><p>莞城㙍镕，开埠。</p></body></html>"
    draft = read_document(page.encode("gb18030"), NAME).draft
    assert (draft.title, draft.body) == ("东城夺冠", "莞城㙍镕，开埠。")


@pytest.mark.parametrize(
    ("encoding", "said"), [("utf-8", "gb2312"), ("utf-16", "utf-16"), ("big5", "big5"), ("utf-8-sig", "")]
)
def test_what_a_page_says_of_its_encoding_counts_last(encoding: str, said: str) -> None:
    page = f"<html><meta charset='{said}'><title>東城奪冠</title><body><p>東城隊奪冠。</p></body></html>"
    assert read_document(page.encode(encoding), NAME).draft.body == "東城隊奪冠。"


@pytest.mark.parametrize("name", ["12 稿.doc", "12 稿.md", "12 稿.docx"])
def test_a_page_is_known_by_its_content(name: str) -> None:
    assert read("<p>正文</p>", name).kind == "HTML"


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 300,
        "<b>" * 60_000,
        "<font>" * 150 + "<p>x" * 20_000,
        "<p>" * 60_000,
        "<div>" + " " * MAX_MIB * 1_048_576,
    ],
)
def test_labyrinths_are_refused_before_they_are_walked(page: str) -> None:
    with pytest.raises(Unfit, match="改法"):
        read(page)


# ── harmlessness ─────────────────────────────────────────────────────────────────────────────────────────────────

BITS = st.sampled_from(
    [
        "<script>",
        "</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>",
        "</a>",
        "<b>",
        "</b>",
        "<svg onload=alert(1)>",
        "<!--",
        "-->",
        "<p>",
        "</p>",
        "<td>",
        "<table>",
        "<li>",
        "<ul>",
        "<h1>",
        "<math>",
        "<style>",
        "&lt;script&gt;",
        "![x](javascript:alert(1))",
        "[x](javascript:1)",
        "[x]: javascript:1",
        "<javascript:alert(1)>",
        "`",
        "```\n",
        "***",
        "__",
        "|",
        "\n---\n",
        "\n# ",
        "\n> ",
        "\n1. ",
        "\\",
        "&#x6A;avascript:",
        "<iframe srcdoc='<script>'>",
        "东城",
        "“",
        "，",
        "\u202e",
        "\x00",
        "\ufeff",
        "<![CDATA[",
        "<?php",
        "]]>",
        "<a href='https://a.example/\")<script>'>",
    ]
)
ALLOWED = re.compile(
    r"</?(?:p|br|hr|h[1-6]|strong|em|del|s|blockquote|ul|ol|li|table|thead|tbody|tr|th|td)(?: start=\"\d+\")? ?/?>"
    r"|<a href=\"(?:https?://|mailto:)[^\"<>]*\"(?: rel=\"[a-z ]+\")?>|</a>|<img src=\"[^\"<>]*\" alt=\"[^\"]*\" ?/?>"
)


@given(st.lists(BITS | st.text(max_size=6), max_size=25).map("".join))
@settings(max_examples=150, deadline=None)
@example("<a href='https://a.example/x' onclick='y'>z</a>")
@example("<scr<script>ipt>alert(1)</scr</script>ipt>")
def test_whatever_a_page_says_no_markup_of_its_own_comes_out(page: str) -> None:
    markdown = to_markdown(found(page, kind="HTML").blocks)
    rendered = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).render(markdown)
    assert "<" not in ALLOWED.sub("", rendered), markdown
    assert not re.search(r"(?:href|src)=\"(?:javascript|data|vbscript):", rendered, re.IGNORECASE)


@given(
    st.text(st.sampled_from("东城*_`[]()<>&#+-=|~!\\1.): \"'“”，a"), max_size=30),
    st.sampled_from(["", "bold", "italic", "strike"]),
)
@settings(max_examples=300, deadline=None)
@example("1. 2) 3", "")
@example("a_b_ __c__", "")
@example("&amp; &#35; &copy", "bold")
def test_words_come_out_as_they_went_in(text: str, style: Any) -> None:
    spans = [Span("前“"), Span(text, style), Span("”后")]
    for block, before, after in ((Block(spans=spans), "前“", "”后"), (Block(spans=[Span(text, style)]), "", "")):
        rendered = (
            MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).parse(to_markdown([block]))
        )
        words = "".join(
            child.content
            for token in rendered
            for child in (token.children or [])
            if child.type in {"text", "code_inline"}
        )
        assert "".join(words.split()) == "".join((before + text + after).split())
        assert {token.type for token in rendered} <= {"paragraph_open", "inline", "paragraph_close"}


def test_control_characters_are_blanks() -> None:
    assert escape_words("东\x00城\u202e夺\ufeff冠") == "东 城 夺 冠"
