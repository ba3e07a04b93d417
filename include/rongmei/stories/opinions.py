"""Reads the opinions a reviewer typed into one box: a line for each story, beginning with its number."""

from __future__ import annotations

import re
from collections.abc import Collection

from rongmei.errors import BadInput
from rongmei.text.normalise import clean_text

MAX_OPINION = 2_000
_MAX_INPUT = 40_000
# A number is a story's when it stands before a separator or a blank; "3.5 万人" and "3个错字" begin no opinion.
_START = re.compile(
    r"\s*(?P<hash>[#＃])?\s*(?P<id>\d{1,9})\s*号?(?:\s*[：:、．，,)）]\s*|\s*\.(?!\d)\s*|\s+|$)(?P<rest>.*)"
)
_VETO = re.compile(r"否决(?:\s*[：:，,。；;、]\s*|\s+|$)")


def parse_opinions(text: str, known: Collection[int] | None = None) -> tuple[dict[int, str], set[int]]:
    """Opinions by story id, and the ids of the stories that are rejected.

    A line is `3 意见…`, `#3：意见` or `3 否决 意见`; lines without a number continue the one above.

    Args:
        known: the ids on the sheet. With them, a number that is not an id continues the opinion above ("2026 年误为
            2025 年"), unless it is written with a #.

    Raises:
        BadInput: an opinion without a number, or #number that is not on the sheet.
    """
    opinions: dict[int, list[str]] = {}
    rejected: set[int] = set()
    current: int | None = None
    for line in clean_text(text, _MAX_INPUT).split("\n"):
        if not line.strip():
            continue
        found = _START.fullmatch(line)
        if found and _is_story(found, known):
            current = int(found["id"])
            rest = found["rest"]
            if veto := _VETO.match(rest):
                rejected.add(current)
                rest = rest[veto.end() :]
            opinions.setdefault(current, []).append(rest.strip())
        elif current is None:
            mend = "每条意见另起一行，以稿件编号开头，例如：3 标题不准确；要否决写：3 否决 理由"
            raise BadInput(f"“{line.strip()[:40]}”没有写是哪一篇", where="意见", mend=mend)
        else:
            opinions[current].append(line.strip())
    joined = {story: "\n".join(line for line in lines if line)[:MAX_OPINION] for story, lines in opinions.items()}
    return {story: opinion for story, opinion in joined.items() if opinion}, rejected


def _is_story(found: re.Match[str], known: Collection[int] | None) -> bool:
    if known is None or int(found["id"]) in known:
        return True
    if found["hash"]:
        raise BadInput(f"没有稿件 #{found['id']}", where="意见", mend="核对审稿单上的编号")
    return False
