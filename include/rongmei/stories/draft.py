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
    video: 夺冠.mp4            # 视频：一个或几个 MP4，写法同图片
    audio: 采访.mp3            # 音频：一个或几个 MP3、M4A、AAC、WAV、OGG，写法同图片；人工智能播报的，说明里写“AI 播报”
    place: 东城体育公园         # 地点
    source: 东城融媒体中心      # 来源：版权归谁
    titles:                   # 渠道标题：渠道名称或标识，各自的标题
      微博: 东城夺冠！
    card:                     # 服务卡
      {title: 预约看球, link: "https://example.com/book", benefit: 免费领票}   # 标题、链接、权益
    embargo: 2026-06-06 18:00 # 解禁：北京时间，这之前不发
    correction: 比分有误，应为 2 比 1   # 更正：稿件已经发出、要改时写改了什么，照样三审
    ---
    正文，图片写作 ![东城队捧杯](夺冠.jpg) ……
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from rongmei.errors import BadInput
from rongmei.stories.extras import Extras, read_extras
from rongmei.stories.head import FILE_KEYS, Head, Unfit, half_width
from rongmei.stories.markdown import odd_markup, references
from rongmei.text.normalise import clean_line

MAX_MIB = 1
MAX_HEAD_CHARS = 16_000
MAX_BODY_CHARS = 50_000
MAX_PICTURES, MAX_VIDEOS, MAX_AUDIOS = 50, 5, 5
MAX_TITLE, MAX_AUTHOR, MAX_DIGEST, MAX_COLUMN = 200, 120, 500, 200
MAX_TAGS, MAX_TAG = 20, 40
MAX_CORRECTION = 200
MAX_NAME, MAX_ALT, MAX_CREDIT = 200, 300, 120

_HEAD = re.compile(r"\A\s*---[ \t]*\n(?P<head>.*?)^(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
# Controls, and the bidirectional overrides that make a text read otherwise than it is.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_NUMBER = re.compile(r"#?\s*0*([1-9]\d{0,8})")
_YES = frozenset(("是", "有", "yes", "true", "y", "1"))
_NO = frozenset(("否", "无", "不是", "没有", "no", "false", "n", "0", ""))
STORY_HINT = "文件第一行写 ---，接着写 assignment（任务编号）和 title（标题），再用一行 --- 结束，下面是正文"


@dataclass(frozen=True)
class Wanted:
    """A picture, video or sound that a text asks for.

    Attributes:
        name: relative path with forward slashes, normalised (`./a.jpg` is `a.jpg`), at most 200 characters.
    """

    role: Literal["cover", "body", "video", "audio"]
    name: str
    alt: str
    credit: str


@dataclass(frozen=True)
class Embedded:
    """A picture that a document brings in itself.

    Attributes:
        name: what the body calls it.
        where: what people call it in messages: "文中第 2 张图片".
    """

    name: str
    where: str
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Draft:
    """A filed text whose own fields are in order; assignment, column and files are still to be looked up.

    Attributes:
        column: what the writer calls the column, "" when not said.
        correction: what this version mends of one that is out, "" when not said.
        body: Markdown as given, with \\n line ends and without control characters.
        pictures: the cover first if there is one, then the body's in order, then those only listed in the head.
        notes: Chinese remarks for the story's log on what was taken out or will have no effect.
        audios: recordings filed with the story.
        embedded: the pictures that are in the document itself; `pictures` has them, too.
        kind: what the text is, as newsrooms call it.
    """

    assignment: int
    title: str
    author: str
    digest: str
    column: str
    tags: tuple[str, ...]
    ai_generated: bool
    body: str
    pictures: tuple[Wanted, ...]
    videos: tuple[Wanted, ...]
    extras: Extras
    notes: tuple[str, ...]
    correction: str = ""
    audios: tuple[Wanted, ...] = ()
    embedded: tuple[Embedded, ...] = ()
    kind: str = "Markdown"


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
    return compose(Head(found["head"], first_line=text.count("\n", 0, found.start("head"))), text[found.end() :])


def compose(head: Head, body: str) -> Draft:
    """The draft of a head and a Markdown body, wherever they were read.

    Raises:
        Unfit: with every problem found in them.
    """
    draft = _Reader(head).draft(body)
    if head.problems or draft is None:
        raise Unfit(*head.problems)
    return draft


def _decoded(raw: bytes) -> str:
    """Text with \\n line ends: UTF-8 with or without a mark, UTF-16 with one, else GB18030."""
    if len(raw) > MAX_MIB * 1024 * 1024:
        raise Unfit(BadInput(f"文稿超过 {MAX_MIB} MB", mend="文稿只放文字，图片和视频另存为文件放在旁边"))
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


def check_name(name: str, where: str, what: str = "图片") -> str:
    """The name of a file beside the text as a normalised relative path.

    Args:
        what: what kind of file it is to be, for the message.

    Raises:
        BadInput: it is a web address, absolute, leads upwards, hidden, too long, or has odd characters.
    """
    if "://" in name or name.startswith(("//", "data:", "http:", "https:")):
        raise BadInput(f"引用了网络{what}“{name[:60]}”", where=where, mend=f"把{what}文件放在文稿旁边，只写文件名")
    if not name.strip() or len(name) > MAX_NAME or any(unicodedata.category(char)[0] == "C" for char in name):
        raise BadInput(f"{what}名“{clean_line(name, 60)}”不能用", where=where, mend=f"写 1–{MAX_NAME} 个看得见的字")
    normal = posixpath.normpath(name)
    if "\\" in name or normal.startswith(("/", "~")) or re.match(r"[A-Za-z]:", normal):
        raise BadInput(
            f"{what}路径“{name[:60]}”不能用", where=where, mend=f"写相对文稿的路径，用 / 分隔，例如 {_EXAMPLES[what]}"
        )
    if any(part.startswith(".") for part in normal.split("/")):
        raise BadInput(f"{what}路径“{name[:60]}”指到了别处", where=where, mend=f"{what}放在文稿旁边或它的子文件夹里")
    return normal


_EXAMPLES = {"图片": "图/1.jpg", "视频": "视频/1.mp4", "音频": "音频/1.mp3"}


class _Reader:
    """Makes a draft of a head and a body; what is wrong is among the head's problems."""

    def __init__(self, head: Head) -> None:
        self._head = head

    def draft(self, body: str) -> Draft | None:
        """The draft; None when the head's problems say why there is none."""
        head = self._head
        assignment = self._assignment()
        title = head.text("title", "标题", MAX_TITLE)
        if not title:
            head.refuse("title", "没有标题", head.wants_title)
        author = head.text("author", "作者", MAX_AUTHOR)
        digest = head.text("digest", "摘要", MAX_DIGEST)
        column = head.text("column", "栏目", MAX_COLUMN)
        tags, ai_generated = self._tags(), self._ai_generated()
        extras = read_extras(head)
        correction = head.text("correction", "更正", MAX_CORRECTION)
        visible, removed = _INVISIBLE.subn("", body)
        if len(visible) > MAX_BODY_CHARS:
            head.problems.append(BadInput(f"正文超过 {MAX_BODY_CHARS} 字", where="正文", mend="删减，或分成几条稿件"))
        if head.problems:
            return None
        visible = visible.strip("\n \t")
        videos = self._videos()
        audios = self._audios()
        pictures = self._pictures(visible, {video.name for video in videos})
        if head.problems:
            return None
        notes = (*((f"去掉了 {removed} 个看不见的控制字符",) if removed else ()), *odd_markup(visible))
        return Draft(
            assignment=assignment,
            title=title,
            author=author,
            digest=digest,
            column=column,
            tags=tags,
            ai_generated=ai_generated,
            body=visible,
            pictures=pictures,
            videos=videos,
            extras=extras,
            notes=notes,
            correction=correction,
            audios=audios,
        )

    def _assignment(self) -> int:
        value = self._head.value("assignment")
        found = None if isinstance(value, bool | float | list | dict) else _NUMBER.fullmatch(half_width(value))
        if found is not None:
            return int(found[1])
        what = "没有任务编号" if value is None else f"任务编号“{clean_line(str(value), 40)}”不是编号"
        self._head.refuse("assignment", what, self._head.wants_assignment)
        return 0

    def _tags(self) -> tuple[str, ...]:
        value = self._head.value("tags")
        given = re.split(r"[,，、;；]", value) if isinstance(value, str) else [] if value is None else value
        if not isinstance(given, list):
            given = [given]
        tags = [self._head.line(tag, "tags", "标签", MAX_TAG).strip("#＃ ") for tag in given[: MAX_TAGS + 1]]
        if len(given) > MAX_TAGS:
            self._head.refuse("tags", f"标签超过 {MAX_TAGS} 个", "只留最要紧的")
        return tuple(dict.fromkeys(tag for tag in tags if tag))

    def _ai_generated(self) -> bool:
        value = self._head.value("ai_generated")
        said = "" if value is None else "列表" if isinstance(value, list | dict) else str(value).strip().lower()
        if said not in _YES | _NO:
            self._head.refuse("ai_generated", f"“人工智能生成”写的是“{said[:40]}”", "写 是 或 否（true 或 false）")
        return said in _YES

    def _pictures(self, body: str, videos: set[str]) -> tuple[Wanted, ...]:
        listed = {picture.name: picture for picture in self._listed("images", "body", "图片", MAX_PICTURES)}
        pictures: dict[str, Wanted] = {}
        for reference in references(body):
            name = self._name(reference.target, "正文", "图片")
            known = listed.get(name)
            alt = clean_line(reference.alt, MAX_ALT) or (known.alt if known else "")
            pictures.setdefault(name, Wanted("body", name, alt, known.credit if known else ""))
        cover = ""
        if self._head.value("cover"):
            cover = self._name(self._head.text("cover", "封面", MAX_NAME), "封面", "图片")
        for name, picture in listed.items():
            if name != cover:
                pictures.setdefault(name, picture)
        first: tuple[Wanted, ...] = ()
        if cover:
            like = listed.get(cover) or pictures.get(cover) or Wanted("cover", cover, "", "")
            first = (Wanted("cover", cover, like.alt, like.credit),)
        if len(first) + len(pictures) > MAX_PICTURES:
            self._head.refuse("images", f"图片超过 {MAX_PICTURES} 张", "只留最好的")
        for name in sorted(videos & {cover, *pictures}):
            self._head.refuse("video", f"“{name}”既是视频又当图片引用", "视频只写在稿头的“视频”里，封面和正文引用图片")
        return (*first, *pictures.values())

    def _videos(self) -> tuple[Wanted, ...]:
        return tuple({video.name: video for video in self._listed("video", "video", "视频", MAX_VIDEOS)}.values())

    def _audios(self) -> tuple[Wanted, ...]:
        return tuple({audio.name: audio for audio in self._listed("audio", "audio", "音频", MAX_AUDIOS)}.values())

    def _name(self, name: str, where: str, what: str) -> str:
        try:
            return check_name(name, where, what)
        except BadInput as error:
            self._head.problems.append(error)
            return ""

    def _listed(self, key: str, role: Literal["body", "video", "audio"], what: str, most: int) -> Iterator[Wanted]:
        """The files under a key: a name, a group of fields, or several of them."""
        value = self._head.value(key)
        entries = [] if value is None else value if isinstance(value, list) else [value]
        if len(entries) > most:
            self._head.refuse(key, f"{what}超过 {most} {'张' if role == 'body' else '个'}", "只留最好的")
            return
        for entry in entries:
            fields = self._fields(entry, key)
            file = self._head.line(fields.get("file"), key, f"{what}文件", MAX_NAME)
            if name := self._name(file, what, what):
                alt = self._head.line(fields.get("alt"), key, f"{what}说明", MAX_ALT)
                credit = self._head.line(fields.get("credit"), key, f"{what}署名", MAX_CREDIT)
                yield Wanted(role, name, alt, credit)

    def _fields(self, entry: Any, key: str) -> dict[str, Any]:
        if not isinstance(entry, dict):
            return {"file": entry}
        return {name: value for name, (_, value) in self._head.fields(entry, key, FILE_KEYS).items()}
