"""The 审稿单 of a story on paper: every version, who decided what about it, when, on which content; HTML and PDF.

The page is made for A4 and needs nothing beside it: styles are inside, fonts are those of the reader's system.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from rongmei.clock import aware
from rongmei.config import Plan
from rongmei.formats.paper import HUGE, LARGE, SMALL, TEXT_MM, Paper
from rongmei.ledger import Edition, Ledger, Pitch, Story
from rongmei.ledger.tables import Assignment
from rongmei.stories.confirmations import CHECKS
from rongmei.stories.pages import dated, render, spoken_length
from rongmei.stories.progress import review_record
from rongmei.stories.signatures import signature
from rongmei.stories.stages import (
    COUNTERSIGN,
    GRADE_NAMES,
    STAGE_NAMES,
    STATE_NAMES,
    outlet_name,
    person_name,
    route,
)

FOOTNOTE: Final = (
    "时间均为北京时间。每个决定只对所列指纹的那一版有效：指纹由题目、正文、图片、视频和音频算出，改一个字就不同。"
    "同一版的三审由三个不同的人作出，重大选题备案获准后还须第四个人签发。"
)
MAX_EVENTS: Final = 200
"""Events that the page lists; the newest where there are more."""


def record_page(ledger: Ledger, plan: Plan, story_id: int, *, now: datetime) -> str:
    """The 审稿单 as one HTML document; `now` is when it was made out.

    Raises:
        BadInput: there is no such story.
    """
    return render("record.html", **_content(ledger, plan, story_id, now=now))


def record_pdf(ledger: Ledger, plan: Plan, story_id: int, *, now: datetime) -> bytes:
    """The same as a PDF.

    Raises:
        BadInput: there is no such story, or so much was said about it that the PDF would be too long.
    """
    content = _content(ledger, plan, story_id, now=now)
    paper = Paper(f"审稿单　稿件 #{story_id}")
    paper.text("审　稿　单", size=HUGE, centre=True)
    rehearsal = "　【彩排】" if content["rehearsal"] else ""
    under = f"{content['cluster']}　{content['campaign']}　{content['day']} 期{rehearsal}"
    paper.text(under, centre=True, space_mm=4)
    signed_off = dated(content["signed_off_at"]) if content["signed_off_at"] else "—"
    paper.table((22, TEXT_MM - 22), [("题目", content["title"])])
    paper.table(
        (22, 67, 22, TEXT_MM - 111),
        [
            ("稿件", f"#{story_id}（任务 #{content['assignment']}）", "媒体", content["outlet"]),
            ("选题", content["pitch"], "期次", content["key"]),
            ("状态", content["state"], "签发", signed_off),
            ("级别", content["grade"], "备案", content["filing"]),
        ],
    )
    for version in content["versions"]:
        _set_version(paper, version)
    _set_events(paper, content)
    paper.space(4)
    paper.text(f"{FOOTNOTE}本单于 {dated(now)} 由账本导出。", size=SMALL)
    return paper.pdf()


def _set_version(paper: Paper, version: dict[str, Any]) -> None:
    paper.space(6, keep_mm=45)
    current = "（现行）" if version["current"] else ""
    paper.text(f"第 {version['number']} 版{current}　{version['title']}", size=LARGE)
    paper.text(f"作者 {version['author'] or '—'}　交稿 {dated(version['filed_at'])}", size=SMALL, space_mm=0)
    paper.text(f"内容指纹（SHA-256）{version['hash']}", size=SMALL)
    lines = [
        (line["name"], line["who"], dated(line["at"]), line["decision"], line["opinion"] or "（无意见）")
        if line["at"]
        else (line["name"], "", "", "", "没有决定")
        for line in version["stages"]
    ]
    paper.table((15, 34, 42, 16, TEXT_MM - 107), [("审级", "审稿人", "时间", "结论", "意见"), *lines], head=True)
    for name, said in (("核对", version["confirmed"]), ("音频", version["sounds"])):
        if said:
            paper.space(1)
            paper.text(f"{name}　{'；'.join(said)}", size=SMALL, space_mm=0)


def _set_events(paper: Paper, content: dict[str, Any]) -> None:
    paper.space(6, keep_mm=30)
    paper.text("流转记录", size=LARGE)
    if content["left_out"]:
        paper.text(f"较早的 {content['left_out']} 条略去，见 rongmei history story:{content['story']}。", size=SMALL)
    lines = [(dated(event["at"]), event["who"], event["state"], event["why"]) for event in content["events"]]
    heads = ("时间", "谁", "状态", "事由")
    paper.table((37, 36, 22, TEXT_MM - 95), [heads, *lines], head=True, size=SMALL)


def _content(ledger: Ledger, plan: Plan, story_id: int, *, now: datetime) -> dict[str, Any]:
    """Everything that stands on it."""
    record = review_record(ledger, story_id)
    with ledger.read() as session:
        story = session.get_one(Story, story_id)
        edition = session.get_one(Edition, story.edition_id)
        pitch = session.get_one(Pitch, session.get_one(Assignment, story.assignment_id).pitch_id)
        about = {"day": edition.day, "key": edition.key, "rehearsal": edition.rehearsal, "pitch": pitch.title}
    versions = [_version(plan, record["grade"], version) for version in record["versions"]]
    filings = [one["said"] + f"（{dated(aware(datetime.fromisoformat(one['at'])))}）" for one in record["filings"]]
    current = next((version for version in versions if version["current"]), None)
    return {
        **about,
        "cluster": plan.cluster.name,
        "campaign": plan.campaign.name,
        "story": story_id,
        "assignment": record["assignment"],
        "outlet": outlet_name(plan, record["outlet"]),
        "title": current["title"] if current else "（没有正文）",
        "state": STATE_NAMES.get(record["state"], record["state"]),
        "grade": GRADE_NAMES[record["grade"]],
        "filing": "\n".join(filings) or "—",
        "signed_off_at": _moment(record["signed_off_at"]),
        "versions": versions,
        "events": [_event(plan, event) for event in record["events"][-MAX_EVENTS:]],
        "left_out": max(len(record["events"]) - MAX_EVENTS, 0),
        "footnote": FOOTNOTE,
        "made_at": now,
    }


def _version(plan: Plan, grade: str, version: dict[str, Any]) -> dict[str, Any]:
    made = {review["stage"]: review for review in version["reviews"]}
    # What was signed stays on paper, also of a version that was signed under a higher grade than the story has now.
    stages = (*route(grade), *(stage for stage in made if stage == COUNTERSIGN and stage not in route(grade)))
    return {
        **version,
        "filed_at": _moment(version["filed_at"]),
        "stages": [_stage(plan, stage, made.get(stage)) for stage in stages],
        "confirmed": [
            f"{CHECKS[one['check']]} {person_name(plan, one['by'])} {dated(aware(datetime.fromisoformat(one['at'])))}"
            for one in version["confirmed"]
        ],
        "sounds": [
            f"{one['name']}（{spoken_length(one['seconds'])}，{one['size_bytes'] / 1_000_000:.1f} MB）"
            for one in version["audio"]
        ],
    }


def _stage(plan: Plan, stage: str, review: dict[str, Any] | None) -> dict[str, Any]:
    """A line of the table; a stage without a decision stays visibly empty."""
    if review is None:
        return {"name": STAGE_NAMES[stage], "who": "", "decision": "", "passed": None, "opinion": "", "at": None}
    return {
        "name": STAGE_NAMES[stage],
        "who": signature(plan, review["reviewer"], review["stands_for"]),
        "decision": review["decision_name"],
        "passed": review["decision"] == "pass",
        "opinion": review["opinion"],
        "at": _moment(review["decided_at"]),
    }


def _event(plan: Plan, event: dict[str, Any]) -> dict[str, Any]:
    who = person_name(plan, event["by"])
    return {
        "at": _moment(event["at"]),
        "who": "系统" if who == "rongmei" else outlet_name(plan, who),
        "state": STATE_NAMES.get(event["to"], event["to"]),
        "why": event["why"],
    }


def _moment(written: str | None) -> datetime | None:
    return aware(datetime.fromisoformat(written)) if written else None
