"""The review sheet of a stage: the stories that wait, in Markdown for Airflow's 待操作 page, and who may decide.

Nothing a story says becomes markup on the page: its text is escaped, its pictures are named, not shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from rongmei.clock import local_date, spoken
from rongmei.config import CHANNEL_NAMES, Plan, load_lists
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Review, Story, StoryEvent, StoryMedia, StoryVersion, get_edition, try_move
from rongmei.stories.checks import GROUPS, Finding, blocking, check, index, pictures, repeats, videos
from rongmei.stories.diff import compare
from rongmei.stories.extras import Extras, written
from rongmei.stories.markdown import count_chars, escape, quoted
from rongmei.stories.stages import (
    DECISION_NAMES,
    FIRST,
    STAGE_NAMES,
    free_people,
    outlet_name,
    person_name,
    stage_name,
    stage_people,
    with_deputies,
)

MAX_SHOWN: Final = 4_000
_MAX_CHANGES: Final = 2_000
_MAX_OPINIONS: Final = 9
_MAX_OPINION_SHOWN: Final = 500
_MAX_LABEL_TITLE: Final = 24
_MAX_FINDINGS: Final = 20
_MAX_FINDING: Final = 300


@dataclass(frozen=True)
class ReviewItem:
    """A story on the sheet; `content_hash` is the version a decision about it is bound to.

    Attributes:
        label: "#3 东城｜题目… [a1b2c3d4]".
        blocked: the checks keep it from passing; it can be returned or rejected only.
    """

    story_id: int
    content_hash: str
    label: str
    blocked: bool


@dataclass(frozen=True)
class ReviewSheet:
    """What a stage's reviewer is shown; without items there is nothing to decide.

    Attributes:
        body: Markdown (GitHub flavour, no HTML).
        reviewers: ids of the people who may decide about every item.
        held_over: stories in this stage that none of these people may review, for a later sheet.
    """

    subject: str
    body: str
    items: tuple[ReviewItem, ...]
    reviewers: tuple[str, ...]
    held_over: int = 0


@dataclass(frozen=True)
class _Entry:
    """A story in the stage, its current version and every decision so far, on whichever version.

    Attributes:
        correction: what the version mends of one that is out; "" for one that corrects nothing.
        previous: the version before.
        findings: what the checks before review remark on.
    """

    story: Story
    version: StoryVersion
    reviews: tuple[Review, ...]
    numbers: dict[str, int]
    correction: str
    previous: StoryVersion | None
    findings: tuple[Finding, ...] = ()

    def reviewers(self, *, but: str) -> set[str]:
        """Who decided on the current version in another stage."""
        own = self.version.content_hash
        return {row.reviewer for row in self.reviews if row.content_hash == own and row.stage != but}


def start_review(ledger: Ledger, key: str, *, now: datetime, only: int | None = None) -> int:
    """Hand every filed story of the edition, or `only` one, to the first review; how many there were.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.begin() as session:
        edition = get_edition(session, key)
        filed = session.scalars(_in_state(edition, "filed", only)).all()
        return sum(try_move(session, story, "filed", FIRST, by="rongmei", why="送初审", now=now) for story in filed)


def review_sheet(
    ledger: Ledger, plan: Plan, key: str, stage: str, *, now: datetime, only: int | None = None
) -> ReviewSheet:
    """The sheet of a stage; making the first review's sheet hands over the stories filed so far.

    Args:
        only: the one story to be on it.

    Raises:
        BadInput: no such edition or stage, or nobody of the stage's people may review any of its stories.
    """
    name = stage_name(stage)
    plan = with_deputies(plan, local_date(now))
    if stage == FIRST:
        start_review(ledger, key, now=now, only=only)
    with ledger.read() as session:
        edition = get_edition(session, key)
        entries = _entries(session, edition, stage, only)
        chosen, reviewers = _who_may_review(plan, stage, entries)
        held_over = len(entries) - len(chosen)
        unchecked, chosen = _checked(session, plan, edition, chosen, now)
        rehearsal = "【彩排】" if edition.rehearsal else ""
        subject = f"{rehearsal}【{name}】{plan.campaign.name} {edition.day:%Y-%m-%d} 待审 {len(chosen)} 篇"
        items = tuple(_item(plan, entry) for entry in chosen)
        return ReviewSheet(subject, _body(plan, stage, chosen, held_over, unchecked), items, reviewers, held_over)


def _in_state(edition: Edition, state: str, only: int | None) -> Select[Story]:
    found = select(Story).where(Story.edition_id == edition.id, Story.state == state).order_by(Story.id)
    return found if only is None else found.where(Story.id == only)


def _entries(session: Session, edition: Edition, stage: str, only: int | None) -> list[_Entry]:
    stories = session.scalars(_in_state(edition, stage, only)).all()
    ids = [story.id for story in stories]
    versions: dict[int, list[StoryVersion]] = {}
    for version in session.scalars(select(StoryVersion).where(StoryVersion.story_id.in_(ids))):
        versions.setdefault(version.story_id, []).append(version)
    reviews: dict[int, list[Review]] = {}
    for row in session.scalars(select(Review).where(Review.story_id.in_(ids)).order_by(Review.id)):
        reviews.setdefault(row.story_id, []).append(row)
    corrections = _corrections(session, ids)
    entries = []
    for story in stories:
        mine = {version.number: version for version in versions[story.id]}
        current = next(version for version in mine.values() if version.content_hash == story.current_hash)
        entries.append(
            _Entry(
                story,
                current,
                tuple(reviews.get(story.id, ())),
                {version.content_hash: number for number, version in mine.items()},
                corrections.get((story.id, story.current_hash), ""),
                mine.get(current.number - 1),
            )
        )
    return entries


def _corrections(session: Session, ids: Sequence[int]) -> dict[tuple[int, str | None], str]:
    """What was said to be mended, by story and content hash."""
    filed = select(StoryEvent).where(StoryEvent.thing_id.in_(ids), StoryEvent.to_state == "filed")
    return {
        (event.thing_id, str(event.detail.get("hash"))): str(event.detail["correction"])
        for event in session.scalars(filed)
        if event.detail.get("correction")
    }


def _checked(
    session: Session, plan: Plan, edition: Edition, entries: list[_Entry], now: datetime
) -> tuple[tuple[str, ...], list[_Entry]]:
    """What could not be checked for want of a list, and the entries with their findings."""
    lists = load_lists(plan.folder)
    indexes, channels = index(lists), plan.campaign.publishing.channels
    again = repeats(session, plan, edition, [entry.version for entry in entries], now=now)
    checked = []
    for entry in entries:
        found = check(entry.version, channels, indexes, day=max(edition.day, local_date(now)))
        repeated = again.get(entry.version.content_hash, ())
        checked.append(replace(entry, findings=(*found, *repeated)))
    return lists.unread, checked


# ── who may review ───────────────────────────────────────────────────────────────────────────────────────────────


def _who_may_review(plan: Plan, stage: str, entries: list[_Entry]) -> tuple[list[_Entry], tuple[str, ...]]:
    """The stories one person can review together — as many as possible — and everyone who can review them all."""
    people = stage_people(plan, stage)
    if not entries:
        return [], people
    covers = {person: _may_review(plan, stage, person, entries) for person in people}
    chosen = max(covers.values(), key=len)
    if not chosen:
        listed = "、".join(f"#{entry.story.id}" for entry in entries[:10])
        what = f"{stage_name(stage)}没有人可以审 {listed}：名单上的人都审过这些稿件的其他审级"
        mend = "在活动文件的 production.reviews 里给这一审级加人；三审须由三个不同的人来审"
        raise BadInput(what, where=plan.campaign.name, mend=mend)
    wanted = {entry.story.id for entry in chosen}
    able = tuple(person for person in people if wanted <= {entry.story.id for entry in covers[person]})
    return chosen, able


def _may_review(plan: Plan, stage: str, person: str, entries: Iterable[_Entry]) -> list[_Entry]:
    """The stories a person may review, with somebody left for the stages after."""
    return [entry for entry in entries if person in free_people(plan, stage, entry.reviewers(but=stage))]


# ── what the page shows ──────────────────────────────────────────────────────────────────────────────────────────


def _item(plan: Plan, entry: _Entry) -> ReviewItem:
    version = entry.version
    title = version.title
    if len(title) > _MAX_LABEL_TITLE:
        title = title[:_MAX_LABEL_TITLE].rstrip() + "…"
    label = f"#{entry.story.id} {outlet_name(plan, entry.story.outlet)}｜{title} [{version.content_hash[:8]}]"
    return ReviewItem(entry.story.id, version.content_hash, label, bool(blocking(version)))


def _body(plan: Plan, stage: str, entries: list[_Entry], held_over: int, unchecked: Sequence[str]) -> str:
    name = stage_name(stage)
    if not entries:
        return f"没有等待{name}的稿件。"
    lines = [
        f"在页面最下方“选项”里选出**通过**的稿件；没有选的一律**退回**，须写意见。意见每条一行，以编号开头，例如"
        f"“{entries[0].story.id} 标题不准确”；要**否决**写“{entries[0].story.id} 否决 理由”；"
        "一篇都不通过，选“本次都不选”。决定只对下面指纹所指的这一版有效。",
        "",
        "| 编号 | 题目 | 媒体 | 作者 | 版次 | 字数 | 图片数 | 指纹 |",
        "|---:|---|---|---|---:|---:|---:|---|",
        *(_row(plan, entry) for entry in entries),
    ]
    if held_over:
        lines += ["", f"另有 {held_over} 篇须由其他人来{name}，列在下一张审稿单上。"]
    if unchecked:
        lines += ["", f"预检没有查这几项，因为缺名单：{escape('；'.join(unchecked))}。"]
    for entry in entries:
        lines += ["", *_section(plan, entry)]
    return "\n".join(lines)


def _row(plan: Plan, entry: _Entry) -> str:
    version = entry.version
    cells = (
        str(entry.story.id),
        escape(version.title),
        escape(outlet_name(plan, entry.story.outlet)),
        escape(version.author or "—"),
        str(version.number),
        str(count_chars(version.body)),
        str(len({media.sha256 for media in pictures(version)})),
        f"`{version.content_hash[:8]}`",
    )
    return f"| {' | '.join(cells)} |"


def _section(plan: Plan, entry: _Entry) -> list[str]:
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
        f"- **摘要**：{escape(version.digest or '—')}",
        *_extras(version),
        *_findings(entry.findings),
        *_opinions(plan, entry),
        *_pictures(version),
        *_videos(version),
        *_changes(plan, entry),
        "",
        *_text(version),
    ]


def _changes(plan: Plan, entry: _Entry) -> list[str]:
    """What is new since the version before."""
    if entry.previous is None:
        return []
    columns = {column.id: column.name for column in plan.campaign.columns}
    return compare(entry.previous, entry.version, columns=columns).markdown(limit=_MAX_CHANGES)


def _findings(findings: Sequence[Finding]) -> list[str]:
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
    message = " ".join(finding.message.split())
    return escape(message[:_MAX_FINDING] + ("…" if len(message) > _MAX_FINDING else ""))


def _opinions(plan: Plan, entry: _Entry) -> list[str]:
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


def _file(media: StoryMedia, *about: str) -> str:
    file = media.file
    facts = (*about, f"{file.width}×{file.height}", f"{file.size_bytes / 1_000_000:.1f} MB")
    said = f"{escape(media.alt or '无说明')}／{escape(media.credit or '无署名')}"
    return f"{escape(media.name)}（{'，'.join(facts)}）：{said}"


def spoken_length(seconds: float | None) -> str:
    """A video's length as a newsroom says it: 3.2 秒, 1 分 05 秒, 1 小时 02 分."""
    if seconds is None:
        return "时长不明"
    if seconds < 60:
        return f"{seconds:.3g} 秒"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} 分 {rest:02} 秒" if minutes < 60 else f"{minutes // 60} 小时 {minutes % 60:02} 分"


def _text(version: StoryVersion) -> list[str]:
    lines = [quoted(version.body[:MAX_SHOWN])]
    if len(version.body) > MAX_SHOWN:
        rest = len(version.body) - MAX_SHOWN
        lines += ["", f"**以上只是前 {MAX_SHOWN} 字，后面还有 {rest} 字，请看全文后再决定。**"]
    return lines
