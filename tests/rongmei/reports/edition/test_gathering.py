from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from rongmei.errors import BadInput
from rongmei.ledger import Anomaly, Pitch, Publication, Snapshot, StoryVersion
from rongmei.reports import gather

KEY = "cunchao/2026-06-06"
NOW = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)


@pytest.fixture
def report(lively, plan):
    return gather(lively, plan, KEY, now=NOW)


def test_the_headline_counts_what_is_live_and_known(report):
    assert (report.live, report.planned, report.stories_live, report.silent) == (8, 11, 3, 1)
    assert report.reads == 38_412 + 86_530 + 12_080 + 4_211 + 9_640 + 41_007 + 21_900
    assert report.note == "今晚有雨， 注意安全"


def test_what_a_person_excluded_does_not_count(lively, plan):
    with lively.begin() as session:
        most = session.scalars(select(Snapshot).where(Snapshot.reads == 86_530)).one()
        flagged = {"kind": "spike", "measure": "reads", "observed_at": most.observed_at, "flagged_at": NOW}
        row = Anomaly(publication_id=most.publication_id, **flagged, state="excluded", decided_by="chen-ce", why="买量")
        row.evidence = {"before": 30_000, "after": 86_530}
        session.add(row)
    counted = gather(lively, plan, KEY, now=NOW)
    assert counted.reads == 38_412 + 30_000 + 12_080 + 4_211 + 9_640 + 41_007 + 21_900


def test_channels_keep_the_order_of_the_house(report):
    assert [(one.name, one.live, one.planned, one.silent) for one in report.channels] == [
        ("微信公众号", 5, 5, 0),
        ("微博", 1, 3, 0),
        ("网站", 2, 3, 1),
    ]
    assert report.channels[2].interactions == 17


def test_the_change_is_against_the_previous_edition_at_the_same_age(report):
    assert report.previous is not None
    assert (report.previous.day.isoformat(), report.previous.live, report.previous.reads) == ("2026-05-30", 2, 50_647)
    assert report.reads_change == pytest.approx(213_780 / 50_647 - 1)


def test_early_numbers_are_compared_with_early_numbers(lively, plan):
    early = gather(lively, plan, KEY, now=datetime(2026, 6, 6, 18, 0, tzinfo=UTC))
    assert early.previous is not None
    assert early.previous.reads == 9_640 // 3 + 41_007 // 3


def test_a_rehearsal_is_not_compared_with_the_real_thing(lively, plan):
    with lively.begin() as session:
        from rongmei.ledger import open_edition

        open_edition(session, "cunchao", NOW.date(), rehearsal=True, options={}, now=NOW)
    rehearsal = gather(lively, plan, "cunchao/2026-06-08/rehearsal", now=NOW)
    assert rehearsal.previous is None
    assert rehearsal.rehearsal
    assert rehearsal.empty


def test_the_funnel_counts_stories_not_states(report):
    assert [(step.name, step.count) for step in report.funnel] == [
        ("报题", 7),
        ("入围", 5),
        ("通过", 5),
        ("派单", 5),
        ("交稿", 4),
        ("签发", 3),
        ("发布", 3),
    ]


def test_every_trouble_names_who_must_act(report):
    found = {task.kind: (task.what, task.who) for task in report.tasks}
    assert found == {
        "结果不明": ("《石排对虎门：补时绝杀，守门员成了进攻队员》→ 微博“石排融媒”", "陈策（制片）"),
        "发布失败": ("《一件球衣的四十八小时：虎门服装厂连夜赶工》→ 微博“虎门融媒”", "虎门融媒"),
        "错过时段": ("《一件球衣的四十八小时：虎门服装厂连夜赶工》→ 网站“虎门融媒”", "陈策（制片）"),
        "无人接单": ("选题《女裁判的第一个村超赛季》", "陈策（制片）"),
        "退回待改": ("《村超背后的夜经济账本》", "东莞日报"),
        "邮件被拒": ("“派单通知”→ humen@example.com", "陈策（制片）"),
    }
    assert [task.urgent for task in report.tasks] == [True] * 5 + [False]
    assert next(task.why for task in report.tasks if task.kind == "退回待改") == "赵复（部门主任）：营业额的出处要补上"


def test_the_mails_of_the_report_itself_are_not_reported(lively, plan):
    from rongmei.ledger import Mail

    with lively.begin() as session:
        mail = session.query(Mail).one()
        mail.key = f"report:{KEY}:chen-ce"
    assert "邮件被拒" not in {task.kind for task in gather(lively, plan, KEY, now=NOW).tasks}


def test_stories_by_reads_with_a_link_to_the_best_post(report):
    assert [story.outlet for story in report.best] == ["茶山融媒", "石排融媒", "虎门融媒"]
    assert report.best[0].url.startswith("https://example.com/dongguan-daily/wechat/")
    assert report.best[0].column == "村味人情"


def test_the_reviews_say_who_decided_what_and_when(report):
    first = report.reviews[0]
    assert [(one.stage, one.reviewer, one.decision) for one in first.decisions] == [
        ("初审", "林初（责任编辑）", "通过"),
        ("复审", "赵复（部门主任）", "通过"),
        ("终审", "孙终（总编辑）", "通过"),
    ]
    assert first.decisions[0].at == datetime(2026, 6, 6, 13, 40, tzinfo=UTC)


def test_the_timeline_runs_forward(report):
    moments = [moment.at for moment in report.timeline]
    assert moments == sorted(moments)
    assert [moment.what for moment in report.timeline][:2] == ["开出本期", "选题会定题"]
    assert report.timeline[-1].what == "最近一次采集数据"


def test_the_ranking_is_that_of_the_rules_in_force(lively, plan, report):
    assert [(line.rank, line.outlet, line.total) for line in report.ranking] == [
        (1, "茶山融媒", 86.4),
        (2, "虎门融媒", 71.2),
        (3, "石排融媒", 66.5),
    ]
    assert report.ranking[0].indexes[0].version == "WCI V14.2"
    newer = plan._replace(rules=plan.rules.model_copy(update={"version": "2"}))
    assert gather(lively, newer, KEY, now=NOW).ranking == ()


def test_later_numbers_do_not_count(lively, plan):
    before = gather(lively, plan, KEY, now=datetime(2026, 6, 6, 16, 0, tzinfo=UTC))
    assert before.live == 8
    assert before.reads is None
    assert before.silent == 8
    assert before.best == ()


def test_an_assignment_past_its_deadline_is_somebodys_task(lively, plan):
    from rongmei.ledger import Assignment

    with lively.begin() as session:
        one = session.query(Assignment).filter_by(state="declined").first()
        one.state, one.deadline_at = "accepted", NOW - timedelta(hours=1)
    tasks = {task.kind: task for task in gather(lively, plan, KEY, now=NOW).tasks}
    assert "无人接单" not in tasks
    assert (tasks["逾期未交"].who, tasks["逾期未交"].why) == ("虎门融媒", "应在 6月8日 08:00 前交稿")


def test_hostile_text_is_flattened_and_bounded(lively, plan):
    with lively.begin() as session:
        version = session.query(StoryVersion).filter_by(title="村超背后的夜经济账本").one()
        version.title = "坏\r\nBcc: x@y.z\u202e" + "长" * 150
        session.query(Pitch).first().title = "\x00\x07"
        post = session.query(Publication).filter_by(state="live").first()
        post.url = "javascript:alert(1)"
    report = gather(lively, plan, KEY, now=NOW)
    title = next(story.title for story in report.stories if story.title.startswith("坏"))
    assert title.startswith("坏 Bcc: x@y.z 长")
    assert len(title) == 120
    assert all(post.url is None or post.url.startswith("https") for story in report.stories for post in story.posts)


def test_no_such_edition(ledger, plan):
    with pytest.raises(BadInput, match="没有期次"):
        gather(ledger, plan, "cunchao/1999-01-01", now=NOW)
