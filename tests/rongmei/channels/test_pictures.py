"""Pictures: small enough, upright, without metadata, and the ones that were reviewed."""

from io import BytesIO

import pytest
from PIL import Image

from rongmei.channels.pictures import COVER_SIZE, fit, plain_cover
from rongmei.errors import Refused


def opened(upload):
    return Image.open(BytesIO(upload.data))


def test_a_fitting_picture_goes_out_as_it_is(picture, photo):
    data = photo()
    upload = fit(picture(data), max_bytes=1_000_000)
    assert upload.data == data
    assert (upload.mime, upload.filename[-4:]) == ("image/jpeg", ".jpg")


def test_a_large_picture_is_made_smaller(picture, photo):
    data = photo((2400, 1800), "PNG", noise=True)
    assert len(data) > 3_000_000
    upload = fit(picture(data), max_bytes=1024 * 1024)
    assert len(upload.data) < 1024 * 1024
    assert opened(upload).format == "JPEG"


def test_metadata_stays_at_home_and_the_picture_stands_upright(picture, photo):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "where it was taken"
    upload = fit(picture(photo((400, 200), exif=exif)), max_bytes=1_000_000)
    image = opened(upload)
    assert image.size == (200, 400)
    assert not image.getexif()


def test_a_place_that_stands_only_in_xmp_stays_at_home_too(picture):
    buffer = BytesIO()
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    packet += b'<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="23,1.2N"/></rdf:RDF>'
    Image.new("RGB", (64, 48), "red").save(buffer, "JPEG", xmp=packet + b"</x:xmpmeta>")
    assert b"GPSLatitude" in buffer.getvalue()
    upload = fit(picture(buffer.getvalue()), max_bytes=1_000_000)
    assert b"GPSLatitude" not in upload.data


def test_other_formats_become_jpeg(picture, photo):
    assert opened(fit(picture(photo(kind="WEBP")), max_bytes=1_000_000)).format == "JPEG"
    gif = photo(kind="GIF")
    assert opened(fit(picture(gif), max_bytes=1_000_000)).format == "JPEG"
    assert fit(picture(gif), max_bytes=1_000_000, formats=("GIF",)).data == gif


@pytest.mark.parametrize("data", [b"", b"not a picture", b"\xff\xd8\xff\xe0broken"])
def test_what_is_no_picture_is_refused(picture, data):
    with pytest.raises(Refused, match="打不开"):
        fit(picture(data), max_bytes=1_000_000)


def test_a_file_that_was_changed_after_review_is_refused(picture, photo):
    known = picture()
    known.path.write_bytes(photo((10, 10)))
    with pytest.raises(Refused, match="审过"):
        fit(known, max_bytes=1_000_000)


def test_a_file_that_is_gone_is_refused(picture):
    known = picture()
    known.path.unlink()
    with pytest.raises(Refused, match="找不到"):
        fit(known, max_bytes=1_000_000)


def test_too_many_pixels_are_refused(picture, photo, monkeypatch):
    monkeypatch.setattr("rongmei.channels.pictures.MAX_PIXELS", 1000)
    with pytest.raises(Refused, match="太大"):
        fit(picture(photo((100, 100))), max_bytes=10)


def test_the_plain_cover_is_a_cover():
    assert opened(plain_cover()).size == COVER_SIZE
