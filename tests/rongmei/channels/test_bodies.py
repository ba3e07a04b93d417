"""Bodies: their length is what comes out, whatever is in them, and they can be gone through twice."""

import tracemalloc
from email.parser import BytesParser
from email.policy import HTTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels.bodies import PIECE, Form, Pieces, Slice


@given(st.binary(max_size=1000), st.dictionaries(st.sampled_from(["caption", "cover_tsp"]), st.text(max_size=50)))
def test_a_form_is_as_long_as_it_says(content, fields):
    form = Form("file", "a.mp4", Pieces(content, "video/mp4"), fields)
    assert len(b"".join(form)) == len(form)
    assert b"".join(form) == b"".join(form)


def test_a_form_is_read_as_one(tmp_path):
    (tmp_path / "film").write_bytes(b"0123456789")
    form = Form("video", "a.mp4", Slice(tmp_path / "film", 2, 5, "video/mp4"), {"caption": "村超"})
    head = f"Content-Type: {form.content_type}\r\n\r\n".encode()
    caption, film = BytesParser(policy=HTTP).parsebytes(head + b"".join(form)).get_payload()
    assert caption["Content-Disposition"].params["name"] == "caption"
    assert caption.get_payload(decode=True).decode() == "村超"
    assert film["Content-Disposition"].params == {"name": "video", "filename": "a.mp4"}
    assert film.get_content_type() == "video/mp4"
    assert film.get_payload(decode=True) == b"23456"


def test_a_slice_is_never_more_than_a_piece_in_memory(tmp_path):
    (tmp_path / "film").write_bytes(b"x" * (3 * PIECE + 7))
    pieces = list(Slice(tmp_path / "film", 1, 3 * PIECE))
    assert [len(piece) for piece in pieces] == [PIECE] * 3


def test_a_long_film_never_stands_in_memory(tmp_path):
    with (tmp_path / "film").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    form = Form("video", "a.mp4", Slice(tmp_path / "film", 0, 64 * 1024 * 1024, "video/mp4"))
    tracemalloc.start()
    assert sum(len(piece) for piece in form) == len(form)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1024 * 1024


def test_a_file_that_has_become_shorter_ends_the_call(tmp_path):
    (tmp_path / "film").write_bytes(b"x" * 10)
    with pytest.raises(OSError, match="shorter"):
        list(Slice(tmp_path / "film", 0, 11))
