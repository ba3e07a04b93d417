import json
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from rongmei import appraisal
from rongmei.appraisal.facts import read_parts, read_posts
from rongmei.config import Cluster, Plan, RuleSet
from rongmei.errors import BadInput
from rongmei.indexes import WCI_14_2_FORWARDS, Article, from_articles
from rongmei.ledger import (
    CORRECTS,
    Assignment,
    Ledger,
    Pitch,
    Publication,
    Review,
    Score,
    Snapshot,
    Story,
    StoryVersion,
    get_edition,
    open_edition,
)
from rongmei.ledger.tables import Base

KEY = "cunchao/2026-06-06"
START = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
NOW = START + timedelta(hours=30)
WEIGHTS = {"spread": 0.4, "engagement": 0.25, "delivery": 0.2, "collaboration": 0.15}


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def make_plan(version: str = "1", weights: dict[str, float] = WEIGHTS) -> Plan:
    outlets = [
        {
            "id": outlet,
            "name": outlet,
            "kind": "town",
            "size": 5,
            "regions": ["东莞"],
            "beats": ["体育"],
            "capacity_per_day": 2,
            "accounts": [
                {"channel": "wechat", "handle": outlet, "followers": fans},
                {"channel": "weibo", "handle": outlet},
            ],
            "contact_email": "a@example.com",
        }
        for outlet, fans in (("city", 1_000_000), ("chashan", 8_000), ("shipai", 5_000), ("humen", 9_000))
    ]
    person = {"id": "lin", "name": "林", "role": "editor", "title": "编辑", "email": "lin@example.com"}
    cluster = Cluster.model_validate(
        {
            "id": "dg",
            "name": "东莞",
            "outlets": outlets,
            "people": [person],
            "rota": {"anchor": date(2026, 1, 5), "order": ["city"]},
        }
    )
    rules = RuleSet.model_validate({"id": "county", "name": "考核", "version": version, "weights": weights})
    return Plan(SimpleNamespace(id="cunchao"), cluster, rules)


@pytest.fixture
def ledger(tmp_path):
    one = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Base.metadata.create_all(one.engine)
    with one.begin() as session:
        open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=False, options={}, now=START)
    yield one
    one.close()


class Desk:
    """Puts things into the edition."""

    def __init__(self, session) -> None:
        self.session = session
        self.edition_id = get_edition(session, KEY).id
        self.number = 0

    def add(self, thing):
        self.session.add(thing)
        self.session.flush()
        return thing

    def pitch(self, outlet: str | None, state: str = "accepted", **more) -> Pitch:
        self.number += 1
        return self.add(
            Pitch(
                edition_id=self.edition_id,
                source="books",
                ref=str(self.number),
                outlet=outlet,
                title="题",
                state=state,
                submitted_at=START,
                **more,
            )
        )

    def assignment(self, outlet: str, state: str = "done", *, answered: float | None = 1, **more) -> Assignment:
        return self.add(
            Assignment(
                edition_id=self.edition_id,
                pitch_id=self.pitch(outlet).id,
                outlet=outlet,
                state=state,
                offered_at=START,
                answer_by=START + hours(3),
                deadline_at=START + hours(8),
                answered_at=None if answered is None else START + hours(answered),
                **more,
            )
        )

    def story(self, outlet: str, *, filed: float = 5, **more) -> tuple[Story, StoryVersion]:
        assignment = self.assignment(outlet, **more)
        at = START + hours(filed)
        common = {"edition_id": self.edition_id, "assignment_id": assignment.id, "outlet": outlet}
        story = self.add(Story(state="signed_off", filed_at=at, **common))
        digest = f"{story.id:064d}"
        version = self.add(
            StoryVersion(story_id=story.id, number=1, content_hash=digest, title="稿", body="文", filed_at=at)
        )
        story.current_hash = digest
        return story, version

    def post(self, story: Story, version: StoryVersion, account: str, *snapshots: tuple, state: str = "live") -> None:
        outlet, _, channel = account.partition("/")
        live = state == "live"
        publication = self.add(
            Publication(
                edition_id=self.edition_id,
                story_id=story.id,
                version_id=version.id,
                outlet=outlet,
                channel=channel,
                account=account,
                state=state,
                fingerprint="f",
                scheduled_at=START,
                external_id=f"{account}{story.id}" if live else None,
                live_at=START + hours(6) if live else None,
            )
        )
        for after, reads, likes, comments, shares, watching in snapshots:
            self.add(
                Snapshot(
                    publication_id=publication.id,
                    observed_at=START + hours(after),
                    reads=reads,
                    likes=likes,
                    comments=comments,
                    shares=shares,
                    watching=watching,
                )
            )


@pytest.fixture
def busy(ledger):
    """chashan's story on its own and the city's account, shipai a helper, humen a decliner."""
    with ledger.begin() as session:
        desk = Desk(session)
        story, version = desk.story("chashan", partners=["shipai"])
        desk.post(story, version, "chashan/wechat", (7, 10, 1, 0, 0, 0), (24, 4_000, 100, 20, 30, 10))
        desk.post(story, version, "city/wechat", (24, 90_000, 900, 100, 300, 200))
        desk.post(story, version, "chashan/weibo", (24, None, 5, None, None, None))
        desk.assignment("humen", "declined")
    return ledger


def scores(ledger) -> dict[str, tuple[float, int, dict]]:
    with ledger.read() as session:
        return {row.outlet: (row.total, row.rank, row.terms) for row in session.query(Score)}


def test_everyone_who_took_part_is_scored_and_ranked(busy):
    summary = appraisal.score(busy, make_plan(), KEY, now=NOW)
    assert summary == appraisal.ScoreSummary("county@1", 4, ("chashan",), False)
    found = scores(busy)
    assert {outlet: rank for outlet, (_, rank, _) in found.items()} == {
        "chashan": 1, "humen": 2, "shipai": 3, "city": 4,
    }  # fmt: skip
    assert all(0 <= total <= 100 for total, _, _ in found.values())
    json.dumps(asdict(summary))


def test_reads_belong_to_the_author_wherever_the_story_stands(busy):
    appraisal.score(busy, make_plan(), KEY, now=NOW)
    found = scores(busy)
    how = found["chashan"][2]["dimensions"][0]["how"]
    assert "阅读 94,000" in how
    assert "1 个发布单平台未给阅读数" in how
    assert found["city"][2]["summary"] == (
        "传播 0×40%=0.00；互动 0×25%=0.00；交付 0×20%=0.00；协作 5×15%=0.75；合计 0.75"
    )
    assert found["shipai"][2]["dimensions"][3]["how"] == "协办 1×30=30"


def test_only_the_latest_snapshot_up_to_now_counts(busy):
    appraisal.score(busy, make_plan(), KEY, now=START + hours(8))
    assert "阅读 10，" in scores(busy)["chashan"][2]["dimensions"][0]["how"]


def test_scores_are_frozen_until_asked_again(busy):
    appraisal.score(busy, make_plan(), KEY, now=START + hours(8))
    first = scores(busy)
    assert appraisal.score(busy, make_plan(), KEY, now=NOW).frozen
    assert scores(busy) == first
    assert not appraisal.score(busy, make_plan(), KEY, now=NOW, again=True).frozen
    assert scores(busy)["chashan"][0] > first["chashan"][0]


def test_from_the_same_inputs_come_the_same_bytes(busy):
    appraisal.score(busy, make_plan(), KEY, now=NOW)
    first = json.dumps(scores(busy))
    appraisal.score(busy, make_plan(), KEY, now=NOW, again=True)
    assert json.dumps(scores(busy)) == first


def test_another_version_of_the_rules_scores_beside_the_first(busy):
    appraisal.score(busy, make_plan(), KEY, now=NOW)
    appraisal.score(busy, make_plan("2", {"delivery": 1.0}), KEY, now=NOW)
    with busy.read() as session:
        assert session.query(Score).filter_by(rules="county@1").count() == 4
        assert session.query(Score).filter_by(rules="county@2").count() == 4


def test_an_edition_without_anything_has_no_scores(ledger):
    summary = appraisal.score(ledger, make_plan(), KEY, now=NOW)
    assert (summary.outlets, summary.best, summary.frozen) == (0, (), False)


def test_the_wechat_index_stands_with_the_account_that_published(busy):
    appraisal.score(busy, make_plan(), KEY, now=NOW)
    found = scores(busy)
    (index,) = found["city"][2]["indexes"]
    expected = WCI_14_2_FORWARDS.compute(from_articles([Article(90_000, 200, 900, 300)], days=1)).value.low
    assert (index["account"], index["version"], index["forwards"]) == ("city/wechat", "WCI V14.2", True)
    assert index["low"] == index["high"] == pytest.approx(expected, abs=0.005)
    again = WCI_14_2_FORWARDS.compute(WCI_14_2_FORWARDS.read(index["inputs"]))
    assert round(again.value.low, 2) == index["low"]


def test_a_missing_count_makes_an_interval_and_forwards_another_index(ledger):
    with ledger.begin() as session:
        desk = Desk(session)
        story, version = desk.story("chashan")
        desk.post(story, version, "chashan/wechat", (24, 4_000, 100, 20, None, 10))
        desk.post(story, version, "city/wechat", (24, 90_000, 900, 100, 300, None))
    appraisal.score(ledger, make_plan(), KEY, now=NOW)
    found = scores(ledger)
    (wide,) = found["city"][2]["indexes"]
    assert wide["forwards"]
    assert wide["low"] < (wide["high"] or 1e9)
    assert wide["inputs"]["watching"] is None
    again = WCI_14_2_FORWARDS.compute(WCI_14_2_FORWARDS.read(wide["inputs"]))
    assert round(again.value.low, 2) == wide["low"]
    (index,) = found["chashan"][2]["indexes"]
    assert not index["forwards"]
    assert index["low"] == index["high"]
    assert "shares" not in index["inputs"], "what nobody knows is not 0"


def test_facts_tell_late_from_missing_from_expired(ledger):
    with ledger.begin() as session:
        desk = Desk(session)
        story, _ = desk.story("chashan", filed=9)
        session.add(
            Review(
                story_id=story.id,
                content_hash=story.current_hash,
                stage="first_review",
                reviewer="lin",
                decision="return",
                opinion="补出处",
                decided_at=NOW,
            )
        )
        desk.assignment("shipai", "accepted", answered=4)
        desk.assignment("humen", "expired", answered=None)
        joined = desk.pitch("city", "merged", merged_into_id=1)
        assert joined.id
        posts = read_posts(session, desk.edition_id, make_plan().cluster, NOW)
        parts = {part.outlet: part for part in read_parts(session, desk.edition_id, posts, NOW)}
    (late,), (missing,), (silent,) = parts["chashan"].tasks, parts["shipai"].tasks, parts["humen"].tasks
    assert (late.answered, late.accepted, late.filed, late.returned) == (True, True, "late", 1)
    assert (missing.answered, missing.accepted, missing.filed) == (False, True, "missing")
    assert (silent.answered, silent.accepted) == (False, False)
    assert parts["city"].pitches == ("joined",)


def test_a_recalled_post_brings_nothing(ledger):
    with ledger.begin() as session:
        desk = Desk(session)
        story, version = desk.story("chashan")
        desk.post(story, version, "chashan/wechat", (24, 4_000, 1, 1, 1, 1), state="recalled")
        assert read_posts(session, desk.edition_id, make_plan().cluster, NOW) == []


def test_a_correction_note_brings_nothing(ledger):
    with ledger.begin() as session:
        desk = Desk(session)
        story, version = desk.story("chashan")
        desk.post(story, version, "chashan/wechat", (24, 4_000, 1, 1, 1, 1))
        desk.post(story, version, "city/wechat", (24, 90_000, 1, 1, 1, 1))
        note = session.scalars(select(Publication).where(Publication.account == "city/wechat")).one()
        note.progress = {CORRECTS: 1}
        posts = read_posts(session, desk.edition_id, make_plan().cluster, NOW)
        assert [post.account for post in posts] == ["chashan/wechat"]


def test_no_such_edition(ledger):
    with pytest.raises(BadInput, match="没有期次"):
        appraisal.score(ledger, make_plan(), "cunchao/1999-01-01", now=NOW)
