"""Originals leave without place, owner and serial numbers, with credit and caption, and with every pixel as it was."""

from __future__ import annotations

import hashlib
import random
import struct
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, IptcImagePlugin, PngImagePlugin

from rongmei.channels import originals
from rongmei.errors import Refused

GPS = {1: "N", 2: (23.0, 1.0, 15.123), 3: "E", 4: (113.0, 45.0, 6.789), 29: "2026:06:06"}
SECRETS = [
    *(b"SERIAL-4711", b"LENS-0815", b"Besitzerin Wang", b"MAKER-NOTE", b"UNIQUE-ID-1", b"iPhone 17"),
    *(b"23,1.252N", b"113,45.1131E", b"GPSLatitude", b"SerialNumber", b"Xiaoxue Road 5", b"trailing film"),
    *(b"+13988887777", b"hidden comment", b"+23.0209+113.7518"),
]
"""What stands in the originals below and may stand in nothing that leaves."""

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 6.0"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:exif="http://ns.adobe.com/exif/1.0/" xmlns:aux="http://ns.adobe.com/exif/1.0/aux/"
 xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/"
 xmlns:Iptc4xmpCore="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
 exif:GPSLatitude="23,1.252N" exif:GPSLongitude="113,45.1131E" aux:SerialNumber="SERIAL-4711"
 photoshop:Credit="东莞日报" photoshop:City="东莞">
 <dc:creator><rdf:Seq><rdf:li>陈策</rdf:li></rdf:Seq></dc:creator>
 <dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 东莞日报社</rdf:li></rdf:Alt></dc:rights>
 <Iptc4xmpCore:CreatorContactInfo rdf:parseType="Resource"><Iptc4xmpCore:CiTelWork>+13988887777</Iptc4xmpCore:CiTelWork>
 </Iptc4xmpCore:CreatorContactInfo>
 <Iptc4xmpExt:LocationCreated><rdf:Bag><rdf:li rdf:parseType="Resource"><exif:GPSLatitude>23,1.252N</exif:GPSLatitude>
 </rdf:li></rdf:Bag></Iptc4xmpExt:LocationCreated>
 <Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>
 <TC260:AIGC>{"Label":"1","ContentProducer":"dongguan"}</TC260:AIGC>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>""".encode()


def canvas(size: tuple[int, int] = (64, 40)) -> Image.Image:
    image = Image.new("RGB", size)
    image.putdata([(x * 3 % 256, y * 5 % 256, (x * y) % 256) for y in range(size[1]) for x in range(size[0])])
    return image


def exif() -> bytes:
    """As a telephone writes it, and what a newsroom's program has added."""
    made = Image.Exif()
    made[ExifTags.Base.Make], made[ExifTags.Base.Model] = "Apple", "iPhone 17"
    made[ExifTags.Base.Orientation] = 6
    made[ExifTags.Base.Artist] = "陈策".encode()
    made[ExifTags.Base.Copyright] = "东莞日报社".encode()
    made[ExifTags.Base.ImageDescription] = "夜色中的球场".encode()
    details = made.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = "2026:06:06 19:30:00"
    details[ExifTags.Base.CameraOwnerName] = "Besitzerin Wang"
    details[ExifTags.Base.BodySerialNumber] = "SERIAL-4711"
    details[ExifTags.Base.LensSerialNumber] = "LENS-0815"
    details[ExifTags.Base.ImageUniqueID] = "UNIQUE-ID-1"
    details[ExifTags.Base.MakerNote] = b"MAKER-NOTE" * 50
    details[ExifTags.Base.UserComment] = b'ASCII\0\0\0{"AIGC":{"Label":"1"}}'
    made.get_ifd(ExifTags.IFD.GPSInfo).update(GPS)
    return made.tobytes()


def dataset(number: int, value: str, record: int = 2) -> bytes:
    data = value.encode()
    return struct.pack(">BBBH", 0x1C, record, number, len(data)) + data


IPTC = b"".join(
    [
        struct.pack(">BBBH", 0x1C, 1, 90, 3) + b"\x1b%G",
        dataset(80, "陈策"),
        dataset(90, "东莞"),
        dataset(92, "Xiaoxue Road 5"),
        dataset(110, "东莞日报"),
        dataset(116, "© 东莞日报社"),
        dataset(118, "+13988887777"),
        dataset(120, "夜色中的球场"),
    ]
)


def resource(number: int, data: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + b"\0" * (len(data) % 2)


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(*, progressive: bool = False, icc: bytes = b"ICC profile") -> bytes:
    buffer = BytesIO()
    canvas().save(
        buffer, "JPEG", exif=exif(), icc_profile=icc, comment=b"hidden comment", xmp=XMP, progressive=progressive
    )
    data = buffer.getvalue()
    photoshop = b"Photoshop 3.0\0" + resource(0x0404, IPTC) + resource(0x0425, b"Xiaoxue Road 5")
    return b"".join(
        [
            data[:2],
            segment(0xED, photoshop[:90]),
            segment(0xED, b"Photoshop 3.0\0" + photoshop[90:]),
            segment(0xE2, b"MPX\0SERIAL-4711"),
            data[2:],
            b"trailing film \xff\xd8\xff\xe1 +23.0209+113.7518",
        ]
    )


def png() -> bytes:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Author", "Chen Ce")
    texts.add_text("Comment", "hidden comment")
    texts.add_text("AIGC", '{"Label":"1"}')
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=False)
    texts.add_text("Raw profile type exif", "GPSLatitude", zip=True)
    buffer = BytesIO()
    canvas().save(buffer, "PNG", exif=exif(), pnginfo=texts, icc_profile=b"ICC profile")
    return buffer.getvalue() + b"trailing film"


def webp() -> bytes:
    buffer = BytesIO()
    canvas().save(buffer, "WEBP", lossless=True, exif=exif(), xmp=XMP, icc_profile=b"ICC profile")
    return buffer.getvalue() + b"trailing film"


def gif() -> bytes:
    frames = [canvas(), canvas().rotate(180)]
    buffer = BytesIO()
    frames[0].save(
        buffer, "GIF", save_all=True, append_images=frames[1:], loop=3, duration=80, comment=b"hidden comment"
    )
    data = buffer.getvalue()
    at = data.index(b"!\xff\x0bNETSCAPE2.0")
    application = b"!\xff\x0bXMP DataXMP" + bytes([200]) + b"GPSLatitude".ljust(200) + b"\0"
    return data[:at] + application + data[at:] + b"trailing film"


def box(kind: bytes, *inside: bytes) -> bytes:
    body = b"".join(inside)
    return struct.pack(">I", 8 + len(body)) + kind + body


def mp4() -> bytes:
    place = box(b"\xa9xyz", struct.pack(">HH", 18, 0x15C7), b"+23.0209+113.7518/")
    apple = box(b"meta", b"com.apple.quicktime.location.ISO6709 +23.0209+113.7518/", b"SERIAL-4711 iPhone 17")
    track = box(b"trak", box(b"tkhd", b"\0" * 20), box(b"udta", b"Besitzerin Wang"))
    film = box(b"moov", box(b"mvhd", b"\0" * 20), track, box(b"udta", place), apple)
    return box(b"ftyp", b"mp42") + film + box(b"uuid", b"B" * 16, b"GPSLatitude") + box(b"mdat", b"frames" * 99)


PICTURES: dict[str, Callable[[], bytes]] = {"jpg": jpeg, "png": png, "webp": webp, "gif": gif}
EVERY = pytest.mark.parametrize("ending", PICTURES)


@pytest.fixture
def lean(tmp_path: Path) -> Callable[[bytes], tuple[originals.Lean, bytes]]:
    def make(data: bytes) -> tuple[originals.Lean, bytes]:
        path = tmp_path / hashlib.sha256(data).hexdigest()
        path.write_bytes(data)
        body = (originals.film if b"ftyp" in data[:12] else originals.picture)(path, "球场.jpg")
        return body, b"".join(body)

    return make


def opened(data: bytes) -> Any:
    return Image.open(BytesIO(data))


def frames(data: bytes) -> list[bytes]:
    image = opened(data)
    found = []
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        found.append(image.convert("RGB").tobytes())
    return found


@EVERY
def test_nothing_of_place_owner_and_device_is_left(lean, ending: str) -> None:
    data = PICTURES[ending]()
    assert any(secret in data for secret in SECRETS)
    body, made = lean(data)
    assert [secret for secret in SECRETS if secret in made] == []
    assert (body.ending, len(body), body.is_whole) == (ending, len(made), False)
    assert body.content_type == Image.MIME[opened(made).format]
    assert not opened(made).getexif().get_ifd(ExifTags.IFD.GPSInfo)


@EVERY
def test_every_pixel_is_as_it_was(lean, ending: str) -> None:
    data = PICTURES[ending]()
    _, made = lean(data)
    assert frames(made) == frames(data)
    assert opened(made).info.get("icc_profile") == opened(data).info.get("icc_profile")
    assert opened(made).info.get("loop") == opened(data).info.get("loop")


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpegs_scans_are_copied_byte_by_byte(lean, progressive: bool) -> None:
    data = jpeg(progressive=progressive)
    _, made = lean(data)
    first_table = data.index(b"\xff\xdb", data.index(b"ICC_PROFILE"))
    end = data.index(b"trailing film")
    assert made.endswith(data[first_table:end])
    assert len(made) < len(data)


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_how_it_is_turned_who_made_it_and_when_stay(lean, ending: str) -> None:
    kept = opened(lean(PICTURES[ending]())[1]).getexif()
    assert kept[ExifTags.Base.Orientation] == 6
    words = {tag: str(kept[tag]).encode("latin-1").decode() for tag in (0x010E, 0x013B, 0x8298)}
    assert words == {0x010E: "夜色中的球场", 0x013B: "陈策", 0x8298: "东莞日报社"}
    details = kept.get_ifd(ExifTags.IFD.Exif)
    assert details[ExifTags.Base.DateTimeOriginal] == "2026:06:06 19:30:00"
    assert b"AIGC" in details[ExifTags.Base.UserComment]
    assert set(details) == {ExifTags.Base.DateTimeOriginal, ExifTags.Base.UserComment}


@pytest.mark.parametrize("ending", ["jpg", "png", "webp"])
def test_credit_rights_and_ai_labels_stay_in_xmp(lean, ending: str) -> None:
    _, made = lean(PICTURES[ending]())
    described = opened(made).getxmp()["xmpmeta"]["RDF"]["Description"]
    assert (described["Credit"], described["City"]) == ("东莞日报", "东莞")
    assert described["creator"]["Seq"]["li"] == "陈策"
    assert described["rights"]["Alt"]["li"]["text"] == "© 东莞日报社"
    assert described["DigitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert described["AIGC"] == '{"Label":"1","ContentProducer":"dongguan"}'
    assert set(described) == {"about", "Credit", "City", "creator", "rights", "DigitalSourceType", "AIGC"}


def test_caption_credit_and_copyright_stay_in_iptc(lean) -> None:
    kept = IptcImagePlugin.getiptcinfo(opened(lean(jpeg())[1]))
    words = {number: value.decode() for (record, number), value in kept.items() if record == 2}
    assert words == {80: "陈策", 90: "东莞", 110: "东莞日报", 116: "© 东莞日报社", 120: "夜色中的球场"}
    assert kept[(1, 90)] == b"\x1b%G"


def test_a_pngs_author_and_label_stay(lean) -> None:
    shown = opened(lean(png())[1])
    shown.load()
    assert (shown.text["Author"], shown.text["AIGC"]) == ("Chen Ce", '{"Label":"1"}')
    assert "Comment" not in shown.text


@pytest.mark.parametrize("order", ["<", ">"])
def test_both_orders_of_bytes(lean, order: str) -> None:
    gps = struct.pack(f"{order}H", 0) + b"\0\0\0\0"
    rows = struct.pack(f"{order}HHI", 0x0112, 3, 1) + struct.pack(f"{order}HH", 8, 0)
    rows += struct.pack(f"{order}HHII", 0x8825, 4, 1, 38)
    tiff = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(f"{order}IH", 8, 2) + rows + b"\0\0\0\0" + gps
    buffer = BytesIO()
    canvas().save(buffer, "JPEG", exif=b"Exif\0\0" + tiff)
    kept = opened(lean(buffer.getvalue())[1]).getexif()
    assert dict(kept) == {0x0112: 8}


@EVERY
def test_the_same_again_changes_nothing(lean, ending: str) -> None:
    _, made = lean(PICTURES[ending]())
    assert lean(made)[1] == made


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_with_nothing_to_hide_goes_as_it_is(lean, kind: str) -> None:
    buffer = BytesIO()
    canvas().save(buffer, kind)
    body, made = lean(buffer.getvalue())
    assert made == buffer.getvalue()
    assert body.is_whole


def test_a_second_picture_behind_the_first_goes(lean) -> None:
    """As telephones write it (CIPA DC-007): a preview or a map of depths with metadata of its own."""
    buffer = BytesIO()
    canvas().save(buffer, "MPO", save_all=True, append_images=[canvas((32, 20))], exif=exif())
    assert opened(buffer.getvalue()).n_frames == 2
    body, made = lean(buffer.getvalue())
    assert (opened(made).format, body.ending) == ("JPEG", "jpg")
    assert frames(made) == frames(buffer.getvalue())[:1]
    assert [secret for secret in SECRETS if secret in made] == []


def test_a_film_keeps_its_length_and_its_frames(lean) -> None:
    data = mp4()
    body, made = lean(data)
    assert [secret for secret in SECRETS if secret in made] == []
    assert (len(body), len(made)) == (len(data), len(data))
    assert made.index(b"mdat") == data.index(b"mdat")
    assert made.endswith(b"frames" * 99)
    assert made.count(b"free") == 4
    assert lean(made)[1] == made


def test_a_films_ai_label_stays_unless_it_names_a_place(lean) -> None:
    label = box(b"udta", box(b"meta", b'AIGC {"Label":"1"}'))
    labelled = box(b"ftyp", b"mp42") + box(b"moov", label)
    assert lean(labelled)[1] == labelled
    both = box(b"ftyp", b"mp42") + box(b"moov", box(b"udta", b"AIGC", box(b"\xa9xyz", b"+23.0209+113.7518")))
    assert b"+23" not in lean(both)[1]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xe1\xff\xff",
        b"\xff\xd8\xff\xe1\0\1",
        b"\xff\xd8\xffno marker",
        b"\x89PNG\r\n\x1a\n\0\0\0\xffIHDR",
        b"RIFF\xff\xff\xff\0WEBPVP8 ",
        b"GIF89a" + b"\0" * 7 + b"?",
        b"BM a bitmap",
    ],
)
def test_what_cannot_be_taken_apart_does_not_leave(lean, data: bytes) -> None:
    with pytest.raises(Refused, match="无法确认已去掉拍摄地点"):
        lean(data)


def test_a_film_that_cannot_be_taken_apart_does_not_leave(lean) -> None:
    inner = struct.pack(">I", 999) + b"udta" + b"+23.0209+113.7518"
    with pytest.raises(Refused, match="重新导出 MP4"):
        lean(box(b"ftyp", b"mp42") + box(b"moov", inner) + box(b"mdat", b"x"))


@pytest.mark.parametrize(
    "packet",
    [
        b"<x:xmpmeta",
        b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e; GPSLatitude</a>',
        b"<a>GPSLatitude</a>",
        b"\xff\xfe\0GPSLatitude",
    ],
)
def test_a_packet_nobody_can_read_is_left_out(lean, packet: bytes) -> None:
    buffer = BytesIO()
    canvas().save(buffer, "JPEG", xmp=packet)
    assert b"adobe" not in lean(buffer.getvalue())[1]


SAMPLES = {ending: make() for ending, make in {**PICTURES, "mp4": mp4}.items()}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(SAMPLES)), st.integers(0, 2**32 - 1))
def test_a_damaged_file_is_refused_or_lean_and_never_crashes(tmp_path_factory, ending: str, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(SAMPLES[ending])
    for _ in range(chance.randint(1, 6)):
        data[chance.randrange(12, len(data))] = chance.randrange(256)
    if chance.random() < 0.3:
        del data[chance.randrange(12, len(data)) :]
    path = tmp_path_factory.getbasetemp() / "damaged"
    path.write_bytes(data)
    try:
        body = (originals.film if ending == "mp4" else originals.picture)(path, "球场.jpg")
    except Refused:
        return
    assert len(b"".join(body)) == len(body)
