"""What comes with a text beside the files of its folder: pictures inside it, recordings, and the original itself."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rongmei.config.models import Production
from rongmei.errors import BadInput
from rongmei.ledger import Media, StoryEvent
from rongmei.stories import pictures
from rongmei.stories.attachments import Known, StillWriting
from rongmei.stories.documents.sounds import Sound, examine
from rongmei.stories.draft import Embedded, Wanted
from rongmei.stories.dropbox import DropFolder, Stamp, opened, stamp
from rongmei.stories.keeping import Changed, keep

AUDIO_NOTE: Final = "音频已收下，暂不随稿发布"
_MIB: Final = 1024 * 1024


@dataclass
class Enclosed:
    """The pictures inside a document and the recordings beside it.

    Attributes:
        used: every file that was looked at, and its stamp before; shared with the other attachments.
        problems: why they cannot be taken; `notes` are remarks for the story's log.
    """

    rules: Production
    problems: list[BadInput] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    sounds: dict[str, Sound] = field(default_factory=dict)
    _data: list[tuple[bytes, str]] = field(default_factory=list)
    _paths: dict[Path, Sound] = field(default_factory=dict)

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
        return Known({**known.pictures, **inside}, known.videos)

    def listen(self, folder: DropFolder, text: Path, wanted: Sequence[Wanted], used: dict[Path, Stamp]) -> None:
        """Look at the recordings that a text names."""
        for one in wanted:
            where = f"音频 {one.name}"
            try:
                path = folder.find(text, one.name, "音频")
                if path is None:
                    raise BadInput("缺少这个音频", where=where, mend="把音频和文稿放在一起，文件名与引用的一致")
                used[path] = stamp(path)
                with opened(path, self.rules.max_video_mb) as stream:
                    self.sounds[one.name] = self._paths[path] = examine(stream, where)
            except BadInput as error:
                self.problems.append(BadInput(error.what, where=where, mend=error.mend))
            except Changed:
                raise StillWriting(one.name) from None
        if self.sounds:
            self.notes.append(f"{AUDIO_NOTE}：{'、'.join(self.sounds)}")

    def keep(self, media: Path, used: dict[Path, Stamp]) -> None:
        """Put all of them into the media folder.

        Raises:
            StillWriting: a recording is not the one that was looked at.
        """
        for data, sha256 in self._data:
            keep(media, BytesIO(data), len(data), sha256)
        for path, sound in self._paths.items():
            try:
                with opened(path, self.rules.max_video_mb) as stream:
                    keep(media, stream, sound.size_bytes, sound.sha256)
            except Changed:
                raise StillWriting(path.name) from None
            if stamp(path) != used[path]:
                raise StillWriting(path.name)


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


def record(session: Session, story_id: int, original: Original, sounds: dict[str, Sound], *, now: datetime) -> None:
    """Say in the event of the version just filed which file it was read from, and which recordings came with it.

    In the transaction that filed it, before anyone can have read the event.
    """
    filed = select(StoryEvent).where(StoryEvent.thing_id == story_id).order_by(StoryEvent.id.desc()).limit(1)
    event = session.scalars(filed).one()
    told: dict[str, Any] = {"original": original.told()}
    if sounds:
        told["audio"] = [_heard(session, name, sound, now) for name, sound in sounds.items()]
    event.detail = {**event.detail, **told}


def _heard(session: Session, name: str, sound: Sound, now: datetime) -> dict[str, Any]:
    if session.get(Media, sound.sha256) is None:
        row = Media(
            sha256=sound.sha256,
            content_type=sound.content_type,
            size_bytes=sound.size_bytes,
            seconds=sound.seconds,
            added_at=now,
        )
        try:
            with session.begin_nested():
                session.add(row)
        except IntegrityError:
            # Another text brought the same recording at the same moment; the row that is there says the same.
            session.expire_all()
    return {"name": name, "sha256": sound.sha256, "content_type": sound.content_type, "seconds": sound.seconds}
