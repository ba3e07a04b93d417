"""分级 and 重大选题备案 on the command line."""

from __future__ import annotations

from typing import Annotated

import typer

from rongmei import stories
from rongmei.cli.common import By, file_credentials, out, smtp
from rongmei.desk import story_desk
from rongmei.ledger.tables import FILING_STATES, GRADES
from rongmei.settings import load_settings

Story = Annotated[int, typer.Argument(metavar="STORY", help="稿件编号")]


def stories_grade(
    story: Story,
    grade: Annotated[
        str, typer.Argument(metavar="GRADE", help="、".join(f"{one} {stories.GRADE_NAMES[one]}" for one in GRADES))
    ],
    by: By,
    why: Annotated[str, typer.Option(help="理由，记入稿件的流转记录")],
) -> None:
    """升降一篇稿件的级别：敏感的另须核对事实和信源，重大选题另须备案和签发。"""
    with story_desk(load_settings(), story, accounts=file_credentials, post=smtp) as desk:
        made = stories.set_grade(desk.ledger, desk.plan, story, grade, by=by, why=why, now=desk.now())
    out.print(f"稿件 #{story} {made.said}", markup=False)


def stories_file_topic(
    story: Story,
    state: Annotated[
        str,
        typer.Argument(metavar="STATE", help="、".join(f"{one} {stories.FILING_NAMES[one]}" for one in FILING_STATES)),
    ],
    by: By,
    authority: Annotated[str, typer.Option(help="向谁备案；登记答复时不写，就是申报时的那一家")] = "",
    number: Annotated[str, typer.Option(help="批复文号，获准时必填")] = "",
    note: Annotated[str, typer.Option(help="说明；未获准时写理由")] = "",
) -> None:
    """登记重大选题备案：已申报、已获准、未获准。获准之前不能终审。"""
    with story_desk(load_settings(), story, accounts=file_credentials, post=smtp) as desk:
        made = stories.file_topic(
            desk.ledger,
            desk.plan,
            story,
            state,
            by=by,
            now=desk.now(),
            authority=authority,
            number=number,
            note=note,
        )
    out.print(f"稿件 #{story} 备案{made.said}", markup=False)
