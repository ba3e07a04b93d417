"""The 审稿单 on paper: every version and stage, who, when, what, on which content; nothing from outside is markup."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from lxml import html
from lxml.html import HtmlElement

from rongmei.errors import BadInput
from rongmei.formats.paper import TEXT_MM, Paper
from rongmei.ledger.tables import STORY_STATES
from rongmei.stories import record_page, record_pdf
from rongmei.stories.record import FOOTNOTE, MAX_EVENTS, STATE_NAMES


@pytest.fixture
def page(newsroom: Any) -> Any:
    return lambda story: html.fromstring(record_page(newsroom.ledger, newsroom.plan, story, now=newsroom.now))


def texts(table: HtmlElement) -> list[list[str]]:
    return [[cell.text_content() for cell in row.xpath("./td|./th")] for row in table.iter("tr")]


def hashes(room: Any, stage: str) -> dict[int, str]:
    return {item.story_id: item.content_hash for item in room.sheet(stage).items}


def test_every_version_and_stage_is_on_it(newsroom: Any, page: Any) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    first = newsroom.current(story).content_hash
    newsroom.now += timedelta(minutes=1)
    newsroom.review("first_review", "lin", opinions={story: "比分有误"}, seen=hashes(newsroom, "first_review"))
    newsroom.file(assignment, body="改过的正文，" * 30)
    second = newsroom.current(story).content_hash
    newsroom.now += timedelta(minutes=1)
    newsroom.sign_off()
    made = page(story)
    about, old, new, log = made.xpath("//table")
    assert texts(about)[3] == ["状态", "已签发", "签发", "2026-06-06 12:02:00"]
    assert texts(old) == [
        ["审级", "审稿人", "时间", "结论", "意见"],
        ["初审", "林初", "2026-06-06 12:01:00", "退回", "比分有误"],
        ["复审", "没有决定"],
        ["终审", "没有决定"],
    ]
    assert [row[:4] for row in texts(new)[1:]] == [
        ["初审", "林初", "2026-06-06 12:02:00", "通过"],
        ["复审", "赵审", "2026-06-06 12:02:00", "通过"],
        ["终审", "王终", "2026-06-06 12:02:00", "通过"],
    ]
    assert [code.text for code in made.xpath("//p[@class='hash']/code")] == [first, second]
    by_people = [row[1] for row in texts(log)[1:] if row[1] != "系统"]
    assert by_people == ["东城融媒", "林初", "东城融媒", "林初", "赵审", "王终"]
    assert "第 2 版（现行）" in made.text_content()


def test_nothing_from_outside_is_markup(newsroom: Any, page: Any) -> None:
    nasty = "<script>alert(1)</script>&\"'"
    assignment = newsroom.assignment()
    newsroom.drop("稿.md", f"---\n任务: {assignment}\n标题: '{nasty[:-1]}'\n作者: <i>x</i>\n---\n{'正文。' * 60}\n")
    newsroom.take_in()
    story = newsroom.story_of(assignment).id
    newsroom.review("first_review", "lin", opinions={story: nasty}, seen=hashes(newsroom, "first_review"))
    made = page(story)
    assert made.xpath("//script|//i") == []
    assert nasty in made.text_content()
    assert nasty[:-1] in made.xpath("//title")[0].text


def test_a_rehearsal_is_stamped(newsroom: Any, page: Any) -> None:
    newsroom.key = "cunchao/2026-06-06/rehearsal"
    newsroom.edition(newsroom.key, rehearsal=True)
    assignment = newsroom.assignment(key=newsroom.key)
    text = f"---\n任务: {assignment}\n标题: 彩排\n---\n{'正文。' * 60}\n"
    (newsroom.folder(rehearsal=True) / "稿.md").write_text(text, encoding="utf-8")
    newsroom.take_in()
    story = newsroom.story_of(assignment).id
    assert page(story).xpath("//span[@class='stamp']")[0].text == "彩排"


def test_a_long_log_is_cut_at_its_beginning(newsroom: Any, page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    story = newsroom.file(newsroom.assignment())
    newsroom.sign_off()
    monkeypatch.setattr("rongmei.stories.record.MAX_EVENTS", 2)
    made = page(story)
    assert [row[1] for row in texts(made.xpath("//table")[-1])[1:]] == ["赵审", "王终"]
    assert re.search(rf"较早的 \d+ 条略去，见 rongmei history story:{story}", made.text_content())
    assert MAX_EVENTS > 2


def test_no_such_story(newsroom: Any) -> None:
    with pytest.raises(BadInput, match="没有稿件 #7"):
        record_page(newsroom.ledger, newsroom.plan, 7, now=newsroom.now)


def test_every_state_has_a_word() -> None:
    assert set(STATE_NAMES) == set(STORY_STATES)


def test_the_pdf_says_the_same(newsroom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    text, table = Paper.text, Paper.table

    def note_text(self: Paper, words: str, **how: Any) -> None:
        said.append(words)
        text(self, words, **how)

    def note_table(self: Paper, widths: Any, rows: Any, **how: Any) -> None:
        assert sum(widths) == pytest.approx(TEXT_MM)
        said.extend(cell for row in rows for cell in row)
        table(self, widths, rows, **how)

    monkeypatch.setattr(Paper, "text", note_text)
    monkeypatch.setattr(Paper, "table", note_table)
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.review("first_review", "lin", opinions={story: "比分有误"}, seen=hashes(newsroom, "first_review"))
    first = newsroom.current(story).content_hash
    newsroom.file(assignment, body="改过的正文，" * 30)
    newsroom.sign_off()
    assert record_pdf(newsroom.ledger, newsroom.plan, story, now=newsroom.now).startswith(b"%PDF-")
    page = html.fromstring(record_page(newsroom.ledger, newsroom.plan, story, now=newsroom.now))
    for cell in page.xpath("//table//td"):
        assert cell.text_content() in said
    whole = "\n".join(said)
    for words in (first, newsroom.current(story).content_hash, FOOTNOTE, "第 2 版（现行）"):
        assert words in whole
    assert record_page(newsroom.ledger, newsroom.plan, story, now=newsroom.now).count(FOOTNOTE) == 1
