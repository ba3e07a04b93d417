"""The pictures, videos and recordings that a text asks for: found beside it, looked at, kept in the media folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from rongmei.config.models import Production
from rongmei.errors import BadInput
from rongmei.ledger import StoryVersion
from rongmei.stories import pictures, sounds, videos
from rongmei.stories.draft import Wanted
from rongmei.stories.dropbox import DropFolder, Stamp, opened, read, stamp
from rongmei.stories.keeping import Changed, keep
from rongmei.stories.pictures import Picture
from rongmei.stories.sounds import Sound
from rongmei.stories.versions import PlacedPicture, PlacedSound, PlacedVideo
from rongmei.stories.videos import Video

_COUNTED: Final = {"图片": "这张图片", "视频": "这个视频", "音频": "这个音频"}

File = TypeVar("File", Picture, Video, Sound)


class StillWriting(Exception):
    """A file changed while it was being read; says which one."""


@dataclass
class Attachments:
    """The files of one text.

    Attributes:
        known: the files of the story's current version, which a corrected text need not bring again.
        used: every file that was looked at, and its stamp before.
        problems: why files cannot be taken.
        notes: remarks for the story's log.
    """

    folder: DropFolder
    text: Path
    rules: Production
    known: Known
    used: dict[Path, Stamp]
    problems: list[BadInput] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _found: dict[Path, Picture | Video | Sound] = field(default_factory=dict)

    def pictures(self, wanted: Sequence[Wanted]) -> tuple[PlacedPicture, ...]:
        """The pictures that can be taken."""
        files = self._each(wanted, "图片", self._picture, self.known.pictures)
        for name, picture in files.items():
            if pictures.misnamed(picture, name):
                self.notes.append(f"图片“{name}”的内容是 {picture.content_type}，与后缀不符，按内容处理")
        return tuple(PlacedPicture(w.role, w.name, w.alt, w.credit, files[w.name]) for w in wanted if w.name in files)

    def videos(self, wanted: Sequence[Wanted]) -> tuple[PlacedVideo, ...]:
        """The videos that can be taken."""
        files = self._each(wanted, "视频", self._video, self.known.videos)
        self.notes += [f"视频“{name}”是 MP4，与后缀不符，按内容处理" for name in files if videos.misnamed(name)]
        return tuple(PlacedVideo(w.name, w.alt, w.credit, files[w.name]) for w in wanted if w.name in files)

    def sounds(self, wanted: Sequence[Wanted]) -> tuple[PlacedSound, ...]:
        """The recordings that can be taken."""
        files = self._each(wanted, "音频", self._sound, self.known.sounds)
        for name, sound in files.items():
            if sounds.misnamed(sound, name):
                self.notes.append(f"音频“{name}”的内容是 {sound.content_type}，与后缀不符，按内容处理")
        return tuple(PlacedSound(w.name, w.alt, w.credit, files[w.name]) for w in wanted if w.name in files)

    def keep(self, media: Path) -> None:
        """Put every file into the media folder; read again, so that one picture at a time is in memory, nothing else.

        Raises:
            StillWriting: it is not the file that was looked at.
        """
        for path, file in self._found.items():
            try:
                if isinstance(file, Picture):
                    keep(media, BytesIO(self._picture_bytes(path)), file.size_bytes, file.sha256)
                else:
                    most = self.rules.max_video_mb if isinstance(file, Video) else self.rules.max_audio_mb
                    with opened(path, most) as stream:
                        keep(media, stream, file.size_bytes, file.sha256)
            except Changed:
                raise StillWriting(path.name) from None
            if stamp(path) != self.used[path]:
                raise StillWriting(path.name)

    def _each(
        self, wanted: Sequence[Wanted], what: str, look: Callable[[Path, str], File], known: dict[str, File]
    ) -> dict[str, File]:
        """The wanted files by name; what is wrong with the others is among the problems."""
        files: dict[str, File] = {}
        for name in dict.fromkeys(file.name for file in wanted):
            try:
                path = self.folder.find(self.text, name, what)
                if path is not None:
                    self.used[path] = stamp(path)
                    files[name] = self._found[path] = look(path, f"{what} {name}")
                elif name in known:
                    files[name] = known[name]
                else:
                    mend = f"把{what}和文稿放在一起，文件名与引用的一致；先放{what}，后放文稿"
                    raise BadInput(f"缺少{_COUNTED[what]}", where=f"{what} {name}", mend=mend)
            except BadInput as error:
                self.problems.append(error)
        return files

    def _picture(self, path: Path, where: str) -> Picture:
        return pictures.examine(self._picture_bytes(path), where)

    def _picture_bytes(self, path: Path) -> bytes:
        try:
            return read(path, self.rules.max_image_mb)
        except BadInput as error:
            raise BadInput(error.what, where=f"图片 {path.name}", mend=error.mend) from None

    def _video(self, path: Path, where: str) -> Video:
        return self._streamed(path, where, self.rules.max_video_mb, videos.examine)

    def _sound(self, path: Path, where: str) -> Sound:
        return self._streamed(path, where, self.rules.max_audio_mb, sounds.examine)

    def _streamed(self, path: Path, where: str, megabytes: int, look: Callable[[BinaryIO, str], File]) -> File:
        try:
            with opened(path, megabytes) as stream:
                return look(stream, where)
        except BadInput as error:
            raise BadInput(error.what, where=where, mend=error.mend) from None
        except Changed:
            raise StillWriting(path.name) from None


@dataclass(frozen=True)
class Known:
    """The files of a version by the name its text gives them."""

    pictures: dict[str, Picture]
    videos: dict[str, Video]
    sounds: dict[str, Sound] = field(default_factory=dict)


def known_files(version: StoryVersion | None) -> Known:
    """The files of a version; of none, none."""
    known = Known({}, {}, {})
    for placed in version.media if version else ():
        file = placed.file
        size = file.width or 0, file.height or 0
        if placed.role == "video":
            known.videos[placed.name] = Video(file.sha256, file.content_type, file.size_bytes, *size, file.seconds)
        elif placed.role == "audio":
            seconds = file.seconds or 0.0
            known.sounds[placed.name] = Sound(file.sha256, file.content_type, file.size_bytes, seconds)
        else:
            known.pictures[placed.name] = Picture(file.sha256, file.content_type, file.size_bytes, *size)
    return known
