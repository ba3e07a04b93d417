"""Draws the pictures of rehearsal stories: a football night, a lantern street, a workshop … never the same one twice.

Nothing is photographed and nobody is shown: figures are a few strokes. The same seed gives the same picture.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable

from stack.pictures.canvas import Canvas
from stack.pictures.country import hills, waterside
from stack.pictures.football import pitch, stadium
from stack.pictures.indoors import lab, workshop
from stack.pictures.town import lanterns, market, skyline

COVER_SIZE = (1200, 675)
BODY_SIZE = (1200, 800)
MAX_BYTES = 400_000

SCENES: dict[str, Callable[[Canvas], None]] = {
    "stadium": stadium,
    "pitch": pitch,
    "lanterns": lanterns,
    "waterside": waterside,
    "workshop": workshop,
    "skyline": skyline,
    "market": market,
    "lab": lab,
    "hills": hills,
}
"""Scene → how it is drawn."""

ALTS: dict[str, str] = {
    "stadium": "夜幕下的球场，灯光照亮草坪和看台",
    "pitch": "午后的球场，两队球员正在拼抢",
    "lanterns": "傍晚的骑楼街，灯笼串起归家的人群",
    "waterside": "水乡的清晨，石桥下龙舟划过",
    "workshop": "明亮的车间里，机器整齐排开",
    "skyline": "暮色里的城市天际线倒映水中",
    "market": "夜市小摊升起热气，街坊三三两两",
    "lab": "实验台上的仪器和屏幕上的曲线",
    "hills": "晨雾中的山岭与荔枝林",
}
"""What a reader who does not see the picture is told."""


def draw(scene: str, seed: str, size: tuple[int, int] = COVER_SIZE) -> bytes:
    """A JPEG of the scene, below `MAX_BYTES`.

    Args:
        scene: one of `SCENES`.
        seed: what makes this picture differ from the next.
        size: width and height in pixels.
    """
    rng = random.Random(f"{scene}/{seed}")  # noqa: S311 - variety, not secrecy
    canvas = Canvas(size, rng)
    SCENES[scene](canvas)
    image = canvas.finished()
    for quality in (88, 80, 70, 55):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality)
        if buffer.tell() < MAX_BYTES:
            break
    return buffer.getvalue()
