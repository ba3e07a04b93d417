"""发布分发 on the command line."""

from __future__ import annotations

from typing import Annotated

import typer
from sqlalchemy import select

from rongmei import publishing
from rongmei.cli.common import By, Key, at, each_channel, group, out, show, table
from rongmei.ledger import Edition, Publication, StoryVersion

publication = group("发布分发")


@publication.command("plan")
def publishing_plan(key: Key) -> None:
    """为签发的稿件排出发布单。"""
    with at(key) as desk:
        show(publishing.plan_publications(desk.ledger, desk.plan, key, now=desk.now()))


@publication.command("send")
def publishing_send(key: Key, channel: str | None = None) -> None:
    """发布到时的发布单；每单只发一次。"""
    with at(key) as desk:
        each_channel(
            desk,
            channel,
            lambda one: publishing.publish(
                desk.ledger, desk.plan, key, one, connect=desk.connect, settings=desk.settings, clock=desk.now
            ),
        )


@publication.command("confirm")
def publishing_confirm(key: Key, channel: str | None = None) -> None:
    """到平台核实上线。"""
    with at(key) as desk:
        each_channel(
            desk,
            channel,
            lambda one: publishing.confirm(desk.ledger, desk.plan, key, one, connect=desk.connect, clock=desk.now),
        )


@publication.command("list")
def publishing_list(key: Key) -> None:
    """列出一期的发布单。"""
    with at(key) as desk:
        with desk.ledger.read() as session:
            rows = session.execute(
                select(Publication, StoryVersion.title)
                .join(StoryVersion, StoryVersion.id == Publication.version_id)
                .join(Edition, Edition.id == Publication.edition_id)
                .where(Edition.key == key)
                .order_by(Publication.id)
            ).all()
        table(
            ["编号", "状态", "账号", "题目", "网址", "原因"],
            [(row.id, row.state, row.account, title, row.url, row.last_error) for row, title in rows],
        )


@publication.command("settle")
def publishing_settle(key: Key, channel: str | None = None) -> None:
    """只读平台，核实“结果不明”的发布单；不会发布任何东西。"""
    with at(key) as desk:
        each_channel(
            desk,
            channel,
            lambda one: publishing.settle(desk.ledger, desk.plan, key, one, connect=desk.connect, clock=desk.now),
        )


@publication.command("decide")
def publishing_decide(
    key: Key,
    publication_id: Annotated[int, typer.Argument(help="发布单编号")],
    by: By,
    url: Annotated[str | None, typer.Option(help="在平台上看到的网址；没有发出就不写")] = None,
    external_id: Annotated[str | None, typer.Option("--id", help="平台给的编号")] = None,
) -> None:
    """人工认定一张“结果不明”的发布单：写网址为已发出，不写为没有发出。"""
    with at(key) as desk:
        state = publishing.settle_by_hand(
            desk.ledger, publication_id, url=url, external_id=external_id, by=by, now=desk.now()
        )
        out.print(f"发布单 #{publication_id}：{state}")
