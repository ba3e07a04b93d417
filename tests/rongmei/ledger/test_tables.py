"""Every constraint that makes a wrong state impossible is broken here once, on both databases."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import (
    CheckConstraint,
    Constraint,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
    insert,
    null,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from rongmei.ledger import Assignment, Ledger, Mail, Pitch, Publication, Review, Snapshot, Story
from rongmei.ledger.tables import (
    AMENDMENT_STATES,
    ANOMALY_STATES,
    APPEAL_STATES,
    ASSIGNMENT_STATES,
    COUNTS,
    EDITION_STATES,
    FILING_STATES,
    GRADES,
    LINK_PURPOSES,
    MAIL_STATES,
    PITCH_STATES,
    PUBLICATION_STATES,
    REVIEW_DECISIONS,
    REVIEW_STAGES,
    STORY_STATES,
    SUBMISSION_KINDS,
    SUBMISSION_STATES,
    Base,
)

TABLES = Base.metadata.tables

# What to write into a valid row so that exactly this check refuses it. Several ways to break one are several entries.
BROKEN: dict[str, list[dict[str, Any]]] = {
    "ck_edition_state": [{"state": "paused"}],
    "ck_board_entry_counts": [{"heat": -1}, {"reads": -1}, {"discussions": -1}, {"originals": -1}],
    "ck_pitch_state": [{"state": "lost"}],
    "ck_pitch_merged_names_target": [{"state": "merged"}, {"merged_into_id": 1}],
    "ck_pitch_not_into_itself": [{"state": "merged", "merged_into_id": 2}],
    "ck_assignment_state": [{"state": "refused"}],
    "ck_story_state": [{"state": "published"}],
    "ck_story_grade": [{"grade": "delicate"}],
    "ck_submission_kind": [{"kind": "rumour"}],
    "ck_submission_state": [{"state": "lost"}],
    "ck_submission_decision_has_name": [{"state": "passed"}, {"state": "refused"}],
    "ck_submission_taken_names_pitch": [{"state": "taken"}, {"pitch_id": 1}],
    "ck_link_purpose": [{"purpose": "everything"}],
    "ck_filing_state": [{"state": "lost"}],
    "ck_board_hit_counts": [{"first_heat": -1}, {"peak_heat": -1}, {"minutes": -1}],
    "ck_anomaly_state": [{"state": "forgiven", "decided_by": "sun-zhong"}],
    "ck_anomaly_decision_has_name": [{"state": "excluded"}, {"decided_by": "sun-zhong"}],
    "ck_period_days": [{"last_day": date(2026, 5, 1)}],
    "ck_period_score_kind": [{"kind": "town"}],
    "ck_appeal_state": [{"state": "lost", "answered_at": datetime(2026, 6, 6, tzinfo=UTC)}],
    "ck_appeal_answer_has_time": [{"state": "upheld"}],
    "ck_credit_kind": [{"kind": "praise"}],
    "ck_credit_level": [{"level": "village"}],
    "ck_credit_level_of_kind": [{"kind": "error"}, {"level": "minor"}],
    "ck_credit_concerns_somebody": [{"outlet": None}],
    "ck_credit_times_count": [{"times": 0}],
    "ck_credit_withdrawal_has_name": [{"withdrawn_by": "chen-ce"}],
    "ck_story_media_role": [{"role": "banner"}],
    "ck_review_stage": [{"stage": "fourth_review"}],
    "ck_review_decision": [{"decision": "abstain", "opinion": "不表态"}],
    "ck_review_opinion_when_not_passed": [{"decision": "return"}, {"decision": "reject"}],
    "ck_publication_state": [{"state": "queued"}],
    "ck_publication_claim_while_sending": [{"state": "sending"}, {"claim": "worker-1"}],
    "ck_publication_live_has_time": [{"state": "live"}],
    "ck_publication_accepted_has_external_id": [{"state": "accepted", "external_id": None}],
    "ck_amendment_kind": [{"kind": "apology", "version_id": None}],
    "ck_amendment_state": [{"state": "lost"}],
    "ck_amendment_correction_has_version": [{"version_id": None}, {"kind": "recall"}],
    "ck_amendment_done_has_time": [{"state": "done"}],
    "ck_quota_use_used_counts": [{"used": -1}],
    "ck_snapshot_counts": [{count: -1} for count in ("reads", "likes", "comments", "shares", "watching", "favourites")],
    "ck_snapshot_seen_in_order": [{"last_seen_at": datetime(2026, 6, 5, tzinfo=UTC)}],
    "ck_due_reading_counts": [{"silent": -1}],
    "ck_mail_state": [{"state": "lost"}],
    "ck_mail_sent_has_time": [{"state": "sent"}],
}

# What a row needs beside a key that dangles or is there twice, so that nothing else is wrong with it.
BESIDE: dict[str, dict[str, Any]] = {
    "fk_pitch_merged_into_id": {"state": "merged"},
    "fk_submission_pitch_id": {"state": "taken"},
    "uq_assignment_pitch_id_outlet": {"state": "declined"},
    "uq_amendment_publication_id_version_id": {"state": "done", "done_at": datetime(2026, 6, 6, tzinfo=UTC)},
}

# A key inside a wider one: what breaks it breaks both, and PostgreSQL names the one that it looked at first.
WITHIN = {"fk_review_story_id": "fk_review_story_id_content_hash"}

STATES = [
    ("edition", "state", EDITION_STATES),
    ("pitch", "state", PITCH_STATES),
    ("assignment", "state", ASSIGNMENT_STATES),
    ("story", "state", STORY_STATES),
    ("publication", "state", PUBLICATION_STATES),
    ("amendment", "state", AMENDMENT_STATES),
    ("mail", "state", MAIL_STATES),
    ("review", "stage", REVIEW_STAGES),
    ("review", "decision", REVIEW_DECISIONS),
    ("story", "grade", GRADES),
    ("submission", "kind", SUBMISSION_KINDS),
    ("submission", "state", SUBMISSION_STATES),
    ("link", "purpose", LINK_PURPOSES),
    ("filing", "state", FILING_STATES),
    ("anomaly", "state", ANOMALY_STATES),
    ("appeal", "state", APPEAL_STATES),
]


def constraints(kind: type[Constraint]) -> Iterator[Any]:
    for table in TABLES.values():
        yield from (one for one in table.constraints if isinstance(one, kind))


def uniques() -> list[UniqueConstraint | Index]:
    indexes = [index for table in TABLES.values() for index in table.indexes if index.unique]
    return sorted([*constraints(UniqueConstraint), *indexes], key=lambda one: str(one.name))


def key_of(table: Table) -> Any:
    """The key; of one of several columns the first, which tells the rows of these tests apart."""
    return next(iter(table.primary_key.columns))


def overwrite(standing: SimpleNamespace, table: Table, values: dict[str, Any]) -> IntegrityError:
    """What the database says to these values in the second row of the table."""
    key = getattr(standing.keys, table.name)[1]
    with pytest.raises(IntegrityError) as refused, standing.ledger.begin() as session:
        session.execute(update(table).where(key_of(table) == key).values(values))
    return refused.value


def broken_name(error: IntegrityError) -> str | None:
    """The constraint that PostgreSQL names, or SQLite where it knows (checks)."""
    if hasattr(error.orig, "diag"):
        return str(error.orig.diag.constraint_name)
    found = re.search(r"CHECK constraint failed: (\w+)", str(error.orig))
    return found[1] if found else None


def test_every_check_is_broken_below() -> None:
    assert {one.name for one in constraints(CheckConstraint)} == set(BROKEN)


@pytest.mark.parametrize(("name", "values"), [(name, values) for name, all_ in BROKEN.items() for values in all_])
def test_checks(standing: SimpleNamespace, name: str, values: dict[str, Any]) -> None:
    (check,) = (one for one in constraints(CheckConstraint) if one.name == name)
    assert broken_name(overwrite(standing, check.table, values)) == name


@pytest.mark.parametrize("unique", uniques(), ids=lambda one: one.name)
def test_nothing_is_there_twice(standing: SimpleNamespace, unique: UniqueConstraint | Index) -> None:
    table = unique.table
    first = getattr(standing.keys, table.name)[0]
    with standing.ledger.read() as session:
        values = dict(session.execute(select(*unique.columns).where(key_of(table) == first)).one()._mapping)
    error = overwrite(standing, table, {**values, **BESIDE.get(str(unique.name), {})})
    if standing.ledger.engine.dialect.name == "postgresql":
        assert broken_name(error) == unique.name
    else:
        columns = ", ".join(f"{table.name}.{column.name}" for column in unique.columns)
        assert str(error.orig) == f"UNIQUE constraint failed: {columns}"


@pytest.mark.parametrize(
    "foreign", sorted(constraints(ForeignKeyConstraint), key=lambda one: one.name), ids=lambda one: one.name
)
def test_nothing_points_nowhere(standing: SimpleNamespace, foreign: ForeignKeyConstraint) -> None:
    # Of a key of several columns the last is the one that points wrong; the first is a whole key by itself.
    column = list(foreign.columns)[-1]
    nowhere = 999_999 if column.type.python_type is int else "0" * 64
    error = overwrite(standing, foreign.table, {column.name: nowhere, **BESIDE.get(foreign.name, {})})
    if standing.ledger.engine.dialect.name == "postgresql":
        assert broken_name(error) in {foreign.name, WITHIN.get(foreign.name)}
    else:
        assert "FOREIGN KEY constraint failed" in str(error.orig)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_what_must_be_known_is_known(standing: SimpleNamespace, name: str) -> None:
    table = TABLES[name]
    required = [column for column in table.columns if not column.nullable and not column.primary_key]
    assert required or name == "snapshot_day"
    for column in required:
        error = overwrite(standing, table, {column.name: null()})
        assert f"{name}.{column.name}" in str(error.orig) or f'"{column.name}"' in str(error.orig)


@pytest.mark.parametrize(("name", "column", "states"), STATES)
def test_every_state_of_the_house_can_be_stored(
    ledger: Ledger, world: SimpleNamespace, now: Any, name: str, column: str, states: tuple[str, ...]
) -> None:
    needs: dict[tuple[str, str], dict[str, Any]] = {
        ("pitch", "merged"): {"merged_into_id": world.pitch[0]},
        ("publication", "sending"): {"claim": "worker-1"},
        ("publication", "live"): {"live_at": now},
        ("amendment", "done"): {"done_at": now},
        ("mail", "sent"): {"sent_at": now},
        ("review", "return"): {"opinion": "标题太长"},
        ("review", "reject"): {"opinion": "不宜刊发"},
        ("submission", "passed"): {"decided_by": "chen-ce"},
        ("submission", "refused"): {"decided_by": "chen-ce"},
        ("submission", "taken"): {"pitch_id": world.pitch[0]},
        ("anomaly", "excluded"): {"decided_by": "chen-ce"},
        ("anomaly", "cleared"): {"decided_by": "chen-ce"},
        ("appeal", "upheld"): {"answered_at": now},
        ("appeal", "refused"): {"answered_at": now},
    }
    table, key = TABLES[name], getattr(world, name)[0 if column == "stage" else 1]
    if column == "stage":
        with ledger.begin() as session:
            session.execute(table.delete().where(key_of(table) != key))
    for state in states:
        values = {column: state, **needs.get((name, state), {})}
        with ledger.begin() as session:
            session.execute(update(table).where(key_of(table) == key).values(values))
        with ledger.begin() as session:
            assert session.scalar(select(table.c[column]).where(key_of(table) == key)) == state
            undo = {given: None if given != "opinion" else "" for given in needs.get((name, state), {})}
            session.execute(update(table).where(key_of(table) == key).values({column: states[0], **undo}))


def test_a_publication_is_unique_to_version_and_account(
    ledger: Ledger, world: SimpleNamespace, make: SimpleNamespace
) -> None:
    with ledger.read() as session:
        first = session.get_one(Publication, world.publication[0])
        version = first.version
    same = {"account": first.account, "story_id": first.story_id, "version_id": first.version_id}
    with pytest.raises(IntegrityError), ledger.begin() as session:
        session.add(make.publication(version, **same))
    with ledger.begin() as session:
        session.add(make.publication(version, **{**same, "account": "humen/weibo"}))


def test_only_one_outlet_holds_a_pitch(ledger: Ledger, world: SimpleNamespace, make: SimpleNamespace) -> None:
    held, _ = world.assignment
    with ledger.read() as session:
        one = session.get_one(Pitch, world.pitch[0])
    for state in ("offered", "accepted", "filed", "done"):
        with ledger.begin() as session:
            session.get_one(Assignment, held).state = state
        with pytest.raises(IntegrityError), ledger.begin() as session:
            session.add(make.assignment(one, outlet="nancheng"))


@pytest.mark.parametrize("state", ["declined", "expired"])
def test_a_pitch_that_was_let_go_can_be_offered_again(
    ledger: Ledger, world: SimpleNamespace, make: SimpleNamespace, state: str
) -> None:
    with ledger.begin() as session:
        session.get_one(Assignment, world.assignment[0]).state = state
        session.flush()
        session.add(make.assignment(session.get_one(Pitch, world.pitch[0]), outlet="nancheng", round=2))
    with pytest.raises(IntegrityError), ledger.begin() as session:  # … but not to the outlet that let it go
        session.add(make.assignment(session.get_one(Pitch, world.pitch[0]), outlet="humen", state=state))


def test_one_person_does_not_sit_in_two_reviews_of_a_version(
    ledger: Ledger, world: SimpleNamespace, make: SimpleNamespace
) -> None:
    with ledger.read() as session:
        version = session.get_one(Publication, world.publication[0]).version
        told = session.get_one(Review, world.review[0])
    with pytest.raises(IntegrityError), ledger.begin() as session:
        session.add(make.review(version, stage="final_review", reviewer=told.reviewer))
    with ledger.begin() as session:
        session.add(make.review(version, stage="final_review", reviewer="zhao-fu"))


def test_a_current_version_belongs_to_the_story(ledger: Ledger, world: SimpleNamespace) -> None:
    with ledger.begin() as session:
        session.get_one(Story, world.story[1]).current_hash = "2" * 64
    with pytest.raises(IntegrityError), ledger.begin() as session:
        session.get_one(Story, world.story[1]).current_hash = "1" * 64  # a version of the other story
    with ledger.begin() as session:  # the refusal came with the commit and left the connection usable
        assert session.get_one(Story, world.story[1]).current_hash == "2" * 64


def test_a_story_and_its_first_version_may_come_in_any_order(
    ledger: Ledger, world: SimpleNamespace, make: SimpleNamespace
) -> None:
    with ledger.begin() as session:
        session.get_one(Assignment, world.assignment[0]).state = "declined"
        session.flush()
        offered = make.assignment(session.get_one(Pitch, world.pitch[0]), outlet="nancheng")
        session.add(offered)
        session.flush()
        filed = make.story(offered, current_hash="9" * 64)
        session.add(filed)
        session.flush()  # points at nothing yet; only the commit looks
        session.add(make.version(filed, content_hash="9" * 64))
        story_id = filed.id
    with ledger.read() as session:
        assert session.get_one(Story, story_id).current_hash == "9" * 64


def test_no_row_that_others_speak_of_goes_away(ledger: Ledger, world: SimpleNamespace) -> None:
    for name in ("edition", "lead", "pitch", "assignment", "story", "story_version", "media", "publication"):
        table = TABLES[name]
        with pytest.raises(IntegrityError), ledger.begin() as session:
            session.execute(table.delete().where(key_of(table) == getattr(world, name)[0]))


def snapshot_of(session: Any, publication_id: int) -> Snapshot:
    return session.scalars(select(Snapshot).where(Snapshot.publication_id == publication_id)).one()


def test_not_known_is_not_zero(ledger: Ledger, world: SimpleNamespace) -> None:
    with ledger.begin() as session:
        blank, zero = (snapshot_of(session, key) for key in world.snapshot)
        for name in COUNTS:
            setattr(blank, name, None)
            setattr(zero, name, 0)
    with ledger.read() as session:
        assert [getattr(snapshot_of(session, world.snapshot[0]), name) for name in COUNTS] == [None] * 6
        assert [getattr(snapshot_of(session, world.snapshot[1]), name) for name in COUNTS] == [0] * 6


def test_counts_go_beyond_32_bits(ledger: Ledger, world: SimpleNamespace) -> None:
    with ledger.begin() as session:
        snapshot_of(session, world.snapshot[0]).reads = 2**40
    with ledger.read() as session:
        assert snapshot_of(session, world.snapshot[0]).reads == 2**40


def test_json_and_bytes_come_back_as_they_went(ledger: Ledger, world: SimpleNamespace) -> None:
    raw = {"标题": ["村超", 1, 2.5, None, True], "深": {"层": {}}}
    with ledger.begin() as session:
        snapshot_of(session, world.snapshot[0]).raw = raw
        session.get_one(Mail, world.mail[0]).message = bytes(range(256))
    with ledger.read() as session:
        assert snapshot_of(session, world.snapshot[0]).raw == raw
        assert snapshot_of(session, world.snapshot[1]).raw is None
        assert session.get_one(Mail, world.mail[0]).message == bytes(range(256))


def test_the_day_of_a_snapshot_begins_at_midnight_in_shanghai(ledger: Ledger, world: SimpleNamespace) -> None:
    before, after = datetime(2026, 6, 7, 15, 59, tzinfo=UTC), datetime(2026, 6, 7, 16, 0, tzinfo=UTC)
    with ledger.begin() as session:
        for at in (before, after):
            session.add(Snapshot(publication_id=world.publication[0], observed_at=at, reads=1, upper={"reads": None}))
    with ledger.read() as session:
        mine = Snapshot.observed_at.in_((before, after))
        rows = session.scalars(select(Snapshot).where(mine).order_by(Snapshot.observed_at)).all()
    assert [(one.about_day.day, one.last_seen_at) for one in rows] == [(7, before), (8, after)]
    assert [rows[0].bounds(name) for name in ("reads", "likes")] == [(1, None), None]


def test_the_world_of_these_tests_is_whole(ledger: Ledger, world: SimpleNamespace) -> None:
    assert set(vars(world)) == set(TABLES)
    with ledger.read() as session:
        for name, keys in vars(world).items():
            table = TABLES[name]
            assert session.scalars(select(key_of(table)).order_by(key_of(table))).all() == sorted(keys)
    with pytest.raises(IntegrityError), ledger.begin() as session:
        session.execute(insert(TABLES["media"]).values(sha256="a" * 64, content_type="x", size_bytes=1))
