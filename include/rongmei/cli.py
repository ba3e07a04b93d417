"""`rongmei …`: every stage without Airflow, for people and for tests; each command is one stage function."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import fields
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text
from sqlalchemy import select
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from rongmei import appraisal, assignments, metrics, pitches, publishing, reports, stories
from rongmei.accounts import FileCredentials
from rongmei.clock import local_date, spoken, utcnow
from rongmei.config import (
    CHANNEL_NAMES,
    CHANNELS,
    Account,
    ConfigErrors,
    Outlet,
    check_house,
    load_campaign,
    read_options,
)
from rongmei.desk import Desk, desk_of, sandbox_now
from rongmei.errors import BadInput, RongmeiError
from rongmei.ledger import Assignment, Edition, Ledger, Pitch, Publication, StoryVersion, open_edition, upgrade
from rongmei.mail import SmtpTransport, Transport
from rongmei.settings import load_settings, rehearsal_by_default

out = Console(highlight=False)
app = typer.Typer(no_args_is_help=True, add_completion=False, help="融媒活动编排：不经 Airflow 逐步运行每个环节。")


Key = Annotated[str, typer.Argument(help="期次，例如 cunchao/2026-06-06，彩排是 cunchao/2026-06-06/rehearsal")]
By = Annotated[str, typer.Option("--by", help="作决定的人（集群文件里的人员标识）")]


class Stage(StrEnum):
    """The three reviews, as written on the command line."""

    FIRST = "first_review"
    SECOND = "second_review"
    FINAL = "final_review"


class Reply(StrEnum):
    """An outlet's answer."""

    ACCEPT = "accept"
    DECLINE = "decline"


def group(name: str, text: str) -> typer.Typer:
    """A sub-command group."""
    sub = typer.Typer(no_args_is_help=True, help=text)
    app.add_typer(sub, name=name)
    return sub


db = group("db", "账本的表结构")
editions = group("editions", "期次")
pitch = group("pitches", "选题征集")
assignment = group("assignments", "跨媒体派单")
story = group("stories", "采编送审")
publication = group("publishing", "发布分发")
metric = group("metrics", "效果采集")
score = group("appraisal", "考核计分")
report = group("report", "考核报告")
boards = group("boards", "热榜")


# ── the desk of a command ────────────────────────────────────────────────────────────────────────────────────────


def at(key: str) -> Desk:
    """The desk of the edition `key`."""
    return desk_of(load_settings(), key.partition("/")[0], key, accounts=_file_credentials, post=_smtp)


def _file_credentials(outlet: Outlet, account: Account) -> Any:
    path = os.environ.get("RONGMEI_CREDENTIALS")
    if not path:
        raise BadInput("没有账号凭据", mend="把环境变量 RONGMEI_CREDENTIALS 指向凭据文件（JSON）")
    return FileCredentials(Path(path))(outlet, account)


def _smtp() -> Transport:
    url = load_settings().smtp_url
    if url is None:
        raise BadInput("没有邮件服务器", mend="设置环境变量 RONGMEI_SMTP，例如 smtp://127.0.0.1:1025")
    return SmtpTransport.from_url(url)


def show(summary: Any) -> None:
    """Print a stage's summary: counts on one line, lists below it."""
    values = {field.name: getattr(summary, field.name) for field in fields(summary)}
    lists = {name: value for name, value in values.items() if isinstance(value, list | tuple) and value}
    counts = (f"{name}={value}" for name, value in values.items() if name not in lists and value != ())
    out.print("  ".join(counts), markup=False)
    for name, lines in lists.items():
        out.print(f"{name}:")
        for line in lines:
            out.print(f"  · {line}", markup=False)


def heading(text: str) -> None:
    """Print a line in bold; it may come from outside and is no markup."""
    out.print(Text(text, style="bold"))


def each_channel(desk: Desk, only: str | None, work: Callable[[str], Any]) -> None:
    """Do `work` for one channel, or for all of the campaign's."""
    for channel in [only] if only else desk.plan.campaign.publishing.channels:
        heading(CHANNEL_NAMES.get(channel, channel))
        show(work(channel))


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings; what is in them comes from outside and is no markup."""
    made = Table(box=None, pad_edge=False)
    for heading in headings:
        made.add_column(heading, overflow="fold")
    for row in rows:
        made.add_row(*(Text("—" if cell is None else str(cell)) for cell in row))
    out.print(made)


# ── the house ────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command()
def check() -> None:
    """检查全部 YAML；一次列出所有问题，写明文件与行号。"""
    problems = check_house(load_settings().config)
    for problem in problems:
        out.print(str(problem), markup=False, soft_wrap=True)
    if problems:
        out.print(f"[bold red]共 {len(problems)} 处问题[/]")
        raise typer.Exit(1)
    out.print("[green]全部配置有效[/]")


@app.command()
def demo() -> None:
    """不用 Airflow 走完一期村超（沙箱、邮件接收器随之启动和停止）。"""
    done = subprocess.run([sys.executable, "-m", "stack", "demo", "--without-airflow"], check=False)
    raise typer.Exit(done.returncode)


@db.command("upgrade")
def db_upgrade() -> None:
    """把账本升级到当前版本的表结构。"""
    upgrade(load_settings().ledger_url)
    out.print("账本已是最新")


@editions.command("open")
def editions_open(
    campaign: str,
    day: Annotated[datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="期次日期，默认今天")] = None,
    rehearsal: Annotated[bool, typer.Option(help="彩排：只发往沙箱")] = rehearsal_by_default(),
    stories_: Annotated[int, typer.Option("--stories", help="最多采用几条选题")] = 6,
    channel: Annotated[list[str] | None, typer.Option(help=f"发布渠道：{'、'.join(CHANNELS)}；默认全部")] = None,
    note: Annotated[str, typer.Option(help="制片留言")] = "",
) -> None:
    """开出一期；已经开过的不变。"""
    settings = load_settings()
    plan = load_campaign(settings.config, campaign)
    options = read_options({"stories": stories_, "channels": channel or [], "note": note, "rehearsal": rehearsal})
    desk = Desk(settings, plan, "", rehearsal, _file_credentials, _smtp)
    now = desk.now()
    chosen: date = day.date() if day else local_date(now)
    kept = options.model_dump(mode="json", exclude={"edition_date", "rehearsal"})
    with closing(desk.ledger), desk.ledger.begin() as session:
        out.print(open_edition(session, campaign, chosen, rehearsal=rehearsal, options=kept, now=now).key)


@editions.command("list")
def editions_list(campaign: Annotated[str | None, typer.Argument()] = None) -> None:
    """列出期次。"""
    with closing(Ledger(load_settings().ledger_url)) as ledger, ledger.read() as session:
        rows = session.scalars(select(Edition).order_by(Edition.day, Edition.id)).all()
    wanted = [row for row in rows if campaign in (None, row.campaign)]
    table(
        ["期次", "状态", "开出", "结束"], [(r.key, r.state, spoken(r.opened_at), spoken(r.closed_at)) for r in wanted]
    )


# ── the stages ───────────────────────────────────────────────────────────────────────────────────────────────────


@pitch.command("collect")
def pitches_collect(key: Key, source: Annotated[str | None, typer.Option(help="只收这个来源")] = None) -> None:
    """收选题：表格、订阅源、热榜。"""
    desk = at(key)
    for one in desk.plan.campaign.sources:
        if source in (None, one.id):
            heading(one.name)
            show(pitches.collect(desk.ledger, desk.plan, key, one.id, settings=desk.settings, now=desk.now()))


@pitch.command("shortlist")
def pitches_shortlist(key: Key) -> None:
    """打分，定入围名单。"""
    desk = at(key)
    show(pitches.shortlist(desk.ledger, desk.plan, key, now=desk.now()))


@pitch.command("meeting")
def pitches_meeting(key: Key) -> None:
    """显示选题会要看的表。"""
    desk = at(key)
    sheet = pitches.meeting(desk.ledger, desk.plan, key)
    heading(sheet.subject)
    out.print(Markdown(sheet.body))


@pitch.command("decide")
def pitches_decide(
    key: Key, accept: Annotated[list[int], typer.Argument(help="采用的选题编号")], by: By, note: str = ""
) -> None:
    """记录选题会的决定；没有列出的留待下期或落选。"""
    desk = at(key)
    show(pitches.record_decisions(desk.ledger, desk.plan, key, accepted=accept, by=by, note=note, now=desk.now()))


@pitch.command("list")
def pitches_list(key: Key) -> None:
    """列出一期的选题与得分。"""
    desk = at(key)
    with desk.ledger.read() as session:
        rows = session.scalars(
            select(Pitch).join(Edition).where(Edition.key == key).order_by(Pitch.score.desc().nulls_last(), Pitch.id)
        ).all()
    table(
        ["编号", "状态", "得分", "来源", "媒体", "题目"],
        [(r.id, r.state, r.score, r.source, r.outlet, r.title) for r in rows],
    )


@assignment.command("assign")
def assignments_assign(key: Key) -> None:
    """求最优分工并派出。"""
    desk = at(key)
    show(assignments.assign(desk.ledger, desk.plan, key, now=desk.now()))


@assignment.command("notify")
def assignments_notify(key: Key) -> None:
    """把任务用邮件通知各媒体。"""
    desk = at(key)
    show(assignments.notify(desk.ledger, desk.plan, key, transport=desk.transport, clock=desk.now))


@assignment.command("list")
def assignments_list(key: Key) -> None:
    """列出一期的任务。"""
    desk = at(key)
    with desk.ledger.read() as session:
        rows = session.execute(
            select(Assignment, Pitch.title)
            .join(Pitch, Pitch.id == Assignment.pitch_id)
            .join(Edition, Edition.id == Assignment.edition_id)
            .where(Edition.key == key)
            .order_by(Assignment.id)
        ).all()
    table(
        ["编号", "状态", "媒体", "轮次", "答复截止", "题目"],
        [(a.id, a.state, a.outlet, a.round, spoken(a.answer_by), title) for a, title in rows],
    )


@assignment.command("answer")
def assignments_answer(
    assignment_id: Annotated[int, typer.Argument(help="任务编号")],
    reply: Reply,
    reason: Annotated[str, typer.Option(help="拒绝时必填")] = "",
    by: Annotated[str, typer.Option(help="谁答复的")] = "命令行",
) -> None:
    """替媒体答复一项任务。"""
    settings = load_settings()
    with closing(Ledger(settings.ledger_url)) as ledger:
        with ledger.read() as session:
            found = session.get(Assignment, assignment_id)
            edition = session.get(Edition, found.edition_id) if found else None
        rehearsal = edition is not None and edition.rehearsal and settings.sandbox_url is not None
        now = sandbox_now(settings.sandbox_url) if rehearsal and settings.sandbox_url else utcnow()
        show(assignments.answer(ledger, assignment_id, accept=reply is Reply.ACCEPT, by=by, reason=reason, now=now))


@assignment.command("reassign")
def assignments_reassign(key: Key) -> None:
    """把被拒绝和超时的任务改派。"""
    desk = at(key)
    show(assignments.reassign(desk.ledger, desk.plan, key, now=desk.now()))


@story.command("intake")
def stories_intake(key: Key) -> None:
    """从收稿文件夹收稿。"""
    desk = at(key)
    show(stories.intake(desk.ledger, desk.plan, key, settings=desk.settings, now=desk.now()))


@story.command("sheet")
def stories_sheet(key: Key, stage: Stage) -> None:
    """显示一个审次的待审稿件。"""
    desk = at(key)
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
    desk = at(key)
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


@publication.command("plan")
def publishing_plan(key: Key) -> None:
    """为签发的稿件排出发布单。"""
    desk = at(key)
    show(publishing.plan_publications(desk.ledger, desk.plan, key, now=desk.now()))


@publication.command("publish")
def publishing_publish(key: Key, channel: str | None = None) -> None:
    """发布到时的发布单；每单只发一次。"""
    desk = at(key)
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
    desk = at(key)
    each_channel(
        desk,
        channel,
        lambda one: publishing.confirm(desk.ledger, desk.plan, key, one, connect=desk.connect, clock=desk.now),
    )


@publication.command("list")
def publishing_list(key: Key) -> None:
    """列出一期的发布单。"""
    desk = at(key)
    with closing(desk.ledger), desk.ledger.read() as session:
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
    desk = at(key)
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
    desk = at(key)
    state = publishing.settle_by_hand(
        desk.ledger, publication_id, url=url, external_id=external_id, by=by, now=desk.now()
    )
    out.print(f"发布单 #{publication_id}：{state}")


@metric.command("collect")
def metrics_collect(key: Key, channel: str | None = None) -> None:
    """读各平台的数据。"""
    desk = at(key)
    each_channel(
        desk,
        channel,
        lambda one: metrics.collect(desk.ledger, desk.plan, key, one, connect=desk.connect, clock=desk.now),
    )


@score.command("score")
def appraisal_score(key: Key) -> None:
    """给各媒体计分。"""
    desk = at(key)
    show(appraisal.score(desk.ledger, desk.plan, key, now=desk.now()))


@report.command("render")
def report_render(key: Key) -> None:
    """生成报告：HTML、纯文本、图表与表格。"""
    desk = at(key)
    show(reports.build(desk.ledger, desk.plan, key, settings=desk.settings, now=desk.now()))


@report.command("email")
def report_email(key: Key) -> None:
    """把报告发给收件人；每人只发一次。"""
    desk = at(key)
    show(reports.email(desk.ledger, desk.plan, key, transport=desk.transport, clock=desk.now))


@boards.command("import")
def boards_import(
    file: Annotated[Path, typer.Argument(help="热榜存档，CSV 或 CSV.GZ")],
    board: Annotated[str | None, typer.Option(help="只要这个榜：weibo、zhihu、douyin …")] = None,
) -> None:
    """导入热榜存档；再导一次不会重复。"""
    settings = load_settings()
    upgrade(settings.ledger_url)
    with closing(Ledger(settings.ledger_url)) as ledger:
        show(metrics.import_board(ledger, file, board=board))


def main() -> None:
    """The console script: errors meant for people are one Chinese paragraph, not a traceback."""
    try:
        app()
    except ConfigErrors as problem:
        out.print(str(problem), markup=False, soft_wrap=True)
    except RongmeiError as problem:
        out.print(f"没有成功：{problem}", markup=False, soft_wrap=True)
    except (ArgumentError, OperationalError, ProgrammingError) as problem:
        reason = str(getattr(problem, "orig", None) or type(problem).__name__).partition("\n")[0]
        mend = "先运行 rongmei db upgrade；还不行就核对环境变量 RONGMEI_LEDGER，以及数据库是否开着"
        out.print(f"没有成功：账本用不了（{reason}）。改法：{mend}", markup=False, soft_wrap=True)
    raise SystemExit(1)
