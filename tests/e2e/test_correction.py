"""A story that is out is corrected in a real Airflow: filed again, reviewed three times, put before its readers."""

from __future__ import annotations

import hashlib
import json
import shutil
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from rongmei.ledger import Amendment, Edition, Ledger, Publication, Story, StoryVersion
from stack.demo import CAMPAIGN, driver, stopping, wait_for_dag
from stack.driver import Drive, free_day
from stack.embedded import Stack, prepare, start

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

MENDED = "更正后的一句：比分应为二比一。"
WHY = "比分写错"
REAL = {"client_key": "key-of-the-app", "client_secret": "secret-of-the-app"}


def run_edition(stack: Stack, drive: Drive) -> None:
    drive.wanted = 2
    wait_for_dag(drive)
    with closing(Ledger(stack.services.env["RONGMEI_LEDGER"])) as ledger:
        day = free_day(ledger, CAMPAIGN, stack.layout.sandbox_url)
    drive.trigger({"edition_date": day.isoformat(), "stories": 2, "rehearsal": True})
    drive.to_the_end(watch=lambda _: None, tell=print, patience=timedelta(minutes=6))


def file_correction(stack: Stack, ledger: Ledger) -> int:
    """Drop the first story's text again, mended, as its outlet would; the story's id."""
    with ledger.read() as session:
        story = session.scalars(select(Story).where(Story.state == "signed_off").order_by(Story.id)).first()
        assert story is not None
        edition = session.get_one(Edition, story.edition_id).key
        name = session.scalars(select(StoryVersion.source_name).where(StoryVersion.story_id == story.id)).one()
    folder = stack.layout.home / "rehearsal/inbox/stories" / story.outlet
    filed = folder / "processed" / edition.replace("/", "_") / name
    text = filed.read_text()
    assert text.startswith("---\n")
    # Written beside and renamed, as programs drop files; pictures and films of the earlier version are known by name.
    passing = folder / "更正稿.md.part"
    passing.write_text(text.replace("---\n", f"---\n更正: {WHY}\n", 1) + f"\n{MENDED}\n")
    shutil.move(passing, folder / "更正稿.md")
    return story.id


def call_back(stack: Stack, place: str, event: dict[str, Any], secret: str) -> int:
    """Post a platform's event to Airflow's web server, signed as Douyin signs; the status of the answer."""
    body = json.dumps(event).encode()
    signature = hashlib.sha1(secret.encode() + body, usedforsecurity=False).hexdigest()
    return requests.post(
        f"{stack.layout.airflow_url}/rongmei/callbacks/{place}",
        data=body,
        headers={"Content-Type": "application/json", "X-Douyin-Signature": signature},
        timeout=30,
    ).status_code


def callbacks_are_answered(stack: Stack) -> None:
    """Without a login, by the signature alone; who is not set up is told nothing."""
    known = requests.get(f"{stack.layout.sandbox_url}/_sandbox/credentials", timeout=10).json()
    stand_in = known["dongguan-daily/douyin"]["client_secret"]
    event = {"event": "create_video", "client_key": "x", "from_user_id": "u", "content": {"item_id": "unknown"}}
    for place, secret, status in (
        ("rehearsal/dongguan-daily/douyin", stand_in, 200),
        ("rehearsal/dongguan-daily/douyin", REAL["client_secret"], 403),
        ("rehearsal/nobody/douyin", stand_in, 404),
        ("dongguan-daily/douyin", REAL["client_secret"], 200),
        ("dongguan-daily/douyin", stand_in, 403),
        ("dongguan-fabu/douyin", REAL["client_secret"], 404),
    ):
        assert call_back(stack, place, event, secret) == status, (place, status)


def test_what_is_out_is_corrected_after_three_reviews(root: Path) -> None:
    stack = prepare(root)
    with stopping(stack), closing(Ledger(stack.services.env["RONGMEI_LEDGER"])) as ledger:
        connection = {"conn_type": "http", "login": "open-id", "password": "token", "extra": REAL}
        stack.services.env["AIRFLOW_CONN_RONGMEI_DOUYIN_DONGGUAN_DAILY"] = json.dumps(connection)
        start(stack, print)
        drive = driver(stack)
        run_edition(stack, drive)
        callbacks_are_answered(stack)
        story_id = file_correction(stack, ledger)
        with ledger.read() as session:
            out = session.scalars(select(Publication).where(Publication.story_id == story_id)).all()
        again = replace(drive, dag="recall_story", run="")
        wait_for_dag(again)
        again.trigger({"story": story_id, "action": "correct", "why": WHY, "look_only": False})
        again.to_the_end(watch=lambda _: None, tell=print, patience=timedelta(minutes=5))
        with ledger.read() as session:
            story = session.get_one(Story, story_id)
            orders = session.scalars(
                select(Amendment).join(Publication, Publication.id == Amendment.publication_id)
            ).all()
            notes = session.scalars(
                select(Publication).where(
                    Publication.story_id == story_id, Publication.id.not_in([one.id for one in out])
                )
            ).all()
            sites = [one for one in out if one.channel == "wordpress"]
            assert story.state in ("signed_off", "corrected")
            assert {one.publication_id for one in orders} == {one.id for one in out if one.state == "live"}
            assert {one.how for one in orders if one.state == "done"} <= {"edited", "noted"}
            # What lay ready for a person is theirs to see to; everything else is done.
            assert {one.state for one in orders} <= {"done", "by_hand"}
            assert {one.channel for one in notes if one.state == "live"} >= {"wechat", "weibo"}
        for post in sites:
            assert MENDED in requests.get(str(post.url), timeout=10).text
        mails = [path.read_bytes().decode("utf-8", "replace") for path in stack.layout.mail.glob("*.eml")]
        assert len(mails) > 3
