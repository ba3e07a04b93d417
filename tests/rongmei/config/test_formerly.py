"""Outlets that were renamed or merged: a former id belongs to one outlet, and to none that is there now."""

from __future__ import annotations

from typing import Any

import pytest

from rongmei.config import check_house, load_cluster


def test_former_ids_are_read(folder: Any) -> None:
    folder.swap("clusters/town.yaml", "    size: 3\n", "    size: 3\n    formerly: [east-old, west]\n")
    assert load_cluster(folder.root, "town").cluster.outlet("east").formerly == ("east-old", "west")


@pytest.mark.parametrize("former", ["daily", "east", "twice, twice"])
def test_a_former_id_that_is_taken_is_refused(folder: Any, former: str) -> None:
    line = folder.swap("clusters/town.yaml", "    size: 3\n", f"    size: 3\n    formerly: [{former}]\n")
    [problem] = check_house(folder.root)
    assert (problem.line, "已有归属" in problem.message) == (line + 1, True)
