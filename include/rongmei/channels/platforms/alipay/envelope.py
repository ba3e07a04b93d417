"""Takes a gateway answer apart without writing it anew, because the signature is over the very characters sent."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_ERROR = "error_response"


@dataclass(frozen=True)
class Envelope:
    """An answer: what it says, the characters that say it, and the signature, "" where there is none."""

    node: dict[str, Any]
    text: str
    sign: str


def opened(body: bytes, method: str) -> Envelope | None:
    """The envelope of an answer to `method`; None for anything that is none.

    A gateway that did not understand the request's charset answers in GBK, unsigned.
    """
    text = _text(body)
    members = _members(text)
    if members is None:
        return None
    for name in (f"{method.replace('.', '_')}_response", _ERROR):
        value, start, end = members.get(name, (None, 0, 0))
        if isinstance(value, dict):
            sign = members.get("sign", ("", 0, 0))[0]
            return Envelope(value, text[start:end], sign if isinstance(sign, str) else "")
    return None


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("gb18030", errors="replace")


def _members(text: str) -> dict[str, tuple[Any, int, int]] | None:
    """The members of a JSON object with the place of each value; None where it is no object or has a name twice."""
    try:
        return _scan(text)
    except (ValueError, RecursionError):
        return None


def _scan(text: str) -> dict[str, tuple[Any, int, int]]:
    found: dict[str, tuple[Any, int, int]] = {}
    at = _expect(text, 0, "{")
    while text[at : at + 1] != "}":
        name, at = _DECODER.raw_decode(text, at)
        if not isinstance(name, str) or name in found:
            raise ValueError(name)
        start = _expect(text, at, ":")
        value, end = _DECODER.raw_decode(text, start)
        found[name] = (value, start, end)
        at = _after_space(text, end)
        if text[at : at + 1] != "}":
            at = _expect(text, at, ",")
    if _after_space(text, at + 1) != len(text):
        raise ValueError(at)
    return found


def _expect(text: str, at: int, sign: str) -> int:
    """Past `sign` and the space around it."""
    at = _after_space(text, at)
    if text[at : at + 1] != sign:
        raise ValueError(at)
    return _after_space(text, at + 1)


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
