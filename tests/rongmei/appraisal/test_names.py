from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.appraisal.names import LONGEST_SUBJECT, Register, names


@pytest.mark.parametrize(
    ("byline", "found"),
    [
        ("张三", ("张三",)),
        ("张三 李四", ("张三", "李四")),
        ("张三、李四，王五", ("张三", "李四", "王五")),
        ("本报记者 张三 通讯员 李四", ("张三", "李四")),
        ("全媒体记者张三/李四", ("张三", "李四")),
        ("文/张三 图/李四", ("张三", "李四")),
        ("文迪", ("文迪",)),
        ("John Smith", ("John Smith",)),
        ("阿卜杜拉·买买提", ("阿卜杜拉·买买提",)),
        ("张三 张三", ("张三",)),
        ("=1+1", ()),
        ("", ()),
        ("很" * 40, ()),
        ("、".join(f"甲{c}" for c in "子丑寅卯辰巳午未申酉"), tuple(f"甲{c}" for c in "子丑寅卯辰巳午未")),
    ],
)
def test_names_of_a_byline(byline, found):
    assert names(byline) == found


@given(st.text(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_text_gives_short_names_once_each(byline):
    found = names(byline)
    assert len(set(found)) == len(found) <= 8
    assert all(one and len(one) <= 20 and "\n" not in one for one in found)


def test_who_is_who(cluster_with):
    register = Register(cluster_with())
    assert register.authors("林初 张三 虎门融媒", "humen") == ["lin", "humen/张三"]
    assert register.authors("张三", "daily") == ["daily/张三"]
    assert register.person("sun") == "sun"
    assert register.seen["lin"] == {"name": "林初", "outlet": None}
    assert register.seen["daily/张三"] == {"name": "张三", "outlet": "daily"}
    assert len(register.authors("欧阳" * 2, "o" * 64)[0]) <= LONGEST_SUBJECT
