"""Words of the dictionary inside a clause, and what the cheapest segmentation of a part of it costs."""

from __future__ import annotations

import math
from collections.abc import Iterator

from rongmei.text.words import Vocabulary

LONGEST_WORD = 8


def known_words(clause: str, words: Vocabulary) -> Iterator[tuple[int, int]]:
    """Spans of dictionary words of two characters and more."""
    for start in range(len(clause)):
        for end in range(start + 1, min(len(clause), start + LONGEST_WORD) + 1):
            fragment = clause[start:end]
            if not words.is_prefix(fragment):
                break
            if end - start > 1 and words.frequency(fragment):
                yield start, end


def costs_before(clause: str, words: Vocabulary) -> list[float]:
    """For each position the cost of the cheapest segmentation of what stands before it."""
    costs = [0.0, *[math.inf] * len(clause)]
    spans = sorted([*known_words(clause, words), *((i, i + 1) for i in range(len(clause)))])
    for start, end in spans:
        costs[end] = min(costs[end], costs[start] + words.cost(clause[start:end]))
    return costs


def costs_after(clause: str, words: Vocabulary) -> list[float]:
    """For each position the cost of the cheapest segmentation of what stands after it."""
    costs = [*[math.inf] * len(clause), 0.0]
    spans = sorted([*known_words(clause, words), *((i, i + 1) for i in range(len(clause)))], reverse=True)
    for start, end in spans:
        costs[start] = min(costs[start], words.cost(clause[start:end]) + costs[end])
    return costs
