"""Videos are judged by content, with their hash taken piece by piece."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest

from rongmei.errors import BadInput
from rongmei.stories.videos import Video, examine, misnamed


def test_a_video_is_told_by_its_content(film: Any) -> None:
    data = film()
    sha256 = hashlib.sha256(data).hexdigest()
    assert examine(io.BytesIO(data), "视频 a.mp4") == Video(sha256, "video/mp4", len(data), 640, 360, 3.2)


@pytest.mark.parametrize("data", [b"", b"\x1aE\xdf\xa3webm", b"<svg onload=alert(1)>"])
def test_what_is_no_video_is_refused_with_advice(data: bytes) -> None:
    with pytest.raises(BadInput, match=r"视频 a\.mp4：.*改法：.*MP4") as caught:
        examine(io.BytesIO(data), "视频 a.mp4")
    assert caught.value.__context__ is None


def test_names_that_say_another_format() -> None:
    assert misnamed("a.mov")
    assert not misnamed("A.MP4")
