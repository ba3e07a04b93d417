"""Who is told, in what words, under which name in the outbox."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.rongmei.metrics.hits.conftest import T

from rongmei.config import Plan, check_house, load_campaign
from rongmei.metrics.hits import lasted
from rongmei.metrics.hits.alerts import MOST_IN_A_MAIL, mail_key, newly_on_top, recipients, write
from rongmei.metrics.hits.stays import Sighting, Stay, begin
from rongmei.settings import PACKAGE_CONFIG


@pytest.fixture
def plan() -> Plan:
    return load_campaign(PACKAGE_CONFIG, "cunchao")


def stay(position: int = 4, title: str = "东莞村超决赛", number: int = 1) -> Stay:
    seen = Sighting("cunchao", title, position, heat=120_000_000, evidence={"words": "命中「东莞村超」（第 1 字）"})
    return replace(begin(seen, T), id=number)


def test_the_owner_and_the_reports_readers_are_told_unless_others_are_named(plan: Plan) -> None:
    told = [person.id for person in recipients(plan)]
    assert told == list(dict.fromkeys([plan.campaign.owner, *plan.campaign.reporting.recipients]))
    reporting = plan.campaign.reporting.model_copy(update={"alerts": ("zhou-dai",)})
    named = plan._replace(campaign=plan.campaign.model_copy(update={"reporting": reporting}))
    assert [person.id for person in recipients(named)] == ["zhou-dai"]


def test_a_stranger_among_the_alerts_is_refused_by_the_check(broken_house: Path) -> None:
    problems = [str(problem) for problem in check_house(broken_house)]
    assert any("没有人员“nobody”" in problem and "cunchao.yaml" in problem for problem in problems), problems


@pytest.fixture
def broken_house(tmp_path: Path) -> Path:
    for folder in ("campaigns", "clusters", "appraisal", "lists"):
        shutil.copytree(PACKAGE_CONFIG / folder, tmp_path / folder)
    file = tmp_path / "campaigns" / "cunchao.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("reporting:\n", "reporting:\n  alerts: [nobody]\n"), encoding="utf-8")
    return tmp_path


def test_only_what_stands_there_now_and_nobody_was_told_of() -> None:
    fine = stay()
    others = [
        replace(fine, alerted_at=T),
        replace(fine, promoted=True),
        replace(fine, left_at=T),
        replace(fine, last_seen=T - timedelta(minutes=10)),
        stay(11),
    ]
    pinned = stay(0, "东莞村超开幕")
    assert newly_on_top([pinned, *others, fine, stay(2)], T) == [stay(2), fine, pinned]


def test_many_at_once_are_one_mail_that_stays_readable(plan: Plan) -> None:
    stays = [stay(1 + number % 10, f"村超话题{number} " + "长" * 280, number) for number in range(30)]
    subject, html, text = write(plan, "weibo", stays, rehearsal=False, now=T)
    assert subject.startswith("上榜提醒：微博热搜第 1 位")
    assert html.count("为什么提醒") == text.count("为什么提醒") == MOST_IN_A_MAIL
    assert "还有 10 条" in html
    assert "还有 10 条" in text


@pytest.mark.parametrize("board", ["weibo", "zhihu", "douyin", "toutiao", "baidu", "bilibili"])
def test_every_board_has_words_of_its_own(plan: Plan, board: str) -> None:
    subject, html, text = write(plan, board, [stay(title="\u202eمرحبا 🏆")], rehearsal=True, now=T)
    assert subject.startswith("【彩排】上榜提醒：")
    assert "1.20 亿" in html
    assert "这是彩排" in text
    assert "https://" in text


def test_the_same_stays_have_the_same_name_in_the_outbox() -> None:
    one, other = stay(number=3), stay(number=9)
    key = mail_key("cunchao", "weibo", [one, other], "lin-chu", rehearsal=False)
    assert key == mail_key("cunchao", "weibo", [other, one], "lin-chu", rehearsal=False)
    assert key != mail_key("cunchao", "weibo", [one], "lin-chu", rehearsal=False)
    assert key != mail_key("cunchao", "weibo", [one, other], "lin-chu", rehearsal=True)
    assert len(mail_key("c" * 64, "bilibili", [one], "p" * 64, rehearsal=True)) < 200


@pytest.mark.parametrize(
    ("minutes", "blind", "said"),
    [
        (0, 0, "刚上榜或不足两次观测的间隔"),
        (45, 0, "45 分钟"),
        (120, 0, "2 小时"),
        (135, 60, "2 小时 15 分钟（另有 1 小时没有观测，不计）"),
    ],
)
def test_how_long_in_words(minutes: int, blind: int, said: str) -> None:
    assert lasted(minutes, blind) == said
