"""Makes the draft of a document's blocks: its head, its title, its pictures with their captions, its text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, Final

from rongmei.errors import BadInput
from rongmei.stories.documents.blocks import MAX_BLOCKS, Block, Image, Span, split_lines
from rongmei.stories.documents.top import Top, number_in_name, read_top, value_of
from rongmei.stories.documents.writing import to_markdown
from rongmei.stories.draft import MAX_CREDIT, MAX_PICTURES, MAX_TITLE, Draft, Embedded, check_name, compose
from rongmei.stories.head import Fields, Unfit
from rongmei.stories.sounds import SUFFIXES as AUDIOS
from rongmei.text.normalise import clean_line

WANTS_ASSIGNMENT: Final = (
    "在文档最前面写一行“任务：12”（编号在派单通知里），或者把文件名改成以编号开头，例如“12 东城夺冠.docx”"
)
WANTS_TITLE: Final = "在文档最前面写一行“标题：……”，或者把题目那一段设成“标题 1”样式"
PICTURES: Final = frozenset((".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp"))
VIDEOS: Final = frozenset((".mp4", ".m4v"))
MAX_CAPTION: Final = 200

_WHO: Final = r"[\u4e00-\u9fff·]{2,4}"
_DESK: Final = r"(?:(?:本报|本台|本网|本社|全媒体|融媒体|融媒|见习|实习|特约)*(?:记者|通讯员|实习生)\s*)"
_CREDITS: Final = (
    # （本报记者 张三 李四 摄）
    re.compile(rf"\s*[（(]\s*{_DESK}?(?P<who>{_WHO}(?:[、\s]+{_WHO}){{0,3}})\s*(?:摄影|摄|供图)\s*[)）]\s*。?\s*$"),
    re.compile(rf"[\s，,。；;]+{_DESK}(?P<who>{_WHO}(?:[、\s]+{_WHO}){{0,3}})\s*(?:摄影|摄)\s*$"),
    # Without a title before it a name that follows a blank may be the end of the caption, so only 、 joins names.
    re.compile(rf"[\s，,。；;]+(?P<who>{_WHO}(?:、{_WHO}){{0,3}})\s*(?:摄影|摄)\s*$"),
    re.compile(r"[\s，,。；;（(]+(?P<who>[\u4e00-\u9fff·]{2,12})\s*供图\s*[)）]?\s*$"),
    # （图/张三）, 摄影：张三
    re.compile(r"[\s，,。；;（(]+(?:图|摄影)\s*[/／:：]\s*(?P<who>[^\s()（）/／:：。，]{2,20})\s*[)）]?\s*$"),
)
_FIGURE: Final = re.compile(
    r"(?:图|图片|配图|插图|题图)\s*[0-9０-９一二三四五六七八九十]{0,3}\s*[：:．.、/／\s]|图为|[▲△▼↑]"
)
_BRACKETS: Final = "【】[]（）()〔〕 \t\u3000"
_PLACE: Final = re.compile(r"(?:插图|图片|配图|照片|图)?\s*[:：]?\s*(?P<file>[^\s:：/\\!<>|*?\[\]]+)")
_FILE_ALT: Final = re.compile(
    r"\.(?:jpe?g|png|gif|webp|bmp|tiff?)$|^(?:IMG|DSC|image|图片|Picture)[\s_-]*\d*$", re.IGNORECASE
)
_HAN: Final = re.compile(r"[\u4e00-\u9fff]")
_NO_LEAD: Final = re.compile(r"^(?:(?:图片|配图|插图|题图|图)\s*[：:]|[▲△▼↑])\s*")


@dataclass
class Found:
    """What a reader of one format made of a file.

    Attributes:
        kind: what newsrooms call the format.
        title: what the format itself says the title is, "" where it does not.
        fields: key of `KEYS` → what the format itself says there, in a YAML head's form.
        where: what its head is called in messages.
        notes: Chinese remarks for the story's log.
    """

    kind: str
    blocks: list[Block]
    title: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    where: str = "文档开头"
    notes: list[str] = field(default_factory=list)
    wants_assignment: str = WANTS_ASSIGNMENT
    wants_title: str = WANTS_TITLE


def assemble(found: Found, name: str, beside: Sequence[str] = ()) -> Draft:
    """The draft of a document.

    Args:
        name: the file's path in the drop folder, with forward slashes.
        beside: files that lie beside it and belong to no other text; what it does not name itself is added.

    Raises:
        Unfit: with everything that is missing or wrong.
    """
    if len(found.blocks) > MAX_BLOCKS:
        raise Unfit(BadInput(f"文档超过 {MAX_BLOCKS} 段", mend="只留要发的这一篇，其余的另存"))
    top = read_top([line for block in found.blocks for part in _unrolled(block) for line in split_lines(part)])
    notes = [*found.notes, *_remarks(top)]
    fields = {key: (key, value) for key, value in found.fields.items()}
    fields |= {key: (written, value_of(key, said)) for key, (written, said) in top.fields.items()}
    if "assignment" not in fields and (number := number_in_name(name)):
        fields["assignment"] = ("任务", number)
        notes.append(f"任务编号 {number} 取自文件名")
    blocks = top.rest
    if "title" not in fields:
        title, blocks = _title(blocks, found.title)
        if title:
            fields["title"] = ("标题", title)
    else:
        blocks = _without_repeated_title(blocks, str(fields["title"][1]))
    gallery = _Gallery(tuple(beside))
    body = to_markdown(gallery.place(blocks))
    _list_files(fields, gallery, notes)
    head = Fields(
        ((key if written == key else written, value) for key, (written, value) in fields.items()),
        where=found.where,
        wants_assignment=found.wants_assignment,
        wants_title=found.wants_title,
    )
    head.problems += [
        BadInput(f"“{clean_line(one, 20)}”写了两次", where=found.where, mend="只留一处") for one in top.repeated
    ]
    head.problems += {str(problem): problem for problem in gallery.problems}.values()
    draft = compose(head, body)
    return replace(
        draft, embedded=tuple(gallery.embedded.values()), kind=found.kind, notes=(*dict.fromkeys(notes), *draft.notes)
    )


def _remarks(top: Top) -> list[str]:
    if not top.unknown:
        return []
    listed = "、".join(clean_line(one, 20) for one in dict.fromkeys(top.unknown[:8]))
    return [f"开头表格里的“{listed}”用不上，没有收"]


# ── the title ────────────────────────────────────────────────────────────────────────────────────────────────────


def _title(blocks: list[Block], said: str) -> tuple[str, list[Block]]:
    """The title and the blocks without it: the first heading of the first rank, or what heads the text."""
    for number, block in enumerate(blocks):
        if block.kind == "heading" and block.level <= 1 and block.text:
            return _cut_out(blocks, number)
    for number, block in enumerate(blocks):
        if not block.text or block.images:
            continue
        if block.kind == "heading" or (block.kind == "text" and _looks_like_title(block)):
            return _cut_out(blocks, number)
        break
    return said, blocks


def _looks_like_title(block: Block) -> bool:
    bold = all(span.style == "bold" for span in block.spans if span.text.strip())
    text = block.text
    return (block.centred or bold) and len(text) <= 60 and not text.endswith(("。", "；", "："))


def _cut_out(blocks: list[Block], number: int) -> tuple[str, list[Block]]:
    return " ".join(blocks[number].text.split())[: MAX_TITLE * 2], [*blocks[:number], *blocks[number + 1 :]]


def _without_repeated_title(blocks: list[Block], title: str) -> list[Block]:
    """The blocks without a heading that says the title once more."""
    same = "".join(title.split())
    for number, block in enumerate(blocks[:10]):
        if "".join(block.text.split()) == same and not block.images:
            return [*blocks[:number], *blocks[number + 1 :]]
    return blocks


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Gallery:
    """The pictures of a document at their places."""

    beside: tuple[str, ...]
    embedded: dict[str, Embedded] = field(default_factory=dict)
    placed: dict[str, Image] = field(default_factory=dict)
    problems: list[BadInput] = field(default_factory=list)

    def place(self, blocks: Sequence[Block]) -> list[Block]:
        """The blocks with every picture named, and with its caption said by the picture instead of below it."""
        out: list[Block] = []
        at = 0
        while at < len(blocks):
            block = self._stand_in(blocks[at])
            at += 1
            if block.images and not block.text:
                caption = _caption(blocks[at]) if at < len(blocks) else ""
                if caption:
                    at += 1
                block = _captioned(block, caption)
            out.append(self._named(block))
        return out

    def _stand_in(self, block: Block) -> Block:
        """A line that only names a file beside the text as that picture: “【图：捧杯.jpg】”, “（图1）”."""
        text = block.text.strip(_BRACKETS)
        if block.kind != "text" or block.images or not text or len(text) > 120:
            return block
        named = _PLACE.fullmatch(text)
        file = named["file"] if named else ""
        if PurePosixPath(file).suffix.lower() in PICTURES:
            return Block(spans=[Span(image=Image(file))])
        bracketed = block.text != text
        alike = [name for name in self.beside if PurePosixPath(name).suffix.lower() in PICTURES and _same(name, text)]
        return Block(spans=[Span(image=Image(alike[0]))]) if bracketed and len(alike) == 1 else block

    def _named(self, block: Block) -> Block:
        block.spans = [self._span(span) for span in block.spans]
        block.rows = [[[self._span(span) for span in cell] for cell in row] for row in block.rows]
        return block

    def _span(self, span: Span) -> Span:
        if span.image is None:
            return span
        image = replace(span.image, alt=_alt(span.image.alt))
        if image.data is not None:
            image = self._keep(image, image.data)
        else:
            try:
                image = replace(image, name=check_name(image.name, "正文"))
            except BadInput as error:
                self.problems.append(error)
                return Span(image.alt)
        self.placed.setdefault(image.name, image)
        return Span(image=image)

    def _keep(self, image: Image, data: bytes) -> Image:
        suffix = PurePosixPath(image.name).suffix.lower()
        name = f"文中图-{hashlib.sha256(data).hexdigest()[:12]}{suffix if suffix in PICTURES else ''}"
        if name not in self.embedded and len(self.embedded) <= MAX_PICTURES:
            self.embedded[name] = Embedded(name, f"文中第 {len(self.embedded) + 1} 张图片", data)
        return replace(image, name=name, data=None)


def _same(name: str, text: str) -> bool:
    bare = "".join(text.split()).removeprefix("图")
    return bool(bare) and "".join(PurePosixPath(name).stem.split()).removeprefix("图") == bare


def _unrolled(block: Block) -> Iterable[Block]:
    """A table that is there to lay out pictures as its cells one after the other, captions below their pictures."""
    if block.kind != "table" or not any(span.image for row in block.rows for cell in row for span in cell):
        return [block]
    parts: list[Block] = []
    rows = [[Block(spans=list(cell), caption=True) for cell in row] for row in block.rows]
    at = 0
    while at < len(rows):
        row, below = rows[at], rows[at + 1] if at + 1 < len(rows) else []
        paired = len(row) == len(below) and all(one.images and not one.text for one in row)
        if paired and not any(one.images for one in below):
            parts += [cell for pair in zip(row, below, strict=True) for cell in pair]
            at += 1
        else:
            parts += row
        at += 1
    return [part for cell in parts for part in _apart(cell)]


def _apart(cell: Block) -> list[Block]:
    """The pictures of a cell, then its words."""
    pictures = [span for span in cell.spans if span.image]
    texts = [span for span in cell.spans if not span.image]
    if not pictures:
        return [Block(spans=texts, caption=cell.caption and len(cell.text) <= MAX_CAPTION)] if cell.text else []
    return [Block(spans=pictures), *([Block(spans=texts, caption=True)] if cell.text else [])]


def _caption(block: Block) -> str:
    """The words below a picture that describe it; "" for what is text of the story."""
    text = " ".join(block.text.split())
    if block.kind != "text" or block.images or not text or len(text) > MAX_CAPTION:
        return ""
    looks = block.caption or _FIGURE.match(text) or block.centred or _credit(text)[1]
    return text if looks else ""


def _captioned(block: Block, caption: str) -> Block:
    if not caption:
        return block
    words, credit = _credit(caption)
    *others, last = [span for span in block.spans if span.image]
    if last.image is None:
        return block
    said = replace(last.image, alt=_NO_LEAD.sub("", words), credit=credit)
    return Block(block.kind, [*others, Span(image=said)], centred=block.centred)


def _credit(caption: str) -> tuple[str, str]:
    """A caption's words and who took the picture: “东城队捧杯（记者 张三 摄）” → “东城队捧杯”, “张三”."""
    for form in _CREDITS:
        if (found := form.search(caption)) and caption[: found.start()].strip():
            return caption[: found.start()].strip(), clean_line(found["who"], MAX_CREDIT)
    return caption, ""


def _alt(alt: str) -> str:
    """A description by a person; what a camera or a word processor put there says nothing."""
    said = clean_line(alt, 300)
    return "" if _FILE_ALT.search(said) or "自动生成" in said else said


# ── files beside the text ────────────────────────────────────────────────────────────────────────────────────────


def _list_files(fields: dict[str, tuple[str, Any]], gallery: _Gallery, notes: list[str]) -> None:
    """Add to the head the credits that captions gave, and the files beside the text that nothing names."""
    images = [one if isinstance(one, dict) else {"file": str(one)} for one in _as_list(fields, "images")]
    named = {_folded(one.get("file", "")): one for one in images}
    for name, image in gallery.placed.items():
        if (own := named.get(_folded(name))) is not None:
            own.setdefault("credit", image.credit)
        elif image.credit:
            images.append({"file": name, "alt": image.alt, "credit": image.credit})
    said = {*named, *(_folded(name) for name in gallery.placed)}
    said |= {_folded(str(fields["cover"][1]))} if "cover" in fields else set()
    added = []
    for key, suffixes, entries in (
        ("images", PICTURES, images),
        ("video", VIDEOS, _as_list(fields, "video")),
        ("audio", AUDIOS, _as_list(fields, "audio")),
    ):
        said |= {_folded(str(one.get("file", "") if isinstance(one, dict) else one)) for one in entries}
        others = [name for name in gallery.beside if PurePosixPath(name).suffix.lower() in suffixes]
        others = [name for name in others if _folded(name) not in said]
        entries += [_by_its_name(name) for name in others]
        added += others
        if entries:
            fields[key] = (fields[key][0] if key in fields else key, entries)
    if added:
        listed = "、".join(clean_line(name, 60) for name in added[:10])
        notes.append(f"同一文件夹里的 {listed} 没有在文中提到，随稿收下")
    known = PICTURES | VIDEOS | AUDIOS
    if other := [name for name in gallery.beside if PurePosixPath(name).suffix.lower() not in known]:
        listed = "、".join(clean_line(name, 60) for name in other[:10])
        notes.append(f"同一文件夹里的 {listed} 不是能收的图片、视频或音频，没有收")


def _as_list(fields: dict[str, tuple[str, Any]], key: str) -> list[Any]:
    value = fields[key][1] if key in fields else []
    return list(value) if isinstance(value, list) else [value]


def _by_its_name(name: str) -> dict[str, str]:
    """A file beside the text; newsrooms call a picture by its caption: “东城队捧杯（张三 摄）.jpg”."""
    words, credit = _credit(PurePosixPath(name).stem)
    return {"file": name, "alt": words if _HAN.search(words) else "", "credit": credit}


def _folded(name: str) -> str:
    return name.removeprefix("./").casefold()
