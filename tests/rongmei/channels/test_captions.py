"""Captions: lengths, whole signs, topics, and recognising one's own words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import AI_LABEL, Article
from rongmei.channels.captions import caption, cut, likeness, tame, topics, units

SIGNS = [
    "👨\u200d👩\u200d👧\u200d👦",
    "👍🏽",
    "❤\ufe0f",
    "e\u0301",
    "𠮷",
    "葛\U000e0100",
    "🇨🇳",
    "🏴\U000e0067\U000e0062\U000e007f",
    "三\u2060人",
]


@given(text=st.text(max_size=60), limit=st.integers(0, 60))
def test_a_cut_text_fits_and_is_a_beginning(text, limit):
    shown = cut(text, limit)
    assert units(shown) <= limit
    assert shown == text or (shown == "" and limit == 0) or text.startswith(shown[:-1])
    assert units(shown) == len(shown.encode("utf-16-le")) // 2


@pytest.mark.parametrize("sign", SIGNS, ids=ascii)
def test_signs_are_not_cut_in_two(sign):
    for limit in range(1, 60):
        shown = cut(sign * 12, limit).removesuffix("…")
        assert shown == sign * (len(shown) // len(sign))


def test_topics_are_letters_and_digits_each_once():
    found = topics(["村超 2026", "#东莞", "东莞", "😀", "", "长" * 31, "a-b", "第五个", "第六个"], 5)
    assert found == ("村超2026", "东莞", "ab", "第五个", "第六个")


def test_a_caption_has_everything_on_a_line_each(story):
    article = story(tags=("村超", "东莞"), ai_generated=True)
    assert caption(article, "douyin", limit=1000, most_topics=5) == (
        f"东城队二比一战胜南城队\n全场观众超过三万人。\n（{AI_LABEL}）\n#村超 #东莞"
    )


def test_a_caption_takes_the_channels_own_title(story):
    article = story(titles={"douyin": "村超！"}, digest="")
    assert caption(article, "douyin", limit=1000, most_topics=5) == "村超！"
    assert caption(article, "kuaishou", limit=1000, most_topics=5) == "东城队二比一战胜南城队"


@given(
    title=st.text(max_size=700),
    digest=st.text(max_size=700),
    tags=st.lists(st.text(max_size=40), max_size=9),
    ai=st.booleans(),
)
def test_every_caption_fits_with_label_and_topics_whole(title, digest, tags, ai):
    article = Article("rm1", title, "", digest, "", "", tags=tuple(tags), ai_generated=ai)
    made = caption(article, "douyin", limit=1000, most_topics=5)
    assert units(made) <= 1000
    assert (AI_LABEL in made) or not ai
    found = topics(tags, 5)
    assert made.endswith(" ".join(f"#{topic}" for topic in found))
    assert made.count("#") == len(found)
    assert "@" not in made
    made.encode()


def test_half_a_sign_from_outside_is_dropped():
    assert tame("a\ud83d#b\n@c") == "a＃b ＠c"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("东城队 2:1 胜\n#村超 #东莞", "same"),
        ("  东城队 2:1 胜 #村超 #东莞 ", "same"),
        ("东城队 2:1 胜", "like"),
        ("东城队2：1胜！ #村超 #东莞", "like"),
        ("东城队 2:1 胜 #村超 #东莞 来自客户端", "like"),
        ("", "like"),
        ("南城队 2:1 胜 #村超 #东莞", "other"),
    ],
)
def test_likeness(shown, expected):
    assert likeness(shown, "东城队 2:1 胜\n#村超 #东莞") == expected


def test_likeness_resolves_entities():
    assert likeness("A&amp;B", "A&B") == "same"
    assert likeness("A&amp;B", "A&amp;B") == "same"
