"""Packs a story for delivery: reviewed media, names that nobody can abuse, and one ZIP where one is due.

Partners get the originals, but not the place and the device they were taken with; see `channels.originals`.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from rongmei.channels import clips, originals
from rongmei.channels.base import Article, Clip, Picture, Recording
from rongmei.channels.bodies import Body, Pieces, Slice
from rongmei.channels.pictures import MAX_PIXELS
from rongmei.channels.platforms.exports.forms import Document
from rongmei.clock import local
from rongmei.delivery.goods import MEDIA, Goods
from rongmei.errors import Refused
from rongmei.formats import Attachment

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
_OTHER = re.compile(r"[^A-Za-z0-9]+")
_NAME_CHARS = 60


@dataclass(frozen=True)
class Medium:
    """A picture, a video or a recording that goes along, and the file it is read from."""

    attachment: Attachment
    body: Body

    @property
    def goods(self) -> Goods:
        """To be laid beside the document."""
        return Goods(self.attachment.name, self.body, self.attachment.file_sha256)


def name_of(guid: str, version: int, fingerprint: str, ending: str, *, canceled: bool = False) -> str:
    """`rongmei-story-17-v2-rm….json`: the same for the same delivery, whatever stands in guid and fingerprint."""
    mark = "-canceled" if canceled else ""
    return f"{_plain(guid)}-v{version}-{_plain(fingerprint)}{mark}.{ending}"


def _plain(text: str) -> str:
    """Letters, digits and hyphens; what loses something that way, or is too long, gets a hash of the whole."""
    plain = _OTHER.sub("-", text).strip("-")
    if plain and len(plain) <= _NAME_CHARS and text.isascii():
        return plain
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:20]
    return f"{plain[: _NAME_CHARS - 21].strip('-')}-{digest}".strip("-")


def media_of(article: Article, *, pictures: bool, address: str | None) -> list[Medium]:
    """The story's media, each file read once to make sure that it is the one that was reviewed.

    Args:
        pictures: whether pictures go along.
        address: where the receiver sees the folder of the media; None when only the delivery has them.

    Raises:
        Refused: a file is not there or is not the one that was reviewed.
    """
    found: dict[str, Medium] = {}
    for picture in article.pictures if pictures else ():
        found[picture.sha256] = _picture(picture, address, cover=picture is article.cover)
    for clip in article.videos:
        found[clip.sha256] = _clip(clip, address)
    for sound in article.sounds:
        found[sound.sha256] = _sound(sound, address)
    return list(found.values())


def _picture(picture: Picture, address: str | None, *, cover: bool) -> Medium:
    width, height = _examined(picture)
    body = originals.picture(picture.path, picture.name)
    name = f"{picture.sha256[:32]}.{body.ending}"
    shown = Attachment(
        sha256=picture.sha256,
        nature="picture",
        name=f"{MEDIA}/{name}",
        mime=body.mime,
        size_bytes=len(body),
        width=width,
        height=height,
        title=picture.name,
        caption=picture.alt,
        credit=picture.credit,
        cover=cover,
        address=f"{address}/{name}" if address else None,
        delivered_sha256=_delivered(body),
    )
    return Medium(shown, body)


def _examined(picture: Picture) -> tuple[int, int]:
    """Width and height of a file that is the reviewed one, and a picture."""
    try:
        with picture.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise Refused(f"媒体文件夹里找不到图片“{picture.name}”，或者读不出来，请重新交稿") from None
    if digest != picture.sha256:
        raise Refused(f"图片“{picture.name}”的文件已不是审过的那一个，请重新送审")
    try:
        with Image.open(picture.path, formats=_FORMATS) as image:
            width, height = image.width, image.height
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise Refused(f"图片“{picture.name}”打不开，可能已损坏，请重新交稿") from None
    if width * height > MAX_PIXELS:
        raise Refused(f"图片“{picture.name}”有 {width}×{height} 像素，太大，请缩小后重新交稿")
    return width, height


def _clip(clip: Clip, address: str | None) -> Medium:
    body = clips.reviewed(clip)
    name = f"{clip.sha256[:32]}.mp4"
    shown = Attachment(
        sha256=clip.sha256,
        nature="video",
        name=f"{MEDIA}/{name}",
        mime="video/mp4",
        size_bytes=len(body),
        width=clip.width,
        height=clip.height,
        seconds=clip.seconds,
        title=clip.name,
        credit=clip.credit,
        address=f"{address}/{name}" if address else None,
        delivered_sha256=_delivered(body),
    )
    return Medium(shown, body)


def _sound(sound: Recording, address: str | None) -> Medium:
    body = clips.recorded(sound)
    name = f"{sound.sha256[:32]}.{body.ending}"
    shown = Attachment(
        sha256=sound.sha256,
        nature="audio",
        name=f"{MEDIA}/{name}",
        mime=body.mime,
        size_bytes=len(body),
        seconds=sound.seconds,
        title=sound.name,
        caption=sound.alt,
        credit=sound.credit,
        address=f"{address}/{name}" if address else None,
        delivered_sha256=_delivered(body),
    )
    return Medium(shown, body)


def _delivered(body: originals.Lean) -> str:
    """The hash of what is delivered; "" where that is the reviewed file itself, whose hash is known."""
    if body.is_whole:
        return ""
    seen = hashlib.sha256()
    for piece in body:
        seen.update(piece)
    return seen.hexdigest()


@contextmanager
def packed(name: str, document: Document, media: Sequence[Medium], at: datetime) -> Iterator[Goods]:
    """The one file to deliver: the document, or with media a ZIP of all; the same content gives the same bytes.

    Args:
        name: of the document.
        media: what goes into the ZIP; nothing where it lies beside the document.
        at: the date that the ZIP's entries bear, aware.
    """
    if not media:
        yield Goods(name, Pieces(document.data, document.mime), hashlib.sha256(document.data).hexdigest())
        return
    with tempfile.TemporaryDirectory(prefix="rongmei-") as folder:
        path = Path(folder) / "delivery.zip"
        _zip(path, name, document, media, at)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        zipped = name.rpartition(".")[0] + ".zip"
        yield Goods(zipped, Slice(path, 0, path.stat().st_size, "application/zip"), digest)


def _zip(path: Path, name: str, document: Document, media: Sequence[Medium], at: datetime) -> None:
    there = local(at)
    stamp = (max(there.year, 1980), there.month, there.day, there.hour, there.minute, there.second)
    # Stored, not compressed: pictures and videos are compressed already, and the bytes depend on no library.
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo(name, stamp), document.data)
        for medium in media:
            entry = zipfile.ZipInfo(medium.attachment.name, stamp)
            entry.file_size = len(medium.body)
            with archive.open(entry, "w") as target:
                for piece in medium.body:
                    target.write(piece)
