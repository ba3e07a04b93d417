"""One edition through everything that can go wrong: lost answers, a platform and a mail server that die, a clear.

Whatever happens, every post is out exactly once and every reader has one report.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from rongmei.config import load_campaign
from rongmei.ledger import Ledger, Mail, Publication, Story, edition_key
from rongmei.settings import PACKAGE_CONFIG
from stack.demo import CAMPAIGN, driver, message_id, stopping, wait_for_dag
from stack.driver import Drive, Progress, free_day
from stack.embedded import Stack, mail_command, prepare, sandbox_command, start
from stack.services import answers, said

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

READERS = load_campaign(PACKAGE_CONFIG, CAMPAIGN).campaign.reporting.recipients
FAULTS = [
    {"platform": "wechat", "path": "/cgi-bin/freepublish/submit", "kind": "drop_after", "times": 3},
    {"platform": "wechat", "path": "/cgi-bin/draft/add", "kind": "drop_after", "times": 1},
    {"platform": "wechat", "path": "/cgi-bin/freepublish/get", "kind": "expired_token", "times": 2},
    {"platform": "weibo", "path": "/2/statuses/share.json", "kind": "drop_after", "times": 2},
    {"platform": "weibo", "path": "/2/statuses/share.json", "kind": "refuse", "times": 2, "after": 4},
    {"platform": "wordpress", "path": "/wp-json/wp/v2/posts", "kind": "server_error_after", "times": 2},
]


def once(condition: Callable[[Progress], bool], action: Callable[[], None]) -> Callable[[Progress], None]:
    """A watcher that acts the first time `condition` holds."""
    done: list[bool] = []

    def watch(progress: Progress) -> None:
        if not done and condition(progress):
            done.append(True)
            action()

    return watch


def published(stack: Stack) -> list[dict[str, Any]]:
    answer = requests.get(f"{stack.layout.sandbox_url}/_sandbox/published", timeout=10)
    return [post for post in answer.json() if not post["deleted"]]


def restart_sandbox(stack: Stack) -> None:
    """Kill the platforms while posts go out, and bring them back with what they had."""
    stack.services.kill("sandbox")
    time.sleep(2)
    stack.services.start("sandbox", *sandbox_command(stack.layout))
    stack.services.wait("sandbox", lambda: answers(f"{stack.layout.sandbox_url}/_sandbox/health"), 60)


def bring_mail_back(stack: Stack) -> None:
    stack.services.start("mail", *mail_command(stack.layout))
    stack.services.wait("mail", lambda: said(stack.layout.logs / "mail.log", "smtp://"), 30)


def sent_once(stack: Stack, key: str) -> None:
    """Every publication is live, and the platforms hold exactly those posts; 视频号 is left to a person."""
    posts = published(stack)
    twice = [what for what, n in Counter((p["platform"], p["account"], p["sha256"]) for p in posts).items() if n > 1]
    assert twice == []
    with closing(Ledger(stack.services.env["RONGMEI_LEDGER"])) as ledger, ledger.read() as session:
        states = dict(session.execute(select(Publication.state, func.count()).group_by(Publication.state)).all())
        mails = session.execute(select(Mail.message_id, Mail.state).where(Mail.key.startswith(f"report:{key}:"))).all()
        stories = session.scalar(select(func.count()).select_from(Story).where(Story.state == "signed_off"))
    assert states == {"live": len(posts), "awaiting_operator": stories}
    assert [state for _, state in mails] == ["sent"] * len(READERS)
    received = Counter(message_id(path) for path in stack.layout.mail.glob("*.eml"))
    assert [received[sent] for sent, _ in mails] == [1] * len(READERS)


def run_through(stack: Stack, drive: Drive) -> None:
    """From trigger to report, with the lights going out twice."""
    mail_gone: list[float] = []

    def lose_mail() -> None:
        stack.services.kill("mail")
        mail_gone.append(time.monotonic())

    lose_sandbox = once(
        lambda p: p.done["publishing"] >= 1 and len(published(stack)) >= 3, lambda: restart_sandbox(stack)
    )
    lose_the_mail = once(lambda p: p.done["publishing"] == p.total["publishing"], lose_mail)

    def watch(progress: Progress) -> None:
        lose_sandbox(progress)
        lose_the_mail(progress)
        retrying = progress.now["reporting"] == "发送报告" and "mail" not in stack.services.running
        if mail_gone and retrying and time.monotonic() - mail_gone[0] > 30:
            bring_mail_back(stack)

    drive.to_the_end(watch=watch, tell=print, patience=timedelta(minutes=15))
    assert mail_gone
    assert "mail" in stack.services.running, "the report went out while there was no mail server"


def test_an_edition_survives_the_storm_and_a_clear(root: Path) -> None:
    stack = prepare(root)
    with stopping(stack):
        start(stack, print)
        drive = driver(stack)
        drive.tries, drive.wanted = 8, 4
        with closing(Ledger(stack.services.env["RONGMEI_LEDGER"])) as ledger:
            day = free_day(ledger, CAMPAIGN, stack.layout.sandbox_url)
        key = edition_key(CAMPAIGN, day, rehearsal=True)
        wait_for_dag(drive)
        for fault in FAULTS:
            requests.post(f"{stack.layout.sandbox_url}/_sandbox/faults", json=fault, timeout=10).raise_for_status()
        drive.trigger({"edition_date": day.isoformat(), "stories": 4, "rehearsal": True})
        run_through(stack, drive)
        sent_once(stack, key)
        before = len(published(stack))

        drive.users[drive.producer].clear(CAMPAIGN, drive.run, ["assignment.assign"])
        drive.to_the_end(watch=lambda _: None, tell=print, patience=timedelta(minutes=10))
        sent_once(stack, key)
        assert len(published(stack)) == before
