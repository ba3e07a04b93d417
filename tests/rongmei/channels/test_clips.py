"""Films: only the reviewed file goes out, and its parts are the whole of it."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels.bodies import Slice
from rongmei.channels.clips import parts, reviewed
from rongmei.errors import Refused


def test_the_reviewed_film_is_the_whole_file(clip):
    film = reviewed(clip(b"film" * 100))
    assert b"".join(film) == b"film" * 100
    assert film.content_type == "video/mp4"


def test_another_file_does_not_go_out(clip):
    made = clip()
    made.path.write_bytes(b"something else")
    with pytest.raises(Refused, match="不是审过的"):
        reviewed(made)


def test_a_missing_or_empty_file_does_not_go_out(clip, tmp_path):
    with pytest.raises(Refused, match="找不到视频") as caught:
        reviewed(replace(clip(), path=tmp_path / "nowhere"))
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(Refused, match="空文件"):
        reviewed(clip(b""))


@given(size=st.integers(1, 5000), part=st.integers(1, 900), least=st.integers(1, 400))
def test_parts_are_the_film_and_none_is_too_short(tmp_path_factory, size, part, least):
    least = min(least, part)
    cut = parts(Slice(tmp_path_factory.getbasetemp() / "film", 0, size), part, least)
    assert cut[0].start == 0
    assert all(one.start + one.length == following.start for one, following in pairwise(cut))
    assert cut[-1].start + cut[-1].length == size
    assert all(one.length == part for one in cut[:-1])
    assert len(cut) == 1 or cut[-1].length >= least
    assert cut[-1].length < part + least
