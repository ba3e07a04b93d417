"""What Weibo's answers mean."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from rongmei.channels.client import Answer
from rongmei.channels.platforms.weibo.answers import base62, code_of, created_at, is_id, is_ours, words_of

MARK, OTHER = "rm0123456789abcdef01", "rmffffffffffffffffff"
NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("number", "short"),
    # The first two pairs are the ones that descriptions of the encoding give.
    [
        ("3501756485200075", "z0JH2lOMb"),
        ("3501703397689247", "z0Ijpwgk7"),
        ("100000000000000", "100000000"),
        ("x", "x"),
    ],
)
def test_base62(number, short):
    assert base62(number) == short


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Sat Jun 06 12:00:00 +0800 2026", datetime(2026, 6, 6, 12, 0, tzinfo=timezone(timedelta(hours=8)))),
        ("Sat Jun 06 12:00:00 -0000 2026", None),
        ("Sat Jun 06 12:00:00 2026", None),
        ("Sat Foo 06 12:00:00 +0800 2026", None),
        (None, None),
        (7, None),
    ],
)
def test_times(text, moment):
    assert created_at({"created_at": text}) == moment


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({}, None),
        ([], None),
        ({"error_code": "20012"}, 20012),
        ({"error_code": 0}, 10001),
        ({"error_code": "odd"}, 10001),
        ({"error_code": None}, 10001),
    ],
)
def test_codes(data, code):
    assert code_of(Answer(200, {}, b"", data)) == code


@pytest.mark.parametrize("text", ["5100000006203238", "1"])
def test_ids(text):
    assert is_id(text)
    assert not is_id(f"https://weibo.com/{text}")
    assert not is_id(f"{text},2")


def seen(text, at=NOW):
    return {"text": text, "created_at": at.strftime("%a %b %d %H:%M:%S +0000 %Y")}


@pytest.mark.parametrize(
    ("text", "ours"),
    [
        (f"别的 https://a.example/?rm={MARK}", True),
        (f"别的 https://a.example/?a=1&amp;rm={MARK}", True),
        ("东城队获胜 http://t.cn/A6", True),
        ("东城队 获胜 &lt;3 http://t.cn/A6", False),
        (f"东城队获胜 https://a.example/?rm={OTHER}", False),
        # No mark of ours, whatever it looks like: found by its words.
        ("东城队获胜 https://a.example/?form=1", True),
        ("别的 http://t.cn/A6", False),
    ],
)
def test_whose_status(text, ours):
    words = words_of(f"东城队获胜 https://a.example/?rm={MARK}")
    assert is_ours(seen(text), MARK, words, NOW - timedelta(minutes=5)) is ours
    assert not is_ours(seen("东城队获胜", NOW - timedelta(days=1)), MARK, words, NOW - timedelta(minutes=5))
    assert not is_ours(seen(""), MARK, "", NOW - timedelta(minutes=5))
