"""What comes with a text beside the files of its folder: pictures inside it, and the original itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.config.models import Production
from rongmei.errors import BadInput
from rongmei.ledger import StoryEvent
from rongmei.stories import pictures
from rongmei.stories.attachments import Known
from rongmei.stories.draft import Embedded
from rongmei.stories.keeping import keep

_MIB: Final = 1024 * 1024


@dataclass
class Enclosed:
    """The pictures inside a document.

    Attributes:
        problems: why they cannot be taken.
    """

    rules: Production
    problems: list[BadInput] = field(default_factory=list)
    _data: list[tuple[bytes, str]] = field(default_factory=list)

    def known_with(self, known: Known, embedded: Sequence[Embedded]) -> Known:
        """The files a text need not bring, and those inside it."""
        inside = {}
        for one in embedded:
            try:
                if len(one.data) > self.rules.max_image_mb * _MIB:
                    raise BadInput(f"图片超过 {self.rules.max_image_mb} MB", where=one.where, mend="压缩或缩小后再插入")
                picture = pictures.examine(one.data, one.where)
            except BadInput as error:
                self.problems.append(error)
            else:
                inside[one.name] = picture
                self._data.append((one.data, picture.sha256))
        return Known({**known.pictures, **inside}, known.videos, known.sounds)

    def keep(self, media: Path) -> None:
        """Put all of them into the media folder."""
        for data, sha256 in self._data:
            keep(media, BytesIO(data), len(data), sha256)


@dataclass(frozen=True)
class Original:
    """A filed file as it came; its bytes are kept in the media folder under `sha256`."""

    name: str
    content_type: str
    data: bytes = field(repr=False)

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, hex."""
        return hashlib.sha256(self.data).hexdigest()

    def keep(self, media: Path) -> None:
        """Put the bytes into the media folder."""
        keep(media, BytesIO(self.data), len(self.data), self.sha256)

    def told(self) -> dict[str, Any]:
        """JSON for an event's detail."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "content_type": self.content_type,
            "size_bytes": len(self.data),
        }


def record(session: Session, story_id: int, original: Original) -> None:
    """Say in the event of the version just filed which file it was read from.

    In the transaction that filed it, before anyone can have read the event.
    """
    filed = select(StoryEvent).where(StoryEvent.thing_id == story_id).order_by(StoryEvent.id.desc()).limit(1)
    event = session.scalars(filed).one()
    event.detail = {**event.detail, "original": original.told()}
