"""Reads what was filled into the two forms: cleaned and bounded, with every fault named in the words of the form."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from rongmei.config import Campaign
from rongmei.pitches.sources.base import web_address
from rongmei.text.normalise import clean_line, clean_text, normalise
from rongmei.text.privacy import called, mask, mask_minor, mask_place, narrow

Values = Mapping[str, Sequence[str]]
"""What a browser sent: name of a field → its values. Nothing about it is known."""

Age = Literal["under14", "teen", "adult"]
AGES: Final[dict[Age, str]] = {"under14": "未满 14 岁", "teen": "14—17 岁", "adult": "18 岁以上"}

PITCH_TITLE, PITCH_BODY = 100, 4000
IDEA_TITLE, IDEA_BODY, SHORTEST_BODY = 60, 2000, 10
PLACE, AUTHOR, NICKNAME, CONTACT = 60, 30, 20, 20
_MOST_READ: Final = 20_000
_TELEPHONE: Final = re.compile(r"\+?\d(?:[ -]?\d){5,14}")


@dataclass(frozen=True)
class OutletPitch:
    """An outlet's pitch as it was written.

    Attributes:
        column: id of a column of the campaign.
        channels: names of channels that the campaign publishes on.
    """

    title: str
    body: str
    column: str | None = None
    channels: tuple[str, ...] = ()
    place: str = ""
    author: str = ""
    url: str | None = None


@dataclass(frozen=True)
class Idea:
    """What a citizen sent, as it may be shown: whatever tells who somebody is has been masked.

    Attributes:
        author: 小记者·张同学, 市民·阿强.
        contact: a telephone number, only where its owner wants to be called; never shown with the rest.
        masked: whether anything had to be.
    """

    title: str
    body: str
    place: str
    author: str
    age: Age
    contact: str | None = None
    masked: bool = False


@dataclass
class Faults:
    """What has to be mended before a form is taken; field → what is wrong with it, in Chinese."""

    by_field: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_field)

    def add(self, name: str, told: str) -> None:
        """Note a fault; the first of a field stays."""
        self.by_field.setdefault(name, told)


def read_pitch(values: Values, campaign: Campaign) -> tuple[OutletPitch, Faults]:
    """An outlet's pitch; it may be stored when there are no faults."""
    faults = Faults()
    columns = {column.id for column in campaign.columns}
    column = _first(values, "column")
    if column and column not in columns:
        faults.add("column", "请从列表里选一个栏目")
    offered = campaign.publishing.channels
    channels = tuple(name for name in offered if name in values.get("channels", ()))
    if set(values.get("channels", ())) - set(offered):
        faults.add("channels", "请从列表里选渠道")
    address = _first(values, "url").strip()
    url = web_address(address)
    if address and url is None:
        faults.add("url", "请写完整的网址，以 http:// 或 https:// 开头；没有就留空")
    return OutletPitch(
        title=_title(values, faults, PITCH_TITLE),
        body=_text(values, faults, PITCH_BODY, 0, "报什么、为什么"),
        column=column if column in columns else None,
        channels=channels,
        place=_line(values, faults, "place", PLACE, "地点"),
        author=_line(values, faults, "author", AUTHOR, "报题人"),
        url=url,
    ), faults


def read_idea(values: Values) -> tuple[Idea, Faults]:
    """What a citizen sent; it may be stored when there are no faults.

    Only what is masked is returned: nothing else is ever kept.
    """
    faults = Faults()
    age = _age(values, faults)
    title = _title(values, faults, IDEA_TITLE)
    body = _text(values, faults, IDEA_BODY, SHORTEST_BODY, "内容")
    place = _line(values, faults, "place", PLACE, "地点")
    nickname = _line(values, faults, "nickname", NICKNAME, "称呼")
    if not _first(values, "consent"):
        faults.add("consent", "请先看过个人信息说明，同意后勾选")
    if age != "adult" and not _first(values, "guardian"):
        faults.add("guardian", "未满 18 岁投稿，要由爸爸妈妈或其他监护人同意后勾选")
    contact = _contact(values, faults)
    if faults:
        # Nothing of it is kept, and masking takes time.
        return Idea("", "", "", "", age), faults
    minor = age != "adult"
    shown = Idea(
        title=mask_minor(title, nickname) if minor else mask(title),
        body=mask_minor(body, nickname) if minor else mask(body),
        place=mask_minor(mask_place(place), nickname) if minor else mask_place(place),
        author=shown_author(nickname, minor=minor),
        age=age,
        contact=contact,
    )
    masked = (shown.title, shown.body, shown.place) != (title, body, place)
    return replace(shown, masked=masked), faults


def shown_author(nickname: str, *, minor: bool) -> str:
    """How a citizen is called in public: 小记者·张同学, 市民·阿强; without a name 小记者, 市民."""
    kind = "小记者" if minor else "市民"
    name = called(nickname) if minor else mask(nickname)
    return f"{kind}·{name}" if name else kind


def _first(values: Values, name: str) -> str:
    found = values.get(name, ())
    return found[0][:_MOST_READ] if found else ""


def _line(values: Values, faults: Faults, name: str, limit: int, word: str) -> str:
    text = clean_line(_first(values, name), limit * 4)
    if len(text) > limit:
        faults.add(name, f"{word}最多 {limit} 个字，现在有 {len(text)} 个")
    return text[:limit]


def _title(values: Values, faults: Faults, limit: int) -> str:
    title = _line(values, faults, "title", limit, "题目")
    if not title:
        faults.add("title", "请写题目")
    elif not normalise(title):
        faults.add("title", "题目里要有文字")
    return title


def _text(values: Values, faults: Faults, limit: int, least: int, word: str) -> str:
    text = clean_text(_first(values, "body"))
    if len(text) > limit:
        faults.add("body", f"{word}最多 {limit} 个字，现在有 {len(text)} 个，请删短一些")
    elif len(text) < least:
        faults.add("body", f"请写得再具体一点，至少 {least} 个字" if text else f"请写{word}")
    return text[:limit]


def _age(values: Values, faults: Faults) -> Age:
    given = _first(values, "age")
    for age in AGES:
        if given == age:
            return age
    faults.add("age", "请选年龄段")
    return "under14"


def _contact(values: Values, faults: Faults) -> str | None:
    written = narrow(clean_line(_first(values, "contact"), CONTACT * 4))
    if not written:
        return None
    if not _TELEPHONE.fullmatch(written) or len(written) > CONTACT:
        faults.add("contact", "请写电话号码，只用数字；不想留就清空")
    elif not _first(values, "may_contact"):
        faults.add("contact", "留了电话，请勾选“可以联系我”；不想留就清空")
    return written
