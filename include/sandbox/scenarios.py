"""Rehearsal scenarios: named sets of fault orders, played one at a time, kept in ``scenarios.yaml``.

Only one scenario is played at a time. What a scenario leaves to chance depends on a seed and on nothing that differs
from one run to the next, so a rehearsal can be repeated exactly.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from sandbox.faults import Fault, clear, place
from sandbox.store import Store

DEFAULT_SCENARIOS = Path(__file__).with_name("scenarios.yaml")
_ACTIVE = "scenario"


class Scenario(BaseModel):
    """One scenario; ``name`` and ``description`` are what a newsroom reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    name: str = Field(min_length=1, max_length=20)
    description: str = Field(min_length=1, max_length=200)
    faults: tuple[Fault, ...] = ()


def load_scenarios(path: Path = DEFAULT_SCENARIOS) -> tuple[Scenario, ...]:
    """The scenarios of a file, in its order. Raises ValueError where it makes no sense."""
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = TypeAdapter(tuple[Scenario, ...]).validate_python(document)
    if len({scenario.id for scenario in found}) != len(found):
        raise ValueError(f"{path.name}: two scenarios have the same id")
    return found


@cache
def shipped() -> tuple[Scenario, ...]:
    """The scenarios that come with the sandbox, read once."""
    return load_scenarios()


def play(store: Store, scenario: Scenario, seed: str) -> list[Fault]:
    """Place a scenario's orders; those of the one before are taken back, those given by themselves stay."""
    with store.transaction():
        clear(store, scenarios_only=True)
        store.set_meta(_ACTIVE, scenario.id)
        return [
            place(store, order.model_copy(update={"scenario": scenario.id, "seed": f"{seed}:{scenario.id}:{number}"}))
            for number, order in enumerate(scenario.faults, start=1)
        ]


def end(store: Store) -> None:
    """Note that no scenario is played; its orders are not touched."""
    store.set_meta(_ACTIVE, "")


def active(store: Store) -> str:
    """The id of the scenario that is played, "" for none."""
    return store.meta(_ACTIVE) or ""
