"""Checks a video by its content, never by its name: an MP4 with a picture, whole."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from rongmei.errors import BadInput
from rongmei.stories.keeping import digest
from rongmei.stories.mp4 import BadFilm, probe

CONTENT_TYPE: Final = "video/mp4"


@dataclass(frozen=True)
class Video:
    """What a video file is, in bytes, seconds (None where it does not say) and pixels as shown."""

    sha256: str
    content_type: str
    size_bytes: int
    width: int
    height: int
    seconds: float | None


def examine(stream: BinaryIO, where: str) -> Video:
    """Look at a video.

    Raises:
        BadInput: not an MP4, broken off, or without a picture.
        keeping.Changed: it became shorter meanwhile.
        OSError: it cannot be read.
    """
    try:
        film = probe(stream)
    except BadFilm as error:
        what = str(error)
    else:
        size = stream.seek(0, os.SEEK_END)
        return Video(digest(stream, size), CONTENT_TYPE, size, film.width, film.height, film.seconds)
    mend = "重新拷贝一份，能在播放器里从头放到尾再交；别的格式先导出为 MP4（H.264 画面、AAC 声音）"
    raise BadInput(what, where=where, mend=mend)


def misnamed(name: str) -> bool:
    """Whether the name's suffix says another format than MP4."""
    return Path(name).suffix.lower() not in {".mp4", ".m4v"}
