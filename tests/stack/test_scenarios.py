"""The scenarios that the trigger form offers are those that the sandbox knows, by the same names."""

from __future__ import annotations

from rongmei.config import SCENARIOS
from sandbox.scenarios import load_scenarios


def test_the_form_and_the_sandbox_know_the_same_scenarios() -> None:
    assert {one.id: one.name for one in load_scenarios()} == SCENARIOS
