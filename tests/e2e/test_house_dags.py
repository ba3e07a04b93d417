"""What runs beside the campaigns in a real Airflow: figures, boards, briefs, reviews, wrap-ups, and who reads them."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from rongmei.ledger import BoardEntry, Ledger, Mail, Period, Report, Snapshot
from stack.airflow_api import AirflowUser
from stack.demo import CAMPAIGN, driver, message_id, stopping, wait_for_dag
from stack.driver import Drive, free_day
from stack.embedded import Stack, prepare, start

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def run(drive: Drive, dag: str, **conf: Any) -> None:
    """One run of another DAG, to its good end."""
    one = replace(drive, dag=dag, run="")
    wait_for_dag(one)
    one.trigger(conf)
    one.to_the_end(watch=lambda _: None, tell=print, patience=timedelta(minutes=4))


def read(stack: Stack, user: AirflowUser | None, path: str) -> requests.Response:
    """A page of the house, as a browser with that login gets it."""
    cookies = {}
    if user is not None:
        user.login()
        cookies["_token"] = str(user._session.headers["Authorization"]).removeprefix("Bearer ")
    url = f"{stack.layout.airflow_url}/rongmei/{path}"
    return requests.get(url, cookies=cookies, timeout=30, allow_redirects=False)


def sent(ledger: Ledger, prefix: str) -> Counter[str]:
    """Mails of an occasion by state."""
    with ledger.read() as session:
        return Counter(session.scalars(select(Mail.state).where(Mail.key.startswith(prefix, autoescape=True))))


def reports_arrive_once(stack: Stack, ledger: Ledger, drive: Drive, day: date) -> None:
    for dag, kind in (("daily_brief", "daily"), ("weekly_review", "weekly"), ("campaign_wrapup", "wrapup")):
        if kind != "wrapup":  # The season goes on: what is written of it so far is not past.
            run(drive, dag, day=day.isoformat(), rehearsal=True)
            assert not sent(ledger, f"{kind}:"), f"{dag} mailed a past report that nobody asked to mail"
        run(drive, dag, day=day.isoformat(), rehearsal=True, mail_past=True)
        first = sent(ledger, f"{kind}:")
        assert set(first) == {"sent"}, (dag, first)
        run(drive, dag, day=day.isoformat(), rehearsal=True, mail_past=True)
        assert sent(ledger, f"{kind}:") == first, f"{dag} mailed twice"
    with ledger.read() as session:
        kinds = Counter(session.scalars(select(Report.kind)))
        assert {"edition", "daily", "weekly", "wrapup"} <= set(kinds)
        assert session.scalar(select(func.count(Period.id))) == 1
        wanted = set(session.scalars(select(Mail.message_id).where(Mail.state == "sent")))
    received = Counter(message_id(path) for path in stack.layout.mail.glob("*.eml"))
    assert {received[one] for one in wanted} == {1}


def figures_and_boards(ledger: Ledger, drive: Drive) -> None:
    run(drive, "collect_metrics")
    run(drive, "board_watch")
    with ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(Snapshot))
        assert session.scalar(select(func.count(BoardEntry.id)))


def pages_are_for_those_who_may(stack: Stack, drive: Drive) -> None:
    producer, editor = drive.users[drive.producer], drive.users["lin-chu"]
    index = read(stack, producer, "reports/")
    assert index.status_code == 200
    assert "周考核" in index.text or "每周" in index.text
    assert "期次" in read(stack, editor, "scores/").text or read(stack, editor, "scores/").status_code == 200
    for path in ("reports/", "scores/", "scores/1"):
        nobody = read(stack, None, path)
        assert nobody.status_code == 303, path
        assert "/auth/login" in nobody.headers["location"]
    assert read(stack, producer, "reports/..%2f..%2fledger.db").status_code == 404
    for path in ("answers/", "pitches/", "submissions/"):
        stranger = requests.get(f"{stack.layout.airflow_url}/rongmei/{path}?token=forged", timeout=30)
        assert stranger.status_code in (403, 404), path
    logged = (stack.layout.logs / "airflow.log").read_text("utf-8", "replace")
    assert "token=forged" not in logged


def test_the_house_runs_beside_its_campaigns(root: Path) -> None:
    stack = prepare(root)
    with stopping(stack), closing(Ledger(stack.services.env["RONGMEI_LEDGER"])) as ledger:
        start(stack, print)
        drive = driver(stack)
        drive.wanted = 3
        wait_for_dag(drive)
        day = free_day(ledger, CAMPAIGN, stack.layout.sandbox_url)
        drive.trigger({"edition_date": day.isoformat(), "stories": 3, "rehearsal": True})
        drive.to_the_end(watch=lambda _: None, tell=print, patience=timedelta(minutes=6))
        figures_and_boards(ledger, drive)
        reports_arrive_once(stack, ledger, drive, day)
        pages_are_for_those_who_may(stack, drive)
