"""A story's film or recording on its way out: what was reviewed, without where it was shot, whole or in parts.

Never all of it is in memory.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from rongmei.channels import originals
from rongmei.channels.base import Clip, Recording
from rongmei.channels.originals import Lean
from rongmei.errors import Refused


def reviewed(clip: Clip) -> Lean:
    """The whole film as it may leave, after its file has been read once to make sure that it is the reviewed one.

    Raises:
        Refused: the file is not there, cannot be read or taken apart, is empty or is another one.
    """
    _check(clip, "视频")
    return replace(originals.film(clip.path, clip.name), mime=clip.mime)


def recorded(sound: Recording) -> Lean:
    """The same for a recording."""
    _check(sound, "音频")
    return originals.sound(sound.path, sound.name, sound.mime)


def _check(file: Clip | Recording, what: str) -> None:
    """Raises Refused where the file is not there, or not the one that was reviewed."""
    try:
        with file.path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.tell()
    except OSError:
        raise Refused(f"媒体文件夹里找不到{what}“{file.name}”，或者读不出来，请重新交稿") from None
    if digest != file.sha256:
        raise Refused(f"{what}“{file.name}”的文件已不是审过的那一个，请重新送审")
    if not size:
        raise Refused(f"{what}“{file.name}”是空文件")


def parts(film: Lean, part_bytes: int, least_bytes: int = 1) -> tuple[Lean, ...]:
    """The film in parts of `part_bytes`; what would be left below `least_bytes` at the end goes with the last part."""
    count = max(1, film.length // part_bytes + (film.length % part_bytes >= least_bytes))
    starts = [number * part_bytes for number in range(count)]
    ends = [*starts[1:], film.length]
    return tuple(film.cut(start, end - start) for start, end in zip(starts, ends, strict=True))
