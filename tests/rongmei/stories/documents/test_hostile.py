"""Files that are meant to do harm, or claim to be what they are not: refused in words, cheaply, and without a trace."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from typing import Any

import pytest

from rongmei.stories.documents import archive, read_document
from rongmei.stories.head import Unfit

NAME = "12 稿件.docx"


def refusal(raw: bytes, name: str = NAME) -> str:
    with pytest.raises(Unfit, match="改法") as caught:
        read_document(raw, name)
    return str(caught.value)


def test_a_zip_bomb_is_not_unpacked(packed: Any, part: Any) -> None:
    raw = packed({"word/document.xml": part(""), "word/media/a.png": bytes(120_000_000)})
    tracemalloc.start()
    said = refusal(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "可能是压缩炸弹" in said
    assert peak < 4_000_000


def test_the_claim_of_two_hundred_megabytes_is_enough(packed: Any, part: Any) -> None:
    raw = bytearray(packed({"word/document.xml": part(""), "word/media/a.png": b"small"}))
    at = raw.rindex(b"PK\1\2")
    raw[at + 24 : at + 28] = struct.pack("<I", 200_000_000)
    assert "可能是压缩炸弹" in refusal(bytes(raw))


def test_a_part_that_lies_about_its_size_is_cut_there(packed: Any, part: Any) -> None:
    raw = bytearray(packed({"word/document.xml": part("<w:p/>" * 100_000)}))
    at = raw.rindex(b"PK\1\2")
    raw[at + 24 : at + 28] = struct.pack("<I", 900)
    assert "打不开" in refusal(bytes(raw))


def test_too_many_parts(packed: Any, part: Any) -> None:
    parts = {f"word/media/{n}.png": b"" for n in range(archive.MAX_ENTRIES)}
    assert "压缩炸弹" in refusal(packed({"word/document.xml": part(""), **parts}))


def test_a_list_of_parts_without_end_is_not_read(packed: Any, part: Any) -> None:
    raw = bytearray(packed({"word/document.xml": part("")}))
    at = raw.rindex(b"PK\5\6")
    assert "压缩炸弹" in refusal(bytes(raw[:at] + b"PK\6\7" + bytes(16) + raw[at:]))
    raw[at + 12 : at + 16] = struct.pack("<I", 3_000_000)
    assert "压缩炸弹" in refusal(bytes(raw))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_the_format_does_not_know(packed: Any, part: Any, method: int) -> None:
    stream = io.BytesIO(packed({}))
    with zipfile.ZipFile(stream, "a", method) as made:
        made.writestr("word/document.xml", part(""))
    assert "打不开" in refusal(stream.getvalue())


def test_xml_larger_than_any_text(packed: Any, part: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_XML", 1000)
    assert "压缩炸弹" in refusal(packed({"word/document.xml": part("<w:p/>" * 1000)}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    "entity",
    [
        '<!ENTITY x SYSTEM "file:///etc/passwd">',
        '<!ENTITY x SYSTEM "http://127.0.0.1:1/x">',
        '<!ENTITY a "aaaaaaaaaa"><!ENTITY x "&a;&a;&a;&a;&a;&a;&a;&a;">',
        '<!ENTITY % p SYSTEM "http://127.0.0.1:1/x.dtd"> %p;',
    ],
)
def test_entities_are_refused_unread(packed: Any, part: Any, entity: str, encoding: str) -> None:
    body = part("<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", before=f"<!DOCTYPE w:document [{entity}]>")
    raw = packed({"word/document.xml": body.replace("UTF-8", encoding.upper()).encode(encoding)})
    assert "定义了 XML 实体，可能是攻击，没有打开" in refusal(raw)


@pytest.mark.parametrize(
    "place", ["_rels/.rels", "word/_rels/document.xml.rels", "word/styles.xml", "word/numbering.xml"]
)
def test_entities_in_other_parts_are_refused(packed: Any, part: Any, relations: Any, place: str) -> None:
    links = relations(
        '<Relationship Id="r1" Type="KINDS/officeDocument" Target="word/document.xml"/>'
        '<Relationship Id="s" Type="KINDS/styles" Target="styles.xml"/>'
        '<Relationship Id="n" Type="KINDS/numbering" Target="numbering.xml"/>'
    )
    parts = {
        "word/document.xml": part(""),
        "word/_rels/document.xml.rels": links,
        "word/styles.xml": "<w/>",
        place: links,
    }
    parts[place] = '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>' + parts[place]
    assert "XML 实体" in refusal(packed(parts))


@pytest.mark.parametrize(
    "target", ["https://127.0.0.1:1/a.png", "file:///etc/passwd", "\\\\server\\share\\a.png", "C:/a.png"]
)
def test_pictures_of_elsewhere_are_not_fetched(packed: Any, part: Any, relations: Any, target: str) -> None:
    raw = packed(
        {
            "word/document.xml": part('<w:p><w:r><w:drawing><a:blip r:link="p"/></w:drawing></w:r></w:p>'),
            "word/_rels/document.xml.rels": relations(
                f'<Relationship Id="p" Type="KINDS/image" Target="{target}" TargetMode="External"/>'
            ),
        }
    )
    assert "引用了网络图片" in refusal(raw)


@pytest.mark.parametrize(
    "target", ["../../../etc/passwd", "/etc/passwd", "..\\..\\etc\\passwd", "%2e%2e/%2e%2e/etc/passwd"]
)
def test_parts_are_looked_up_in_the_archive_only(packed: Any, part: Any, relations: Any, target: str) -> None:
    raw = packed(
        {
            "word/document.xml": part('<w:p><w:r><w:drawing><a:blip r:embed="p"/></w:drawing></w:r></w:p>'),
            "word/_rels/document.xml.rels": relations(f'<Relationship Id="p" Type="KINDS/image" Target="{target}"/>'),
        }
    )
    draft = read_document(raw, NAME).draft
    assert draft.embedded == ()
    assert "文档里有 1 张图片的文件缺失，没有收" in draft.notes


def test_names_of_parts_never_become_names_of_files(packed: Any, part: Any, relations: Any, shot: Any) -> None:
    raw = packed(
        {
            "word/document.xml": part('<w:p><w:r><w:drawing><a:blip r:embed="p"/></w:drawing></w:r></w:p>'),
            "../../../../tmp/evil.png": shot(),
            "word/_rels/document.xml.rels": relations(
                '<Relationship Id="p" Type="KINDS/image" Target="../../../../../tmp/evil.png"/>'
            ),
        }
    )
    draft = read_document(raw, NAME).draft
    assert all(one.name.startswith("文中图-") and "/" not in one.name for one in draft.embedded)


def test_elements_inside_each_other_without_end(packed: Any, part: Any) -> None:
    deep = "<w:sdt><w:sdtContent>" * 100 + "<w:p/>" + "</w:sdtContent></w:sdt>" * 100
    assert "一层套一层" in refusal(packed({"word/document.xml": part(deep)}))
    tables = "<w:tbl><w:tr><w:tc>" * 80 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 80
    assert "一层套一层" in refusal(packed({"word/document.xml": part(tables)}))


@pytest.mark.parametrize(
    "body",
    [
        "<w:p>" + "<w:r/>" * 300_000 + "</w:p>",
        "<w:p><w:r><w:t>" + "*" * 300_000 + "</w:t></w:r></w:p>",
        "<w:p/>" * 30_000,
    ],
    ids=["runs", "words", "paragraphs"],
)
def test_no_more_is_read_than_a_story_can_have(packed: Any, part: Any, body: str) -> None:
    assert "只留要发的这一篇" in refusal(packed({"word/document.xml": part(body)}, stored=True))


def test_relationships_in_a_circle_end(packed: Any, part: Any, relations: Any) -> None:
    link = '<Relationship Id="s" Type="KINDS/styles" Target="document.xml"/>'
    raw = packed({"word/document.xml": part(""), "word/_rels/document.xml.rels": relations(link)})
    assert read_document(raw, NAME).draft.body == ""


def test_a_style_based_on_itself_ends(packed: Any, part: Any, relations: Any, sentence: str) -> None:
    style = '<w:style w:styleId="a"><w:basedOn w:val="a"/></w:style>'
    raw = packed(
        {
            "word/document.xml": part(
                f'<w:p><w:pPr><w:pStyle w:val="a"/></w:pPr><w:r><w:t>{sentence}</w:t></w:r></w:p>'
            ),
            "word/styles.xml": part("").replace("w:document", "w:styles").replace("<w:body>", style + "<w:body>"),
            "word/_rels/document.xml.rels": relations('<Relationship Id="s" Type="KINDS/styles" Target="styles.xml"/>'),
        }
    )
    assert read_document(raw, NAME).draft.body == sentence


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"),
            "旧格式的 Word 或 WPS 文档（.doc、.wps）",
        ),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "文档加了密码"),
        (b"{\\rtf1\\ansi", "收不了 RTF 文件"),
        (b"%PDF-1.7", "收不了 PDF 文件"),
        (b"\n\xef\xbb\xbf%PDF-1.7 PK\3\4", "收不了 PDF 文件"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", "当作文稿的JPEG 图片"),
        (b"\0\0\0\x18ftypisom\0\0", "当作文稿的图片、视频或音频"),
        (b"MZ\x90\0", "收不了程序"),
        (b"Rar!\x1a\x07\0", "收不了压缩包"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "收不了SVG 图形"),
        (b"<?xml version='1.0'?><!DOCTYPE svg SYSTEM 'x'><svg/>", "收不了SVG 图形"),
        (b"<?xml version='1.0'?><nitf/>", "收不了XML 文件"),
        (b"From: <Saved by Blink>\nMIME-Version: 1.0\nContent-Type: multipart/related", "网页存档"),
        (b"PK\3\4", "打不开，可能已损坏"),
    ],
)
@pytest.mark.parametrize("name", ["稿件.docx", "稿件.md", "稿件.html"])
def test_what_a_file_is_its_content_says(raw: bytes, said: str, name: str) -> None:
    assert said in refusal(raw, name)


@pytest.mark.parametrize(
    ("inside", "said"),
    [
        ("xl/workbook.xml", "Excel"), ("ppt/presentation.xml", "PPT"), ("content.xml", ".odt"),
        ("Index/Document.iwa", "Pages"), ("OFD.xml", "OFD"), ("a.jpg", "收不了压缩包"),
    ],
)  # fmt: skip
def test_other_archives_are_told_apart(inside: str, said: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as made:
        made.writestr(inside, "x")
    assert said in refusal(stream.getvalue())


def test_a_picture_that_is_a_page_as_well_is_a_picture(shot: Any) -> None:
    polyglot = shot() + b"<html><script>alert(document.cookie)</script>"
    assert "当作文稿的PNG 图片" in refusal(polyglot, "12 稿件.html")


def test_a_locked_archive(packed: Any, part: Any) -> None:
    raw = bytearray(packed({"word/document.xml": part("")}))
    at = -1
    while (at := raw.find(b"PK\1\2", at + 1)) >= 0:
        raw[at + 8] |= 1
    assert "加了密码" in refusal(bytes(raw))


@pytest.mark.parametrize("cut", [30, 200, 400, -30])
def test_half_a_document(packed: Any, part: Any, cut: int) -> None:
    assert "改法" in refusal(packed({"word/document.xml": part("")})[:cut])
