"""`rongmei …`: every stage without Airflow, for people and for tests; each command is one stage function."""

from __future__ import annotations

import typer
from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

from rongmei.cli import (
    anomalies,
    appraisal,
    boards,
    grades,
    handling,
    house,
    numbers,
    pitching,
    planning,
    publishing,
    records,
    reports,
    results,
    rota,
    stories,
    submissions,
    tokens,
)
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
stories.story.command("grade")(grades.stories_grade)
stories.story.command("token")(tokens.stories_token)
stories.story.command("mail")(tokens.stories_mail)
for name in ("file-topic", "备案"):
    stories.story.command(name, hidden=name == "备案")(grades.stories_file_topic)
results.metric.command("collect")(numbers.metrics_collect)
results.metric.command("show")(numbers.metrics_show)
results.metric.command("rebuild")(numbers.metrics_rebuild)
results.metric.add_typer(anomalies.anomaly, name="anomalies")
planning.pitch.command("link")(submissions.pitches_link)
planning.pitch.command("public-link")(submissions.pitches_public_link)
for name, sub in {
    "db": house.db,
    "editions": house.editions,
    "pitches": pitching.commands,
    "assignments": planning.assignment,
    "stories": stories.story,
    "submissions": submissions.submission,
    "publish": publishing.publication,
    "metrics": results.metric,
    "appraisal": appraisal.score,
    "report": results.report,
    "reports": reports.report,
    "boards": boards.boards,
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
