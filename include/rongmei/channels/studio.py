"""Where pictures are drawn again: few at a time, and what was drawn is kept, because a story has several accounts."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from PIL import Image, ImageOps

AT_A_TIME = 2
"""A photograph of 24 megapixels takes a hundred megabytes while it is drawn, whatever the number of threads."""
KEPT_BYTES = 16 * 1024 * 1024


class Studio:
    """Draws and remembers; threads may share it.

    Args:
        at_a_time: pictures drawn at one moment; whoever wants another one waits.
        kept_bytes: how much is kept of what was drawn, the last used longest.
    """

    def __init__(self, at_a_time: int = AT_A_TIME, kept_bytes: int = KEPT_BYTES) -> None:
        self._room = threading.BoundedSemaphore(at_a_time)
        self._shelf = threading.Lock()
        self._most = kept_bytes
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size = 0

    def draw(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """What `make` draws, or has drawn, under this name; its errors are the caller's."""
        found = self._find(key)
        if found is not None:
            return found
        with self._room:
            # Somebody may have drawn it while this one waited.
            return self._find(key) or self._keep(key, make())

    def _find(self, key: Hashable) -> bytes | None:
        with self._shelf:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def _keep(self, key: Hashable, data: bytes) -> bytes:
        with self._shelf:
            self._size += len(data) - len(self._kept.pop(key, b""))
            self._kept[key] = data
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])
        return data


def flat(image: Image.Image, least: tuple[int, int]) -> Image.Image:
    """The picture upright, in RGB, on white where it is transparent.

    Args:
        image: just opened; what it holds may change.
        least: size in pixels below which it must not shrink; a large JPEG is read at a fraction of its size, which
            saves most of the memory.
    """
    image.draft(None, (max(least), max(least)))
    ImageOps.exif_transpose(image, in_place=True)
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    shown = image.convert("RGBA")
    ground = Image.new("RGB", shown.size, "white")
    ground.paste(shown, mask=shown.getchannel("A"))
    return ground
