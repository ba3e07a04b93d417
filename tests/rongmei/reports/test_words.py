from datetime import UTC, date, datetime

import pytest

from rongmei.reports.words import change, change_text, count, day_text, moment_text, short_count, total, web_address


@pytest.mark.parametrize(
    ("value", "plain", "short"),
    [
        (None, "未提供", "未提供"),
        (0, "0", "0"),
        (99_999, "99,999", "99,999"),
        (100_000, "100,000", "10万"),
        (276_543, "276,543", "27.7万"),
    ],
)
def test_counts(value, plain, short):
    assert (count(value), short_count(value)) == (plain, short)


@pytest.mark.parametrize(
    ("value", "before", "said"),
    [(118, 100, "增 18%"), (96, 100, "减 4%"), (100, 100, "持平"), (5, 0, ""), (None, 5, ""), (5, None, "")],
)
def test_changes(value, before, said):
    assert change_text(change(value, before)) == said


def test_days_and_moments_are_the_newsrooms():
    assert day_text(date(2026, 6, 6)) == "2026年6月6日 星期六"
    assert moment_text(datetime(2026, 6, 6, 16, 5, tzinfo=UTC)) == "6月7日 00:05"
    assert moment_text(None) == "—"


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://example.com/a?b=1", True),
        ("http://127.0.0.1:8000/x", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("https://", False),
        ("https://a b", False),
        ("https://a\nb", False),
        ("http://[", False),
        ("https://example.com/" + "a" * 2000, False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(url, fine):
    assert web_address(url) == (url if fine else None)


def test_the_sum_of_nothing_known_is_unknown():
    assert total([None, None]) is None
    assert total([]) is None
    assert total([None, 0]) == 0
