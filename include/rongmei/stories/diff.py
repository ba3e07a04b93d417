"""What changed between two versions of a story, as an editor reads it: paragraph by paragraph, word by word.

Bodies are compared by lines, lines that resemble each other by words; Chinese counts character by character, a number
or a Latin word as one. The comparison is the longest common subsequence, whose cost is bounded whatever the texts are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel
from sqlalchemy import select

from rongmei.config import CHANNEL_NAMES
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Story, StoryMedia, StoryVersion
from rongmei.stories.extras import Extras, written
from rongmei.stories.markdown import escape

MAX_SHOWN: Final = 6_000
"""Characters of a diff on a page."""
LONGEST_LINE: Final = 1_000
"""A longer line is compared sentence by sentence."""
ALIKE: Final = 45.0
"""Two lines below this likeness, in percent, are two lines, not one that was rewritten."""

_MAX_PAIRS: Final = 2_500
_CONTEXT: Final = 24
_ROW: Final = 20
_TOKEN: Final = re.compile(r"[0-9]+(?:[.,:][0-9]+)*%?|[A-Za-z]+|\s+|.", re.DOTALL)
_SENTENCE: Final = re.compile(r"[^。！？；!?;]{1,600}[。！？；!?;]*[”’」』）]*|.")
_PICTURE: Final = re.compile(r"!\[([^\]\n]{0,300})\]\(([^)\n]{0,300})\)")
_ROLES: Final = {"cover": "封面", "body": "图片", "video": "视频", "audio": "音频"}

Op = Literal["same", "gone", "new"]
Mark = Callable[[str], str]


@dataclass(frozen=True)
class Piece:
    """Words that both versions have, only the old one, or only the new one."""

    op: Op
    text: str


@dataclass(frozen=True)
class Line:
    """A line of the body that is not the same in both: `number` counts the paragraphs of the newer version from 1.

    A line that is only in the old version has the number of the one it stood before.
    """

    number: int
    pieces: tuple[Piece, ...]

    @property
    def what(self) -> str:
        """What happened to the line."""
        ops = {piece.op for piece in self.pieces}
        return "新增" if ops == {"new"} else "删去" if ops == {"gone"} else "改动"


@dataclass(frozen=True)
class Field:
    """A field of the head that says something else."""

    name: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class StoryDiff:
    """What a newer version has changed.

    Attributes:
        old: number of the older version; `new` of the newer one.
        media: what happened to pictures, videos and recordings, a line each.
        paragraphs: how many the newer version has.
    """

    story_id: int
    old: int
    new: int
    fields: tuple[Field, ...]
    media: tuple[str, ...]
    lines: tuple[Line, ...]
    paragraphs: int

    @property
    def same(self) -> bool:
        """Whether nothing changed that a reader would be told."""
        return not (self.fields or self.media or self.lines)

    @property
    def summary(self) -> str:
        """All of it in one clause: “标题、作者有改动；图片和视频 2 处；正文改动 3 段、新增 1 段”."""
        if self.same:
            return "没有改动"
        parts = [f"{'、'.join(field.name for field in self.fields)}有改动"] if self.fields else []
        if self.media:
            parts.append(f"图片、视频和音频 {len(self.media)} 处")
        counted = [(what, sum(line.what == what for line in self.lines)) for what in ("改动", "新增", "删去")]
        if told := "、".join(f"{what} {number} 段" for what, number in counted if number):
            parts.append(f"正文{told}")
        return "；".join(parts)

    def markdown(self, limit: int = MAX_SHOWN) -> list[str]:
        """Lines of Markdown (GitHub flavour, no HTML) for a page: what was taken away is struck, what is new is bold.

        Everything that a story says is escaped.

        Args:
            limit: about how many characters of the story are shown.
        """
        lines = [f"- **与第 {self.old} 版相比**：{escape(self.summary)}"]
        if self.same:
            return lines
        lines += [f"  - {escape(field.name)}：{_marked(field.pieces, _ON_PAGE)}" for field in self.fields]
        lines += [f"  - {escape(one)}" for one in self.media]
        shown, left = _within(self.lines, limit)
        if shown:
            lines += ["", "| 段 | 改动（〔~~删去~~〕【**新增**】） |", "|---:|---|"]
            lines += [f"| {line.number} | {_marked(line.pieces, _ON_PAGE)} |" for line in shown]
        if left:
            lines += ["", f"**还有 {left} 段改动没有列出，全部改动见 rongmei stories diff {self.story_id}。**"]
        return lines

    def text(self) -> str:
        """The same as plain text: [-删去-] {+新增+}."""
        lines = [f"稿件 #{self.story_id} 第 {self.old} 版 → 第 {self.new} 版：{self.summary}"]
        lines += [f"{field.name}：{_marked(field.pieces, _ON_TERMINAL)}" for field in self.fields]
        lines += self.media
        for line in self.lines:
            lines.append(f"第 {line.number} 段 {line.what}：{_marked(line.pieces, _ON_TERMINAL)}")
        return "\n".join(lines)


def story_diff(ledger: Ledger, story_id: int, *, old: int | None = None, new: int | None = None) -> StoryDiff:
    """What changed from version `old` to version `new` of a story.

    Args:
        new: by default the current version.
        old: by default the one before `new`.

    Raises:
        BadInput: no such story or version, or nothing to compare with.
    """
    with ledger.read() as session:
        story = session.get(Story, story_id)
        if story is None:
            raise BadInput(f"没有稿件 #{story_id}", mend="核对稿件编号")
        found = session.scalars(
            select(StoryVersion).where(StoryVersion.story_id == story_id).order_by(StoryVersion.number)
        )
        versions = {version.number: version for version in found}
        current = next((n for n, version in versions.items() if version.content_hash == story.current_hash), 0)
        later = _chosen(versions, current if new is None else new, story_id)
        if old is None and later.number == min(versions):
            what = f"第 {later.number} 版是最早的一版，没有更早的可比"
            raise BadInput(what, where=f"稿件 #{story_id}", mend="用 --from 和 --to 写明要比的两版")
        before = max((n for n in versions if n < later.number), default=0)
        return compare(_chosen(versions, before if old is None else old, story_id), later)


def _chosen(versions: Mapping[int, StoryVersion], number: int, story_id: int) -> StoryVersion:
    if number not in versions:
        known = "、".join(map(str, versions)) or "没有"
        raise BadInput(f"没有第 {number} 版", where=f"稿件 #{story_id}", mend=f"有的版次：{known}")
    return versions[number]


def compare(old: StoryVersion, new: StoryVersion, *, columns: Mapping[str, str] | None = None) -> StoryDiff:
    """What changed from one version to another; nothing is looked up.

    Args:
        columns: column id → its name.
    """
    before, after = _units(old.body), _units(new.body)
    return StoryDiff(
        story_id=new.story_id,
        old=old.number,
        new=new.number,
        fields=tuple(_fields(old, new, columns or {})),
        media=tuple(_media(old.media, new.media)),
        lines=tuple(_lines(before, after)),
        paragraphs=len(after),
    )


# ── fields and media ─────────────────────────────────────────────────────────────────────────────────────────────


def _fields(old: StoryVersion, new: StoryVersion, columns: Mapping[str, str]) -> Iterator[Field]:
    before, after = _said(old, columns), _said(new, columns)
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name, ""), after.get(name, "")
        if was != now:
            yield Field(name, tuple(_words(was[: LONGEST_LINE * 2], now[: LONGEST_LINE * 2])))


def _said(version: StoryVersion, columns: Mapping[str, str]) -> dict[str, str]:
    extras = Extras.of(version.extras or {})
    said = {
        "标题": version.title,
        "作者": version.author,
        "摘要": version.digest,
        "栏目": columns.get(version.column or "", version.column or ""),
        "标签": "、".join(str(tag) for tag in version.tags),
        "人工智能生成": "是" if version.ai_generated else "否",
        "地点": extras.place,
        "来源": extras.source,
        "解禁": written(extras.embargo) if extras.embargo else "",
    }
    for channel, title in extras.titles.items():
        said[f"{CHANNEL_NAMES.get(channel, channel)}标题"] = title
    if extras.card:
        said["服务卡"] = " ".join(filter(None, (extras.card.title, extras.card.benefit, extras.card.link)))
    return said


def _media(old: Sequence[StoryMedia], new: Sequence[StoryMedia]) -> Iterator[str]:
    before, after = {one.sha256: one for one in old}, {one.sha256: one for one in new}
    names = {(one.role, one.name): one for one in old if one.sha256 not in after}
    replaced: set[str] = set()
    for sha256, one in after.items():
        if sha256 in before:
            yield from _redescribed(before[sha256], one)
        elif (was := names.get((one.role, one.name))) is not None:
            replaced.add(was.sha256)
            yield f"换了{_ROLES.get(one.role, '文件')} {one.name}"
        else:
            yield f"新增{_ROLES.get(one.role, '文件')} {one.name}{_about(one)}"
    for sha256, one in before.items():
        if sha256 not in after and sha256 not in replaced:
            yield f"删去{_ROLES.get(one.role, '文件')} {one.name}{_about(one)}"


def _about(one: StoryMedia) -> str:
    said = "／".join(filter(None, (one.alt, one.credit)))
    return f"（{said}）" if said else ""


def _redescribed(was: StoryMedia, now: StoryMedia) -> Iterator[str]:
    pairs = (("用处", _ROLES.get(was.role, was.role), _ROLES.get(now.role, now.role)),)
    for what, before, after in (*pairs, ("说明", was.alt, now.alt), ("署名", was.credit, now.credit)):
        if before != after:
            yield f"{_ROLES.get(now.role, '文件')} {now.name} 的{what}：“{before or '无'}”改为“{after or '无'}”"


# ── the body ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _units(body: str) -> list[str]:
    """The lines of a body as an editor sees them; overlong ones in sentences."""
    units: list[str] = []
    for line in body.split("\n"):
        shown = _PICTURE.sub(lambda found: f"〔图：{found[1]}（{found[2]}）〕", line).strip()
        if len(shown) <= LONGEST_LINE:
            units += [shown] if shown else []
        else:
            units += [sentence.strip() for sentence in _SENTENCE.findall(shown) if sentence.strip()]
    return units


def _lines(before: Sequence[str], after: Sequence[str]) -> Iterator[Line]:
    for gone, come, at in _blocks(before, after):
        number = at
        for was, now in _aligned(gone, come):
            number += now is not None
            if was is None or now is None:
                op: Op = "new" if was is None else "gone"
                yield Line(max(number, 1) if now is not None else number + 1, (Piece(op, was or now or ""),))
            else:
                yield Line(number, tuple(_words(was, now)))


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[list[str], list[str], int]]:
    """The stretches that differ: what went, what came, and how many newer lines stand before them."""
    gone: list[str] = []
    come: list[str] = []
    at = 0
    for op in Indel.opcodes(before, after):
        if op.tag == "equal":
            if gone or come:
                yield gone, come, at
            gone, come, at = [], [], op.dest_end
        else:
            gone += before[op.src_start : op.src_end]
            come += after[op.dest_start : op.dest_end]
    if gone or come:
        yield gone, come, at


def _aligned(gone: Sequence[str], come: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Old and new lines side by side, in order, those next to each other that are most alike."""
    if len(gone) * len(come) > _MAX_PAIRS:
        return _side_by_side(gone, come)
    alike = [[fuzz.ratio(was, now) for now in come] for was in gone]
    # best[i][j]: the likeness that pairs of the lines from i and j on add up to
    best = [[0.0] * (len(come) + 1) for _ in range(len(gone) + 1)]
    for i in reversed(range(len(gone))):
        for j in reversed(range(len(come))):
            paired = alike[i][j] + best[i + 1][j + 1] if alike[i][j] >= ALIKE else 0.0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs: list[tuple[str | None, str | None]] = []
    i = j = 0
    while i < len(gone) and j < len(come):
        if alike[i][j] >= ALIKE and best[i][j] == alike[i][j] + best[i + 1][j + 1]:
            pairs.append((gone[i], come[j]))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            pairs.append((gone[i], None))
            i += 1
        else:
            pairs.append((None, come[j]))
            j += 1
    return [*pairs, *((one, None) for one in gone[i:]), *((None, one) for one in come[j:])]


def _side_by_side(gone: Sequence[str], come: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """A rewritten body: too many lines to compare each with each, so the first with the first, and so on."""
    pairs: list[tuple[str | None, str | None]] = []
    for was, now in zip(gone, come, strict=False):
        pairs += [(was, now)] if fuzz.ratio(was, now) >= ALIKE else [(was, None), (None, now)]
    shorter = min(len(gone), len(come))
    return [*pairs, *((one, None) for one in gone[shorter:]), *((None, one) for one in come[shorter:])]


def _words(old: str, new: str) -> list[Piece]:
    """Two lines as pieces; between two changes a lone character that stayed is part of the change."""
    before, after = _TOKEN.findall(old), _TOKEN.findall(new)
    runs: list[tuple[str, str, bool]] = []
    for op in Indel.opcodes(before, after):
        gone = "".join(before[op.src_start : op.src_end])
        come = "".join(after[op.dest_start : op.dest_end])
        runs.append((gone, come, op.tag == "equal"))
    pieces: list[Piece] = []
    gone = come = ""
    for number, (was, now, same) in enumerate(runs):
        lone = len(was) < 2 and was.isalnum() and 0 < number < len(runs) - 1
        if not same or (lone and (gone or come)):
            gone, come = gone + was, come + now
            continue
        pieces += _changed(gone, come)
        gone = come = ""
        pieces.append(Piece("same", was))
    return [*pieces, *_changed(gone, come)]


def _changed(gone: str, come: str) -> list[Piece]:
    """A change without the words that it begins and ends with in both versions."""
    pieces = [Piece("gone", gone)] if gone else []
    return [*pieces, Piece("new", come)] if come else pieces


# ── how it is shown ──────────────────────────────────────────────────────────────────────────────────────────────


def _within(lines: Sequence[Line], limit: int) -> tuple[list[Line], int]:
    """The lines that may be shown, and how many others there are."""
    shown: list[Line] = []
    for line in lines:
        limit -= _ROW + sum(
            min(len(piece.text), 2 * _CONTEXT) if piece.op == "same" else len(piece.text) for piece in line.pieces
        )
        if limit < 0 and shown:
            break
        shown.append(line)
        if limit < 0:
            break
    return shown, len(lines) - len(shown)


def _marked(pieces: Iterable[Piece], marks: Mapping[Op, Mark]) -> str:
    listed = list(pieces)
    out = []
    for number, piece in enumerate(listed):
        text = piece.text
        if piece.op == "same":
            text = _shortened(text, first=number == 0, last=number == len(listed) - 1)
        out.append(marks[piece.op](text))
    return "".join(out)


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """Words that stayed, as far as they help to find the place."""
    if len(text) <= 2 * _CONTEXT + 2:
        return text
    head, tail = "" if first else text[:_CONTEXT], "" if last else text[-_CONTEXT:]
    return f"{head}…{tail}"


def _framed(opening: str, closing: str, mark: str) -> Mark:
    """Marks between brackets: next to those they open and close whatever the words begin with (CommonMark 6.2)."""

    def framed(text: str) -> str:
        shown = escape(text.strip()) if text.strip() else "空格"
        return f"{opening}{mark}{shown}{mark}{closing}"

    return framed


_ON_PAGE: Final[dict[Op, Any]] = {
    "same": escape,
    "gone": _framed("〔", "〕", "~~"),
    "new": _framed("【", "】", "**"),
}
_ON_TERMINAL: Final[dict[Op, Any]] = {
    "same": lambda text: text,
    "gone": lambda text: f"[-{text}-]",
    "new": lambda text: f"{{+{text}+}}",
}
