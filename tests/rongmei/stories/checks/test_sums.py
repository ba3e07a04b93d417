"""数字 (amounts): plainly stated sums and shares that are wrong are told, everything else stays silent."""

from __future__ import annotations

from typing import Any

import pytest

from rongmei.stories.checks.finding import Passage
from rongmei.stories.checks.sums import check_sums


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("共38家媒体参加，其中市级3家、园区3家、镇街33家。", "sum", "各项相加是 39家，总数写的是 38家"),
        ("活动共有100人参加，其中男60人，女30人。", "sum", "各项相加是 90人，总数写的是 100人"),
        ("共获得10枚奖牌，其中金牌3枚、银牌4枚、铜牌2枚。", "sum", "各项相加是 9枚"),
        ("全场共120人（其中教师150人）。", "sum", "其中一项 150人，比总数 120人 还多"),
        ("男生12人、女生13人，共26人。", "sum", "各项相加是 25人，总数写的是 26人"),
        ("现场有市民5人、志愿者6人，共10人。", "sum", "各项相加是 11人"),
        ("其中男性占120%。", "share", "比例 120% 超过了 100%"),
        ("产品合格率达101.5％。", "share", "比例 101.5% 超过了 100%"),
    ],
)
def test_contradictions(found: Any, text: str, code: str, said: str) -> None:
    [finding] = found(text)
    assert (finding.code, finding.group) == (code, "numbers")
    assert said in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "共38家媒体参加，其中市级3家、园区3家、镇街32家。",
        "共100名学生参加，其中男生60名、女生40名。",
        "活动共有100人参加，其中党员60人、女性70人。",
        "共收到100件，其中投诉30件、咨询20件。",
        "共约100人，其中男60人，女30人。约有100人，其中男60人，女30人。",
        "共1.2万人参加，其中男6000人、女5000人。",
        "共100人参加，其中30%是男性。共100人参加，其中第3组20人。",
        "总共3场比赛，其中2场下雨，1场延期。",
        "一共买了3个芒果，两个是生的。",
        "共20辆车陷落，涉及人员54人。共3人受伤，事故造成20辆车陷落。",
        "男生12人、女生13人，共25人。",
        "教师5人，学生30人，家长若干，共40人。",
        "增长占比提高120%，同比增长230%，完成率达120%，上座率105%，真实命中率112%。",
        "占比升至 4.61%，就业率100%，覆盖率为99.8%。",
        "共有6支球队，其中东城、南城、万江各2支。",
    ],
)
def test_true_sums_stay_silent(codes: Any, text: str) -> None:
    assert codes(text) == []


def test_the_title_against_the_text(found: Any, codes: Any) -> None:
    [finding] = found("38名选手参赛。38名选手全部完赛。", title="39名选手参赛")
    assert finding.code == "title_number"
    assert finding.message == "标题“39名选手参赛”：正文写的是 38名选手，与标题不一致"
    assert codes("全校1200名学生参加。", title="3名学生获奖") == []
    assert codes("39名选手中，38名选手完赛。", title="39名选手参赛") == []
    assert codes("38名选手参赛。", title="近39名观众到场") == []


@pytest.mark.parametrize(
    "body", ["东城2:1胜南城。", "半场1比0，全场3比1。", "比赛 19:30 开始。", "上半场0:0，终场1:3。"]
)
def test_scores_that_agree(codes: Any, body: str) -> None:
    title = "东城2比1夺冠" if "2:1" in body else "东城3:1夺冠"
    assert codes(body, title=title) == []


def test_scores_that_do_not_agree(found: Any, codes: Any) -> None:
    [finding] = found("全场2比1，半场1:0。", title="东城3:1夺冠")
    assert finding.code == "title_score"
    assert finding.message.endswith("正文里的比分是 1比0、2比1，与标题不一致")
    assert codes("全场82:79。", title="东城82:78险胜") == ["title_score"]


def test_a_text_made_to_be_slow_is_not() -> None:
    text = "共1人，其中" * 4_000
    found = list(check_sums([Passage("标题", "1名选手"), Passage("第 1 段", text)]))
    assert len(found) < 100
