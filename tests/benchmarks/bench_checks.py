"""Checks before review: how long 60 stories of 2,000 characters against lists of 5,000 words take.

The texts are put together of real headlines where they are there. The words begin like words of these headlines, so
that the index is asked again and again, and every fiftieth is one and is found. Against: the limit of 1 s for all
stories, jieba's dictionary being loaded.
"""

from __future__ import annotations

import json
import random
import sys
import time
from dataclasses import replace
from datetime import date
from typing import Any, Final

from tests.benchmarks.bench_near_duplicates import headlines

from rongmei.config import Lists, load_lists
from rongmei.config.lists import SensitiveWords, WrongWords
from rongmei.ledger import StoryVersion
from rongmei.settings import PACKAGE_CONFIG
from rongmei.stories.checks import check, index

STORIES, CHARACTERS, WORDS = 60, 2_000, 5_000
LIMIT_SECONDS: Final = 1.0
ROUNDS = 5
DAY = date(2026, 6, 6)


def run() -> list[dict[str, Any]]:
    """Seconds for the stories with the lists of 5,000 words, and with the shipped ones; the quickest round counts."""
    titles = list(headlines(20_000))
    stories = [_story(titles, random.Random(number)) for number in range(STORIES)]
    shipped = load_lists(PACKAGE_CONFIG)
    return [
        _limited("checks_seconds_5000_words", _quickest(stories, _many(titles, shipped))),
        _limited("checks_seconds_shipped_lists", _quickest(stories, shipped)),
    ]


def _limited(name: str, ours: float) -> dict[str, Any]:
    return {
        "name": name,
        "ours": round(ours, 3),
        "against": LIMIT_SECONDS,
        "ratio": round(ours / LIMIT_SECONDS, 3),
        "limit": 1.0,
    }


def _story(titles: list[str], draw: random.Random) -> StoryVersion:
    body = ""
    while len(body) < CHARACTERS:
        body += "，".join(draw.sample(titles, 8)) + "。\n\n"
    return StoryVersion(
        title=draw.choice(titles), author="张三", digest="摘要", body=body[:CHARACTERS], tags=[], extras={}, media=[]
    )


def _many(titles: list[str], shipped: Lists) -> Lists:
    draw, words = random.Random(7), set[str]()
    while len(words) < WORDS:
        title = draw.choice(titles)
        start, length = draw.randrange(max(1, len(title) - 4)), draw.randint(3, 5)
        word = title[start : start + length]
        if len(words) % 50:
            word = word[:2] + "".join(draw.sample(title, min(len(title), length - 2)))
        if len(word) > 2 and word.isalnum():
            words.add(word)
    head: dict[str, Any] = {"owner": "lin", "updated": DAY}
    wrong = WrongWords(**head, words=[{"wrong": word, "right": f"{word[::-1]}正"} for word in sorted(words)])
    secret = SensitiveWords(
        **head, words=[{"word": word, "level": "careful", "reason": "核对"} for word in sorted(words)]
    )
    return replace(shipped, wrong_words=wrong, sensitive_words=secret)


def _quickest(stories: list[StoryVersion], lists: Lists) -> float:
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        indexes = index(lists)
        for story in stories:
            check(story, ("wechat",), indexes, day=DAY)
        rounds.append(time.perf_counter() - started)
    return min(rounds)


if __name__ == "__main__":
    for figure in run():
        sys.stdout.write(json.dumps(figure, ensure_ascii=False) + "\n")
