"""Films: told by their content, measured by their headers, kept in pieces, and nothing broken or hostile hurts."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import films
from sandbox.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = Store(tmp_path / "films.sqlite3")
    yield found
    found.close()


def pieces(store: Store, data: bytes, size: int) -> list[films.Piece]:
    return [films.keep(store, data[start : start + size]) for start in range(0, len(data), size)]


@pytest.mark.parametrize("size", [10_000, 97, 13])
def test_a_film_is_measured_across_its_pieces(store: Store, make_film, size: int) -> None:
    data = make_film(12.5, (720, 1280))
    kept = pieces(store, data, size)
    assert films.look(store, kept) == films.Film("video/mp4", 720, 1280, 12.5)
    assert b"".join(films.play(store, kept)) == data
    assert films.pieces_of({"pieces": films.written(kept)}) == kept


def test_a_64_bit_movie_header(store: Store) -> None:
    header = b"\1\0\0\0" + struct.pack(">QQIQ", 0, 0, 600, 600 * 90) + b"\0" * 76
    inner = struct.pack(">I4s", 8 + len(header), b"mvhd") + header
    movie = struct.pack(">I4sQ", 1, b"moov", 16 + len(inner)) + inner
    data = struct.pack(">I4s", 16, b"ftyp") + b"isom\0\0\2\0" + movie
    assert films.look(store, [films.keep(store, data)]) == films.Film("video/mp4", 0, 0, 90.0)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", None),
        (b"not a film at all", None),
        (b"\xff\xd8\xff\xe0 a picture in fact", None),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", films.Film("video/mp4")),
        (b"\x1a\x45\xdf\xa3 and so on", films.Film("video/webm")),
    ],
)
def test_content_decides(store: Store, data: bytes, expected: films.Film | None) -> None:
    assert films.look(store, [films.keep(store, data)]) == expected


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(tail=st.binary(max_size=300), cut=st.integers(1, 50))
def test_no_file_makes_it_stumble(store: Store, tail: bytes, cut: int) -> None:
    data = b"\0\0\0\x10ftypisom\0\0\2\0" + tail
    found = films.look(store, pieces(store, data, cut))
    assert found is not None
    assert found.seconds >= 0
