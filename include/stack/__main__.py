"""`python -m stack demo | up | down | newsroom`: the embedded stack from the command line."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rongmei.errors import RongmeiError
from stack.layout import REPO

app = typer.Typer(add_completion=False, no_args_is_help=True, help="一台机器上的整套融媒：Airflow、沙箱、邮件接收器。")
console = Console(highlight=False)
Root = Annotated[Path, typer.Option(help="整套数据放在哪里")]


@app.command()
def demo(root: Root = REPO / ".rongmei" / "demo", without_airflow: bool = False) -> None:
    """走完一期村超，从触发到报告邮件。"""
    if without_airflow:
        from stack.plain import demo as run
    else:
        from stack.demo import demo as run
    run(root, console)


@app.command()
def up(root: Root = REPO / ".rongmei" / "up") -> None:
    """启动并留在后台，打印地址与账号。"""
    from stack.demo import up as run

    run(root, console)


@app.command()
def down(root: Root = REPO / ".rongmei" / "up") -> None:
    """停止 up 启动的整套。"""
    from stack.embedded import down as run

    console.print("已停止" if run(root) else "没有在运行")


@app.command()
def newsroom() -> None:
    """在彩排中代演各媒体：报选题、答复派单、交稿、让沙箱时间前进。"""
    from rongmei.settings import load_settings
    from stack.newsroom import Newsroom

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Newsroom(load_settings()).run(interval_seconds=0.5, stop=stop)


def main() -> None:
    """Run, and say what went wrong in one Chinese paragraph rather than a traceback."""
    try:
        app()
    except RongmeiError as problem:
        console.print(f"没有成功：{problem}", style="bold red", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        console.print("已中断，全部停止")
        sys.exit(130)


if __name__ == "__main__":
    main()
