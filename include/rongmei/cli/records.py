"""What is kept of the work, on the command line: the life of a thing, and the 审稿单 of a story."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from rongmei import stories
from rongmei.cli.common import file_credentials, heading, out, smtp, table
from rongmei.clock import local, utcnow
from rongmei.config import CHANNEL_NAMES, ConfigErrors, load_campaign
from rongmei.desk import story_desk
from rongmei.errors import BadInput
from rongmei.ledger import Ledger
from rongmei.ledger.history import KIND_NAMES, MOST, REMARK, Happening, Life, history
from rongmei.mail.compose import one_line
from rongmei.settings import Settings, load_settings

MAX_WHY = 160
MAX_NAME = 24
SYSTEM = "系统"


def tell_history(
    key: Annotated[
        str,
        typer.Argument(
            metavar="KEY", help="pitch:12、assignment:12、story:12、publication:12，或期次 cunchao/2026-06-06"
        ),
    ],
    limit: Annotated[int, typer.Option(help="最多列出几条，从最早的起", min=1, max=10_000)] = MOST,
) -> None:
    """说出一条选题、任务、稿件、发布单或一个期次的来龙去脉：何时、谁、做了什么、为什么。"""
    settings = load_settings()
    with closing(Ledger(settings.ledger_url)) as ledger, ledger.read() as session:
        life = history(session, key, most=limit)
    names = _names(settings, life.campaign)
    heading(f"{_title(key, life)}，期次 {life.edition}，时间为北京时间")
    table(
        ["时间", "事物", "谁", "做了什么", "为什么"],
        [
            (
                f"{local(one.at):%Y-%m-%d %H:%M}",
                f"{KIND_NAMES[one.kind]} #{one.id}{_place(one, life, names)}",
                _who(one, names),
                f"{one.what} [{one.content_hash[:8]}]" if one.content_hash and one.what != REMARK else one.what,
                one_line(one.why, MAX_WHY) or "—",
            )
            for one in life.happenings
        ],
    )
    if life.left:
        out.print(
            f"只列出了最早的 {len(life.happenings)} 条，后面还有 {life.left} 条，要看更多就用 --limit", markup=False
        )


def stories_record(
    story: Annotated[int, typer.Argument(metavar="STORY", help="稿件编号")],
    file: Annotated[Path, typer.Option("--out", help="写到这个文件：名字以 .pdf 结尾的是 PDF，其余是 HTML，都是 A4")],
) -> None:
    """导出一篇稿件的审稿单：每一版谁审、何时、什么结论和意见、内容指纹。"""
    as_pdf = file.suffix.lower() == ".pdf"
    with story_desk(load_settings(), story, accounts=file_credentials, post=smtp) as desk:
        asked = (desk.ledger, desk.plan, story)
        if as_pdf:
            made = stories.record_pdf(*asked, now=utcnow())
        else:
            made = stories.record_page(*asked, now=utcnow()).encode()
    try:
        file.write_bytes(made)
    except OSError as problem:
        raise BadInput(f"写不进去（{problem.strerror}）", where=str(file), mend="换一个能写的文件") from None
    out.print(f"稿件 #{story} 的审稿单已写到 {file}", markup=False)


def _names(settings: Settings, campaign: str) -> dict[str, str]:
    """Names by id of people, outlets and the system; only the last where the campaign's files are gone."""
    try:
        cluster = load_campaign(settings.config, campaign).cluster
    except ConfigErrors:
        return {"rongmei": SYSTEM}
    outlets = {outlet.id: outlet.name for outlet in cluster.outlets}
    return {**outlets, **{person.id: person.name for person in cluster.people}, "rongmei": SYSTEM}


def _title(key: str, life: Life) -> str:
    kind, _, number = key.strip().replace("：", ":").partition(":")
    if not number:
        return "期次的来龙去脉"
    name = life.names.get((kind, int(number)), "")
    return one_line(f"{KIND_NAMES[kind]} #{number} {name}", 80)


def _who(one: Happening, names: dict[str, str]) -> str:
    name = one_line(names.get(one.by, one.by), MAX_NAME)
    return f"{name}（代 {_list(one.stands_for, names)}）" if one.stands_for else name


def _list(ids: Iterable[str], names: dict[str, str]) -> str:
    return "、".join(one_line(names.get(one, one), MAX_NAME) for one in ids)


def _place(one: Happening, life: Life, names: dict[str, str]) -> str:
    """Where a publication goes out, to whom a task is given; other things are told apart by their number."""
    name = life.names.get((one.kind, one.id), "")
    if one.kind == "assignment" and name:
        return f"（{names.get(name, name)}）"
    if one.kind == "publication" and name:
        outlet, _, channel = name.partition("/")
        return f"（{names.get(outlet, outlet)} {CHANNEL_NAMES.get(channel, channel)}）"
    return ""
