"""The house as a whole: check the configuration, the ledger's tables, editions, and the demo."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from datetime import date, datetime
from typing import Annotated

import typer
from sqlalchemy import select

from rongmei.cli.common import file_credentials, group, out, smtp, table
from rongmei.clock import local_date, spoken
from rongmei.config import CHANNELS, SCENARIOS, check_house, load_campaign, read_options
from rongmei.desk import Desk
from rongmei.ledger import Edition, Ledger, open_edition, upgrade
from rongmei.settings import load_settings, rehearsal_by_default

db = group("账本的表结构")
editions = group("期次")


def check() -> None:
    """检查全部 YAML；一次列出所有问题，写明文件与行号。"""
    problems = check_house(load_settings().config)
    for problem in problems:
        out.print(str(problem), markup=False, soft_wrap=True)
    if problems:
        out.print(f"[bold red]共 {len(problems)} 处问题[/]")
        raise typer.Exit(1)
    out.print("[green]全部配置有效[/]")


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
    scenario: Annotated[str, typer.Option(help="彩排场景：" + "、".join(SCENARIOS))] = "calm",
) -> None:
    """开出一期；已经开过的不变。"""
    settings = load_settings()
    plan = load_campaign(settings.config, campaign)
    options = read_options(
        {"stories": stories_, "channels": channel or [], "note": note, "rehearsal": rehearsal, "scenario": scenario}
    )
    desk = Desk(settings, plan, "", rehearsal, file_credentials, smtp)
    desk.play(options.scenario)
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
