"""What the formats share: text that any of them can carry, and the facts that stand around a story.

Vocabularies: IPTC NewsCodes (cv.iptc.org). Times are written with the newsroom's offset, +08:00.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from rongmei.channels.base import AI_LABEL, Article
from rongmei.channels.links import is_web_address
from rongmei.channels.rendering import one_line
from rongmei.clock import local
from rongmei.errors import BadInput

LANGUAGE = "zh-Hans"
AI_SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC Digital Source Type of what a trained model has made."""
AI_SOURCE_NAME = "人工智能生成合成内容"

Status: TypeAlias = Literal["usable", "withheld", "canceled"]
"""IPTC publishing status. `canceled` takes back for good what was delivered; `withheld` until further notice."""
Nature: TypeAlias = Literal["text", "picture", "video", "audio"]
"""IPTC news item nature."""

# XML has no place for these even when escaped, and several readers of JSON stumble over them.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NO_CHARACTER = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")
_UNSAFE = re.compile(r"[\s<>\"'\\^`{|}]|%(?![0-9A-Fa-f]{2})")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")


@dataclass(frozen=True)
class Release:
    """The facts of one delivery of a story version.

    Attributes:
        created_at: when this version was made, aware.
        first_created: when the first version was; None where nobody knows any more.
        embargoed_until: before which nobody may publish; None when at once.
        note: for the desk that receives it, not for readers.
        usage_terms: what the receiver may do with it; "" for the usual: name the source.
    """

    created_at: datetime
    first_created: datetime | None = None
    status: Status = "usable"
    embargoed_until: datetime | None = None
    note: str = ""
    usage_terms: str = ""


@dataclass(frozen=True)
class Attachment:
    """A picture, a video or a recording as it lies beside the document.

    Attributes:
        sha256: of the file that was reviewed; by it the story's text names the picture.
        delivered_sha256: of the file beside the document, where that is not the same; "" where it is.
        name: its file, relative to the document: `media/….jpg`.
        address: where it can be fetched, absolute; None when only the delivery itself has it.
        seconds: length of a video or recording; None where its file does not say.
    """

    sha256: str
    nature: Literal["picture", "video", "audio"]
    name: str
    mime: str
    size_bytes: int
    width: int | None = None
    height: int | None = None
    seconds: float | None = None
    title: str = ""
    caption: str = ""
    credit: str = ""
    cover: bool = False
    address: str | None = None
    delivered_sha256: str = ""

    @property
    def file_sha256(self) -> str:
        """By which the receiver can check the file."""
        return self.delivered_sha256 or self.sha256


@dataclass(frozen=True)
class Coverage:
    """One piece that is planned: who makes what until when.

    Attributes:
        uri: names the piece for ever, e.g. that of its assignment.
        ordered_at: when it was given out, aware; None while it is not.
        due_at: when it is expected, aware.
    """

    uri: str
    title: str
    outlet: str
    due_at: datetime
    nature: Nature = "text"
    ordered_at: datetime | None = None
    note: str = ""
    cancelled: bool = False


@dataclass(frozen=True)
class Agenda:
    """What the pieces of a plan belong to: an edition of a campaign.

    Attributes:
        uri: names the plan for ever.
        version: from 1; a changed plan has a higher one.
        created_at: when this version was made, aware.
    """

    uri: str
    title: str
    provider: str
    version: int
    created_at: datetime
    place: str = ""
    note: str = ""


def clean(text: str) -> str:
    """`text` as any XML and any JSON can carry it: no control characters, no half signs, line ends as LF."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return _NO_CHARACTER.sub("\ufffd", _CONTROL.sub("", whole.replace("\r\n", "\n").replace("\r", "\n")))


def line(text: str) -> str:
    """`text` as one line of what `clean` leaves."""
    return one_line(clean(text))


def uri_of(given: str) -> str:
    """`given` if it is an absolute URI (RFC 3986 by its characters).

    Raises:
        BadInput: it is not; without a lasting name nobody can correct or take back a story.
    """
    if not _URI.fullmatch(given):
        raise BadInput(f"“{line(given)[:80]}”不是 URI", mend="写成 rongmei:story:17 或 https://… 的样子")
    return given


def web_address(given: str | None) -> str:
    """`given` if it is an http(s) address that any document can carry; else ""."""
    known = given or ""
    return known if is_web_address(known) and clean(known) == known and not _UNSAFE.search(known) else ""


def moment(at: datetime) -> str:
    """ISO 8601 with offset, to the second."""
    return local(at).isoformat(timespec="seconds")


def holder(article: Article) -> str:
    """Who holds the rights."""
    return line(article.source) or line(article.outlet)


def copyright_notice(article: Article, release: Release) -> str:
    """`© 2026 …`; "" where nobody is named."""
    name = holder(article)
    return f"© {local(release.first_created or release.created_at).year} {name}" if name else ""


def usage_terms(article: Article, release: Release) -> str:
    """What the receiver may do."""
    return line(release.usage_terms) or f"使用请注明来源：{holder(article) or '供稿单位'}"


def dateline(article: Article, release: Release) -> str:
    """`东莞6月6日电`; "" without a place."""
    there = local(article.filed_at or release.created_at)
    return f"{line(article.place)}{there.month}月{there.day}日电" if line(article.place) else ""


def signed_off(article: Article) -> str:
    """`审签：甲、乙、丙`; "" for what nobody has signed."""
    names = "、".join(line(name) for name in article.signed_by if line(name))
    return f"审签：{names}" if names else ""


def editors_note(article: Article, release: Release) -> str:
    """What the receiving desk should know, on one line."""
    return "；".join(part for part in (line(release.note), signed_off(article)) if part)


def plain_body(article: Article) -> str:
    """The words with the AI label where one is due."""
    label = f"（{AI_LABEL}）" if article.ai_generated else ""
    return line(article.text) + label
