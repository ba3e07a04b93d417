"""What a review sheet shows, in Markdown for Airflow's 待操作 page.

Nothing a story says becomes markup on the page: its text is escaped, its pictures are named, not shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rongmei.clock import spoken
from rongmei.config import CHANNEL_NAMES, Plan
from rongmei.ledger import StoryMedia, StoryVersion
from rongmei.stories.checks import GROUPS, Finding, audios, pictures, videos
from rongmei.stories.confirmations import ASKED_IN, CHECKS, WHAT_IT_MEANS, missing
from rongmei.stories.diff import compare
from rongmei.stories.entries import Entry
from rongmei.stories.extras import Extras, written
from rongmei.stories.filings import filing_state
from rongmei.stories.markdown import count_chars, escape, quoted
from rongmei.stories.pages import spoken_length
from rongmei.stories.stages import (
    DECISION_NAMES,
    GRADE_NAMES,
    MAJOR,
    ORDINARY,
    STAGE_NAMES,
    asks_more,
    outlet_name,
    person_name,
    stage_name,
)

MAX_SHOWN: Final = 4_000
_MAX_CHANGES: Final = 2_000
_MAX_OPINIONS: Final = 9
_MAX_OPINION_SHOWN: Final = 500
_MAX_FINDINGS: Final = 20
_MAX_FINDING: Final = 300
_MAX_GRADED: Final = 5


def sheet_page(plan: Plan, stage: str, entries: list[Entry], held_over: int, unchecked: Sequence[str]) -> str:
    """The whole page.

    Args:
        held_over: stories of the stage for a later sheet.
        unchecked: what could not be checked for want of a list.
    """
    name = stage_name(stage)
    if not entries:
        return f"没有等待{name}的稿件。"
    lines = [
        f"在页面最下方“选项”里选出**通过**的稿件；没有选的一律**退回**，须写意见。意见每条一行，以编号开头，例如"
        f"“{entries[0].story.id} 标题不准确”；要**否决**写“{entries[0].story.id} 否决 理由”；"
        "一篇都不通过，选“本次都不选”。决定只对下面指纹所指的这一版有效。",
        "",
        "| 编号 | 级别 | 题目 | 媒体 | 作者 | 版次 | 字数 | 图片数 | 指纹 |",
        "|---:|---|---|---|---|---:|---:|---:|---|",
        *(_row(plan, entry) for entry in entries),
    ]
    if held_over:
        lines += ["", f"另有 {held_over} 篇须由其他人来{name}，列在下一张审稿单上。"]
    if unchecked:
        lines += ["", f"预检没有查这几项，因为缺名单：{escape('；'.join(unchecked))}。"]
    if any(missing(entry.story.grade, entry.confirmed) for entry in entries):
        lines += ["", *_asked(stage)]
    for entry in entries:
        lines += ["", *_section(plan, entry)]
    return "\n".join(lines)


def _asked(stage: str) -> list[str]:
    """What reviewers of stories of a higher grade are asked to do beside."""
    checks = "；".join(f"**{name}**——{WHAT_IT_MEANS[check]}" for check, name in CHECKS.items())
    last = "不勾不能通过。" if stage in ASKED_IN else "哪一审做的都算，终审通过之前必须有人做过。"
    return [f"级别为“敏感”“重大选题”的稿件另须核对两项，核对过的在表单里勾上，记你的名字：{checks}。{last}"]


def waiting_for_filing(entries: Sequence[Entry]) -> list[str]:
    """Lines about the major topics that are not on the sheet yet."""
    if not entries:
        return []
    listed = "；".join(
        f"\\#{one.story.id} {escape(one.version.title)}（备案{escape(filing_state(one.filing))}）" for one in entries
    )
    mend = "获准后登记 `rongmei stories file-topic`，再清除本任务，或等下一轮。"
    return ["", f"重大选题等备案，暂不列入：{listed}。{mend}"]


def _row(plan: Plan, entry: Entry) -> str:
    version = entry.version
    cells = (
        str(entry.story.id),
        GRADE_NAMES[entry.story.grade],
        escape(version.title),
        escape(outlet_name(plan, entry.story.outlet)),
        escape(version.author or "—"),
        str(version.number),
        str(count_chars(version.body)),
        str(len({media.sha256 for media in pictures(version)})),
        f"`{version.content_hash[:8]}`",
    )
    return f"| {' | '.join(cells)} |"


def _section(plan: Plan, entry: Entry) -> list[str]:
    version = entry.version
    column = next((c.name for c in plan.campaign.columns if c.id == version.column), version.column or "—")
    about = [
        f"媒体：{escape(outlet_name(plan, entry.story.outlet))}",
        f"作者：{escape(version.author or '—')}",
        f"栏目：{escape(column)}",
        f"标签：{escape('、'.join(map(str, version.tags)) or '—')}",
        f"人工智能生成：{'是' if version.ai_generated else '否'}",
        f"交稿：{spoken(version.filed_at)}（第 {version.number} 版）",
    ]
    return [
        f"## \\#{entry.story.id} {escape(version.title)}",
        "",
        f"- {'；'.join(about)}",
        *([f"- **这是已发稿件的更正**：{escape(entry.correction)}"] if entry.correction else []),
        *_grade(plan, entry),
        f"- **摘要**：{escape(version.digest or '—')}",
        *_extras(version),
        *findings_shown(entry.findings),
        *_opinions(plan, entry),
        *_pictures(version),
        *_videos(version),
        *_audios(version),
        *_changes(plan, entry),
        "",
        *_text(version),
    ]


def _grade(plan: Plan, entry: Entry) -> list[str]:
    """Its grade and why, and how far what the grade asks for is done."""
    grade = entry.story.grade
    if grade == ORDINARY and not entry.graded:
        return []
    lines = [f"- **级别：{GRADE_NAMES[grade]}**"]
    lines += [f"  - {_shortened(why)}" for why in entry.graded[-_MAX_GRADED:]]
    if asks_more(grade):
        made = {one.check: one for one in entry.confirmed}
        for check, name in CHECKS.items():
            one = made.get(check)
            said = f"{STAGE_NAMES[one.stage]} {escape(person_name(plan, one.by))} 已确认" if one else "**还没有人确认**"
            lines.append(f"  - {name}：{said}")
    if grade == MAJOR:
        lines.append(f"  - 重大选题备案：{'⛔ ' if entry.refused else ''}{escape(filing_state(entry.filing))}")
    return lines


def _changes(plan: Plan, entry: Entry) -> list[str]:
    """What is new since the version before."""
    if entry.previous is None:
        return []
    columns = {column.id: column.name for column in plan.campaign.columns}
    return compare(entry.previous, entry.version, columns=columns).markdown(limit=_MAX_CHANGES)


def findings_shown(findings: Sequence[Finding]) -> list[str]:
    """The findings by group, what blocks first; bounded, with the rest counted."""
    if not findings:
        return ["- **预检**：未发现问题"]
    groups = {"先看": [f"⛔ 不能通过：{_remark(one)}" for one in findings if one.blocks]}
    for group, name in GROUPS.items():
        groups[name] = [_remark(one) for one in findings if one.group == group and not one.blocks]
    lines, room = [f"- **预检** {len(findings)} 处，只供参考，由审稿人判断"], _MAX_FINDINGS
    for name, remarks in groups.items():
        shown = remarks[:room]
        if shown:
            lines += [f"  - **{name}**", *(f"    - {remark}" for remark in shown)]
        room -= len(shown)
    if rest := len(findings) - _MAX_FINDINGS:
        lines += [f"  - 另有 {rest} 处没有列出"] if rest > 0 else []
    return lines


def _remark(finding: Finding) -> str:
    return _shortened(finding.message)


def _shortened(message: str) -> str:
    message = " ".join(message.split())
    return escape(message[:_MAX_FINDING] + ("…" if len(message) > _MAX_FINDING else ""))


def _opinions(plan: Plan, entry: Entry) -> list[str]:
    if not entry.reviews:
        return []
    lines = []
    for row in entry.reviews[-_MAX_OPINIONS:]:
        said = " ".join(row.opinion.split())
        shown = said[:_MAX_OPINION_SHOWN] + ("…" if len(said) > _MAX_OPINION_SHOWN else "")
        who = escape(person_name(plan, row.reviewer))
        what = f"第 {entry.numbers[row.content_hash]} 版 {STAGE_NAMES[row.stage]} {who}"
        lines.append(f"  - {what}：{DECISION_NAMES[row.decision]}{'，' + escape(shown) if shown else ''}")
    return ["- **各审级意见**", *lines]


def _extras(version: StoryVersion) -> list[str]:
    said = Extras.of(version.extras)
    lines = [f"- **{name}**：{escape(text)}" for name, text in (("地点", said.place), ("来源", said.source)) if text]
    if said.titles:
        titles = (f"{escape(CHANNEL_NAMES.get(one, one))}“{escape(title)}”" for one, title in said.titles.items())
        lines.append(f"- **渠道标题**：{'；'.join(titles)}")
    if said.card:
        benefit = f"（权益：{escape(said.card.benefit)}）" if said.card.benefit else ""
        lines.append(f"- **服务卡**：{escape(said.card.title)}{benefit}，链接 {escape(said.card.link)}")
    if said.embargo:
        lines.append(f"- **解禁**：{written(said.embargo)} 之前不发")
    return lines


def _pictures(version: StoryVersion) -> list[str]:
    lines = [f"{'封面 ' if media.role == 'cover' else ''}{_file(media)}" for media in pictures(version)]
    return ["- **图片**", *(f"  - {line}" for line in lines)] if lines else []


def _videos(version: StoryVersion) -> list[str]:
    lines = [_file(media, spoken_length(media.file.seconds)) for media in videos(version)]
    return ["- **视频**", *(f"  - {line}" for line in lines)] if lines else []


def _audios(version: StoryVersion) -> list[str]:
    lines = [_file(media, spoken_length(media.file.seconds)) for media in audios(version)]
    return ["- **音频**", *(f"  - {line}" for line in lines)] if lines else []


def _file(media: StoryMedia, *about: str) -> str:
    file = media.file
    seen = (f"{file.width}×{file.height}",) if media.role != "audio" else ()
    facts = (*about, *seen, f"{file.size_bytes / 1_000_000:.1f} MB")
    said = f"{escape(media.alt or '无说明')}／{escape(media.credit or '无署名')}"
    return f"{escape(media.name)}（{'，'.join(facts)}）：{said}"


def _text(version: StoryVersion) -> list[str]:
    lines = [quoted(version.body[:MAX_SHOWN])]
    if len(version.body) > MAX_SHOWN:
        rest = len(version.body) - MAX_SHOWN
        lines += ["", f"**以上只是前 {MAX_SHOWN} 字，后面还有 {rest} 字，请看全文后再决定。**"]
    return lines
