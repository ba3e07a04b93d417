"""`rongmei …`: every stage without Airflow, for people and for tests; each command is one stage function."""

from __future__ import annotations

import typer
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from rongmei.cli import handling, house, planning, publishing, records, results, rota, stories
from rongmei.cli.common import err
from rongmei.config import ConfigErrors
from rongmei.errors import RongmeiError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="融媒活动编排：不经 Airflow 逐步运行每个环节。")
for command in (
    handling.hand_over,
    handling.cancel_handoff,
    handling.reschedule,
    handling.stuck,
    handling.chase,
    handling.sweep,
):
    publishing.publication.command()(command)
app.command()(house.check)
app.command()(house.demo)
app.command("history")(records.tell_history)
stories.story.command("record")(records.stories_record)
for name, sub in {
    "db": house.db,
    "editions": house.editions,
    "pitches": planning.pitch,
    "assignments": planning.assignment,
    "stories": stories.story,
    "publish": publishing.publication,
    "metrics": results.metric,
    "appraisal": results.score,
    "report": results.report,
    "boards": house.boards,
    "rota": rota.rota,
}.items():
    app.add_typer(sub, name=name)


def main() -> None:
    """The console script: errors meant for people are one Chinese paragraph, not a traceback."""
    try:
        app()
    except ConfigErrors as problem:
        err.print(str(problem), markup=False, soft_wrap=True)
    except RongmeiError as problem:
        err.print(f"没有成功：{problem}", markup=False, soft_wrap=True)
    except (ArgumentError, OperationalError, ProgrammingError) as problem:
        reason = str(getattr(problem, "orig", None) or type(problem).__name__).partition("\n")[0]
        mend = "先运行 rongmei db upgrade；还不行就核对环境变量 RONGMEI_LEDGER，以及数据库是否开着"
        err.print(f"没有成功：账本用不了（{reason}）。改法：{mend}", markup=False, soft_wrap=True)
    raise SystemExit(1)
