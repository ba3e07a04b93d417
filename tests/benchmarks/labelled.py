"""Labelled pairs of Chinese sentences, and how well a score tells those that say the same from those that do not."""

from __future__ import annotations

import csv
import gzip
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("RONGMEI_SHARED", ROOT.parent / "shared")) / "data"
BOARDS = DATA / "multi_board_daily/multi_2024-05_to_2024-08.csv.gz"
SETS = ("lcqmc", "afqmc", "bustm", "paws")
REVISED = "headlines"
_BY_ITEM = ("知乎", "腾讯新闻")
_NEAR_DAYS = 3
_HARDEST = 5


class Pair(NamedTuple):
    """Two texts, and whether people say that they say the same."""

    a: str
    b: str
    same: bool


class Point(NamedTuple):
    """What a threshold does: the pairs at or above it, the share of them that is the same, the share of those found."""

    threshold: float
    shown: int
    precision: float
    recall: float


def pairs(name: str) -> list[Pair]:
    """The pairs of one of `SETS`, or of `REVISED`; none where the data is not there."""
    if name == REVISED:
        return list(revised_headlines()) if BOARDS.is_file() else []
    path = DATA / f"zh_pairs/{name}_dev.jsonl.gz"
    if not path.is_file():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = map(json.loads, lines)
        return [Pair(row["text_a"], row["text_b"], row["label"] == "匹配") for row in rows]


def revised_headlines() -> Iterator[Pair]:
    """Headlines that one item of a board bore one after the other (the same story), beside the hardest others.

    The others are the five that have most bigrams in common with the later headline among the items of the same board
    within three days; some of them report the same event, so the figure is a lower bound.
    """
    titles: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    with gzip.open(BOARDS, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["platform"] in _BY_ITEM and row["url_trimmed"]:
                day = date.fromisoformat(row["date"]).toordinal()
                titles[row["platform"], row["url_trimmed"]].setdefault(row["title"], day)
    days: defaultdict[tuple[str, int], list[tuple[tuple[str, str], str]]] = defaultdict(list)
    for item, borne in titles.items():
        title, day = next(iter(borne.items()))
        days[item[0], day].append((item, title))
    for item, borne in titles.items():
        (first, day), *later = borne.items()
        if not later or first == later[0][0]:
            continue
        second = later[0][0]
        yield Pair(first, second, same=True)
        near = [
            title
            for n in range(-_NEAR_DAYS, _NEAR_DAYS + 1)
            for other, title in days[item[0], day + n]
            if other != item
        ]
        mine = _bigrams(second)
        for title in sorted(near, key=lambda title: (-len(mine & _bigrams(title)), title))[:_HARDEST]:
            yield Pair(title, second, same=False)


def _bigrams(text: str) -> frozenset[str]:
    return frozenset(text[n : n + 2] for n in range(len(text) - 1))


def auc(given: Sequence[Pair], score: Callable[[str, str], float]) -> float:
    """Area under the ROC curve: how often a pair that says the same scores above one that does not; ties count half."""
    scores = np.array([score(pair.a, pair.b) for pair in given])
    same = np.array([pair.same for pair in given])
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    yes, no = int(same.sum()), int((~same).sum())
    return float((ranks[same].sum() - yes * (yes + 1) / 2) / (yes * no))


def points(given: Sequence[Pair], score: Callable[[str, str], float], thresholds: Sequence[float]) -> list[Point]:
    """What each threshold does on the set."""
    scores = np.array([score(pair.a, pair.b) for pair in given])
    same = np.array([pair.same for pair in given])
    found = []
    for threshold in thresholds:
        shown = scores >= threshold
        right = int((shown & same).sum())
        found.append(Point(threshold, int(shown.sum()), right / max(1, int(shown.sum())), right / int(same.sum())))
    return found
