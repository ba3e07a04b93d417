"""采编送审 on the command line."""

from __future__ import annotations

from contextlib import closing
from enum import StrEnum
from typing import Annotated

import typer
from rich.markdown import Markdown
from sqlalchemy import func, select

from rongmei import stories
from rongmei.cli.common import By, Key, at, group, heading, out, show, table
from rongmei.clock import spoken
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Story, StoryEvent, StoryVersion, get_edition
from rongmei.ledger.tables import GRADES
from rongmei.settings import load_settings

story = group("采编送审")


STATES = stories.STATE_NAMES
"""What a story's state is called."""


class Stage(StrEnum):
    """The reviews, as written on the command line."""

    FIRST = "first_review"
    SECOND = "second_review"
    FINAL = "final_review"
    COUNTERSIGN = "countersign"


@story.command("intake")
def stories_intake(key: Key) -> None:
    """从收稿文件夹收稿。"""
    with at(key) as desk:
        show(stories.intake(desk.ledger, desk.plan, key, settings=desk.settings, now=desk.now()))


@story.command("list")
def stories_list(
    key: Annotated[str | None, typer.Argument(metavar="[期次]", help="只看这一期，例如 cunchao/2026-06-06")] = None,
    campaign: Annotated[str | None, typer.Option(help="只看这个活动")] = None,
    edition: Annotated[str | None, typer.Option(help="只看这一期，同写在前面一样")] = None,
    state: Annotated[
        str | None, typer.Option(help="只看这个状态：" + "、".join(f"{name} {word}" for name, word in STATES.items()))
    ] = None,
    limit: Annotated[int, typer.Option(help="最多列出几篇", min=1, max=10_000)] = 100,
) -> None:
    """列出稿件，最近有变动的在前。"""
    wanted = _wanted(key, edition)
    if state is not None and state not in STATES:
        raise BadInput(f"没有稿件状态“{state[:40]}”", where="--state", mend=f"可用的有：{'、'.join(STATES)}")
    changes = select(StoryEvent.thing_id, func.max(StoryEvent.at).label("at")).group_by(StoryEvent.thing_id).subquery()
    changed_at = func.coalesce(changes.c.at, Story.filed_at, type_=Story.filed_at.type)
    found = (
        select(Story, Edition.key, StoryVersion.title, StoryVersion.number, changed_at)
        .join(Edition, Edition.id == Story.edition_id)
        .outerjoin(
            StoryVersion, (StoryVersion.story_id == Story.id) & (StoryVersion.content_hash == Story.current_hash)
        )
        .outerjoin(changes, changes.c.thing_id == Story.id)
        .order_by(changed_at.desc(), Story.id.desc())
    )
    for value, column in ((campaign, Edition.campaign), (wanted, Edition.key), (state, Story.state)):
        found = found.where(column == value) if value is not None else found
    with closing(Ledger(load_settings().ledger_url)) as ledger, ledger.read() as session:
        if wanted is not None:
            get_edition(session, wanted)
        rows = session.execute(found.limit(limit + 1)).all()
    table(
        ["编号", "期次", "题目", "媒体", "状态", "版本", "变动"],
        [
            (
                one.id,
                of,
                title,
                one.outlet,
                f"{one.state} {STATES.get(one.state, '')}{_grade(one.grade)}",
                number,
                spoken(at_),
            )
            for one, of, title, number, at_ in rows[:limit]
        ],
    )
    if len(rows) > limit:
        out.print(f"只列出了最近有变动的 {limit} 篇，要看更多就用 --limit", markup=False)


def _grade(grade: str) -> str:
    """（重大选题）, nothing for an ordinary story."""
    return "" if grade == GRADES[0] else f"（{stories.GRADE_NAMES[grade]}）"


def _wanted(key: str | None, edition: str | None) -> str | None:
    """The edition that was asked for, in whichever of the two ways."""
    if key is not None and edition is not None and key != edition:
        raise BadInput("写了两个不同的期次", where=f"{key} 和 {edition}", mend="只写一个")
    return key if key is not None else edition


@story.command("sheet")
def stories_sheet(key: Key, stage: Stage) -> None:
    """显示一个审次的待审稿件。"""
    with at(key) as desk:
        sheet = stories.review_sheet(desk.ledger, desk.plan, key, stage.value, now=desk.now())
        heading(sheet.subject)
        out.print(Markdown(sheet.body))


@story.command("diff")
def stories_diff(
    story_id: Annotated[int, typer.Argument(metavar="稿件", help="稿件编号")],
    old: Annotated[int | None, typer.Option("--from", help="从第几版，不写就是后一版的前一版")] = None,
    new: Annotated[int | None, typer.Option("--to", help="到第几版，不写就是当前版")] = None,
) -> None:
    """比较一篇稿件的两版：[-删去的-] {+新增的+}。"""
    with closing(Ledger(load_settings().ledger_url)) as ledger:
        out.print(stories.story_diff(ledger, story_id, old=old, new=new).text(), markup=False)


@story.command("review")
def stories_review(
    key: Key,
    stage: Stage,
    by: By,
    passed: Annotated[list[int] | None, typer.Option("--pass", help="通过的稿件编号")] = None,
    opinions: Annotated[str, typer.Option(help="不通过的意见：每行“编号 意见”，否决写“编号 否决 理由”")] = "",
    facts: Annotated[list[int] | None, typer.Option(help="做过事实核查的稿件编号；敏感、重大的终审前须有")] = None,
    sources: Annotated[list[int] | None, typer.Option(help="做过信源核对的稿件编号；敏感、重大的终审前须有")] = None,
) -> None:
    """记录一个审次的决定；没有通过的退回并须有意见。"""
    with at(key) as desk:
        sheet = stories.review_sheet(desk.ledger, desk.plan, key, stage.value, now=desk.now())
        seen = {item.story_id: item.content_hash for item in sheet.items}
        ticked = {"facts": facts or (), "sources": sources or ()}
        unknown = sorted({*(passed or ()), *ticked["facts"], *ticked["sources"]} - set(seen))
        if unknown:
            raise BadInput(
                f"稿件 {unknown} 不在{stage.value}的名单上", mend=f"先看 rongmei stories sheet {key} {stage.value}"
            )
        written, rejected = stories.parse_opinions(opinions, known=seen)
        show(
            stories.record_reviews(
                desk.ledger,
                desk.plan,
                key,
                stage.value,
                by=by,
                passed={one: seen[one] for one in passed or ()},
                opinions=written,
                rejected=rejected,
                now=desk.now(),
                seen=seen,
                confirmed={one: [check for check, ids in ticked.items() if one in ids] for one in seen},
            )
        )
