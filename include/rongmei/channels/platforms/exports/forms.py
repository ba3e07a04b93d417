"""The forms a story is exported in: which file each makes, and what it asks of a story and of a connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rongmei.channels.base import Article, Credential
from rongmei.errors import BadInput, Refused
from rongmei.formats import Attachment, Release, newsml, ninjs, rundown

PACE = "per_minute"
ENCODING = "encoding"


@dataclass(frozen=True)
class Document:
    """A finished file and its media type."""

    data: bytes
    mime: str


Write = Callable[[Article, Release, Sequence[Attachment], Credential], Document]


@dataclass(frozen=True)
class Form:
    """A form of export.

    Attributes:
        ending: of the document's file name.
        wire: copy that others print, so it needs a dateline and somebody who holds the rights.
        pictures: whether pictures go along; videos always do.
    """

    name: str
    label: str
    ending: str
    write: Write
    wire: bool = True
    pictures: bool = True

    def document(
        self, article: Article, release: Release, attachments: Sequence[Attachment], credential: Credential
    ) -> Document:
        """The story as a file.

        Raises:
            Refused: this story cannot be written so, or the connection asks for what there is not.
        """
        try:
            return self.write(article, release, attachments, credential)
        except BadInput as error:
            raise Refused(str(error)) from None


def pace_of(credential: Credential) -> int:
    """Spoken characters a minute.

    Raises:
        BadInput: the connection's field is no such number.
    """
    given = credential.fields.get(PACE) or str(rundown.CHARS_A_MINUTE)
    if not (given.isascii() and given.isdecimal() and 60 <= int(given[:5]) <= 600):
        raise BadInput(f"账号连接里的 {PACE} 不对", mend="填每分钟字数，60 到 600 之间，常用 240")
    return int(given)


def _ninjs(article: Article, release: Release, attachments: Sequence[Attachment], _: Credential) -> Document:
    return Document(ninjs.to_json(ninjs.item(article, release, attachments)), "application/json")


def _newsml(article: Article, release: Release, attachments: Sequence[Attachment], _: Credential) -> Document:
    return Document(newsml.item(article, release, attachments), "application/vnd.iptc.g2.newsitem+xml")


def _rundown(article: Article, release: Release, attachments: Sequence[Attachment], credential: Credential) -> Document:
    pace = pace_of(credential)
    segment = rundown.segment(article, release, attachments, per_minute=pace)
    text = rundown.sheet([segment], title=article.title, at=release.created_at, per_minute=pace)
    encoding = credential.fields.get(ENCODING) or "utf-8"
    return Document(rundown.encoded(text, encoding), f"text/plain; charset={encoding.lower()}")


NINJS = Form("ninjs", "通稿 ninjs", "json", _ninjs)
NEWSML = Form("newsml", "通稿 NewsML-G2", "xml", _newsml)
RUNDOWN = Form("rundown", "广播电视串联单", "txt", _rundown, wire=False, pictures=False)
