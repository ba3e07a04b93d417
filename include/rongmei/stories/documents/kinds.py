"""Tells by a file's bytes what kind of story it is, whatever its name says; and refuses with the right advice."""

from __future__ import annotations

import codecs
import re
from typing import Final, Literal

from rongmei.errors import BadInput
from rongmei.stories.documents.archive import Archive
from rongmei.stories.documents.docx import main_part
from rongmei.stories.head import Unfit

Kind = Literal["markdown", "docx", "html", "ninjs"]

MIME: Final[dict[Kind, str]] = {
    "markdown": "text/markdown",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html",
    "ninjs": "application/json",
}
TAKEN: Final = "能收的有：Word 文档（.docx）、网页（.html）、ninjs（.json）和 Markdown（.md）"
_AS_DOCX: Final = "用 Word 或 WPS 打开，“另存为”选“Word 文档（*.docx）”再交"

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MEDIA: Final = (
    (b"\xff\xd8\xff", "JPEG 图片"), (b"\x89PNG\r\n\x1a\n", "PNG 图片"), (b"GIF8", "GIF 图片"), (b"BM", "BMP 图片"),
    (b"ID3", "MP3 音频"), (b"\x1aE\xdf\xa3", "视频"), (b"OggS", "音频"), (b"II*\0", "TIFF 图片"),
    (b"MM\0*", "TIFF 图片"),
)  # fmt: skip
_PROGRAMS: Final = (
    (b"MZ", "程序"),
    (b"\x7fELF", "程序"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
)
_HTML: Final = re.compile(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|meta|title|p|div|section|article|h[1-6]|table|span|font|center|b|strong|img|br|ul|ol"
    rb"|a|link|style|blockquote|figure)(?=[\s>/])",
    re.IGNORECASE | re.DOTALL,
)
_SVG: Final = re.compile(rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!doctype\s+svg|<svg\b)", re.IGNORECASE)
_XML: Final = re.compile(rb"\s*<(?:\?xml|!doctype|[a-z])", re.IGNORECASE)
_MHTML: Final = re.compile(
    rb"\s*(?:From:|MIME-Version:)[^\n]{0,200}\n(?s:.{0,2000})Content-Type:\s*multipart/", re.IGNORECASE
)
_ZIPS: Final = (
    ("xl/workbook.xml", "Excel 表格", "把要发的文字放进 Word 文档再交"),
    ("ppt/presentation.xml", "PPT 演示文稿", "把要发的文字放进 Word 文档再交"),
    ("content.xml", "OpenDocument 文档（.odt）", _AS_DOCX),
    ("index/document.iwa", "Pages 文档", "用 Pages 打开，“导出为 Word”再交"),
    ("ofd.xml", "OFD 版式文件", "交可以编辑的 Word 文档"),
)


def recognise(raw: bytes) -> Kind:
    """What kind of story the bytes are; what is nothing else is Markdown, whose reader says what it misses.

    Raises:
        Unfit: a kind of file that cannot be taken, with the way to make one of it that can.
    """
    if raw.startswith(b"PK"):
        return _package(raw)
    _refuse_binary(raw)
    text = _ascii(raw)
    if _SVG.match(text):
        raise _refusal("SVG 图形", "图片另存为 PNG 或 JPEG；文稿写在 Word 文档里")
    if _HTML.match(text):
        return "html"
    if _MHTML.match(text):
        raise _refusal("网页存档（.mht）", f"用浏览器或 Word 打开，另存为 .html 或 .docx 再交；{TAKEN}")
    if _XML.match(text):
        raise _refusal("XML 文件", TAKEN)
    return "ninjs" if text.lstrip()[:1] == b"{" else "markdown"


def _refusal(what: str, mend: str) -> Unfit:
    return Unfit(BadInput(f"收不了{what}", mend=mend))


def _ascii(raw: bytes) -> bytes:
    """The beginning of a text in whichever encoding as far as it is ASCII, which is where markup shows."""
    head = raw[:8192]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return head.decode("utf-16", "ignore").encode("ascii", "replace")
    return head.removeprefix(codecs.BOM_UTF8)


def _refuse_binary(raw: bytes) -> None:
    if raw.startswith(_OLE):
        raise _old_office(raw)
    if raw[:32].lstrip().startswith(b"{\\rtf"):
        raise _refusal(" RTF 文件", _AS_DOCX)
    if b"%PDF-" in raw[:1024]:
        raise _refusal(" PDF 文件", "交排版以前可以编辑的 Word 文档（.docx）；PDF 里的文字和图片取不准")
    for magic, what in _MEDIA:
        if raw.startswith(magic) and b"\0" in raw[:4096]:
            raise _refusal(f"当作文稿的{what}", "文稿写在 Word 文档里，图片、视频和音频放在它旁边")
    if raw[4:8] == b"ftyp" or (raw[:4] == b"RIFF" and raw[8:12] in {b"WAVE", b"WEBP", b"AVI "}):
        raise _refusal("当作文稿的图片、视频或音频", "文稿写在 Word 文档里，图片、视频和音频放在它旁边")
    for magic, what in _PROGRAMS:
        if raw.startswith(magic) and b"\0" in raw[:4096]:
            raise _refusal(what, TAKEN)


def _old_office(raw: bytes) -> Unfit:
    """An OLE compound file ([MS-CFB]); its directory names its streams in UTF-16."""
    if "EncryptedPackage".encode("utf-16-le") in raw:
        return Unfit(BadInput("文档加了密码", mend="在 Word 里“文件—信息—保护文档”去掉密码，存为 .docx 再交"))
    if "WordDocument".encode("utf-16-le") in raw:
        return _refusal("旧格式的 Word 或 WPS 文档（.doc、.wps）", _AS_DOCX)
    return _refusal("旧格式的 Office 文件", f"文稿{_AS_DOCX}")


def _package(raw: bytes) -> Kind:
    archive = Archive(raw)
    if main_part(archive).lower().startswith("word/") or "word/document.xml" in archive:
        return "docx"
    for name, what, mend in _ZIPS:
        if name in archive:
            raise _refusal(f" {what}", mend)
    if main_part(archive):
        return "docx"
    raise _refusal("压缩包", "解压后把文稿、图片和视频放进同一个文件夹再交")
