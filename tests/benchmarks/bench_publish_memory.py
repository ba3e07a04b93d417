"""How much memory a process holds at most that publishes a thousand stories with five pictures of a megabyte each.

One process does all channels at once, with as many threads as the product uses unless told otherwise. The pictures are
photographs of two megapixels, just above what WeChat takes for a picture in a text, so that they have to be drawn again
for it. A story goes out on four accounts of a channel, its pictures are different ones than all others.
"""

from __future__ import annotations

import random
import tempfile
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from tests.benchmarks.newsrooms import edition_of_a_thousand
from tests.benchmarks.platforms import platforms
from tests.benchmarks.publishers import publish_edition

LIMIT = 1.0
MOST_MB = 300
PICTURES = 5
SIZE = (1920, 1080)
LEAST_BYTES = 1_050_000


def run() -> dict[str, Any]:
    """{"name", "ours", "against", "ratio", "limit"}: MB of 1,000,000 bytes, resident at the worst moment."""
    with tempfile.TemporaryDirectory(prefix="rongmei-bench-") as folder, platforms(Path(folder) / "there") as there:
        rooms = edition_of_a_thousand(
            Path(folder) / "home",
            sandbox_url=there.url,
            now=datetime.now(UTC),
            pictures=PICTURES,
            draw=Photographs(),
        )
        done = publish_edition(rooms, confirming=True)
    return {
        "name": "publish_memory",
        "ours": round(done.peak_mb, 1),
        "against": MOST_MB,
        "ratio": round(done.peak_mb / MOST_MB, 3),
        "limit": LIMIT,
    }


class Photographs:
    """JPEGs of one picture and more than a megabyte, different files by a remark that is in each."""

    def __init__(self) -> None:
        noise = Image.frombytes("RGB", (960, 540), random.Random(1).randbytes(960 * 540 * 3))
        picture = noise.resize(SIZE, Image.Resampling.BICUBIC)
        for quality in range(40, 100, 2):
            buffer = BytesIO()
            picture.save(buffer, "JPEG", quality=quality)
            if buffer.tell() > LEAST_BYTES:
                break
        self._data = buffer.getvalue()

    def __call__(self, number: int) -> bytes:
        """The picture of this number."""
        remark = f"{number:08d}".encode()
        return self._data[:2] + b"\xff\xfe" + (len(remark) + 2).to_bytes(2) + remark + self._data[2:]
