"""Tests of what forbids merging two titles of nearly the same words."""

from __future__ import annotations

import pytest

from rongmei.text.doubts import doubt, place_names
from rongmei.text.similarity import compare

PLACES = ("东城街道", "东城", "南城街道", "南城", "虎门镇", "虎门", "厚街镇", "厚街", "东莞", "榕江")


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("东莞村超第1轮今晚在世博广场开赛", "东莞村超第2轮今晚在世博广场开赛", "数字"),
        ("东莞村超第一轮今晚在世博广场开赛", "东莞村超第二轮今晚在世博广场开赛", "数字"),
        ("东莞村超首轮今晚在世博广场打响", "东莞村超次轮今晚在世博广场打响", "阶段"),
        ("6月6日东莞村超世博广场燃情开赛", "6月13日东莞村超世博广场燃情开赛", "数字"),
        ("六月六日东莞村超世博广场燃情开赛", "六月十三日东莞村超世博广场燃情开赛", "数字"),
        ("东城街道举办端午龙舟赛万人观战", "南城街道举办端午龙舟赛万人观战", "地点"),
        ("東城街道舉辦端午龍舟賽萬人觀戰", "南城街道举办端午龙舟赛万人观战", "地点"),
        ("温州男子网购球衣追星贵州村超", "杭州男子网购球衣追星贵州村超", "不同"),
        ("虎门队2:1力克厚街队挺进下一轮", "虎门队1:2力克厚街队挺进下一轮", "数字"),
        ("虎门队二比一胜厚街队挺进下一轮", "虎门队一比二胜厚街队挺进下一轮", "数字"),
        ("车祸致3人死亡5人受伤救援正在进行", "车祸致5人死亡3人受伤救援正在进行", "数字"),
        ("高速路上一车追尾司机当场被困获救", "高速路上两车追尾司机当场被困获救", "数字"),
        ("本市今夜最低气温-5℃市民注意防寒保暖", "本市今夜最低气温5℃市民注意防寒保暖", "正负"),
        ("虎门队战胜厚街队进军村超决赛圈", "厚街队战胜虎门队进军村超决赛圈", "次序"),
        ("虎门街道代表队 2:1胜出 厚街镇街代表队", "厚街镇街代表队 2:1胜出 虎门街道代表队", "次序"),
        ("景区国庆期间允许市民燃放烟花爆竹", "景区国庆期间禁止市民燃放烟花爆竹", "阶段"),
        ("景区国庆期间燃放烟花爆竹庆祝佳节", "景区国庆期间禁止燃放烟花爆竹庆祝佳节", "阶段"),
        ("村超组委会取消周末焰火表演活动", "村超组委会不取消周末焰火表演活动", "否定"),
        ("当事女教师举报校长收受家长红包", "当事女教师被举报校长收受家长红包", "被动"),
        ("村超组委会副主任专程看望受伤球员", "村超组委会主任专程看望受伤球员", "改变意思"),
        ("东莞村超将在世博广场盛大亮相", "东莞村超在世博广场盛大亮相", "改变意思"),
        ("虎门龙舟队夺得全省男子组总冠军", "虎门龙舟队夺得全省女子组总冠军", "阶段"),
        ("东莞村超门票价格上调引发球迷热议", "东莞村超门票价格下调引发球迷热议", "阶段"),
        ("网传东莞村超球员世博广场受伤离场", "东莞村超球员世博广场受伤离场", "阶段"),
        ("A组首战战罢石龙队暂列小组第一位", "B组首战战罢石龙队暂列小组第一位", "不同"),
        ("没有一顿火锅解决不了的事票房", "没有一顿火锅解决不了的事", "多出「票房」"),
        ("村超开赛", "村超开赛啦", "太短"),
        ("Manner Coffee Guangzhou 东莞开店", "Manner Coffee Guangzhou 东莞开店了", "太短"),
    ],
)
def test_what_differs_in_the_telling_word_is_never_certain(a: str, b: str, reason: str) -> None:
    for one, other in ((a, b), (b, a)):
        verdict = compare(one, other, places=PLACES)
        assert verdict is not None
        assert verdict.tier == "similar"
        assert reason in verdict.reason


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("东莞村超第三轮今晚在世博广场开赛", "東莞村超第3輪，今晚在世博廣場開賽！🎉"),
        ("虎门队2:1力克厚街队挺进下一轮", "虎门队2－1力克厚街队挺进下一轮"),
        ("媒体：东莞村超观众突破十万人次", "东莞村超观众突破10万人次"),
        ("组委会主任：东莞村超门票全部售罄", "组委会主任称东莞村超门票全部售罄"),
        ("女球迷深夜排队买票 村超组委会回应", "村超组委会回应女球迷深夜排队买票"),
    ],
)
def test_the_same_in_other_dress_is_certain(a: str, b: str) -> None:
    for one, other in ((a, b), (b, a)):
        verdict = compare(one, other, places=PLACES)
        assert verdict is not None
        assert verdict.tier == "certain"


def test_a_suffix_of_a_place_is_no_other_place() -> None:
    reason = doubt("东城街道举办端午龙舟赛", "东城举办端午龙舟赛", place_names(PLACES))
    assert reason is not None
    assert "地点" not in reason
