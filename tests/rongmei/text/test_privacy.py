"""What tells who somebody is does not get past the mask; what tells nobody anything stays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.text.privacy import called, mask, mask_minor, mask_place, narrow

# The example of GB 11643-1999 itself.
IDENTITY = "11010519491231002X"


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        (f"身份证{IDENTITY}。", "123100"),
        ("身份证 1101 0519 4912 3100 2X", "4912"),
        ("电话13812345678", "12345678"),
        ("电话 138-1234-5678 或 +86 139 8765 4321", "5678"),
        ("打１３８１２３４５６７８", "12345678"),
        ("打①③⑧①②③④⑤⑥⑦⑧", "1234"),
        ("打 1 3 8 1 2 3 4 5 6 7 8", "5 6 7"),
        ("打一三八一二三四五六七八", "一二三四"),
        ("微信号：wxid_12345，QQ: 12345678", "12345"),
        ("加vx abc-def-123", "abc-def"),
        ("写信到 zhang.xiaoming@example.com", "xiaoming"),
        ("家住东城街道花园新村3栋2单元301室", "301"),
        ("我女儿张小明，10岁，东城小学三年级学生", "小明"),
        ("我女儿张小明，10岁，东城小学三年级学生", "东城小学"),
    ],
)
def test_nobodys_number_or_home_gets_through(text: str, leaks: str) -> None:
    for shown in (mask(text), mask_minor(text)):
        assert leaks not in narrow(shown)


@pytest.mark.parametrize(
    "text",
    [
        "咨询电话：13812345678",
        "6月6日下午，村超在榕江开赛，3:1",
        "今年20岁的张小明毕业于东莞中学",
        "周末妈妈带我去可园，一群白鹭飞过",
        "第10号球员连进三球",
    ],
)
def test_what_is_public_or_harmless_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("我叫张小明，在东城第一小学三年级2班读书。", "我叫张某，在某校某班读书。"),
        ("我叫李雷喜欢踢球", "我叫李某喜欢踢球"),
        ("和王小红一起踢球", "和王某一起踢球"),
        ("我的同桌陈子涵说：三（2）班赢了", "我的同桌陈某说：某班赢了"),
        ("林小雨同学和南城阳光小学的老师", "林同学和某校的老师"),
        ("我和同学张伟、王芳去虎门看球", "我和同学张某、王某去虎门看球"),
        ("考上东莞中学初中部", "考上某校初中部"),
        ("咨询电话：13812345678", "咨询电话：****"),
        ("今天学校组织我们班去看村超，10号球衣，6月6号，2026-06-06", None),
        ("方便的时候应该向老师学习", None),
        ("全班同学高高兴兴", None),
    ],
)
def test_a_minor_is_not_to_be_told_by_name_school_or_class(text: str, shown: str | None) -> None:
    assert mask_minor(text) == (text if shown is None else shown)


def test_the_own_name_goes_wherever_it_stands() -> None:
    assert mask_minor("小太阳的一天：欧阳娜娜", "小太阳") == "小某的一天：欧阳娜娜"


def test_a_place_keeps_no_door() -> None:
    assert mask_place("东莞市东城区东泰花园5栋302室") == "东莞市东城区东泰花园"
    assert mask_place("虎门镇威远炮台") == "虎门镇威远炮台"


@pytest.mark.parametrize(
    ("name", "shown"), [("张小明", "张同学"), ("小太阳", "小同学"), ("Tom", "T同学"), ("", ""), ("12", "")]
)
def test_what_a_minor_is_called(name: str, shown: str) -> None:
    assert called(name) == shown


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["我叫", "张小明", "在", "东城小学", "3班", "13812345678", " ", "，", "\n", "a@b.cn", "<b>", "岁", "10"]
        ),
        max_size=12,
    ).map("".join)
)
def test_masking_again_changes_nothing(text: str) -> None:
    once = mask_minor(text, "张小明")
    assert "张小明" not in once
    assert "13812345678" not in once
    assert mask_minor(once, "张小明") == once
