"""Things change state along the house's graph only, once, and the event log tells the whole way."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from rongmei.errors import WrongState
from rongmei.ledger import Assignment, Ledger, Pitch, Publication, PublicationEvent, Story, log, move, try_move
from rongmei.ledger.tables import ASSIGNMENT_STATES, PITCH_STATES, PUBLICATION_STATES, STORY_STATES
from rongmei.ledger.transitions import ALLOWED, EVENTS

STATES = {Pitch: PITCH_STATES, Assignment: ASSIGNMENT_STATES, Story: STORY_STATES, Publication: PUBLICATION_STATES}
KINDS = list(STATES)


def events(ledger: Ledger, kind: type[Any], key: int) -> list[Any]:
    with ledger.read() as session:
        table = EVENTS[kind]
        return list(session.scalars(select(table).where(table.thing_id == key).order_by(table.id)))


def state_of(ledger: Ledger, kind: type[Any], key: int) -> str:
    with ledger.read() as session:
        return str(session.get_one(kind, key).state)


# ── one move ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_move_sets_the_state_the_columns_and_writes_the_event(
    ledger: Ledger, world: SimpleNamespace, now: datetime
) -> None:
    key, later = world.publication[0], now + timedelta(minutes=5)
    with ledger.begin() as session:
        one = session.get_one(Publication, key)
        move(
            *(session, one, "scheduled", "sending"),
            **{"by": "系统", "why": "到点", "now": later, "detail": {"attempt": 1}},
            **{"claim": "worker-1", "claimed_at": later},
        )
        assert (one.state, one.claim, one.claimed_at) == ("sending", "worker-1", later)
    birth, event = events(ledger, Publication, key)
    assert birth.to_state == "scheduled"
    assert (event.thing_id, event.from_state, event.to_state) == (key, "scheduled", "sending")
    assert (event.by, event.why, event.at, event.detail) == ("系统", "到点", later, {"attempt": 1})


def test_a_thing_elsewhere_is_left_alone(ledger: Ledger, world: SimpleNamespace, now: datetime) -> None:
    key = world.pitch[0]
    with ledger.begin() as session:
        one = session.get_one(Pitch, key)
        assert not try_move(session, one, "shortlisted", "accepted", by="陈策", why="", now=now, score=1.0)
        with pytest.raises(WrongState, match=rf"Pitch #{key} 的状态是 submitted，不是 held，不能变为 accepted"):
            move(session, one, "held", "accepted", by="陈策", why="", now=now)
    with ledger.read() as session:
        assert (session.get_one(Pitch, key).state, session.get_one(Pitch, key).score) == ("submitted", None)
    assert len(events(ledger, Pitch, key)) == 1


def test_any_of_the_expected_states_will_do(ledger: Ledger, world: SimpleNamespace, now: datetime) -> None:
    with ledger.begin() as session:
        one = session.get_one(Pitch, world.pitch[0])
        move(session, one, ["submitted", "shortlisted"], "accepted", by="陈策", why="", now=now)
    assert events(ledger, Pitch, world.pitch[0])[-1].from_state == "submitted"


@pytest.mark.parametrize("expected", ["shortlisted", ("submitted", "accepted")])
def test_a_transition_the_house_does_not_know_is_refused(
    ledger: Ledger, world: SimpleNamespace, now: datetime, expected: str | tuple[str, ...]
) -> None:
    with ledger.begin() as session:
        one = session.get_one(Pitch, world.pitch[0])
        with pytest.raises(WrongState, match=r"Pitch 不能从 \w+ 变为 merged"):
            try_move(session, one, expected, "merged", by="陈策", why="", now=now, merged_into_id=world.pitch[1])
    assert state_of(ledger, Pitch, world.pitch[0]) == "submitted"


def test_expecting_nothing_moves_nothing(ledger: Ledger, world: SimpleNamespace, now: datetime) -> None:
    with ledger.begin() as session:
        assert not try_move(session, session.get_one(Pitch, world.pitch[0]), (), "held", by="a", why="", now=now)
    assert state_of(ledger, Pitch, world.pitch[0]) == "submitted"


def test_a_move_and_its_event_vanish_together(ledger: Ledger, world: SimpleNamespace, now: datetime) -> None:
    class Oops(Exception):
        pass

    def half() -> None:
        with ledger.begin() as session:
            move(session, session.get_one(Pitch, world.pitch[0]), "submitted", "held", by="a", why="", now=now)
            raise Oops

    with pytest.raises(Oops):
        half()
    assert state_of(ledger, Pitch, world.pitch[0]) == "submitted"
    assert len(events(ledger, Pitch, world.pitch[0])) == 1


def test_a_stale_object_logs_the_state_it_really_left(ledger: Ledger, world: SimpleNamespace, now: datetime) -> None:
    with ledger.begin() as session:
        one = session.get_one(Pitch, world.pitch[0])
        assert one.state == "submitted"
        # Somebody else's move, that this session's object knows nothing of.
        session.execute(
            update(Pitch).where(Pitch.id == one.id).values(state="shortlisted"),
            execution_options={"synchronize_session": False},
        )
        assert one.state == "submitted"
        move(session, one, ("submitted", "shortlisted"), "accepted", by="陈策", why="", now=now)
    assert events(ledger, Pitch, world.pitch[0])[-1].from_state == "shortlisted"


def test_a_stale_object_is_told_the_truth(ledger: Ledger, world: SimpleNamespace, now: datetime) -> None:
    with ledger.begin() as session:
        one = session.get_one(Pitch, world.pitch[0])
        session.execute(update(Pitch).values(state="held"), execution_options={"synchronize_session": False})
        assert not try_move(session, one, "submitted", "shortlisted", by="a", why="", now=now)
        assert one.state == "held"


def test_unsaved_changes_of_the_object_are_not_lost(ledger: Ledger, world: SimpleNamespace, now: datetime) -> None:
    with ledger.begin() as session:
        one = session.get_one(Pitch, world.pitch[0])
        one.title = "改过的题目"
        move(session, one, "submitted", "held", by="a", why="", now=now)
        assert one.title == "改过的题目"


def test_a_remark_does_not_move(ledger: Ledger, world: SimpleNamespace, now: datetime, make: SimpleNamespace) -> None:
    with ledger.begin() as session:
        born = make.pitch(edition_id=world.edition[0], ref="new")
        session.add(born)
        log(session, born, by="系统", why="收到", now=now)
        log(session, born, by="陈策", why="再看看", now=now, was="submitted", detail={"page": 2})
        key = born.id
    birth, remark = events(ledger, Pitch, key)
    assert (birth.from_state, birth.to_state, birth.detail) == (None, "submitted", {})
    assert (remark.from_state, remark.to_state, remark.why, remark.detail) == (
        *("submitted", "submitted", "再看看"),
        {"page": 2},
    )


# ── the graph ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", KINDS)
def test_the_graph_speaks_of_real_states_and_reaches_all_of_them(kind: type[Any]) -> None:
    graph = ALLOWED[kind]
    assert set(graph) | {to for all_ in graph.values() for to in all_} <= set(STATES[kind])
    reached, edge = set(), {STATES[kind][0]}
    while edge:
        reached |= edge
        edge = {to for source in edge for to in graph.get(source, frozenset())} - reached
    assert reached == set(STATES[kind])


def test_what_went_out_is_never_scheduled_again() -> None:
    graph = ALLOWED[Publication]

    def ahead(states: Iterable[str]) -> set[str]:
        found: set[str] = set()
        edge = set(states)
        while edge:
            found |= edge
            edge = {to for source in edge for to in graph.get(source, frozenset())} - found
        return found

    assert ahead(["accepted"]).isdisjoint({"scheduled", "sending", "unknown"})
    assert "sending" not in graph["unknown"]
    assert [source for source, to in graph.items() if "sending" in to] == ["scheduled"]


def test_no_story_is_signed_off_without_three_reviews() -> None:
    graph = ALLOWED[Story]
    assert [source for source, to in graph.items() if "signed_off" in to] == ["final_review", "countersign"]
    assert [source for source, to in graph.items() if "countersign" in to] == ["final_review", "signed_off"]
    assert [source for source, to in graph.items() if "final_review" in to] == ["second_review"]
    assert [source for source, to in graph.items() if "second_review" in to] == ["first_review"]


NEEDS: dict[tuple[type[Any], str], dict[str, Any]] = {
    (Publication, "sending"): {"claim": "worker-1"},
    (Publication, "accepted"): {"external_id": "post-9"},
    (Publication, "live"): {"external_id": "post-9"},
}


def columns_for(kind: type[Any], to: str, now: datetime, other: int) -> dict[str, Any]:
    """What the checks of the tables want beside the state."""
    if kind is Pitch:
        return {"merged_into_id": other if to == "merged" else None}
    if kind is Publication:
        return {"claim": None, "live_at": now if to == "live" else None, **NEEDS.get((kind, to), {})}
    return {}


@pytest.mark.parametrize("kind", KINDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15)
@given(data=st.data())
def test_random_moves_never_leave_the_graph(
    ledger: Ledger, world: SimpleNamespace, now: datetime, kind: type[Any], data: st.DataObject
) -> None:
    """A model knows the state; the ledger must agree, and the log must be one path along allowed edges."""
    key, other = getattr(world, kind.__tablename__)
    table, graph, model = EVENTS[kind], ALLOWED[kind], STATES[kind][0]
    with ledger.begin() as session:
        session.execute(delete(table).where(table.thing_id == key))
        fresh = {"state": model, **columns_for(kind, model, now, other)}
        session.execute(update(kind).where(kind.id == key).values(fresh))
        log(session, session.get_one(kind, key), by="系统", why="开始", now=now)
    path = [model]
    for _ in range(data.draw(st.integers(1, 12), label="moves")):
        ways = sorted(graph.get(model, frozenset()))
        to = data.draw(st.sampled_from(ways * 3 + list(STATES[kind])), label="to")
        guesses = st.lists(st.sampled_from(STATES[kind]), max_size=2)
        expected = {*data.draw(guesses, label="guesses"), *data.draw(st.sampled_from([(model,), ()]), label="known")}
        known = all(to in graph.get(source, frozenset()) for source in expected)
        with ledger.begin() as session:
            one = session.get_one(kind, key)
            if not known:
                with pytest.raises(WrongState):
                    try_move(session, one, expected, to, by="a", why="", now=now)
                continue
            moved = try_move(session, one, expected, to, by="a", why="", now=now, **columns_for(kind, to, now, other))
            assert moved == (model in expected)
        if moved:
            model = to
            path.append(to)
    assert state_of(ledger, kind, key) == model
    told = events(ledger, kind, key)
    assert [event.to_state for event in told] == path
    assert [event.from_state for event in told] == [None, *path[:-1]]
    assert all(step.to_state in graph[step.from_state] for step in told[1:])


# ── races ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_of_many_threads_one_claims(ledger: Ledger, world: SimpleNamespace, now: datetime) -> None:
    many = 8
    together = Barrier(many)

    def claim(number: int) -> bool:
        together.wait(timeout=30)
        with ledger.begin() as session:
            one = session.get_one(Publication, world.publication[0])
            return try_move(
                session, one, "scheduled", "sending", by=f"w{number}", why="", now=now, claim=f"worker-{number}"
            )

    with ThreadPoolExecutor(many) as pool:
        won = list(pool.map(claim, range(many)))
    assert won.count(True) == 1
    with ledger.read() as session:
        assert session.get_one(Publication, world.publication[0]).claim == f"worker-{won.index(True)}"
    assert [event.by for event in events(ledger, Publication, world.publication[0])[1:]] == [f"w{won.index(True)}"]


def test_threads_on_different_ways_leave_one_connected_path(
    ledger: Ledger, world: SimpleNamespace, now: datetime
) -> None:
    ways = [
        ("submitted", "shortlisted"),
        ("shortlisted", "submitted"),
        (("submitted", "shortlisted"), "held"),
        ("held", "shortlisted"),
    ] * 2
    together = Barrier(len(ways))

    def walk(way: tuple[str | tuple[str, ...], str]) -> None:
        expected, to = way
        together.wait(timeout=30)
        for _ in range(8):
            with ledger.begin() as session:
                try_move(session, session.get_one(Pitch, world.pitch[0]), expected, to, by="a", why="", now=now)

    with ThreadPoolExecutor(len(ways)) as pool:
        list(pool.map(walk, ways))
    told = events(ledger, Pitch, world.pitch[0])
    assert len(told) > 1
    assert [event.from_state for event in told[1:]] == [event.to_state for event in told[:-1]]
    assert state_of(ledger, Pitch, world.pitch[0]) == told[-1].to_state


CLAIMER = """
from datetime import UTC, datetime
ledger, key, name = Ledger(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
with ledger.begin() as session:
    one = session.get_one(Publication, key)
    if try_move(session, one, "scheduled", "sending", by=name, why="", now=datetime.now(UTC), claim=name):
        print("won")
"""


def test_of_many_processes_one_claims(url: str, ledger: Ledger, world: SimpleNamespace, runners) -> None:
    for number in range(3):
        runners.start(CLAIMER, url, str(world.publication[0]), f"worker-{number}")
    told = runners.go()
    assert sorted(told) == ["", "", "won"]
    with ledger.read() as session:
        found = session.scalars(select(PublicationEvent).where(PublicationEvent.to_state == "sending")).all()
        assert [event.by for event in found] == [f"worker-{told.index('won')}"]
