"""发布分发 on the command line."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import select

from rongmei import publishing
from rongmei.channels import Credential
from rongmei.cli.common import By, Key, at, each_channel, file_credentials, group, out, show, smtp, table
from rongmei.clock import spoken, utcnow
from rongmei.config import Account, Outlet, load_campaign
from rongmei.desk import Desk, story_desk
from rongmei.errors import BadInput
from rongmei.ledger import Amendment, Edition, Ledger, Publication, StoryVersion
from rongmei.publishing.evidence import HOW, KINDS, STATES
from rongmei.settings import load_settings

publication = group("发布分发")

StoryNumber = Annotated[int, typer.Argument(help="稿件编号，见 rongmei stories list 期次", min=1)]
Look = Annotated[bool, typer.Option("--look", help="只看看：列出会动到的账号，不作改动")]


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


@publication.command("feeds")
def publishing_feeds(
    campaign: Annotated[str | None, typer.Option("--campaign", help="只写这个活动的，和为它发过稿的媒体的")] = None,
) -> None:
    """写出订阅源（RSS 和 Atom）：每个媒体、每个活动现在读者看得到的稿件；彩排的写在另一个文件夹。"""
    settings = load_settings()
    load_plan = partial(load_campaign, settings.config)
    with closing(Ledger(settings.ledger_url)) as ledger:
        for rehearsal in (False, True):
            summary = publishing.write_feeds(ledger, load_plan, settings, rehearsal=rehearsal, campaign=campaign)
            if summary.feeds or summary.problems or not rehearsal:
                out.print(str(settings.feeds(rehearsal=rehearsal)), markup=False, soft_wrap=True)
                show(summary)


# ── one story, wherever it stands ────────────────────────────────────────────────────────────────────────────────


def at_story(story_id: int) -> Desk:
    """The desk of the edition that the story belongs to, to be used in a `with`."""
    return story_desk(load_settings(), story_id, accounts=file_credentials, post=smtp)


@publication.command("preview")
def publishing_preview(
    story_id: StoryNumber,
    file: Annotated[Path | None, typer.Option("--out", help="写到哪个文件；默认写在数据文件夹的 previews 里")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="有要改的地方就以 1 退出")] = False,
) -> None:
    """并排预览一篇稿件在各渠道的样子，列出要改的地方；不会发布任何东西。"""
    with at_story(story_id) as desk:

        def connect(outlet: Outlet, account: Account) -> Credential:
            return desk.connect(outlet, account)  # a rehearsal's sandbox may be gone; then the page says so

        made = publishing.preview_story(
            desk.ledger, desk.plan, story_id, media=desk.settings.media, connect=connect, now=utcnow()
        )
        path = file or desk.settings.home / "previews" / f"story-{story_id}.html"
    _write(path, made.html)
    out.print(str(path), markup=False, soft_wrap=True)
    for problem in made.problems:
        out.print(f"· {problem}", markup=False, soft_wrap=True)
    if strict and made.problems:
        raise typer.Exit(1)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise BadInput(
            f"写不进文件（{problem.strerror or type(problem).__name__}）", where=str(path), mend="用 --out 换一个地方"
        ) from None


@publication.command("recall")
def publishing_recall(
    story_id: StoryNumber,
    by: By,
    why: Annotated[str, typer.Option("--why", help="撤稿理由，记入日志和回执")],
    look: Look = False,
) -> None:
    """下达撤稿：没有发出的取消，已发出的逐账号撤下；再下一次不会重复。"""
    _order(story_id, publishing.order_recall, by=by, why=why, look=look)


@publication.command("correct")
def publishing_correct(
    story_id: StoryNumber,
    by: By,
    why: Annotated[str, typer.Option("--why", help="更正理由，读者会看到，写成“比分写错”这样的一句")],
    look: Look = False,
) -> None:
    """下达更正：已发出的改成新签发的版本，不能修改的平台发更正说明，说明里写着理由；再下一次不会重复。"""
    _order(story_id, publishing.order_correction, by=by, why=why, look=look)


def _order(story_id: int, order: Callable[..., publishing.OrderSummary], *, by: str, why: str, look: bool) -> None:
    with at_story(story_id) as desk:
        if look:
            found = publishing.standing_posts(desk.ledger, story_id)
            table(
                ["发布单", "状态", "账号", "版本", "网址"],
                [(one.publication_id, one.state, one.account, one.version, one.url) for one in found],
            )
            return
        show(order(desk.ledger, desk.plan, story_id, by=by, why=why, now=desk.now()))
    out.print(f"已下达。马上处理：rongmei publish amend {story_id}；不然由巡检处理", markup=False, soft_wrap=True)


@publication.command("amend")
def publishing_amend(
    story_id: StoryNumber,
    mail: Annotated[bool, typer.Option("--mail", help="处理之后把回执邮件发给活动的收件人")] = False,
) -> None:
    """现在就处理一篇稿件的撤稿和更正；做完的不会再做。"""
    with at_story(story_id) as desk:
        show(
            publishing.carry_out(
                desk.ledger,
                desk.plan,
                rehearsal=desk.rehearsal,
                connect=desk.connect,
                media=desk.settings.media,
                clock=desk.now,
                story_id=story_id,
            )
        )
        again = publishing.next_amendment(desk.ledger, story_id)
        if again is not None:
            out.print(f"还有没处理完的，{spoken(again)} 以后再试一次", markup=False, soft_wrap=True)
        if mail:
            show(publishing.mail_evidence(desk.ledger, desk.plan, story_id, transport=desk.transport, clock=desk.now))


@publication.command("amendments")
def publishing_amendments(story_id: StoryNumber) -> None:
    """列出一篇稿件的撤稿和更正，做到了哪一步。"""
    with at_story(story_id) as desk:
        found = publishing.amendments_of(desk.ledger, story_id)
    table(
        ["编号", "做什么", "状态", "账号", "怎么做的", "网址", "理由", "情况", "完成"],
        [
            (
                one.id,
                KINDS[one.kind],
                STATES[one.state],
                one.account,
                HOW.get(one.how or "", one.how),
                one.url,
                one.why,
                one.last_error or one.evidence.get("said"),
                spoken(one.done_at),
            )
            for one in found
        ],
    )


@publication.command("amended")
def publishing_amended(
    amendment_id: Annotated[
        int, typer.Argument(help="撤稿或更正的编号，见 rongmei publish amendments 稿件编号", min=1)
    ],
    by: By,
    note: Annotated[str, typer.Option("--note", help="在平台上做了什么、看到什么")],
) -> None:
    """登记人工撤下或人工更正的结果。"""
    with at_story(_story_of(amendment_id)) as desk:
        publishing.done_by_hand(desk.ledger, amendment_id, by=by, note=note, now=desk.now())
    out.print(f"#{amendment_id} 已登记", markup=False)


def _story_of(amendment_id: int) -> int:
    with closing(Ledger(load_settings().ledger_url)) as ledger, ledger.read() as session:
        found = session.scalar(
            select(Publication.story_id)
            .join(Amendment, Amendment.publication_id == Publication.id)
            .where(Amendment.id == amendment_id)
        )
    if found is None:
        raise BadInput(f"没有撤稿或更正 #{amendment_id}", mend="编号见 rongmei publish amendments 稿件编号")
    return found
