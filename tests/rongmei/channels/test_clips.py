"""Films: only the reviewed file goes out, and its parts are the whole of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels.clips import parts, reviewed
from rongmei.channels.originals import Lean
from rongmei.channels.originals.parts import joined
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


def test_the_place_stays_here_whole_and_in_parts(clip):
    """A telephone's film: the place in `moov/udta/©xyz` is blanked where it stands."""

    def box(kind: bytes, body: bytes) -> bytes:
        return (8 + len(body)).to_bytes(4, "big") + kind + body

    place = box(b"udta", box(b"\xa9xyz", b"+23.0207+113.7518/"))
    film = box(b"ftyp", b"mp42") + box(b"moov", box(b"mvhd", bytes(20)) + place) + box(b"mdat", bytes(range(256)) * 9)
    lean = reviewed(clip(film))
    sent = b"".join(lean)
    assert len(sent) == len(film) == lean.length
    assert b"113.7518" in film
    assert b"113.7518" not in sent
    assert sent.endswith(bytes(range(256)) * 9)
    assert b"".join(b"".join(part) for part in parts(lean, 37)) == sent


@given(size=st.integers(1, 5000), part=st.integers(1, 900), least=st.integers(1, 400), blank=st.integers(0, 5000))
def test_parts_are_the_film_and_none_is_too_short(tmp_path_factory, size, part, least, blank):
    least, blank = min(least, part), min(blank, size)
    path = tmp_path_factory.getbasetemp() / "film"
    path.write_bytes(bytes(n % 251 for n in range(size)))
    film = Lean(path, joined([(0, blank), b"free" * 3, (blank, size)]), "video/mp4", "mp4")
    cut = parts(film, part, least)
    assert b"".join(b"".join(one) for one in cut) == b"".join(film)
    assert all(one.length == part for one in cut[:-1])
    assert len(cut) == 1 or cut[-1].length >= least
    assert cut[-1].length < part + least
