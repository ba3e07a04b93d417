"""`make demo` and `make up`: a whole 村超 edition in a real Airflow, or the same stack left running for a producer."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from sqlalchemy import select

from rongmei.ledger import Ledger, Mail, edition_key
from stack.airflow_api import AirflowUser
from stack.driver import GROUPS, Drive, Progress, Watch, free_day
from stack.embedded import Stack, prepare, start
from stack.services import StackError

CAMPAIGN = "cunchao"
STORIES = 6
PATIENCE = timedelta(minutes=8)


def demo(root: Path, console: Console) -> None:
    """Run one edition from trigger to report e-mail, show how far it is, say where things are, stop everything.

    Raises:
        StackError: it did not come through.
    """
    began = time.monotonic()
    stack = prepare(root)
    with stopping(stack):
        start(stack, lambda line: console.print(f"[dim]{line}…[/]"))
        drive = driver(stack)
        ledger = Ledger(stack.services.env["RONGMEI_LEDGER"])
        day = free_day(ledger, CAMPAIGN, stack.layout.sandbox_url)
        wait_for_dag(drive)
        console.print(f"[bold]触发 {CAMPAIGN} 期次 {day}[/]（{drive.names[drive.producer]}，彩排，发往沙箱）")
        console.print("[dim]选题会与三次审稿由四个不同账号通过 Airflow 的公开接口作答，与人在“待操作”页上操作等效。[/]")
        triggered = time.monotonic()
        drive.trigger(
            {"edition_date": day.isoformat(), "stories": STORIES, "rehearsal": True, "note": "彩排：全流程走一遍"}
        )
        with board(console) as watch:
            drive.to_the_end(watch=watch, tell=console.print, patience=PATIENCE)
        took = time.monotonic() - triggered
        report = keep_results(stack, edition_key(CAMPAIGN, day, rehearsal=True))
    console.print(
        f"\n[bold green]完成[/]：从触发到报告送达 {took:.0f} 秒，连同启动共 {time.monotonic() - began:.0f} 秒。"
    )
    for name, place in report.items():
        console.print(f"  {name}  {place}", soft_wrap=True, highlight=False)


def keep_results(stack: Stack, key: str) -> dict[str, str]:
    """Where the report, the received messages and the logs are.

    Raises:
        StackError: the report did not arrive in the mail catcher.
    """
    layout = stack.layout
    folder = layout.home / "reports" / key.replace("/", "_")
    with closing(Ledger(stack.services.env["RONGMEI_LEDGER"])) as ledger, ledger.read() as session:
        wanted = set(session.scalars(select(Mail.message_id).where(Mail.key.startswith(f"report:{key}:"))))
    received = [path for path in sorted(layout.mail.glob("*.eml")) if message_id(path) in wanted]
    if not wanted or len(received) < len(wanted):
        raise StackError(f"{key} 的报告该到 {len(wanted)} 封，邮件接收器收到 {len(received)} 封")
    return {
        "报告": str(folder / "report.html"),
        **{f"邮件 {number}": str(path) for number, path in enumerate(received, 1)},
        "日志": str(layout.logs),
    }


def message_id(path: Path) -> str:
    """The Message-ID of a received message; empty when it has none."""
    with path.open("rb") as file:
        return str(BytesHeaderParser(policy=policy.default).parse(file).get("Message-ID", ""))


def driver(stack: Stack, campaign: str = CAMPAIGN) -> Drive:
    """A drive with a session for everybody."""
    users = {name: AirflowUser(stack.layout.airflow_url, name, password) for name, password in stack.passwords.items()}
    names = {person.id: f"{person.name}（{person.title}）" for person in stack.cluster.people}
    producer = next(person.id for person in stack.cluster.people if person.role == "producer")
    return Drive(users, names, producer, campaign, wanted=STORIES)


def wait_for_dag(drive: Drive, seconds: float = 90) -> None:
    """Until the DAG processor has brought the campaign in.

    Raises:
        StackError: it did not; Airflow's import errors are quoted.
    """
    give_up = time.monotonic() + seconds
    producer = drive.users[drive.producer]
    while time.monotonic() < give_up:
        known = producer.call("GET", "/dags", params={"dag_id_pattern": drive.dag})["dags"]
        if any(dag["dag_id"] == drive.dag for dag in known):
            return
        time.sleep(0.5)
    errors = producer.call("GET", "/importErrors")["import_errors"]
    raise StackError(f"Airflow 没有读到活动 {drive.dag}：" + "\n".join(error["stack_trace"][-800:] for error in errors))


@contextmanager
def stopping(stack: Stack) -> Iterator[None]:
    """Stop every program at the end, also after Ctrl-C and SIGTERM."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        stack.services.stop()
        signal.signal(signal.SIGTERM, before)


@contextmanager
def board(console: Console) -> Iterator[Watch]:
    """A progress display: a live table on a terminal, a line whenever a group moves elsewhere."""
    if not console.is_terminal:
        yield _lines(console)
        return
    with Live(console=console, refresh_per_second=4) as live:
        yield lambda progress: live.update(_table(progress))


def _table(progress: Progress) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("任务组", "进度", "", "现在"):
        table.add_column(heading)
    for group, name in GROUPS.items():
        done, total = progress.done[group], progress.total[group]
        filled = round(20 * done / total) if total else 0
        bar = f"[green]{'━' * filled}[/][dim]{'━' * (20 - filled)}[/]"
        table.add_row(name, bar, f"{done}/{total}", progress.now[group])
    return table


def _lines(console: Console) -> Watch:
    last: dict[str, tuple[int, int]] = {}

    def watch(progress: Progress) -> None:
        for group, name in GROUPS.items():
            state = (progress.done[group], progress.total[group])
            if state[0] and last.get(group) != state:
                console.print(f"  {name} {state[0]}/{state[1]}")
                last[group] = state

    return watch


def up(root: Path, console: Console) -> None:
    """Start the stack, leave it running, print the address and the logins."""
    stack = prepare(root)
    try:
        start(stack, lambda line: console.print(f"[dim]{line}…[/]"))
        wait_for_dag(driver(stack))
        stack.services.keep({})
    except BaseException:
        stack.services.stop()
        raise
    console.print(f"\n[bold green]已启动[/]  Airflow  {stack.layout.airflow_url}")
    console.print(f"        沙箱     {stack.layout.sandbox_url}   邮件  {stack.layout.mail}")
    table = Table(box=None)
    for heading in ("账号", "密码", "姓名", "职务"):
        table.add_column(heading)
    for person in stack.cluster.people:
        table.add_row(person.id, stack.passwords[person.id], person.name, person.title)
    console.print(table)
    console.print("所有触发默认是彩排：只发往沙箱，各媒体的答复与稿件由程序代演。停止：make down")
