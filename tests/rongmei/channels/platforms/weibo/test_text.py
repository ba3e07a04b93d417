"""The words of a status: what fits, where it is cut, and what becomes of tags."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rongmei.channels.platforms.weibo.text import CUT, compose, cut, tame, units

URL = re.compile(r"https?://[!-~]*[0-9A-Za-z/]")


def latin(sign):
    return unicodedata.category(sign) in ("Lu", "Ll", "Nd")


def extends(sign):
    return (
        unicodedata.category(sign) in ("Mn", "Mc", "Me")
        or sign in "\u200d\ufe0f"
        or "\U0001f3fb" <= sign <= "\U0001f3ff"
    )


def flags_before(text, at):
    return len(re.search("[\U0001f1e6-\U0001f1ff]*$", text[:at])[0])


PIECES = st.sampled_from(
    [
        "东城队",
        "二比一",
        "全场观众超过",
        "，",
        "。",
        "！",
        " ",
        "goal",
        "don't",
        "COVID-19",
        "3万人",
        "2026年",
        "2:1",
        "1,000",
        "50%",
        "https://a.example/x?y=1",
        "http://t.cn/A6",
        "👨‍👩‍👧‍👦",
        "👍🏽",
        "❤️",
        "🇨🇳",
        "e\u0301",
        "𠮷",
        "Ａ１",
        "１：０",
        "一",
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=200)


class TestCut:
    @given(text=TEXTS, limit=st.integers(0, 160))
    @example(text="goal", limit=3)
    @example(text="🇨🇳🇨🇳🇨🇳", limit=7)
    def test_whatever_is_cut(self, text, limit):
        shown = cut(text, limit)
        assert units(shown) <= max(limit, 0)
        if units(text) <= limit:
            assert shown == text
            return
        assert shown == "" or shown.endswith(CUT)
        kept = shown.removesuffix(CUT)
        assert text.startswith(kept)
        if not kept:
            return
        before, after = text[len(kept) - 1], text[len(kept)]
        assert not (latin(before) and latin(after)), "inside a word or a number"
        assert not extends(after)
        assert before != "\u200d"
        assert flags_before(text, len(kept)) % 2 == 0 or flags_before(text[len(kept) :][:1], 1) == 0
        assert not any(match.start() < len(kept) < match.end() for match in URL.finditer(text))

    @pytest.mark.parametrize("sign", ["👨‍👩‍👧‍👦", "👍🏽", "❤️", "e\u0301", "𠮷", "🇨🇳", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣"])
    @pytest.mark.parametrize("force", [False, True])
    def test_signs_are_not_cut_in_two(self, sign, force):
        for limit in range(2, 60):
            shown = cut(sign * 20, limit, force=force)
            assert units(shown) <= limit
            assert set(re.split(re.escape(sign), shown)) <= {"", CUT}

    @pytest.mark.parametrize(
        ("text", "limit", "shown"),
        [
            ("全场观众超过三万人。昨晚东城队获胜", 12, "全场观众超过三万人…"),
            ("东城队昨晚获胜，全场观众超过三万人", 12, "东城队昨晚获胜…"),
            ("东城队昨晚获胜全场观众超过三万人气高涨", 12, "东城队昨晚获胜全场观众…"),
            ("获胜，全场观众一共超过三万人热情高涨", 17, "获胜，全场观众一共超过三万人热情…"),
            ("现场来了3万人助威", 6, "现场来了…"),
            ("现场来了3万人助威", 8, "现场来了3万人…"),
            ("将于2026年6月举行", 5, "将于…"),
            ("将于2026年6月举行", 8, "将于2026年…"),
            ("比分2:1锁定胜局", 5, "比分…"),
            ("比分２：１锁定胜局", 5, "比分…"),
            ("上涨3.5%之后回落", 6, "上涨…"),
            ("看goal集锦回放", 4, "看…"),
            ("Dongguan Football", 12, "Dongguan…"),
            ("详见https://a.example/very/long，还有别的", 20, "详见…"),
            ("用AC/DC音响放歌", 4, "用…"),
            ("don't stop", 8, "don't…"),
            ("胜，全场观众超过", 7, "胜，全场观众…"),
            ("（上半场）东城队领先", 2, ""),
            ("东城队“上半场”领先", 5, "东城队…"),
        ],
    )
    def test_where(self, text, limit, shown):
        assert cut(text, limit) == shown

    def test_a_word_longer_than_the_room(self):
        assert cut("Donaudampfschifffahrt", 8) == ""
        assert cut("Donaudampfschifffahrt", 8, force=True) == "Donauda…"

    @pytest.mark.parametrize("limit", [-5, 0, 1])
    def test_without_room(self, limit):
        assert cut("东城队获胜", limit) == ""
        assert cut("", limit) == ""


class TestCompose:
    @given(title=TEXTS, digest=TEXTS, tags=st.lists(PIECES, max_size=5), room=st.integers(0, 140))
    def test_it_always_fits_and_calls_nobody(self, title, digest, tags, room):
        words = compose(title, digest, tags, room)
        assert units(words.text) <= room
        assert not re.search("[#@]", words.text)
        assert all(tag in words.text for tag in words.tags)

    def test_the_title_comes_first_and_whole(self):
        assert compose("东城队获胜", "全场观众超过三万人", [], 14).text == "【东城队获胜】全场观众超过…"
        assert compose("东城队获胜", "全场观众超过三万人", [], 7).text == "【东城队获胜】"
        assert compose("东城队获胜", "全场", [], 6).text == "【东城队…】"

    def test_tags_are_plain_words_where_there_is_room(self):
        words = compose("东城队获胜", "全场。", ["#村超#", " 东 莞 ", "获胜", "", "一个很长很长的标签", "荔枝"], 22)
        assert words.text == "【东城队获胜】全场。 村超 东 莞 荔枝"
        assert words.tags == ("村超", "东 莞", "荔枝")

    def test_tags_give_way_to_a_cut_digest(self):
        words = compose("东城队获胜", "全场观众超过三万人", ["村超"], 14)
        assert words.tags == ()

    def test_topics_and_calls_are_tamed(self):
        assert compose("#村超#来了", "找 @市长", [], 140).text == "【＃村超＃来了】找 ＠市长"
        assert tame("a#b@c") == "a＃b＠c"
