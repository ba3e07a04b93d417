"""采编送审 on the command line."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from rich.markdown import Markdown

from rongmei import stories
from rongmei.cli.common import By, Key, at, group, heading, out, show
from rongmei.errors import BadInput

story = group("采编送审")


class Stage(StrEnum):
    """The three reviews, as written on the command line."""

    FIRST = "first_review"
    SECOND = "second_review"
    FINAL = "final_review"


@story.command("intake")
def stories_intake(key: Key) -> None:
    """从收稿文件夹收稿。"""
    with at(key) as desk:
        show(stories.intake(desk.ledger, desk.plan, key, settings=desk.settings, now=desk.now()))


@story.command("sheet")
def stories_sheet(key: Key, stage: Stage) -> None:
    """显示一个审次的待审稿件。"""
    with at(key) as desk:
        sheet = stories.review_sheet(desk.ledger, desk.plan, key, stage.value, now=desk.now())
        heading(sheet.subject)
        out.print(Markdown(sheet.body))


@story.command("review")
def stories_review(
    key: Key,
    stage: Stage,
    by: By,
    passed: Annotated[list[int] | None, typer.Option("--pass", help="通过的稿件编号")] = None,
    opinions: Annotated[str, typer.Option(help="不通过的意见：每行“编号 意见”，否决写“编号 否决 理由”")] = "",
) -> None:
    """记录一个审次的决定；没有通过的退回并须有意见。"""
    with at(key) as desk:
        sheet = stories.review_sheet(desk.ledger, desk.plan, key, stage.value, now=desk.now())
        seen = {item.story_id: item.content_hash for item in sheet.items}
        unknown = sorted(set(passed or ()) - set(seen))
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
            )
        )
