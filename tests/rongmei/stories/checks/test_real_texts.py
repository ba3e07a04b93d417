"""The shipped lists and every check over real headlines and posts: few remarks, and each of them deserved."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rongmei.config import load_lists
from rongmei.settings import PACKAGE_CONFIG
from rongmei.stories.checks import Finding, check, index

SHARED = Path(os.environ.get("RONGMEI_SHARED") or Path(__file__).resolve().parents[5] / "shared") / "data"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not SHARED.is_dir(), reason="没有共享数据，设 RONGMEI_SHARED 指向它"),
]
# What a bare headline lacks says nothing about it.
NOT_MEANT = {"parts", "limits"}


def remarks(texts: list[str], version: Any, day: date) -> list[Finding]:
    indexes = index(load_lists(PACKAGE_CONFIG))
    return [
        finding
        for text in texts
        for finding in check(version(title="无题", body=text.replace("#", "＃")), (), indexes, day=day)
        if finding.group not in NOT_MEANT
    ]


def test_headlines(version: Any) -> None:
    lines = (SHARED / "zh_headlines" / "thucnews_dev.txt").read_text(encoding="utf-8").splitlines()
    found = remarks([line.split("\t")[0] for line in lines[:1_500]], version, date(2010, 6, 1))
    # 最佳 and 国家级 are common in headlines, and the shipped list asks for a second look at them.
    assert {finding.group for finding in found} <= {"errors", "sensitive"}
    counts = Counter(finding.group for finding in found)
    assert counts["errors"] <= 1
    assert counts["sensitive"] <= 15


def test_posts_about_a_flood(version: Any) -> None:
    with gzip.open(SHARED / "zh_sentiment" / "crisis_dev.jsonl.gz", "rt", encoding="utf-8") as stream:
        posts = [max((v for v in json.loads(line).values() if isinstance(v, str)), key=len) for line in stream]
    found = remarks(posts, version, date(2018, 8, 25))
    # People gave their telephone numbers, and wrote 截止目前; their dates, sums and shares are right.
    assert {finding.code for finding in found} <= {"phone_number", "wrong_word", "sensitive"}
    assert sum(finding.code == "phone_number" for finding in found) >= 30
    assert all("截止" in f.message or "好象" in f.message for f in found if f.code == "wrong_word")
