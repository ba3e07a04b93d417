"""The played newsrooms: they stock, answer, file and pass time, each once, and never for a real edition."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

from rongmei import assignments, metrics, pitches, stories
from rongmei.access import Links, Sealer
from rongmei.config import Plan, load_campaign
from rongmei.errors import TryLater
from rongmei.ledger import (
    Assignment,
    AssignmentEvent,
    Edition,
    Ledger,
    Pitch,
    Publication,
    Snapshot,
    Story,
    StoryVersion,
    move,
    open_edition,
)
from rongmei.ledger.tables import Base
from rongmei.settings import Settings
from stack import material, pictures, replies
from stack import newsroom as played
from stack.newsroom import Newsroom, SandboxClock

CONFIG = Path(material.__file__).parents[1]
SMALL_PICTURE = pictures.draw("hills", "1", (120, 68))
NOON = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
DAY = date(2026, 6, 6)


@dataclass
class FakeClock:
    """The sandbox's clock without a sandbox."""

    at: datetime = NOON
    moves: list[datetime] = field(default_factory=list)
    broken: bool = False

    def now(self) -> datetime:
        if self.broken:
            raise TryLater("沙箱没有应答")
        return self.at

    def move(self, to: datetime) -> None:
        self.moves.append(to)
        self.at = max(self.at, to)


class Post:
    """A mail server that takes everything."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, message: EmailMessage, recipient: str) -> None:
        self.sent.append(recipient)


@dataclass
class House:
    """A house with its played newsrooms."""

    settings: Settings
    ledger: Ledger
    plan: Plan
    clock: FakeClock
    room: Newsroom
    key: str = ""

    def open(self, day: date = DAY, *, rehearsal: bool = True, campaign: str = "cunchao") -> str:
        with self.ledger.begin() as session:
            edition = open_edition(session, campaign, day, rehearsal=rehearsal, options={}, now=self.clock.at)
        self.key = edition.key
        return edition.key

    def drop(self, *parts: str) -> Path:
        return self.settings.inbox(rehearsal=True).joinpath(*parts)

    def names(self, *parts: str) -> list[str]:
        folder = self.drop(*parts)
        return sorted(path.name for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []

    def collect(self, key: str) -> pitches.CollectSummary:
        return pitches.collect(self.ledger, self.plan, key, "workbooks", settings=self.settings, now=self.clock.at)

    def accept_pitches(self, key: str, count: int = 3) -> None:
        pitches.shortlist(self.ledger, self.plan, key, now=self.clock.at)
        chosen = [option.pitch_id for option in pitches.meeting(self.ledger, self.plan, key).options[:count]]
        pitches.record_decisions(self.ledger, self.plan, key, accepted=chosen, by="chen-ce", now=self.clock.at)

    def offer(self, key: str, *, mail: bool = True) -> None:
        assignments.assign(self.ledger, self.plan, key, now=self.clock.at)
        if mail:
            self.mail(key)

    def mail(self, key: str) -> None:
        assignments.notify(self.ledger, self.plan, key, transport=Post(), clock=self.clock.now)

    def to_accepted(self, count: int = 3) -> str:
        """An edition whose assignments are all accepted."""
        key = self.open()
        self.room.step()
        self.collect(key)
        self.accept_pitches(key, count)
        self.offer(key)
        self.room.step()
        assignments.reassign(self.ledger, self.plan, key, now=self.clock.at)
        self.mail(key)
        self.room.step()
        return key

    def take_in(self, key: str) -> stories.IntakeSummary:
        return stories.intake(self.ledger, self.plan, key, settings=self.settings, now=self.clock.at)

    def assignments(self, key: str) -> list[Assignment]:
        with self.ledger.read() as session:
            rows = session.scalars(
                select(Assignment).join(Edition).where(Edition.key == key).order_by(Assignment.id)
            ).all()
            session.expunge_all()
        return list(rows)

    def publications(self, *states: tuple[str, datetime]) -> list[int]:
        """Publications of a story of the edition; the moment is the slot, or when it went live."""
        made = []
        with self.ledger.begin() as session:
            edition = session.scalars(select(Edition).where(Edition.key == self.key)).one()
            story, version = _story(session, edition)
            for n, (state, moment) in enumerate(states):
                out = state in {"live", "accepted"}
                row = Publication(
                    edition_id=edition.id,
                    story_id=story.id,
                    version_id=version.id,
                    outlet="humen",
                    channel="weibo",
                    account=f"humen-{n}/weibo",
                    state=state,
                    fingerprint=str(n),
                    scheduled_at=moment,
                    external_id=f"x{n}" if out else None,
                    accepted_at=moment if out else None,
                    live_at=moment if state == "live" else None,
                    claim="c" if state == "sending" else None,
                    claimed_at=moment if state == "sending" else None,
                )
                session.add(row)
                session.flush()
                made.append(row.id)
        return made


def _story(session, edition: Edition) -> tuple[Story, StoryVersion]:  # type: ignore[no-untyped-def]
    pitch = Pitch(
        edition_id=edition.id, source="desk", ref=f"r{edition.id}", title="题", state="accepted", submitted_at=NOON
    )
    session.add(pitch)
    session.flush()
    task = Assignment(
        edition_id=edition.id,
        pitch_id=pitch.id,
        outlet="humen",
        state="done",
        answer_by=NOON,
        deadline_at=NOON,
        offered_at=NOON,
    )
    session.add(task)
    session.flush()
    story = Story(edition_id=edition.id, assignment_id=task.id, outlet="humen", state="signed_off", filed_at=NOON)
    session.add(story)
    session.flush()
    version = StoryVersion(
        story_id=story.id,
        number=1,
        content_hash="h",
        title="题",
        author="",
        digest="",
        body="文",
        tags=[],
        source_name="",
        filed_at=NOON,
    )
    session.add(version)
    session.flush()
    story.current_hash = "h"
    return story, version


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    settings = Settings(
        home=tmp_path,
        ledger_url=f"sqlite:///{tmp_path / 'ledger.db'}",
        config=CONFIG,
        sandbox_url=None,
        sources_base=None,
        smtp_url=None,
    )
    # Drawing is tested elsewhere; here any picture will do.
    monkeypatch.setattr(pictures, "draw", lambda *_: SMALL_PICTURE)
    ledger = Ledger(settings.ledger_url)
    Base.metadata.create_all(ledger.engine)
    clock = FakeClock()
    room = Newsroom(settings, ledger=ledger, clock=clock)
    yield House(settings, ledger, load_campaign(CONFIG, "cunchao"), clock, room)
    ledger.close()


# ── pitches ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_empty_drop_folders_are_stocked_once(house: House) -> None:
    lines = house.room.step()
    assert len([line for line in lines if "报题工作簿" in line]) == 3
    names = house.names("pitches", "cunchao")
    assert len(names) == 5
    assert not [name for name in names if "part" in name]
    assert house.room.step() == []


def test_what_somebody_put_there_is_enough(house: House) -> None:
    folder = house.drop("pitches", "cunchao")
    folder.mkdir(parents=True)
    (folder / "我们自己的.xlsx").write_bytes(b"x")
    house.room.step()
    assert house.names("pitches", "cunchao") == ["我们自己的.xlsx"]


def test_a_stocking_that_was_killed_is_finished(house: House) -> None:
    house.room.step()
    first, second, *_ = sorted(house.drop("pitches", "cunchao").iterdir())
    first.unlink()
    second.rename(second.with_name(f".{second.name}.part"))
    house.room.step()
    names = house.names("pitches", "cunchao")
    assert {first.name, second.name} <= set(names)
    assert len(names) == 5


def test_the_house_reads_the_stock_and_the_next_round_differs(house: House) -> None:
    key = house.open()
    house.room.step()
    summary = house.collect(key)
    assert summary.new >= 40
    assert summary.merged >= 1
    assert summary.rejected == 1
    [problem] = summary.problems
    assert "东莞湾区周报" in problem
    house.room.step()
    assert all("第2轮" in name for name in house.names("pitches", "cunchao"))
    second = house.open(DAY + timedelta(days=1))
    assert house.collect(second).new >= 40
    with house.ledger.read() as session:
        titles = session.scalars(select(Pitch.title).where(Pitch.source == "workbooks")).all()
    assert len(titles) == len(set(titles))


def test_a_broken_campaign_does_not_stop_the_others(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = tmp_path / "config"
    for folder in ("campaigns", "clusters", "appraisal"):
        shutil.copytree(CONFIG / folder, config / folder)
    (config / "campaigns" / "cunchao.yaml").write_text("id: [", encoding="utf-8")
    settings = Settings(house.settings.home, house.settings.ledger_url, config, None, None, None)
    room = Newsroom(settings, ledger=house.ledger, clock=house.clock)
    with caplog.at_level(logging.WARNING):
        room.step()
        room.step()
    assert house.names("pitches", "dongguan_haomai")
    assert len([record for record in caplog.records if "cunchao" in record.getMessage()]) == 1


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_offers_are_answered_and_the_first_is_declined(house: House) -> None:
    key = house.open()
    house.room.step()
    house.collect(key)
    house.accept_pitches(key)
    house.offer(key)
    lines = house.room.step()
    rows = house.assignments(key)
    assert [row.state for row in rows] == ["declined", "accepted", "accepted"]
    assert sum("接下任务" in line for line in lines) == 2
    with house.ledger.read() as session:
        reasons = session.scalars(select(AssignmentEvent.why).where(AssignmentEvent.to_state == "declined")).all()
    assert reasons == [played.NO_HANDS]
    assignments.reassign(house.ledger, house.plan, key, now=house.clock.at)
    house.mail(key)
    house.room.step()
    assert [row.state for row in house.assignments(key)] == ["declined", "accepted", "accepted", "accepted"]


@pytest.mark.parametrize("taken", [True, False])
def test_some_follow_the_link_in_their_mail_and_telephone_when_it_leads_nowhere(
    house: House, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    key = house.open()
    house.room.step()
    house.collect(key)
    house.accept_pitches(key)
    house.offer(key, mail=False)
    links = Links("http://127.0.0.1:9", Sealer(b"k" * 32))
    assignments.notify(house.ledger, house.plan, key, transport=Post(), clock=house.clock.now, links=links)

    def follow(link: str, *, decline: bool, reason: str, name: str) -> bool:
        reply: assignments.Reply = "decline" if decline else "accept"
        token = link.partition("?token=")[2]
        if taken:
            assignments.answer_by_link(
                house.ledger, house.plan, links.sealer, token, reply, name=name, reason=reason, now=house.clock.at
            )
        return taken

    monkeypatch.setattr(replies, "follow", follow)
    lines = house.room.step()
    assert [row.state for row in house.assignments(key)] == ["declined", "accepted", "accepted"]
    assert sum("（邮件链接）" in line for line in lines) == (2 if taken else 0)


def test_an_offer_is_answered_when_its_mail_is_out_or_long_overdue(house: House) -> None:
    key = house.open()
    house.room.step()
    house.collect(key)
    house.accept_pitches(key)
    house.offer(key, mail=False)
    house.room.step()
    assert {row.state for row in house.assignments(key)} == {"offered"}
    house.clock.at += played.MAIL_PATIENCE
    house.room.step()
    assert {row.state for row in house.assignments(key)} == {"declined", "accepted"}


def test_an_offer_whose_time_is_over_is_logged_and_the_others_answered(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    key = house.open()
    house.room.step()
    house.collect(key)
    house.accept_pitches(key)
    house.offer(key)
    with house.ledger.begin() as session:
        late = session.scalars(select(Assignment).order_by(Assignment.id.desc())).first()
        assert late is not None
        late.answer_by = NOON - timedelta(hours=1)
    with caplog.at_level(logging.WARNING):
        house.room.step()
    assert [row.state for row in house.assignments(key)] == ["declined", "accepted", "expired"]
    assert "答复时限" in caplog.text


def test_real_editions_are_left_alone(house: House) -> None:
    key = house.open(rehearsal=False)
    with house.ledger.begin() as session:
        edition = session.scalars(select(Edition).where(Edition.key == key)).one()
        pitch = Pitch(edition_id=edition.id, source="d", ref="r", title="题", state="accepted", submitted_at=NOON)
        session.add(pitch)
        session.flush()
        session.add(
            Assignment(
                edition_id=edition.id,
                pitch_id=pitch.id,
                outlet="humen",
                state="offered",
                answer_by=NOON + timedelta(hours=1),
                deadline_at=NOON + timedelta(hours=2),
                offered_at=NOON - timedelta(hours=1),
            )
        )
    house.room.step()
    assert [row.state for row in house.assignments(key)] == ["offered"]
    assert not house.settings.inbox(rehearsal=False).exists()


# ── stories ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_accepted_assignment_gets_a_story_that_the_house_takes(house: House) -> None:
    key = house.to_accepted()
    summary = house.take_in(key)
    assert (summary.filed, summary.refused, summary.left) == (3, 0, 0)
    assert house.room.step() == []
    with house.ledger.read() as session:
        versions = session.scalars(select(StoryVersion)).all()
        assert [[placed.role for placed in version.media][:2] for version in versions] == [["cover", "body"]] * 3
        films = {session.get_one(Story, version.story_id).assignment_id: version.media[2:] for version in versions}
        lengths = {task: [(film.role, film.file.seconds) for film in placed] for task, placed in films.items()}
        assert lengths == {2: [("video", 4.0)], 3: [], 4: [("video", 5.0)]}
        assert all(not version.ai_generated for version in versions)


def test_a_story_that_waits_is_not_written_again(house: House) -> None:
    key = house.to_accepted()
    texts = sorted(house.drop("stories").glob("*/*.md"))
    assert len(texts) == 3
    before = [path.stat().st_mtime_ns for path in texts]
    assert house.room.step() == []
    assert [path.stat().st_mtime_ns for path in texts] == before
    assert all(path.with_name(f"{path.stem}-{n}.jpg").is_file() for path in texts for n in (1, 2))
    assert {path.name for path in house.drop("stories").glob("*/*.mp4")} == {"2.mp4", "4.mp4"}
    assert house.take_in(key).filed == 3


def test_a_killed_newsroom_leaves_no_text_without_pictures(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object) -> bytes:
        raise OSError("磁盘满了")

    monkeypatch.setattr(pictures, "draw", killed)
    key = house.to_accepted()
    assert not list(house.drop("stories").glob("*/*.md"))
    monkeypatch.setattr(pictures, "draw", lambda *_: SMALL_PICTURE)
    house.room.step()
    assert house.take_in(key).filed == 3


def test_a_returned_story_is_revised_once(house: House) -> None:
    key = house.to_accepted(1)
    house.take_in(key)
    with house.ledger.begin() as session:
        story = session.scalars(select(Story)).one()
        move(session, story, "filed", "first_review", by="lin-chu", why="", now=NOON)
        move(session, story, "first_review", "returned", by="lin-chu", why="再核实", now=NOON)
    [line] = house.room.step()
    assert "改好" in line
    assert house.room.step() == []
    assert house.take_in(key).revised == 1
    assert house.room.step() == []


def test_a_refused_story_is_not_filed_for_ever(house: House, caplog: pytest.LogCaptureFixture) -> None:
    key = house.to_accepted(1)
    [text] = house.drop("stories").glob("*/*.md")
    text.write_text("没有稿头", encoding="utf-8")
    assert house.take_in(key).refused == 1
    with caplog.at_level(logging.WARNING):
        assert house.room.step() == []
    assert "退回" in caplog.text


# ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def test_time_goes_to_the_next_slot(house: House) -> None:
    house.open()
    house.publications(("live", at(0)), ("scheduled", at(3)), ("scheduled", at(2)))
    lines = house.room.step()
    assert house.clock.moves == [at(2)]
    assert any("时间前进到 6月6日 14:00" in line for line in lines)


def test_a_postponed_publication_counts_from_its_new_time(house: House) -> None:
    house.open()
    [row] = house.publications(("scheduled", at(-1)))
    with house.ledger.begin() as session:
        session.get_one(Publication, row).not_before = at(0.5)
    house.room.step()
    assert house.clock.moves == [at(0.5)]


@pytest.mark.parametrize("busy", ["sending", "due", "accepted"])
def test_time_waits_for_work_in_hand(house: House, busy: str) -> None:
    house.open()
    house.publications(("live", at(0)), ("scheduled" if busy == "due" else busy, at(0)))
    house.room.step()
    assert house.clock.moves == []


def test_what_is_accepted_waits_for_the_last_slot_too(house: House) -> None:
    house.open()
    house.publications(("accepted", at(0)), ("scheduled", at(2)))
    house.room.step()
    assert house.clock.moves == [at(2)]


def test_a_post_of_unclear_outcome_is_looked_for_while_others_are_only_accepted(house: House) -> None:
    house.open()
    accepted, unclear = house.publications(("accepted", at(0)), ("unknown", at(0)))
    assert accepted != unclear
    with house.ledger.begin() as session:
        session.get_one(Publication, unclear).not_before = at(0) + timedelta(minutes=5)
    house.room.step()
    assert house.clock.moves == [at(0) + timedelta(minutes=5)]


def test_settled_editions_see_their_week(house: House) -> None:
    house.open()
    house.publications(("live", at(-1)), ("live", at(0)), ("failed", at(0)))
    house.room.step()
    assert house.clock.moves == [at(0) + played.WEEK]
    assert metrics.checkpoint_due(house.ledger, house.plan, house.key, now=house.clock.at)


def test_a_measured_edition_waits_for_nothing(house: House) -> None:
    house.open()
    [row] = house.publications(("live", at(0)))
    with house.ledger.begin() as session:
        session.add(Snapshot(publication_id=row, observed_at=at(0), reads=1))
    house.room.step()
    assert house.clock.moves == []


def test_a_closed_edition_and_one_without_publications_wait_for_nothing(house: House) -> None:
    house.open()
    house.publications(("live", at(0)))
    with house.ledger.begin() as session:
        edition = session.scalars(select(Edition)).one()
        edition.state, edition.closed_at = "closed", NOON
    house.open(DAY + timedelta(days=1))
    house.room.step()
    assert house.clock.moves == []


def test_the_earliest_edition_leads(house: House) -> None:
    house.open()
    house.publications(("live", at(0)))
    house.open(DAY + timedelta(days=1))
    house.publications(("scheduled", at(5)))
    house.room.step()
    assert house.clock.moves == [at(5)]


def test_another_editions_unplanned_slots_hold_the_week_back(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.open()
    house.publications(("live", at(0)))
    held = house.open(campaign="dongguan_haomai")
    with caplog.at_level(logging.WARNING):
        house.room.step()
        house.room.step()
    assert house.clock.moves == []
    assert len([record for record in caplog.records if held in record.getMessage()]) == 1
    with house.ledger.begin() as session:
        edition = session.scalars(select(Edition).where(Edition.key == held)).one()
        edition.state, edition.closed_at = "closed", NOON
    house.room.step()
    assert house.clock.moves == [at(0) + played.WEEK]


def test_when_a_week_is_too_much_the_checkpoint_will_do(house: House) -> None:
    house.open()
    house.publications(("live", at(0)))
    house.open(DAY + timedelta(days=3), campaign="dongguan_haomai")
    house.room.step()
    assert house.clock.moves == [at(24) + played.AFTER_CHECKPOINT]


def test_deadlines_of_stories_that_are_missing_hold_time(house: House) -> None:
    house.open()
    house.publications(("scheduled", at(2)))
    with house.ledger.begin() as session:
        edition = session.scalars(select(Edition)).one()
        pitch = Pitch(edition_id=edition.id, source="d", ref="o", title="题", state="accepted", submitted_at=NOON)
        session.add(pitch)
        session.flush()
        task = Assignment(
            edition_id=edition.id,
            pitch_id=pitch.id,
            outlet="humen",
            state="accepted",
            answer_by=NOON,
            deadline_at=at(1),
            offered_at=NOON,
        )
        session.add(task)
        session.flush()
        number = task.id
    house.room.step()
    assert house.clock.moves == []
    # The story lies there and nobody collects it: the edition is not being worked on.
    text = house.drop("stories", "humen", f"{number}.md")
    old = text.stat().st_mtime - 2 * played.PATIENCE.total_seconds()
    os.utime(text, (old, old))
    house.room.step()
    assert house.clock.moves == [at(2)]


def test_without_its_clock_the_newsroom_still_pitches(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.open()
    house.clock.broken = True
    with caplog.at_level(logging.WARNING):
        assert len(house.room.step()) == 3
        house.room.step()
    assert caplog.text.count("沙箱没有应答") == 1


def test_without_tables_nothing_breaks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    settings = Settings(tmp_path, url, CONFIG, None, None, None)
    with caplog.at_level(logging.WARNING):
        assert Newsroom(settings).step() == []
    assert "OperationalError" in caplog.text


def test_run_logs_each_line_until_it_is_stopped(house: House, caplog: pytest.LogCaptureFixture) -> None:
    stop = threading.Event()

    class Once(FakeClock):
        def now(self) -> datetime:
            stop.set()
            return NOON

    house.open()
    with caplog.at_level(logging.INFO):
        Newsroom(house.settings, ledger=house.ledger, clock=Once()).run(0.0, stop)
    assert caplog.text.count("报题工作簿") == 3


# ── the sandbox's clock ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("status", "fine"), [(200, True), (409, True), (500, False)])
def test_the_clock_is_set_to_a_moment(monkeypatch: pytest.MonkeyPatch, status: int, fine: bool) -> None:
    asked: list[tuple[str, object]] = []

    def post(url: str, *, json: object, timeout: object) -> requests.Response:
        asked.append((url, json))
        answer = requests.Response()
        answer.status_code = status
        return answer

    monkeypatch.setattr(requests, "post", post)
    clock = SandboxClock("http://sandbox.example")
    if fine:
        clock.move(at(1))
    else:
        with pytest.raises(TryLater):
            clock.move(at(1))
    assert asked == [("http://sandbox.example/_sandbox/clock", {"set": at(1).isoformat()})]


def test_a_sandbox_that_is_not_there_is_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def post(*_: object, **__: object) -> requests.Response:
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "post", post)
    with pytest.raises(TryLater):
        SandboxClock("http://sandbox.example").move(at(1))
