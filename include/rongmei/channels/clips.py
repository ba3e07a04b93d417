"""A story's film on its way to a platform: the file that was reviewed, whole or in parts, never all of it in memory."""

from __future__ import annotations

import hashlib

from rongmei.channels.base import Clip
from rongmei.channels.bodies import Slice
from rongmei.errors import Refused


def reviewed(clip: Clip) -> Slice:
    """The whole film, after its file has been read once to make sure that it is the one that was reviewed.

    Raises:
        Refused: the file is not there, cannot be read, is empty or is another one.
    """
    try:
        with clip.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
    except OSError:
        raise Refused(f"媒体文件夹里找不到视频“{clip.name}”，或者读不出来，请重新交稿") from None
    if digest != clip.sha256:
        raise Refused(f"视频“{clip.name}”的文件已不是审过的那一个，请重新送审")
    if not size:
        raise Refused(f"视频“{clip.name}”是空文件")
    return Slice(clip.path, 0, size, clip.mime)


def parts(film: Slice, part_bytes: int, least_bytes: int = 1) -> tuple[Slice, ...]:
    """The film in parts of `part_bytes`; what would be left below `least_bytes` at the end goes with the last part."""
    count = max(1, film.length // part_bytes + (film.length % part_bytes >= least_bytes))
    starts = [number * part_bytes for number in range(count)]
    ends = [*starts[1:], film.length]
    return tuple(Slice(film.path, start, end - start, film.mime) for start, end in zip(starts, ends, strict=True))
