"""All 38 newsrooms in one edition of a real Airflow: 200 pitches, 60 tasks, everything that people do with them.

Offers are accepted, declined and left to lie; stories come late, twice and never, are returned twice, rejected, and
edited after the second review. The edition ends in exactly the state that the script implies.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image
from sqlalchemy import func, select
from tests.e2e import whole_cluster as script

from rongmei.config import load_campaign
from rongmei.ledger import (
    Assignment,
    AssignmentEvent,
    Edition,
    Ledger,
    Pitch,
    Publication,
    Review,
    Story,
    StoryEvent,
    StoryVersion,
    edition_key,
)
from rongmei.settings import load_settings
from stack.demo import driver, stopping, wait_for_dag
from stack.driver import Drive, free_day
from stack.embedded import Stack, airflow_ready, prepare, start_companions
from stack.newsroom import Newsroom
from stack.services import python

READS_FOR = timedelta(seconds=6)
"""A page with sixty stories is not answered in the first seconds; an answer before the executor has reported that the
task parked would be taken for a kill from outside, and that report takes longer on a machine that is busy."""
pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

DECLINED = range(4)
"""Places, in the order of the accepted pitches, of those that somebody does something particular with."""
SILENT = range(4, 6)
NOBODY = 6
"""Declined by everybody who is asked: the desk hands it out."""
MORE_TIME = 7
ROUNDS = 3
RETURNED_TWICE = (10, 11)
EDITED = 12
LATE = 13
NEVER = 14
REJECTED = 15
ANSWER = re.compile(r"https?://[^\s\"<>]*/rongmei/answers/\?token=[A-Za-z0-9._~%-]+")
"""Where the link in an offer mail leads."""


def picture(number: int) -> bytes:
    """A small picture that no other story has."""
    buffer = io.BytesIO()
    Image.new("RGB", (1200, 800), (number * 37 % 256, number * 91 % 256, number * 53 % 256)).save(buffer, "JPEG")
    return buffer.getvalue()


def text(assignment: int, title: str, sentence: str) -> str:
    """A story as it is filed."""
    body = f"{sentence}记者走进现场，和当事人谈了整整一个下午。" * 6
    head = f"assignment: {assignment}\ntitle: {title[:40]}\nauthor: 本报记者\ncover: {assignment}.jpg\n"
    images = f"images:\n  - {{file: {assignment}.jpg, alt: 现场, credit: 本报记者 摄}}\n来源: 本台采写\n"
    return f"---\n{head}{images}---\n\n{body}\n"


@dataclass
class Town:
    """The 38 newsrooms: they answer and file by the script, and let time pass when nothing else is to be done."""

    stack: Stack
    ledger: Ledger
    http: requests.Session = field(default_factory=requests.Session)
    answered: set[int] = field(default_factory=set)
    links: dict[int, str] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)
    clock: Any = None
    key: str = ""

    def __post_init__(self) -> None:
        settings = load_settings()
        self.newsroom = Newsroom(settings, ledger=self.ledger)
        self.clock = self.newsroom._clock
        self.inbox = settings.inbox(rehearsal=True)

    def pitch(self, all_lines: list[script.Line]) -> None:
        """Everybody's workbook lies in the drop folder."""
        folder = self.inbox / "pitches" / script.CAMPAIGN
        folder.mkdir(parents=True)
        for name, content in script.workbooks(all_lines):
            (folder / name).write_bytes(content)

    # ── what everybody does whenever the drive looks ─────────────────────────────────────────────────────────────

    def step(self, stage: str) -> None:
        """Do what is due now.

        Args:
            stage: the human step that waits for an answer, if any.
        """
        places = self.places()
        if not places:
            return
        self.read_mail()
        with self.ledger.read() as session:
            edition = session.scalars(select(Edition).where(Edition.key == self.key)).one().id
            tasks = session.scalars(select(Assignment).where(Assignment.edition_id == edition)).all()
            stories = {one.assignment_id: one for one in session.scalars(select(Story))}
            session.expunge_all()
        for task in tasks:
            if task.state == "offered" and task.id in self.links and task.id not in self.answered:
                self.answer(task, places[task.pitch_id])
        for task in tasks:
            self.file(task, places[task.pitch_id], stories.get(task.id), stage)
        self.let_time_pass(tasks, stories, places)

    def places(self) -> dict[int, int]:
        """Place of every accepted pitch in the script."""
        with self.ledger.read() as session:
            accepted = select(Pitch.id).where(Pitch.state == "accepted").order_by(Pitch.id)
            return {pitch: place for place, pitch in enumerate(session.scalars(accepted))}

    # ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def read_mail(self) -> None:
        """The links in offer mails that have come, by task: what each leads to is read from its page."""
        for path in self.stack.layout.mail.glob("*.eml"):
            if path.name in self.read:
                continue
            self.read.add(path.name)
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            body = mail.get_body(("plain",))
            for link in dict.fromkeys(ANSWER.findall(body.get_content())) if body else ():
                page = self.http.get(link, timeout=30)
                assert page.status_code == 200, (link[:60], page.status_code)
                number = re.search(r"任务 #(\d+)", page.text)
                assert number, page.text[:400]
                self.links.setdefault(int(number[1]), link)

    def answer(self, task: Assignment, place: int) -> None:
        """By the link of the mail, once."""
        if place in SILENT and task.round == 1:
            return
        declines = (place in DECLINED and task.round == 1) or place == NOBODY
        if place == MORE_TIME:
            self.post(task.id, "extend", why="当事人下午才有空", hours="1")
        self.answered.add(task.id)
        if declines:
            self.post(task.id, "decline", reason="人手都在赛场")
        else:
            self.post(task.id, "accept")

    def post(self, task: int, choice: str, **fields: str) -> None:
        """Send the form of the page behind a link."""
        link = self.links[task]
        address, _, token = link.partition("?token=")
        answer = self.http.post(address, data={"token": token, "do": choice, **fields}, timeout=30)
        assert answer.status_code == 200, (choice, answer.status_code, answer.text[-600:])

    # ── stories ──────────────────────────────────────────────────────────────────────────────────────────────────

    def file(self, task: Assignment, place: int, story: Story | None, stage: str) -> None:
        """Drop the story that the task owes, or its next version."""
        if place == NEVER or task.state not in ("accepted", "filed", "done"):
            return
        if story is None:
            if task.state == "accepted" and (place != LATE or self.clock.now() > task.deadline_at):
                self.drop(task, 1)
        elif story.state == "returned":
            self.drop(task, self.versions(story.id) + 1)
        elif place == EDITED and stage == "final_review" and self.versions(story.id) == 1:
            self.drop(task, 2)

    def drop(self, task: Assignment, version: int) -> None:
        folder = self.inbox / "stories" / task.outlet
        file = folder / f"{task.id}-v{version}.md"
        if file.exists() or list(folder.glob(f"processed/*/{file.name}")):
            return
        folder.mkdir(parents=True, exist_ok=True)
        with self.ledger.read() as session:
            title = session.get_one(Pitch, task.pitch_id).title
        if version == 1:
            (folder / f"{task.id}.jpg").write_bytes(picture(task.id))
        passing = file.with_name(f".{file.name}.part")
        passing.write_text(text(task.id, title, f"{title}。第 {version} 稿。"), "utf-8")
        passing.rename(file)

    def versions(self, story: int) -> int:
        with self.ledger.read() as session:
            return session.scalar(select(func.count(StoryVersion.id)).where(StoryVersion.story_id == story)) or 0

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def let_time_pass(self, tasks: list[Assignment], stories: Mapping[int, Story], places: Mapping[int, int]) -> None:
        """To the end of the time to answer, or to file, when only those are open whom the script lets miss it."""
        offered = [task for task in tasks if task.state == "offered"]
        if offered:
            asked = {places[task.pitch_id] for task in tasks if task.state in ("offered", "accepted", "filed", "done")}
            refused = [task for task in tasks if places[task.pitch_id] == NOBODY and task.state == "declined"]
            # What was declined is to be offered again before the others' time runs out.
            if asked | ({NOBODY} if len(refused) == ROUNDS else set()) != set(range(script.ACCEPTED)):
                return
            if all(places[task.pitch_id] in SILENT and task.round == 1 for task in offered):
                self.clock.move(max(task.answer_by for task in offered) + timedelta(minutes=1))
            return
        owed = [task for task in tasks if task.state == "accepted" and task.id not in stories]
        if len({task.pitch_id for task in tasks if task.state in ("accepted", "filed", "done")}) < script.ACCEPTED:
            return
        now = self.clock.now()
        if owed and all(places[task.pitch_id] in (LATE, NEVER) for task in owed):
            over = max(task.deadline_at for task in owed) + timedelta(minutes=1)
            if now < over:
                self.clock.move(over)
                return
        with self.newsroom._each("时间"):
            rehearsals = self.newsroom._rehearsals(self.newsroom._plans())
            if rehearsals:
                self.newsroom._pass_time(rehearsals, now)


@dataclass
class Editors(Drive):
    """The desk and the reviewers, who do what the script says; each question is put to the first of its people."""

    town: Town | None = None
    stage: str = ""

    def answer_all(self, tell: Callable[[str], None]) -> None:
        self.stage = ""
        for question in self._as_producer.questions(self.dag, self.run):
            step = question["task_instance"]["task_id"].split(".")[-1]
            self.stage = step
            if datetime.now(UTC) - datetime.fromisoformat(question["created_at"]) < READS_FOR:
                continue
            person = question["assigned_users"][0]["id"]
            params = {name: param["value"] for name, param in question["params"].items()}
            chosen = self.choose(step, question["options"], params)
            self.users[person].answer(question, chosen, params)
            tell(f"{self.names[person]} {step}：{len(chosen)} 项")

    def choose(self, step: str, options: list[str], params: dict[str, Any]) -> list[str]:
        listed = [option for option in options if option.startswith("#")]
        if step == "pitch_meeting":
            return listed[: script.ACCEPTED]
        if step == "desk_assigns":
            return listed[:1]
        assert self.town is not None
        passed, lines = [], []
        for option in listed:
            story = int(option[1:].split()[0])
            opinion = self.opinion(step, story)
            if opinion:
                lines.append(f"{story} {opinion}")
            else:
                passed.append(option)
        params["opinions"] = "\n".join(lines)
        return passed

    def opinion(self, step: str, story_id: int) -> str:
        """Why a story does not pass here; empty when it does."""
        assert self.town is not None
        with self.town.ledger.read() as session:
            story = session.get_one(Story, story_id)
            pitch = session.get_one(Assignment, story.assignment_id).pitch_id
            returned = Counter(
                session.scalars(select(Review.stage).where(Review.story_id == story_id, Review.decision == "return"))
            )
        place = self.town.places()[pitch]
        if place in RETURNED_TWICE and step == "first_review" and not returned:
            return "比分要核实"
        if place in RETURNED_TWICE and step == "second_review" and returned == {"first_review": 1}:
            return "还缺当事人的话"
        if place == REJECTED and step == "final_review":
            return "否决 不宜刊发"
        return ""


def start(stack: Stack) -> None:
    """The stack without the played newsrooms: they are played here."""
    stack.services.start("airflow", *python("-m", "airflow", "standalone"))
    start_companions(stack, print)
    stack.services.wait("airflow", partial(airflow_ready, stack.layout), 180)


def test_all_outlets_in_one_edition(root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stack = prepare(root)
    config = script.campaign(tmp_path / "config")
    stack.services.env["RONGMEI_CONFIG"] = str(config)
    for name, value in stack.services.env.items():
        if name.startswith("RONGMEI_"):
            monkeypatch.setenv(name, value)
    plan = load_campaign(config, script.CAMPAIGN)
    with stopping(stack), closing(Ledger(stack.services.env["RONGMEI_LEDGER"])) as ledger:
        town = Town(stack, ledger)
        all_lines = script.lines(plan.cluster, tuple(column.name for column in plan.campaign.columns))
        town.pitch(all_lines)
        start(stack)
        drive = editors(stack, town)
        wait_for_dag(drive)
        day = free_day(ledger, script.CAMPAIGN, stack.layout.sandbox_url)
        town.key = edition_key(script.CAMPAIGN, day, rehearsal=True)
        drive.trigger({"edition_date": day.isoformat(), "stories": script.ACCEPTED, "rehearsal": True})
        drive.to_the_end(watch=lambda _: town.step(drive.stage), tell=print, patience=timedelta(minutes=18))
        as_the_script_says(ledger, town)


def editors(stack: Stack, town: Town) -> Editors:
    """A session for everybody."""
    plain = driver(stack, script.CAMPAIGN)
    return Editors(plain.users, plain.names, plain.producer, plain.dag, tries=3, town=town)


def as_the_script_says(ledger: Ledger, town: Town) -> None:
    places = town.places()
    with ledger.read() as session:
        pitches = Counter(session.scalars(select(Pitch.state)))
        assert pitches == {"accepted": 60, "held": 20, "merged": script.TWINS, "declined": 200 - 60 - 20 - script.TWINS}
        tasks = session.scalars(select(Assignment).order_by(Assignment.id)).all()
        ends = {place: Counter(one.state for one in tasks if places[one.pitch_id] == place) for place in range(60)}
        for place in DECLINED:
            assert ends[place] == {"declined": 1, "filed": 1} or ends[place] == {"declined": 1, "done": 1}, ends[place]
        for place in SILENT:
            assert ends[place]["expired"] == 1, ends[place]
        assert ends[NOBODY]["declined"] == ROUNDS, ends[NOBODY]
        assert ends[NEVER] == {"accepted": 1}
        log = session.scalars(select(AssignmentEvent.detail)).all()
        assert any("extended" in str(detail) or "hours" in str(detail) for detail in log)

        stories = {
            places[session.get_one(Assignment, one.assignment_id).pitch_id]: one
            for one in session.scalars(select(Story))
        }
        assert set(stories) == set(range(60)) - {NEVER}
        assert {place: one.state for place, one in stories.items() if one.state != "signed_off"} == {
            REJECTED: "rejected"
        }
        versions = {place: town.versions(one.id) for place, one in stories.items() if town.versions(one.id) > 1}
        assert versions == {**dict.fromkeys(RETURNED_TWICE, 3), EDITED: 2}
        for place, story in stories.items():
            if place == REJECTED:
                continue
            signed = session.execute(
                select(Review.stage, Review.reviewer)
                .where(
                    Review.story_id == story.id, Review.content_hash == story.current_hash, Review.decision == "pass"
                )
                .order_by(Review.id)
            ).all()
            assert [stage for stage, _ in signed] == ["first_review", "second_review", "final_review"], place
            assert len({reviewer for _, reviewer in signed}) == 3, place
        late = session.scalars(select(StoryEvent.detail).where(StoryEvent.thing_id == stories[LATE].id)).all()
        assert any(detail.get("late") for detail in late)

        states = Counter(session.scalars(select(Publication.state)))
        assert set(states) == {"live"}, states
        out = Counter(session.scalars(select(Publication.story_id)))
        assert set(out) == {one.id for place, one in stories.items() if place != REJECTED}
        hashes = select(Publication.story_id, StoryVersion.content_hash).join(
            StoryVersion, StoryVersion.id == Publication.version_id
        )
        current = {one.id: one.current_hash for one in stories.values()}
        assert all(current[story] == content_hash for story, content_hash in session.execute(hashes))
        assert session.scalars(select(Edition.state)).all() == ["closed"]
    posts = requests.get(f"{town.stack.layout.sandbox_url}/_sandbox/published", timeout=10).json()
    assert len([post for post in posts if not post["deleted"]]) == sum(states.values())
