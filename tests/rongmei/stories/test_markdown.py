"""Counting, finding pictures, and showing hostile text harmlessly."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rongmei.stories.markdown import count_chars, escape, odd_markup, plain, quoted, references

GFM = MarkdownIt("commonmark", {"html": True}).enable("table")


def test_pictures_of_every_spelling() -> None:
    body = '![甲](a.jpg) ![乙](<b c.jpg> "题") ![丙][三]\n\n> - [![丁](图/四.png)](https://x.example)\n\n[三]: c.gif'
    found = [(reference.target, reference.alt) for reference in references(body)]
    assert found == [("a.jpg", "甲"), ("b c.jpg", "乙"), ("c.gif", "丙"), ("图/四.png", "丁")]


def test_code_is_not_a_picture() -> None:
    assert references("`![a](a.jpg)`\n\n    ![b](b.jpg)\n") == ()


def test_markup_does_not_count() -> None:
    assert count_chars("## 标题\n\n**东城**队 [赢](https://x.example)了。\n\n![说明](a.jpg)\n\n- 一\n- 二") == 10


def test_plain_keeps_words_apart() -> None:
    assert plain("# 一\n\n二\n三").split() == ["一", "二", "三"]


def test_ordinary_text_is_not_odd() -> None:
    assert odd_markup("3 < 5，5 > 3，见 <https://x.example>，**加粗**。") == ()


def test_a_picture_that_is_not_read_as_one_is_noted() -> None:
    assert any("没有被认作图片" in note for note in odd_markup("![a](javascript:alert(1)) ![b] (b.jpg)"))


HOSTILE = [
    "<script>alert(1)</script>",
    "![x](http://evil.example/x.png)",
    "[点我](javascript:alert(1))",
    "# 伪造的标题",
    "| a | b |\n|---|---|\n| 伪造 | 表格 |",
    "```\n伪造\n```",
    "- [ ] 勾选",
    "&lt;b&gt;",
    "<https://evil.example>",
    "    缩进",
    "> 引用\n---\n***",
]


TABLE = {f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")}


def test_hostile_text_shows_as_text_one_line_a_row() -> None:
    for text in HOSTILE:
        tokens = GFM.parse(quoted(text))
        kinds = {token.type for token in tokens} | {t.type for token in tokens for t in token.children or ()}
        strong = {"strong_open", "strong_close"} if text.startswith("# ") else set()
        assert kinds <= TABLE | strong | {"inline", "text", "text_special"}, (text, kinds)
        assert [token.type for token in tokens].count("table_open") == 1
        assert [token.type for token in tokens].count("td_open") == len(text.splitlines())


def test_headings_are_bold_and_say_no_more_than_their_words() -> None:
    assert quoted("## 九十分钟\n\n正文**一**\n").splitlines()[2:] == ["| **九十分钟** |", r"| 正文\*\*一\*\* |"]


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("<>![]()`*_#|&;:/\\-+.=~ \n\taé东1\u3000"), max_size=60))
def test_nothing_escaped_becomes_markup(text: str) -> None:
    line = " ".join(text.split())
    tokens = GFM.parse(escape(line))
    children = [child for token in tokens for child in token.children or ()]
    assert {child.type for child in children} <= {"text", "text_special", "softbreak"}
    assert "".join(child.content for child in children) == line
