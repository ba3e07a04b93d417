"""Rundowns: times, lines to breathe by, and the label read aloud."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import AI_LABEL
from rongmei.errors import BadInput
from rongmei.formats import Release, rundown

from .conftest import NOW, ai_article, any_text, make_article


def test_a_rundown_of_two(release, attachments):
    segments = [
        rundown.segment(make_article(), release, attachments),
        rundown.segment(ai_article(title="数字人播报", text="字" * 240), release),
    ]
    text = rundown.sheet(segments, title="村超特别节目", at=NOW + timedelta(hours=1))
    assert text.startswith("串联单　村超特别节目\n2026年6月6日 13:00　共 2 条　")
    assert "【1】东城队二比一战胜南城队\n" in text
    assert "【2】数字人播报\n" in text
    assert "视频：media/b.mp4　36秒" in text
    assert "审签：甲、乙、丙" in text
    total = sum(one.seconds for one in segments)
    assert f"总时长 {rundown.spoken_time(total)}（每分钟 240 字）" in text


@pytest.mark.parametrize(
    ("text", "chars"),
    [
        ("", 0),
        ("，。！？ \n“”", 0),
        ("东城队", 3),
        ("𠮷野家", 3),
        ("2026年", 5),
        ("用 Python 写", 4),
        ("café et thé", 6),
        ("👩‍👩‍👧", 0),
    ],
)
def test_what_is_spoken(text, chars):
    assert rundown.spoken_chars(text) == chars


def test_reading_time_by_pace():
    assert rundown.reading_seconds("字" * 240) == 60
    assert rundown.reading_seconds("字" * 241) == 61
    assert rundown.reading_seconds("字" * 240, 300) == 48
    assert rundown.segment(make_article(text="字" * 480), Release(NOW), per_minute=240).seconds == 120


def test_listeners_hear_what_a_machine_made_first():
    made = rundown.segment(ai_article(text="字" * 40), Release(NOW))
    assert made.script[0] == f"{AI_LABEL}。"
    assert ("声明", f"{AI_LABEL}（须口播）") in made.facts
    plain = rundown.segment(make_article(text="字" * 40), Release(NOW))
    assert made.seconds > plain.seconds
    assert AI_LABEL not in "".join(plain.script)


@pytest.mark.parametrize(("status", "word"), [("canceled", "已撤稿，请勿播出"), ("withheld", "暂缓使用")])
def test_what_must_not_be_aired_says_so(status, word):
    text = rundown.sheet([rundown.segment(make_article(), Release(NOW, status=status))], title="x", at=NOW)
    assert f"状态：{word}" in text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("甲队赢了。乙队输了！", ["甲队赢了。", "乙队输了！"]),
        ("“赢了！”他说。", ["“赢了！”", "他说。"]),
        ("比分是2.5比1，全场沸腾。", ["比分是2.5比1，全场沸腾。"]),
        ("共1,200人到场，其中东城街道三百人，再无他人。", ["共1,200人到场，", "其中东城街道三百人，", "再无他人。"]),
        ("", []),
        ("   ", []),
    ],
)  # fmt: skip
def test_lines_end_where_a_reader_breathes(text, lines):
    assert rundown.breathable(text, 14) == lines


def test_a_long_clause_is_cut_but_no_word_and_no_sign():
    lines = rundown.breathable("一二三四五六七 International 八九十👩‍👩‍👧‍👦🇨🇳e\u0301完", 14)
    assert "International" in "\n".join(lines)
    assert all(not line.startswith(("\u200d", "\u0301", "。")) for line in lines)
    assert any("👩‍👩‍👧‍👦" in line for line in lines)
    assert any("🇨🇳" in line for line in lines)


@given(any_text(200), st.integers(8, 40))
def test_no_word_is_lost(text, length):
    lines = rundown.breathable(text, length)
    assert "".join("".join(lines).split()) == "".join(text.split())


@given(st.text(st.sampled_from("东城队赢了，。！"), max_size=200), st.integers(8, 40))
def test_chinese_lines_are_short(text, length):
    # A mark may hang over the end of a full line; it never begins the next.
    assert all(len(line.rstrip("，。！")) <= length for line in rundown.breathable(text, length))


@given(any_text())
def test_any_words_can_be_encoded(text):
    article = make_article(title=text, author=text, text=text, place=text, column=text)
    sheet = rundown.sheet([rundown.segment(article, Release(NOW, note=text))], title=text, at=NOW)
    assert rundown.encoded(sheet).decode("utf-8").replace("\r\n", "\n") == sheet
    assert rundown.encoded(sheet, "GB18030").decode("gb18030").replace("\r\n", "\n") == sheet


def test_what_nobody_can_read_by():
    with pytest.raises(BadInput, match="语速"):
        rundown.segment(make_article(), Release(NOW), per_minute=0)
    with pytest.raises(BadInput, match="每行"):
        rundown.segment(make_article(), Release(NOW), line_chars=3)
    with pytest.raises(BadInput, match="编码"):
        rundown.encoded("字", "big5")


@pytest.mark.parametrize(("seconds", "told"), [(0, "0秒"), (59, "59秒"), (60, "1分00秒"), (245, "4分05秒")])
def test_times_are_told(seconds, told):
    assert rundown.spoken_time(seconds) == told
