"""Tables and links of the pages people decide on, with text from outside that shows as exactly that text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rongmei.pitches.sources.base import web_address
from rongmei.text.markdown import escape

__all__ = ["escape", "link", "table"]

_UNSAFE_IN_LINK = str.maketrans({"|": "%7C", "(": "%28", ")": "%29", "*": "%2A", "~": "%7E"})


def link(words: str, address: str | None) -> str:
    """A link to a web address, or nothing when it is none; `words` are ours."""
    safe = web_address(address)
    return f"[{words}](<{safe.translate(_UNSAFE_IN_LINK)}>)" if safe else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Iterable[int] = ()) -> list[str]:
    """A GFM table of cells that are Markdown already; nothing when there are no rows.

    Args:
        numbers: positions of the columns that are set to the right.
    """
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    right = set(numbers)
    rule = "|".join("---:" if at in right else "---" for at in range(len(heads)))
    return ["| " + " | ".join(heads) + " |", f"|{rule}|", *lines] if lines else []
