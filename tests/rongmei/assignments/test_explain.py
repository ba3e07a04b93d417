from datetime import date

import pytest

from rongmei.assignments import assign, edition_of, explain, hand_out
from rongmei.errors import BadInput
from rongmei.ledger import Assignment


def test_why_in_words_with_the_numbers_that_decided(ledger, plan, key, pitch, held, now):
    for _ in range(2):
        held("nancheng", date(2026, 6, 6), "accepted")
    pitch(key, "石龙夜赛", place="石龙", outlet="dongcheng", column="live")
    assign(ledger, plan, key, now=now)
    assert explain(ledger, plan, 3) == (
        "任务 #3 石龙夜赛 → 石龙融媒体中心（第 1 轮）",
        "理由：事发地石龙归它报道（+40）；擅长体育（+30）；合计 70 分",
        "协同 东城融媒体中心：选题它也报了，可联合策划（+14）；协同占用半条工作量（-4）",
        "没有派给东城融媒体中心（50 分）：换成它总分少 19 分",
        "没有派给南城融媒体中心（30 分）：当日产能已满",
    )
    assert edition_of(ledger, 3) == key


def test_why_by_hand(ledger, plan, key, pitch, held, now):
    first = pitch(key, "石龙融媒体中心搬新家")
    hand_out(ledger, plan, key, first, "shilong", by="chen-ce", partners=["daily"], now=now)
    assert explain(ledger, plan, 1) == (
        "任务 #1 石龙融媒体中心搬新家 → 石龙融媒体中心（第 1 轮）",
        "理由：chen-ce 指定；事发地石龙归它报道（+40）；合计 40 分",
        "协同 东莞日报：人工指定",
        "越过限制：石龙融媒体中心选题说的就是它自己，本应回避",
    )


def test_who_kept_out_and_which_channel_is_missed(ledger, plan, key, pitch, now):
    pitch(key, "石龙融媒体中心搬新家", channels=["wechat"])
    assign(ledger, plan, key, now=now)
    told = explain(ledger, plan, 1)
    assert "没有派给石龙融媒体中心：选题说的就是它自己，应当回避" in told
    assert "没有账号的渠道：微信公众号" in told


def test_what_was_written_before_reasons_were_kept_is_still_told(ledger, plan, held):
    held("humen", date(2026, 6, 6))
    with ledger.begin() as session:
        session.get(Assignment, 1).reasons = {"alternatives": [{"outlet": "daily", "name": "东莞日报", "points": 8.0}]}
    told = explain(ledger, plan, 1)
    assert told[0].endswith("→ 虎门融媒体中心（第 1 轮）")
    assert told[1:] == ("没有派给东莞日报（8 分）",)


def test_nothing_to_explain(ledger, plan):
    with pytest.raises(BadInput, match="没有这条任务"):
        explain(ledger, plan, 99)
    assert edition_of(ledger, 99) is None
