"""Reads a filed text: decodes it, takes the YAML head and the Markdown body apart and checks every field of the head.

A text looks like this; the keys may be Chinese, and only `assignment` and `title` are needed:

    ---
    assignment: 12            # 任务：编号，在派单通知里
    title: 东城夺冠            # 标题
    author: 张三               # 作者
    digest: 一句话说清这条稿    # 摘要
    column: 战报               # 栏目：活动文件里的名称或标识
    tags: [村超, 东城]         # 标签
    ai_generated: false       # 人工智能生成
    cover: 夺冠.jpg            # 封面
    images:                   # 图片：正文没有引用的也随稿发出
      - {file: 夺冠.jpg, alt: 东城队捧杯, credit: 李四}   # 文件、说明、署名
    ---
    正文，图片写作 ![东城队捧杯](夺冠.jpg) ……
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rongmei.config.yamlfile import Document, UnreadableError, parse_yaml
from rongmei.errors import BadInput, RongmeiError
from rongmei.stories.markdown import odd_markup, references
from rongmei.text.normalise import clean_line

MAX_MIB = 1
MAX_HEAD_CHARS = 16_000
MAX_BODY_CHARS = 50_000
MAX_PICTURES = 50
MAX_TITLE, MAX_AUTHOR, MAX_DIGEST, MAX_COLUMN = 200, 120, 500, 200
MAX_TAGS, MAX_TAG = 20, 40
MAX_NAME, MAX_ALT, MAX_CREDIT = 200, 300, 120

KEYS: dict[str, tuple[str, ...]] = {
    "assignment": ("任务", "任务编号"),
    "title": ("标题", "题目"),
    "author": ("作者", "记者"),
    "digest": ("摘要", "导语"),
    "column": ("栏目",),
    "tags": ("标签",),
    "ai_generated": ("人工智能生成", "AI生成"),
    "cover": ("封面",),
    "images": ("图片",),
}
PICTURE_KEYS: dict[str, tuple[str, ...]] = {
    "file": ("文件", "图片"),
    "alt": ("说明", "图说"),
    "credit": ("署名", "摄影"),
}
_CANONICAL = {name: key for keys in (KEYS, PICTURE_KEYS) for key, names in keys.items() for name in (key, *names)}

_HEAD = re.compile(r"\A\s*---[ \t]*\n(?P<head>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
# People type the colon of their own alphabet, or forget the blank after it; both are clear after a known key.
_COLON = re.compile(rf"^(\s*(?:- )?(?:{'|'.join(_CANONICAL)}))[ \t]*(?:：|:(?=\S))[ \t]*", re.MULTILINE)
# Controls, and the bidirectional overrides that make a text read otherwise than it is.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_NUMBER = re.compile(r"#?\s*0*([1-9]\d{0,8})")
_YES = frozenset(("是", "有", "yes", "true", "y", "1"))
_NO = frozenset(("否", "无", "不是", "没有", "no", "false", "n", "0", ""))
STORY_HINT = "文件第一行写 ---，接着写 assignment（任务编号）和 title（标题），再用一行 --- 结束，下面是正文"


class Unfit(RongmeiError):
    """A filed text cannot be taken; every reason at once, so that the outlet mends them in one go."""

    def __init__(self, *problems: BadInput) -> None:
        self.problems = problems
        super().__init__("；".join(str(problem) for problem in problems))


@dataclass(frozen=True)
class WantedPicture:
    """A picture that a text asks for.

    Attributes:
        role: "cover" or "body".
        name: relative path with forward slashes, normalised (`./a.jpg` is `a.jpg`), at most 200 characters.
    """

    role: str
    name: str
    alt: str
    credit: str


@dataclass(frozen=True)
class Draft:
    """A filed text whose own fields are in order; assignment, column and pictures are still to be looked up.

    Attributes:
        column: what the writer calls the column, "" when not said.
        body: Markdown as given, with \\n line ends and without control characters.
        pictures: the cover first if there is one, then the body's in order, then those only listed in the head.
        notes: Chinese remarks for the story's log on what was taken out or will have no effect.
    """

    assignment: int
    title: str
    author: str
    digest: str
    column: str
    tags: tuple[str, ...]
    ai_generated: bool
    body: str
    pictures: tuple[WantedPicture, ...]
    notes: tuple[str, ...]


def read_draft(raw: bytes) -> Draft:
    """Read the bytes of a filed text.

    Raises:
        Unfit: with every problem found in its head; or the one that makes it unreadable.
    """
    text = _decoded(raw)
    found = _HEAD.match(text)
    if found is None:
        raise Unfit(BadInput("没有稿头", where="文件开头", mend=STORY_HINT))
    if len(found["head"]) > MAX_HEAD_CHARS:
        raise Unfit(
            BadInput(f"稿头超过 {MAX_HEAD_CHARS} 字", where="稿头", mend="稿头只写各项信息，正文写在第二个 --- 下面")
        )
    head = _Head(_COLON.sub(r"\1: ", found["head"]), first_line=text.count("\n", 0, found.start("head")))
    draft = head.draft(text[found.end() :])
    if head.problems or draft is None:
        raise Unfit(*head.problems)
    return draft


def _decoded(raw: bytes) -> str:
    """Text with \\n line ends: UTF-8 with or without a mark, UTF-16 with one, else GB18030."""
    if len(raw) > MAX_MIB * 1024 * 1024:
        raise Unfit(BadInput(f"文稿超过 {MAX_MIB} MB", mend="文稿只放文字，图片另存为文件放在旁边"))
    marked = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            break
        return text.replace("\r\n", "\n").replace("\r", "\n")
    raise Unfit(BadInput("这不是文字文件，或者编码认不出来", mend="用文本编辑器“另存为”，编码选 UTF-8"))


def check_name(name: str, where: str) -> str:
    """A picture's name as a normalised relative path.

    Raises:
        BadInput: it is a web address, absolute, leads upwards, hidden, too long, or has odd characters.
    """
    if "://" in name or name.startswith(("//", "data:", "http:", "https:")):
        raise BadInput(f"引用了网络图片“{name[:60]}”", where=where, mend="把图片文件放在文稿旁边，只写文件名")
    if not name.strip() or len(name) > MAX_NAME or any(unicodedata.category(char)[0] == "C" for char in name):
        raise BadInput(f"图片名“{clean_line(name, 60)}”不能用", where=where, mend=f"写 1–{MAX_NAME} 个看得见的字")
    normal = posixpath.normpath(name)
    if "\\" in name or normal.startswith(("/", "~")) or re.match(r"[A-Za-z]:", normal):
        raise BadInput(f"图片路径“{name[:60]}”不能用", where=where, mend="写相对文稿的路径，用 / 分隔，例如 图/1.jpg")
    if any(part.startswith(".") for part in normal.split("/")):
        raise BadInput(f"图片路径“{name[:60]}”指到了别处", where=where, mend="图片放在文稿旁边或它的子文件夹里")
    return normal


def _half_width(value: object) -> str:
    return unicodedata.normalize("NFKC", str(value or "")[:60]).strip()


class _Head:
    """The YAML head of one text, and the problems found in it so far."""

    def __init__(self, yaml: str, *, first_line: int) -> None:
        self._first_line = first_line
        self.problems: list[BadInput] = []
        try:
            self._document: Document = parse_yaml(yaml)
        except UnreadableError as error:
            wrong = error.mistake
            raise Unfit(self._problem(wrong.message, wrong.line, wrong.mend)) from None
        for mistake in self._document.mistakes:
            self.problems.append(self._problem(mistake.message, mistake.line, mistake.mend))
        self._values: dict[str, Any] = {}
        self._lines: dict[str, int] = {}
        for written, value in self._document.data.items():
            self._take(str(written), value)

    def _problem(self, what: str, line: int, mend: str) -> BadInput:
        return BadInput(what, where=f"第 {line + self._first_line} 行" if line else "稿头", mend=mend)

    def _refuse(self, key: str, what: str, mend: str) -> None:
        self.problems.append(self._problem(what, self._lines.get(key, 0), mend))

    def _take(self, written: str, value: Any) -> None:
        key = _CANONICAL.get(written.strip(), "")
        line = self._document.line_of((written,))
        if key not in KEYS:
            known = "、".join(names[0] for names in KEYS.values())
            self.problems.append(
                self._problem(f"稿头里没有“{clean_line(written, 40)}”这一项", line, f"可用的有：{known}")
            )
        elif key in self._values:
            self.problems.append(
                self._problem(f"“{written}”与第 {self._lines[key] + self._first_line} 行重复", line, "只留一处")
            )
        else:
            self._values[key], self._lines[key] = value, line

    def draft(self, body: str) -> Draft | None:
        """The draft; None when `problems` has the reasons why there is none."""
        assignment = self._assignment()
        title = self._text("title", "标题", MAX_TITLE)
        if not title:
            self._refuse("title", "没有标题", "补上一行 title: 标题")
        author = self._text("author", "作者", MAX_AUTHOR)
        digest = self._text("digest", "摘要", MAX_DIGEST)
        column = self._text("column", "栏目", MAX_COLUMN)
        tags, ai_generated = self._tags(), self._ai_generated()
        visible, removed = _INVISIBLE.subn("", body)
        if len(visible) > MAX_BODY_CHARS:
            self.problems.append(BadInput(f"正文超过 {MAX_BODY_CHARS} 字", where="正文", mend="删减，或分成几条稿件"))
        if self.problems:
            return None
        visible = visible.strip("\n \t")
        pictures = self._pictures(visible)
        if self.problems:
            return None
        notes = (*((f"去掉了 {removed} 个看不见的控制字符",) if removed else ()), *odd_markup(visible))
        return Draft(assignment, title, author, digest, column, tags, ai_generated, visible, pictures, notes)

    def _assignment(self) -> int:
        value = self._values.get("assignment")
        found = None if isinstance(value, bool | float | list | dict) else _NUMBER.fullmatch(_half_width(value))
        if found is not None:
            return int(found[1])
        what = "没有任务编号" if value is None else f"任务编号“{clean_line(str(value), 40)}”不是编号"
        self._refuse("assignment", what, "补上一行 assignment: 编号，编号在派单通知里，例如 assignment: 12")
        return 0

    def _text(self, key: str, name: str, limit: int) -> str:
        return self._one_line(self._values.get(key), key, name, limit)

    def _one_line(self, value: Any, key: str, name: str, limit: int) -> str:
        if value is None:
            return ""
        if isinstance(value, bool | float | list | dict):
            self._refuse(key, f"“{name}”应为一行文字", "写成一行文字；像数字的内容加上引号")
            return ""
        text = clean_line(str(value), limit * 4)
        if len(text) > limit:
            self._refuse(key, f"“{name}”有 {len(text)} 字，最多 {limit} 字", "缩短")
            return ""
        return text

    def _tags(self) -> tuple[str, ...]:
        value = self._values.get("tags")
        given = re.split(r"[,，、;；]", value) if isinstance(value, str) else [] if value is None else value
        if not isinstance(given, list):
            given = [given]
        tags = [self._one_line(tag, "tags", "标签", MAX_TAG).strip("#＃ ") for tag in given[: MAX_TAGS + 1]]
        if len(given) > MAX_TAGS:
            self._refuse("tags", f"标签超过 {MAX_TAGS} 个", "只留最要紧的")
        return tuple(dict.fromkeys(tag for tag in tags if tag))

    def _ai_generated(self) -> bool:
        value = self._values.get("ai_generated")
        said = "" if value is None else "列表" if isinstance(value, list | dict) else str(value).strip().lower()
        if said not in _YES | _NO:
            self._refuse("ai_generated", f"“人工智能生成”写的是“{said[:40]}”", "写 是 或 否（true 或 false）")
        return said in _YES

    def _pictures(self, body: str) -> tuple[WantedPicture, ...]:
        listed = {picture.name: picture for picture in self._listed()}
        pictures: dict[str, WantedPicture] = {}
        for reference in references(body):
            name = self._name(reference.target, "正文")
            known = listed.get(name)
            alt = clean_line(reference.alt, MAX_ALT) or (known.alt if known else "")
            pictures.setdefault(name, WantedPicture("body", name, alt, known.credit if known else ""))
        cover = self._name(self._text("cover", "封面", MAX_NAME), "封面") if self._values.get("cover") else ""
        for name, picture in listed.items():
            if name != cover:
                pictures.setdefault(name, picture)
        first: tuple[WantedPicture, ...] = ()
        if cover:
            like = listed.get(cover) or pictures.get(cover) or WantedPicture("cover", cover, "", "")
            first = (WantedPicture("cover", cover, like.alt, like.credit),)
        if len(first) + len(pictures) > MAX_PICTURES:
            self._refuse("images", f"图片超过 {MAX_PICTURES} 张", "只留最好的")
        return (*first, *pictures.values())

    def _name(self, name: str, where: str) -> str:
        try:
            return check_name(name, where)
        except BadInput as error:
            self.problems.append(error)
            return ""

    def _listed(self) -> Iterator[WantedPicture]:
        value = self._values.get("images")
        entries = [] if value is None else value if isinstance(value, list) else [value]
        if len(entries) > MAX_PICTURES:
            self._refuse("images", f"图片超过 {MAX_PICTURES} 张", "只留最好的")
            return
        for entry in entries:
            fields = self._picture_fields(entry)
            if name := self._name(self._one_line(fields.get("file"), "images", "图片文件", MAX_NAME), "图片"):
                alt = self._one_line(fields.get("alt"), "images", "图片说明", MAX_ALT)
                credit = self._one_line(fields.get("credit"), "images", "图片署名", MAX_CREDIT)
                yield WantedPicture("body", name, alt, credit)

    def _picture_fields(self, entry: Any) -> dict[str, Any]:
        if not isinstance(entry, dict):
            return {"file": entry}
        names = {name: key for key, others in PICTURE_KEYS.items() for name in (key, *others)}
        for written in entry:
            if written not in names:
                self._refuse(
                    "images", f"图片里没有“{clean_line(str(written), 40)}”这一项", "可用的有：文件、说明、署名"
                )
        return {names[written]: value for written, value in entry.items() if written in names}
