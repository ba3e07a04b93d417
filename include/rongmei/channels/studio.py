"""Where pictures are drawn again: few at a time, and what was drawn is kept, because a story has several accounts.

Drawing has threads of its own. A photograph takes a hundred megabytes while it is drawn, and what a thread has used
once mostly stays with it, so memory would grow with the number of accounts that are worked on at a time.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor

from PIL import Image, ImageOps

AT_A_TIME = 2
KEPT_BYTES = 16 * 1024 * 1024


class Studio:
    """Draws and remembers; threads may share it, and a process that is forked begins with an empty one.

    Args:
        at_a_time: pictures drawn at one moment; whoever wants another one waits.
        kept_bytes: how much is kept of what was drawn, the last used longest.
    """

    def __init__(self, at_a_time: int = AT_A_TIME, kept_bytes: int = KEPT_BYTES) -> None:
        self._at_a_time, self._most = at_a_time, kept_bytes
        self._open()
        os.register_at_fork(after_in_child=self._open)

    def _open(self) -> None:
        self._shelf = threading.Lock()
        self._draughtsmen = ThreadPoolExecutor(self._at_a_time, thread_name_prefix="studio")
        self._begun: dict[Hashable, Future[bytes]] = {}
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._size = 0

    def draw(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """What `make` draws, or has drawn, under this name; its errors are those of everybody who waits for it."""
        with self._shelf:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            drawing = self._begun.get(key)
            if drawing is None:
                drawing = self._begun[key] = self._draughtsmen.submit(self._draw, key, make)
        return drawing.result()

    def _draw(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        try:
            drawn = make()
            self._keep(key, drawn)
            return drawn
        finally:
            with self._shelf:
                del self._begun[key]

    def _keep(self, key: Hashable, data: bytes) -> None:
        with self._shelf:
            self._kept[key] = data
            self._size += len(data)
            while self._size > self._most:
                self._size -= len(self._kept.popitem(last=False)[1])


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
