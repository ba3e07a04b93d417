"""The labelled pairs of sentences beside the project: what is certain is right, and the score tells pairs apart."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from rongmei.text.similarity import compare, likeness

ROOT = Path(__file__).resolve().parents[3]
PAIRS = Path(os.environ.get("RONGMEI_SHARED", ROOT.parent / "shared")) / "data" / "zh_pairs"
# The area under the ROC curve that the method reached when it was chosen, rounded down; and certain pairs: labelled
# the same, labelled otherwise. docs/near-duplicates.md says what is to be made of them.
REACHED = {"lcqmc": (0.73, 158, 1), "afqmc": (0.61, 0, 0), "bustm": (0.71, 20, 0), "paws": (0.62, 38, 2)}

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not PAIRS.is_dir(), reason="没有共享数据 zh_pairs，设 RONGMEI_SHARED 指向它"),
]


@pytest.mark.parametrize("name", REACHED)
def test_the_score_and_the_certain_tier_do_not_get_worse(name: str) -> None:
    with gzip.open(PAIRS / f"{name}_dev.jsonl.gz", "rt", encoding="utf-8") as lines:
        pairs = [(row["text_a"], row["text_b"], row["label"] == "匹配") for row in map(json.loads, lines)]
    least, right, wrong = REACHED[name]
    same = sorted(likeness(a, b) for a, b, label in pairs if label)
    other = sorted(likeness(a, b) for a, b, label in pairs if not label)
    assert _above(same, other) / (len(same) * len(other)) >= least
    certain = [label for a, b, label in pairs if (verdict := compare(a, b)) and verdict.tier == "certain"]
    assert certain.count(True) >= 0.9 * right
    assert certain.count(False) <= wrong


def _above(same: list[float], other: list[float]) -> float:
    """Pairs of scores in which the first is higher; equal ones count half. Both lists are sorted."""
    total, below, upto = 0.0, 0, 0
    for score in same:
        while below < len(other) and other[below] < score:
            below += 1
        while upto < len(other) and other[upto] <= score:
            upto += 1
        total += (below + upto) / 2
    return total
