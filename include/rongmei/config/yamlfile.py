"""Reads one YAML file that people edit by hand: bounded, without surprises, and remembering the line of every value.

Works on libyaml's event stream, never on its composer: composing recurses in C and a file of brackets would take the
process down with it. Values follow the YAML 1.2 core schema and no tags are known, so `18:00`, `no` and `2026-06-06`
stay the text that the operator sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

import yaml

from rongmei.config.fields import Path

MAX_BYTES = 1_000_000
MAX_VALUES = 50_000
MAX_DEPTH = 32

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What YAML forbids, and the line breaks that only YAML counts, which would shift every line number after them.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_INT = re.compile(r"[-+]?(?:0|[1-9]\d{0,17})", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\d{1,18}\.\d{0,18}|\.\d{1,18}|\d{1,18}(?=[eE]))(?:[eE][-+]?\d{1,3})?", re.ASCII)
_WORDS: dict[str, bool | None] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True)
class Mistake:
    """Something wrong with the text of a file; `line` counts from 1, 0 means the whole file."""

    line: int
    message: str
    mend: str


class UnreadableError(Exception):
    """The file cannot be read as YAML at all, for one reason."""

    def __init__(self, line: int, message: str, mend: str) -> None:
        self.mistake = Mistake(line, message, mend)
        super().__init__(message)


@dataclass(slots=True)
class Node:
    """A value with the line (from 1) it begins on, or its key's line when the value is not a scalar.

    `size` is the number of values it stands for, itself included, with every alias written out.
    """

    value: str | int | float | bool | list[Node] | dict[str, Node] | None
    line: int
    size: int = 1
    key_lines: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Document:
    """A file that could be read: plain data (dict, list, str, int, float, bool, None) and where each value stands."""

    data: Any
    root: Node
    mistakes: tuple[Mistake, ...]

    def line_of(self, at: Path) -> int:
        """The line of the value at `at`; of the last part of the way that exists, when a key is missing."""
        node, line = self.root, self.root.line
        for step in at:
            if isinstance(node.value, dict) and step in node.value:
                key_line, node = node.key_lines[str(step)], node.value[str(step)]
                line = key_line if isinstance(node.value, dict | list) else node.line
            elif isinstance(node.value, list) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = node.line
            else:
                break
        return line


def read_yaml(file: File) -> Document:
    """Read a file.

    Raises:
        UnreadableError: it cannot be opened, is larger than `MAX_BYTES`, not UTF-8, empty, not YAML, too deep, too
            large with aliases written out, or its top level is not a mapping.
    """
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UnreadableError(0, f"文件打不开（{reason}）", "检查文件是否存在、是否有读取权限") from None
    if len(raw) > MAX_BYTES:
        raise UnreadableError(0, f"文件超过 {MAX_BYTES // 1_000_000} MB", "把无关的内容移出去；配置文件通常只有几十 KB")
    return parse_yaml(_decoded(raw))


def parse_yaml(text: str) -> Document:
    """Read YAML text; errors as in `read_yaml`."""
    if odd := _ODD.search(text):
        line = text.count("\n", 0, odd.start()) + 1
        raise UnreadableError(line, "有不能出现的控制字符", "删掉看不见的字符后重新保存")
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _explained(error, text.splitlines()) from None
    except yaml.YAMLError:
        raise UnreadableError(0, "不合 YAML 的写法", "检查文件是不是用文本编辑器存的") from None
    root = builder.root
    if root is None or root.value is None:
        raise UnreadableError(0, "文件是空的", "对照同一文件夹里的其他文件填写")
    if not isinstance(root.value, dict):
        mend = "最外层每行写“键: 值”，冒号用半角，后面空一格"
        raise UnreadableError(root.line, "最外层应为一组“键: 值”", mend)
    return Document(_plain(root), root, tuple(builder.mistakes))


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        line, guess = 0, "，像是 UTF-16"
    else:
        guess = "，像是 GBK" if _is_gbk(raw) else ""
    raise UnreadableError(line, f"文件不是 UTF-8 编码{guess}", "用编辑器“另存为”，编码选 UTF-8")


def _is_gbk(raw: bytes) -> bool:
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _plain(node: Node) -> Any:
    # Depth is bounded by MAX_DEPTH, and the number of values by MAX_VALUES.
    if isinstance(node.value, dict):
        return {key: _plain(child) for key, child in node.value.items()}
    if isinstance(node.value, list):
        return [_plain(child) for child in node.value]
    return node.value


@dataclass(slots=True)
class _Open:
    """A collection whose end has not been seen."""

    node: Node
    anchor: str | None
    depth_below: int = 0
    key: str | None = None
    key_line: int = 0
    skip: bool = False


class _Builder:
    """Makes nodes of events with a stack of its own, within the limits on depth and size."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self.mistakes: list[Mistake] = []
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._documents = 0

    def take(self, event: Any) -> None:
        """Take the next event."""
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end(line)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(str(event.anchor), line)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise UnreadableError(line, "一个文件里有几份文档（中间有 ---）", "删掉 ---，一个文件只写一份")

    def _scalar(self, event: Any, line: int) -> None:
        self._refuse_tag(event, line)
        if self._wants_key():
            self._key(event.value, line)
            return
        plain = event.style is None or event.style == ""
        node = Node(_resolved(event.value) if plain else event.value, line)
        self._anchor(event.anchor, node, 0)
        self._place(node, 0, line)

    def _begin(self, event: Any, line: int) -> None:
        self._refuse_tag(event, line)
        if self._wants_key():
            raise UnreadableError(line, "键不能是列表或一组“键: 值”", "键写成一个单词，例如 name:")
        if len(self._stack) >= MAX_DEPTH:
            raise _too_deep(line)
        value: list[Node] | dict[str, Node] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._stack.append(_Open(Node(value, line), event.anchor))

    def _end(self, line: int) -> None:
        done = self._stack.pop()
        self._anchor(done.anchor, done.node, done.depth_below)
        self._place(done.node, done.depth_below, line)

    def _alias(self, name: str, line: int) -> None:
        if name not in self._anchors:
            raise UnreadableError(line, f"引用“*{name}”没有对应的“&{name}”，或者引用了自己", "把引用的内容直接写出来")
        if self._wants_key():
            raise UnreadableError(line, "键不能是引用", "把键直接写出来")
        node, depth = self._anchors[name]
        if len(self._stack) + depth > MAX_DEPTH:
            raise _too_deep(line)
        self._place(node, depth, line)

    def _wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].node.value, dict) and self._stack[-1].key is None

    def _key(self, key: str, line: int) -> None:
        top = self._stack[-1]
        if key == "<<":
            self.mistakes.append(Mistake(line, "不支持用 << 合并", "把要合并的内容直接写出来"))
        first = top.node.key_lines.get(key)
        if first is not None:
            self.mistakes.append(Mistake(line, f"“{key[:60]}”写了两次，第一次在第 {first} 行", "只留一处"))
        top.key, top.key_line, top.skip = key, line, first is not None or key == "<<"

    def _place(self, node: Node, depth: int, line: int) -> None:
        """Put a finished value where it belongs; `depth` is how many levels there are below it."""
        if not self._stack:
            self.root = node
            return
        top = self._stack[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif isinstance(top.node.value, dict) and top.key is not None:
            if not top.skip:
                top.node.value[top.key] = node
                top.node.key_lines[top.key] = top.key_line
            top.key = None
        top.node.size += node.size
        top.depth_below = max(top.depth_below, depth + 1)
        if top.node.size > MAX_VALUES:
            raise UnreadableError(line, f"展开引用后超过 {MAX_VALUES} 个值", "删掉层层引用（& 和 *），把内容直接写出来")

    def _anchor(self, name: str | None, node: Node, depth: int) -> None:
        if name is not None:
            self._anchors[name] = (node, depth)

    def _refuse_tag(self, event: Any, line: int) -> None:
        if event.tag is not None:
            self.mistakes.append(Mistake(line, f"不支持标签“{event.tag[:60]}”", "删掉以 ! 开头的标签，只写值"))


def _too_deep(line: int) -> UnreadableError:
    return UnreadableError(line, f"嵌套超过 {MAX_DEPTH} 层", "检查是不是多打了括号或缩进")


def _resolved(text: str) -> str | int | float | bool | None:
    """A plain scalar by the YAML 1.2 core schema, without octal, hexadecimal, infinities and NaN."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


_SYNTAX = (
    ("mapping values are not allowed", "这一行有多余的冒号，或缩进不对", "含“: ”的文字要加引号；同级的键左边对齐"),
    ("could not find expected ':'", "这一行缺少冒号", "写成“键: 值”，冒号用半角，后面空一格"),
    ("did not find expected key", "缩进不对，或引号、括号没有配对", "同级的键左边对齐；检查引号和括号"),
    ("expected <block end>", "缩进不对，或引号、括号没有配对", "同级的键左边对齐；检查引号和括号"),
    ("did not find expected '-'", "列表中间混进了别的内容", "同一个列表的每项都以“- ”开头并左边对齐"),
    ("expected ',' or", "方括号或花括号没有配对，或缺少逗号", "检查括号和逗号，都用半角"),
    ("flow node", "方括号或花括号没有配对", "检查括号，用半角"),
    ("found unexpected end of stream", "引号没有配对", "补上另一半引号"),
    ("cannot start any token", "值以特殊符号开头", "以 @、`、% 开头的文字要加引号"),
    ("unknown escape character", "双引号里的反斜杠写法不对", "改用单引号，或把 \\ 写成 \\\\"),
)


def _explained(error: yaml.MarkedYAMLError, lines: list[str]) -> UnreadableError:
    mark = error.problem_mark or error.context_mark
    # What is missing at the end is noticed past the last line.
    at = min(mark.line, max(len(lines) - 1, 0)) if mark else 0
    near = [n for n in dict.fromkeys((at, at - 1, _context_line(error, at))) if 0 <= n < len(lines)]
    for n in near:
        if re.match(r" *\t", lines[n]):
            return UnreadableError(n + 1, "用了制表符（Tab）缩进", "把 Tab 换成空格，每级两个")
    for n in near:
        if re.match(r"\s*(?:- )?\w+\s*：", lines[n]):
            return UnreadableError(n + 1, "用了全角冒号“：”", "换成半角冒号“:”，后面空一格")
    said = f"{error.context or ''} {error.problem or ''}"
    for words, message, mend in _SYNTAX:
        if words in said:
            return UnreadableError(_blamed(error, at, words) + 1, message, mend)
    return UnreadableError(at + 1, "不合 YAML 的写法", "检查这一行和上一行的缩进、冒号、引号和括号")


def _context_line(error: yaml.MarkedYAMLError, otherwise: int) -> int:
    return error.context_mark.line if error.context_mark else otherwise


def _blamed(error: yaml.MarkedYAMLError, at: int, words: str) -> int:
    """A quote or key left open is noticed further down: blame the line it began on."""
    opened = words in {"found unexpected end of stream", "could not find expected ':'"}
    return _context_line(error, at) if opened else at


def every(data: Any, way: Path) -> Iterator[tuple[Path, Any]]:
    """Every value in plain data that a way leads to; the step "*" means each item of a list or entry of a mapping."""
    if not way:
        yield (), data
        return
    step, rest = way[0], way[1:]
    pairs: list[tuple[str | int, Any]] = []
    if isinstance(data, dict):
        pairs = list(data.items()) if step == "*" else [(step, data[step])] if step in data else []
    elif isinstance(data, list) and step == "*":
        pairs = list(enumerate(data))
    for key, child in pairs:
        for at, value in every(child, rest):
            yield (key, *at), value
