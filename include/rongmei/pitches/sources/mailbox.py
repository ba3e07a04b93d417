"""Reads pitches out of one mail: lines such as 标题：… and 地点：… in its text, or an attached pitch sheet."""

from __future__ import annotations

import re
from dataclasses import replace

from rongmei.errors import BadInput
from rongmei.mail import Received, plain_lines
from rongmei.pitches.sources.base import (
    NAME_LIMIT,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
    RawPitch,
    Reading,
    Rejected,
    pitch_ref,
    split_channels,
    web_address,
)
from rongmei.pitches.sources.workbook import read_table
from rongmei.text.normalise import clean_line, clean_text, normalise

MOST_PITCHES = 50
BODY_LIMIT = 40_000
_NAMES = {
    "title": ("标题", "选题", "题目", "选题名称", "选题标题"),
    "summary": ("摘要", "简介", "内容", "内容简介", "说明", "概要", "主要内容"),
    "column": ("栏目", "拟发栏目"),
    "channels": ("渠道", "平台", "发布渠道", "拟发平台"),
    "place": ("地点", "采访地点", "地区"),
    "author": ("作者", "记者", "报题人", "联系人"),
    "url": ("链接", "网址"),
    "campaign": ("活动", "活动名称"),
    "task": ("任务", "任务编号"),
}
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names}
_LINE = re.compile(
    r"^(?:[（(]?\s*\d{1,2}\s*[)）.、．]\s*|[-·•*]\s*)?【?\s*("
    + "|".join(sorted(_FIELD_OF, key=len, reverse=True))
    + r")\s*\d{0,2}\s*】?\s*[:：]\s*(.*)$"
)
_SUBJECT = re.compile(
    r"^(?:(?:Re|Fw|Fwd|回复|转发)\s*[:：]\s*)*[【\[（(]?\s*(?:报题|选题)\s*[】\]）)]?\s*[:：]?\s*(.*)$", re.I
)
_SHEETS = (".xlsx", ".csv", ".xls", ".et", ".xlsm", ".xlsb", ".xltm")
_A_STORY = re.compile(r"稿件|交稿|任务\s*#?\d")


def is_for(received: Received, words: tuple[str, ...]) -> bool:
    """Whether a mail is for the campaign that is known by one of `words`; without words every mail is."""
    if not words:
        return True
    named = [received.subject, *(value for field, value in _fields(received) if field == "campaign")]
    return any(word in text for word in words for text in named)


def is_story(received: Received) -> bool:
    """Whether a mail brings a story, not a pitch: it names the task that it answers."""
    answers = any(field == "task" for field, _ in _fields(received))
    return answers or bool(_A_STORY.search(received.subject))


def read_mail(received: Received, source_id: str, outlet: str) -> Reading:
    """The pitches of one mail of an outlet; nothing at all when it has neither such lines nor a sheet.

    A line 标题：… begins a pitch, the lines below belong to it. A mail without one, but whose subject is
    报题：〈标题〉, is one pitch with its text as the summary. Sheets are read as those of the drop folder are; rows
    that name no outlet are the sender's.

    Args:
        outlet: id of the outlet that sent it.
    """
    sheets = [file for file in received.attachments if file.name.lower().endswith(_SHEETS)]
    written = _written(received, source_id, outlet)
    pitches = {pitch.ref: pitch for pitch in written}
    rejected: list[Rejected] = []
    notes: list[Rejected] = []
    for sheet in sheets:
        try:
            reading = read_table(sheet.name, sheet.content, source_id, outlet=outlet)
        except BadInput as error:
            rejected.append(Rejected(source_id, error.where, error.what, error.mend))
            continue
        rejected += reading.rejected
        notes += reading.notes
        for pitch in reading.pitches:
            pitches.setdefault(pitch.ref, replace(pitch, submitted_at=pitch.submitted_at or received.sent_at))
    if len(pitches) > MOST_PITCHES:
        reason = f"一封邮件里有 {len(pitches)} 条选题，只收前 {MOST_PITCHES} 条"
        rejected.append(Rejected(source_id, f"邮件“{received.subject[:60]}”", reason, "分几封邮件发送"))
    return Reading(tuple(pitches.values())[:MOST_PITCHES], tuple(rejected), tuple(notes))


def _fields(received: Received) -> list[tuple[str, str]]:
    """(field, value) of every line that names one; a value goes on over the lines below it."""
    found: list[tuple[str, str]] = []
    for line in plain_lines(received.text, BODY_LIMIT).split("\n"):
        match = _LINE.match(line.strip())
        if match:
            found.append((_FIELD_OF[match[1]], match[2].strip()))
        elif found and line.strip():
            field, value = found[-1]
            # Only a summary has more than one line; what stands below a short field is a signature or the next thought.
            if field == "summary" or not value:
                found[-1] = (field, f"{value}\n{line.strip()}".strip())
    return found


def _written(received: Received, source_id: str, outlet: str) -> list[RawPitch]:
    blocks: list[dict[str, str]] = []
    for field, value in _fields(received):
        if field == "title":
            blocks.append({})
        if blocks:
            blocks[-1].setdefault(field, value)
    if not blocks and (match := _SUBJECT.match(received.subject)) and normalise(match[1]):
        summary = plain_lines(received.text, SUMMARY_LIMIT)
        blocks = [{"title": match[1], "summary": summary}]
    pitches = [_pitch(block, received, source_id, outlet) for block in blocks if normalise(block["title"])]
    return list({pitch.ref: pitch for pitch in reversed(pitches)}.values())[::-1]


def _pitch(block: dict[str, str], received: Received, source_id: str, outlet: str) -> RawPitch:
    title = clean_line(block["title"], TITLE_LIMIT)
    return RawPitch(
        source_id=source_id,
        ref=pitch_ref(outlet, title),
        outlet=outlet,
        title=title,
        summary=clean_text(block.get("summary", ""), SUMMARY_LIMIT),
        column=clean_line(block.get("column", ""), NAME_LIMIT) or None,
        channels=split_channels(block.get("channels", "")),
        place=clean_line(block.get("place", ""), NAME_LIMIT) or None,
        author=clean_line(block.get("author", ""), NAME_LIMIT) or None,
        url=web_address(block.get("url", "")),
        submitted_at=received.sent_at,
    )
