"""What all commands share: the desk of a command, and how summaries and tables are printed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rongmei.accounts import FileCredentials
from rongmei.config import CHANNEL_NAMES, Account, Outlet
from rongmei.desk import Desk, desk_of
from rongmei.errors import BadInput
from rongmei.mail import SmtpTransport, Transport
from rongmei.settings import load_settings

out = Console(highlight=False)
err = Console(highlight=False, stderr=True)

Key = Annotated[str, typer.Argument(help="期次，例如 cunchao/2026-06-06，彩排是 cunchao/2026-06-06/rehearsal")]
By = Annotated[str, typer.Option("--by", help="作决定的人（集群文件里的人员标识）")]


def group(text: str) -> typer.Typer:
    """A sub-command group."""
    return typer.Typer(no_args_is_help=True, help=text)


@contextmanager
def at(key: str) -> Iterator[Desk]:
    """The desk of the edition `key`; its ledger is closed at the end."""
    desk = desk_of(load_settings(), key.partition("/")[0], key, accounts=file_credentials, post=smtp)
    with closing(desk.ledger):
        yield desk


def file_credentials(outlet: Outlet, account: Account) -> Any:
    """An account's credential from the file that RONGMEI_CREDENTIALS names."""
    path = os.environ.get("RONGMEI_CREDENTIALS")
    if not path:
        raise BadInput("没有账号凭据", mend="把环境变量 RONGMEI_CREDENTIALS 指向凭据文件（JSON）")
    return FileCredentials(Path(path))(outlet, account)


def smtp() -> Transport:
    """The post, by the server that RONGMEI_SMTP names."""
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
