"""What every reader of outside material returns: pitches as written, and what was refused with how to mend it."""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

import nh3

from rongmei.text.normalise import clean_line, clean_text, normalise

TITLE_LIMIT = 200
SUMMARY_LIMIT = 4_000
NAME_LIMIT = 60
URL_LIMIT = 1_000
MAX_CHANNELS = 8

_CHANNEL_BREAKS = re.compile(r"[、，,/;；|+\s]+")
_MARKUP = re.compile(r"</?[a-zA-Z!][^<>]*>")


@dataclass(frozen=True)
class RawPitch:
    """One pitch as its sender wrote it, cleaned and bounded, not yet checked against the cluster.

    Attributes:
        source_id: id of the campaign's source it came through.
        ref: stable key of the content (`pitch_ref`): sending it again, in another file too, gives the same ref.
        outlet: name or id of the outlet as written.
        title: one line of plain text.
        summary: plain text, possibly empty.
        column: name of the column (栏目) as written.
        channels: names of channels as written.
        place: as written.
        author: as written.
        url: an http(s) address or None.
        submitted_at: aware, UTC.
        heat: the platform's own figure; None is unknown, not zero.
    """

    source_id: str
    ref: str
    outlet: str | None
    title: str
    summary: str = ""
    column: str | None = None
    channels: tuple[str, ...] = ()
    place: str | None = None
    author: str | None = None
    url: str | None = None
    submitted_at: datetime | None = None
    heat: float | None = None


@dataclass(frozen=True)
class Rejected:
    """Something that was not taken, in Chinese: where it stands, why, and how to mend it."""

    source_id: str
    where: str
    reason: str
    mend: str


@dataclass(frozen=True)
class Reading:
    """What a reader found.

    Attributes:
        pitches: in the order of the material.
        rejected: rows, entries or files that gave no pitch.
        notes: parts of accepted pitches that were left out (an unreadable time, an unsafe link).
    """

    pitches: tuple[RawPitch, ...]
    rejected: tuple[Rejected, ...]
    notes: tuple[Rejected, ...] = ()


def pitch_ref(outlet: str | None, title: str) -> str:
    """The stable key of a pitch: 32 hex digits of SHA-256 over the normalised outlet and title.

    Raises:
        ValueError: the title has no letter or digit.
    """
    key = normalise(title)
    if not key:
        raise ValueError("a title without letters or digits has no key")
    return hashlib.sha256(f"{normalise(outlet or '')}\0{key}".encode()).hexdigest()[:32]


def split_channels(text: str) -> tuple[str, ...]:
    """Names of channels from one field: "微信、微博/抖音" → three; at most eight, each once."""
    names = (clean_line(name, 20) for name in _CHANNEL_BREAKS.split(clean_line(text)))
    return tuple(dict.fromkeys(name for name in names if name))[:MAX_CHANNELS]


def web_address(text: str | None) -> str | None:
    """`text` if it is an http(s) address with a host and no credentials, else None."""
    address = (text or "").strip()
    if not address or len(address) > URL_LIMIT or any(c.isspace() or ord(c) < 32 for c in address):
        return None
    try:
        parts = urlsplit(address)
        usable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        return None
    safe = usable and parts.username is None and not set("<>\"'`\\") & set(address)
    return address if safe and clean_line(address, URL_LIMIT) == address else None


def plain(markup: str, limit: int) -> str:
    """Text of an HTML fragment: tags, scripts and styles gone, entities resolved, also where doubly escaped."""
    text = markup[: limit * 20]
    for _ in range(3):
        if not _MARKUP.search(text) and "&" not in text:
            break
        stripped = nh3.clean(text, tags=set()) if _MARKUP.search(text) else text
        text = html.unescape(stripped)
    return clean_text(text, limit)
