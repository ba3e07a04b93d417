"""Grades: what lifts a story, who may change it, and what each grade asks for before a story is signed off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rongmei.config.models import GradeRules, Grading
from rongmei.errors import BadInput
from rongmei.stories import record_page, record_pdf, review_record, waiting
from rongmei.stories.reminders import waiting_reviews

CALM = "东城队昨晚以二比一战胜南城队，全场观众超过三万人。" * 8
SAD = "遇难者家属已得到妥善安置，各方正在核实情况。" * 8
BORDER = "两地的边界争端由来已久，双方正在商谈。" * 8
LIST = """owner: pan
updated: 2026-06-01
words:
  - {word: 遇难者, grade: sensitive, reason: 涉及伤亡, except: [遇难者纪念馆]}
  - {word: 停赛处罚, grade: sensitive, where: topic, reason: 处罚}
"""
ROUTE = (("first_review", "lin"), ("second_review", "zhao"), ("final_review", "wang"))


@pytest.fixture
def room(newsroom: Any, campaign_with: Any, tmp_path: Path) -> Any:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "grades.yaml").write_text(LIST, encoding="utf-8")
    grading = Grading(major=GradeRules(words=("边界争端",)), sensitive=GradeRules(columns=("people",)))
    campaign = campaign_with(countersign=("sun", "wang"), grading=grading)
    newsroom.plan = newsroom.plan._replace(campaign=campaign, folder=tmp_path)
    return newsroom


def told(room: Any, story: int) -> list[str]:
    return [event["why"] for event in review_record(room.ledger, story)["events"]]


def to_final(room: Any) -> None:
    for stage, by in ROUTE[:2]:
        room.pass_all(stage, by)


@pytest.mark.parametrize(
    ("body", "head", "grade"),
    [
        (CALM, "", "ordinary"),
        (SAD, "", "sensitive"),
        (SAD.replace("遇难者", "遇\u200b难 者"), "", "sensitive"),
        (SAD.replace("遇难者", "遇难者纪念馆"), "", "ordinary"),
        (BORDER, "", "major"),
        (SAD + BORDER, "", "major"),
        (CALM, "column: people", "sensitive"),
        (CALM, "digest: 球员收到停赛处罚", "sensitive"),
        ("球员收到停赛处罚。" * 12, "", "ordinary"),
        (CALM, "images: {file: a.jpg, alt: 遇难者家属}", "sensitive"),
    ],
)
def test_rules_of_the_campaign_and_of_the_centre(room: Any, picture: Any, body: str, head: str, grade: str) -> None:
    room.drop("a.jpg", picture())
    assert room.story(room.file(room.assignment(), head=head, body=body)).grade == grade


def test_a_campaign_may_do_without_the_centres_list(room: Any) -> None:
    production = room.plan.campaign.production
    alone = production.model_copy(update={"grading": Grading(centre=False)})
    room.plan = room.plan._replace(campaign=room.plan.campaign.model_copy(update={"production": alone}))
    assert room.story(room.file(room.assignment(), body=SAD)).grade == "ordinary"


def test_the_list_is_read_again_when_the_story_is_handed_over(room: Any, tmp_path: Path) -> None:
    story = room.file(room.assignment(), body=CALM)
    (tmp_path / "lists" / "grades.yaml").write_text(
        LIST + "  - {word: 三万人, grade: sensitive, reason: 人数须核实}\n", encoding="utf-8"
    )
    body = room.sheet("first_review").body
    assert room.story(story).grade == "sensitive"
    assert "- **级别：敏感**" in body
    assert "三万人" in told(room, story)[1]
    assert "人数须核实" in body


def test_old_evidence_does_not_raise_again_what_a_person_lowered_but_new_evidence_does(room: Any) -> None:
    task = room.assignment()
    story = room.file(task, body=SAD)
    room.grade(story, "ordinary", why="数字来自应急局通报")
    room.drop_story(task, body=SAD + "改了一句。")
    room.take_in()
    assert room.story(story).grade == "ordinary"
    room.drop_story(task, body=SAD + BORDER)
    room.take_in()
    assert room.story(story).grade == "major"
    said = told(room, story)
    assert said[1].startswith("级别升为敏感：第 1 段“")
    assert said[2] == "级别由敏感改为一般：数字来自应急局通报"
    assert sum("遇难者" in why for why in said) == 1


@pytest.mark.parametrize(
    ("grade", "by", "why", "said"),
    [
        ("ordinary", "chen", "理由", "陈二不能降级"),
        ("major", "qian", "理由", "钱审不能定级"),
        ("major", "lin", " ", "没有写理由"),
        ("grave", "lin", "理由", "没有级别“grave”"),
        ("sensitive", "lin", "理由", "级别已经是敏感"),
    ],
)
def test_who_may_grade(room: Any, grade: str, by: str, why: str, said: str) -> None:
    story = room.file(room.assignment(), body=SAD)
    with pytest.raises(BadInput, match=said):
        room.grade(story, grade, by, why)
    assert room.story(story).grade == "sensitive"


def test_nothing_becomes_a_major_topic_where_nobody_could_sign_it(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    with pytest.raises(BadInput, match="没有人可以签发重大选题"):
        newsroom.grade(story, "major")


def test_a_sensitive_story_passes_the_final_review_when_both_checks_are_confirmed(room: Any) -> None:
    story = room.file(room.assignment(), body=SAD)
    room.pass_all("first_review", "lin")
    item = room.sheet("second_review").items[0]
    assert item.to_confirm == ("facts", "sources")
    room.review("second_review", "zhao", passed={story: item.content_hash}, confirmed={story: ("facts",)})
    sheet = room.sheet("final_review")
    assert sheet.items[0].to_confirm == ("sources",)
    assert "事实核查：复审 赵审 已确认" in sheet.body
    assert "信源核对：**还没有人确认**" in sheet.body
    with pytest.raises(BadInput, match="还没有人确认信源核对"):
        room.pass_all("final_review", "wang")
    with pytest.raises(BadInput, match="没有“rumour”这一项核对"):
        room.review("final_review", "wang", passed={story: item.content_hash}, confirmed={story: ("sources", "rumour")})
    room.pass_all("final_review", "wang", confirm=True)
    assert room.story(story).state == "signed_off"
    confirmed = review_record(room.ledger, story)["versions"][0]["confirmed"]
    assert [(one["check"], one["by"], one["stage"]) for one in confirmed] == [
        ("facts", "zhao", "second_review"),
        ("sources", "wang", "final_review"),
    ]


def test_an_edit_voids_the_confirmations(room: Any) -> None:
    task = room.assignment()
    story = room.file(task, body=SAD)
    room.pass_all("first_review", "lin", confirm=True)
    room.drop_story(task, body=SAD + "改了一句。")
    room.take_in()
    to_final(room)
    assert room.sheet("final_review").items[0].to_confirm == ("facts", "sources")
    with pytest.raises(BadInput, match="还没有人确认事实核查、信源核对"):
        room.pass_all("final_review", "wang")
    assert room.story(story).state == "final_review"


def test_a_major_topic_waits_for_the_authority_and_for_the_fourth_signature(room: Any) -> None:
    story = room.file(room.assignment(), body=BORDER)
    to_final(room)
    sheet = room.sheet("final_review")
    assert (sheet.items, sheet.unfiled) == ((), (story,))
    assert "重大选题等备案" in sheet.body
    assert "还没有申报" in sheet.body
    current = {story: room.story(story).current_hash}
    with pytest.raises(BadInput, match=r"备案还没有申报，不能通过.*file-topic"):
        room.review("final_review", "wang", passed=current, confirmed={story: ("facts", "sources")})
    room.file_topic(story, "applied")
    assert room.sheet("final_review").unfiled == (story,)
    room.file_topic(story, "approved", authority="")
    room.pass_all("final_review", "wang", confirm=True)
    assert room.story(story).state == "countersign"
    assert room.story(story).signed_off_at is None
    assert room.sheet("countersign").reviewers == ("sun",)
    with pytest.raises(BadInput, match="你已经做了稿件 #1 这一版的终审"):
        room.review("countersign", "wang", passed={story: room.story(story).current_hash})
    room.pass_all("countersign", "sun")
    assert room.story(story).state == "signed_off"
    page = record_page(room.ledger, room.plan, story, now=room.now)
    for said in ("重大选题", "文号 2026-1", "签发", "孙审", "事实核查 王终"):
        assert said in page
    assert record_pdf(room.ledger, room.plan, story, now=room.now).startswith(b"%PDF")


def test_a_topic_that_the_authority_refuses_can_only_be_returned_or_rejected(room: Any) -> None:
    story = room.file(room.assignment(), body=BORDER)
    to_final(room)
    room.file_topic(story, "applied")
    room.file_topic(story, "refused", note="时机不合适")
    item = room.sheet("final_review").items[0]
    assert item.blocked
    room.review("final_review", "wang", seen={story: item.content_hash})
    assert room.story(story).state == "returned"
    assert "未获准：市委宣传部，文号 2026-1，时机不合适" in told(room, story)[-1]


@pytest.mark.parametrize(
    ("steps", "parts", "said"),
    [
        (("approved",), {}, "没有正在等答复的申报"),
        (("applied", "applied"), {}, "已经申报，还在等答复"),
        (("applied",), {"authority": ""}, "没有写向谁备案"),
        (("applied", "approved"), {"number": ""}, "没有写备案号"),
        (("applied", "refused"), {"note": ""}, "没有写不准的理由"),
        (("filed",), {}, "没有备案状态“filed”"),
        (("applied",), {"by": "nobody"}, "没有人员“nobody”"),
    ],
)
def test_what_a_filing_needs(room: Any, steps: tuple[str, ...], parts: dict[str, str], said: str) -> None:
    story = room.file(room.assignment(), body=BORDER)
    *before, last = steps
    for step in before:
        room.file_topic(story, step)
    with pytest.raises(BadInput, match=said):
        room.file_topic(story, last, **parts)


def test_only_major_topics_are_filed_and_not_after_they_are_signed(room: Any) -> None:
    story = room.file(room.assignment(), body=CALM)
    with pytest.raises(BadInput, match="只有重大选题要备案"):
        room.file_topic(story, "applied")
    room.grade(story, "major", "lin")
    room.file_topic(story, "applied")
    room.file_topic(story, "approved")
    for stage, by in (*ROUTE, ("countersign", "sun")):
        room.pass_all(stage, by, confirm=True)
    with pytest.raises(BadInput, match="已签发，不再登记备案"):
        room.file_topic(story, "applied")


def test_a_signed_story_found_to_be_a_major_topic_goes_back_for_the_fourth_signature(room: Any) -> None:
    story = room.file(room.assignment(), body=CALM)
    room.sign_off()
    with pytest.raises(BadInput, match="级别不再起作用"):
        room.grade(story, "sensitive")
    room.grade(story, "major", "chen")
    assert (room.story(story).state, room.story(story).signed_off_at) == ("countersign", None)
    room.file_topic(story, "applied")
    room.file_topic(story, "approved")
    with pytest.raises(BadInput, match="签发通过之前，还没有人确认"):
        room.pass_all("countersign", "sun")
    room.pass_all("countersign", "sun", confirm=True)
    assert room.story(story).state == "signed_off"


def test_countersigning_returns_a_story_like_any_review(room: Any) -> None:
    story = room.file(room.assignment(), body=CALM)
    room.sign_off()
    room.grade(story, "major")
    room.file_topic(story, "applied")
    room.file_topic(story, "approved")
    room.review("countersign", "sun", opinions={story: "请补充依据"})
    assert room.story(story).state == "returned"


def test_who_is_reminded_of_a_major_topic(room: Any) -> None:
    """The owner, of the filing, while the authority has not answered; then whoever may review."""
    story = room.file(room.assignment(), body=BORDER)
    to_final(room)

    def reminded() -> tuple[tuple[str, ...], str]:
        with room.ledger.read() as session:
            [one] = waiting_reviews(session, room.plan, room.key, now=room.now)
            return one.people, one.note

    assert reminded() == (("lin",), "重大选题备案还没有申报，获准之前不能审")
    room.file_topic(story, "applied")
    room.file_topic(story, "approved")
    assert reminded() == (("wang",), "")
    room.pass_all("final_review", "wang", confirm=True)
    assert reminded() == (("sun",), "")


def test_a_run_waits_for_the_authority_within_the_deadline(room: Any) -> None:
    story = room.file(room.assignment(), body=BORDER)
    to_final(room)
    assert waiting(room.ledger, room.key, now=room.now) == 1
    room.file_topic(story, "applied")
    room.file_topic(story, "approved")
    assert waiting(room.ledger, room.key, now=room.now) == 0
