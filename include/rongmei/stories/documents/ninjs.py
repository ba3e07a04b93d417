"""Reads a story filed as ninjs, the IPTC's "news in JSON": 1.x, 2.x and 3.x, as other systems write it.

Sources: ninjs-schema_3.1.json, and the IPTC's examples of 1.4, 2.1 and 3.0: 2.0 made lists of `headline`, `byline` and
`body_*`, 3.0 wrote the names in camel case, so names are compared without case, underscores and dots. The assignment's
number, which ninjs has no place for, stands in `altIds` (role `assignment`), or the file name begins with it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from rongmei.errors import BadInput
from rongmei.stories.documents.assembly import Found, assemble
from rongmei.stories.documents.blocks import Block, Image, Span
from rongmei.stories.documents.html import found as html_blocks
from rongmei.stories.draft import MAX_AUTHOR, MAX_DIGEST, MAX_PICTURES, MAX_TAGS, Draft
from rongmei.stories.extras import MAX_PLACE, MAX_SOURCE
from rongmei.stories.head import Unfit
from rongmei.text.normalise import clean_line

MAX_MIB: Final = 4
MAX_DEPTH: Final = 40
_AI: Final = re.compile(r"trainedalgorithmicmedia|algorithmicmedia|compositesynthetic", re.IGNORECASE)
_WANTS_ASSIGNMENT: Final = (
    '在 altIds 里写 {"role": "assignment", "value": "12"}，或者文件名以编号开头，例如“12 夺冠.json”'
)
_WANTS_TITLE: Final = '在 headlines 里写 {"role": "main", "value": "标题"}'
_FILES: Final = {"picture": "images", "video": "video", "audio": "audio"}
_TEXT_ROLES: Final = ("summary", "abstract", "description", "caption", "text", "")


def read_ninjs(raw: bytes, name: str, beside: Sequence[str] = ()) -> Draft:
    """Read a ninjs document.

    Args:
        name: its path in the drop folder; `beside` as in `assembly.assemble`.

    Raises:
        Unfit: it is no ninjs of a text, or with everything that is missing or wrong.
    """
    if len(raw) > MAX_MIB * 1024 * 1024:
        raise Unfit(BadInput(f"ninjs 文件超过 {MAX_MIB} MB", mend="图片和视频另存为文件放在旁边"))
    try:
        document = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unfit(BadInput("这不是 ninjs：JSON 读不出来", mend="用 UTF-8 存一份完整的 JSON")) from None
    if not isinstance(document, dict) or _depth(document) > MAX_DEPTH:
        raise Unfit(BadInput("这不是 ninjs：最外层应为一个对象", mend="一个文件一篇稿件，按 IPTC 的 ninjs 写"))
    return assemble(_Item(document).found(), name, beside)


def _depth(value: Any) -> int:
    level, deepest = [value], 0
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
    return deepest


class _Item:
    """A ninjs object whose names are compared folded; whatever is of another type than it should be is not there."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._said = {_folded(name): value for name, value in document.items()}

    def found(self) -> Found:
        """The blocks and fields of a text item."""
        kind = self.text("type") or "text"
        if kind not in {"text", "composite", "article"}:
            raise Unfit(
                BadInput(f"这份 ninjs 说的是 {clean_line(kind, 20)}，不是文稿", mend='交 "type": "text" 的那一份')
            )
        if self.text("pubstatus") in {"canceled", "withheld"}:
            raise Unfit(BadInput("这份 ninjs 标明已撤销或暂不发布（pubStatus）", mend="要发布的标为 usable 再交"))
        page = self.body()
        body = html_blocks(page, kind="ninjs")
        notes = ["正文没有写成 HTML，按纯文字分段"] if self.html() == "" and page else []
        if usage := self.text("usageterms"):
            notes.append(f"使用条款：{clean_line(usage, 200)}")
        if note := self.text("ednote"):
            notes.append(f"供稿方的编者说明：{clean_line(note, 200)}")
        fields, unplaced = self.fields(body.blocks)
        return Found(
            "ninjs",
            [*body.blocks, *unplaced],
            title="",
            fields=fields,
            where="ninjs",
            notes=[*notes, *body.notes],
            wants_assignment=_WANTS_ASSIGNMENT,
            wants_title=_WANTS_TITLE,
        )

    # ── what it says ─────────────────────────────────────────────────────────────────────────────────────────────

    def text(self, name: str) -> str:
        """A plain member, "" where it is not one line or more of text."""
        value = self._said.get(name)
        return value.strip() if isinstance(value, str) else ""

    def each(self, name: str) -> Iterator[_Item]:
        """The objects of a list."""
        value = self._said.get(name)
        for one in value[:500] if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
            if isinstance(one, dict):
                yield _Item(one)

    def role(self, name: str, *roles: str) -> str:
        """The value of the entry of a list with the first of these roles; "" takes any."""
        entries = [(one.text("role").lower(), one.text("value")) for one in self.each(name)]
        for role in roles:
            for own, value in entries:
                if value and role in {own, ""}:
                    return value
        return ""

    def headline(self) -> str:
        """The title that readers see."""
        said = self.role("headlines", "main", "headline", "") or self.text("headline") or self.text("title")
        return clean_line(re.sub(r"<[^>]{0,200}>", "", said), 300)

    def html(self) -> str:
        """The text as HTML, "" where there is none."""
        for one in self.each("bodies"):
            if "html" in one.text("contenttype").lower() or "html" in one.text("role").lower():
                return one.text("value")
        for name, value in self._said.items():
            if name.startswith("body") and "html" in name and isinstance(value, str):
                return value
        return ""

    def body(self) -> str:
        """The text as HTML, made of plain words where need be.

        Raises:
            Unfit: there is none.
        """
        plain = self.role("bodies", "main", "text", "") or self.text("bodytext") or self.text("body")
        page = self.html() or "".join(f"<p>{escape(line)}</p>" for line in plain.splitlines() if line.strip())
        if not page.strip():
            raise Unfit(BadInput("这份 ninjs 里没有正文", mend="在 bodies 里写正文（contentType 为 text/html）"))
        return page

    def fields(self, blocks: Sequence[Block]) -> tuple[dict[str, Any], list[Block]]:
        """What a YAML head would say, and the pictures that the text does not place itself."""
        tags = [one.text("name") for one in self.each("subjects")] or [one.text("name") for one in self.each("subject")]
        said: dict[str, Any] = {
            "assignment": self.role("altids", "assignment") or self._old_number(),
            "title": self.headline(),
            "author": clean_line(self.text("by") or self.text("byline") or self._people(), MAX_AUTHOR),
            "digest": clean_line(
                self.role("descriptions", *_TEXT_ROLES[:3]) or self.text("descriptiontext"), MAX_DIGEST
            ),
            "place": clean_line(self.text("located"), MAX_PLACE),
            "source": clean_line(self.text("copyrightholder"), MAX_SOURCE),
            "tags": [clean_line(tag, 40) for tag in dict.fromkeys(tags) if tag][:MAX_TAGS],
            "embargo": self.text("embargoeduntil") or self.text("embargoed"),
        }
        source = self._said.get("digitalsourcetype")
        if _AI.search(json.dumps(source)[:500]):
            said["ai_generated"] = True
        unplaced = self._files(said, {image.name for block in blocks for image in block.images})
        return {key: value for key, value in said.items() if value}, unplaced

    def _old_number(self) -> str:
        old = self._said.get("altids")
        value = old.get("assignment") if isinstance(old, dict) else None
        return str(value) if isinstance(value, str | int) else ""

    def _people(self) -> str:
        people = [*self.each("people"), *self.each("person")]
        return "、".join(one.text("name") for one in people if one.text("rel") in {"author", "creator"})

    def _files(self, said: dict[str, Any], placed: set[str]) -> list[Block]:
        """The local files of the associations; ones that are elsewhere are refused with the rest of the names."""
        unplaced: list[Block] = []
        for one in list(self.each("associations"))[: MAX_PICTURES + 10]:
            key = _FILES.get(one.text("type") or "picture")
            name = one.file()
            if key is None or not name:
                continue
            alt = one.role("descriptions", "caption", "description", "") or one.text("descriptiontext")
            entry = {"file": name, "alt": clean_line(alt or one.headline(), 300)}
            entry["credit"] = clean_line(one.text("by") or one.text("byline"), MAX_AUTHOR)
            said.setdefault(key, []).append(entry)
            if key == "images" and name not in placed and one.text("rel") != "cover":
                unplaced.append(Block(spans=[Span(image=Image(name, entry["alt"]))]))
            if key == "images" and one.text("rel") == "cover":
                said.setdefault("cover", name)
        return unplaced

    def file(self) -> str:
        """The file of an associated item: beside the document by its name, or else by what its address says."""
        if name := self.role("altids", "file"):
            return name
        links = [one.text("href") for one in self.each("renditions")]
        local = [unquote(link) for link in links if link and not _is_address(link)]
        if local:
            return local[0]
        return next((link for link in links if link), "")


def _is_address(link: str) -> bool:
    try:
        return bool(urlsplit(link).scheme) or link.startswith("//")
    except ValueError:
        return True


def _folded(name: str) -> str:
    return re.sub(r"[_.\-]", "", name[:80]).lower()
