"""What a text says beside its story: place, rights, titles for single channels, a service card, an embargo."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from rongmei.clock import SHANGHAI, local, spoken
from rongmei.config import CHANNEL_NAMES
from rongmei.errors import BadInput
from rongmei.stories.head import CARD_KEYS, Head, half_width
from rongmei.text.normalise import clean_line

MAX_PLACE, MAX_SOURCE, MAX_TITLE = 60, 100, 200
MAX_CARD_TITLE, MAX_BENEFIT, MAX_LINK = 20, 10, 500
SCHEMES: Final = ("http", "https", "alipays")
LONGEST_EMBARGO: Final = timedelta(days=366)
LONG_LIFTED: Final = timedelta(days=30)
"""An embargo that ended longer ago is a slip of the pen: the wrong year would let a story out at once."""

_MOMENT: Final = re.compile(
    r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?[T ]*(\d{1,2})(?:[:时点](\d{2})分?|[时点])(?::(\d{2}))?"
    r" ?(?:(Z)|([+-])(\d{2}):?(\d{2}))?",
    re.ASCII | re.IGNORECASE,
)
_YEARS: Final = {str(year) for year in range(2000, 2101)}
_MOMENT_MEND: Final = "写成 2026-06-06 18:00 这样：年-月-日 时:分，北京时间；别处的时间后面加时区，例如 +00:00"
_ADDRESS: Final = re.compile(r"[!#-&(-;=?-\[\]_a-z~]+", re.IGNORECASE)
_LINK_MEND: Final = "写 http://、https:// 或 alipays:// 开头的完整网址，不带用户名和空格，中文写成 %E4 这样的编码"


@dataclass(frozen=True)
class Card:
    """A service beside the story; `link` is http, https or alipays, `benefit` may be empty."""

    title: str
    link: str
    benefit: str = ""


@dataclass(frozen=True)
class Extras:
    """What was said; empty where nothing was.

    Attributes:
        titles: channel id → title there.
        embargo: not before this moment, aware UTC.
    """

    place: str = ""
    source: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    card: Card | None = None
    embargo: datetime | None = None

    def stored(self) -> dict[str, Any]:
        """The JSON of `StoryVersion.extras`: only what was said, so that silence leaves no trace in a hash."""
        card = self.card and {"title": self.card.title, "link": self.card.link, "benefit": self.card.benefit}
        everything = {
            "place": self.place,
            "source": self.source,
            "titles": dict(sorted(self.titles.items())),
            "card": card,
            "embargo": self.embargo.isoformat() if self.embargo else None,
        }
        return {key: value for key, value in everything.items() if value}

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Extras:
        """What `stored` made JSON of."""
        card, embargo = stored.get("card"), stored.get("embargo")
        return cls(
            place=stored.get("place", ""),
            source=stored.get("source", ""),
            titles=stored.get("titles", {}),
            card=Card(**card) if card else None,
            embargo=datetime.fromisoformat(embargo) if embargo else None,
        )


def read_extras(head: Head) -> Extras:
    """The extras of a head; what is wrong with them is among the head's problems."""
    return Extras(
        place=head.text("place", "地点", MAX_PLACE),
        source=head.text("source", "来源", MAX_SOURCE),
        titles=_titles(head),
        card=_card(head),
        embargo=_embargo(head),
    )


def check_embargo(embargo: datetime, now: datetime) -> str:
    """A remark for the story's log on an embargo that is over already, else "".

    Raises:
        BadInput: so far ahead or so long over that the year must be wrong.
    """
    if embargo > now + LONGEST_EMBARGO:
        raise BadInput(
            f"解禁时间 {written(embargo)} 在一年以后", where="解禁", mend="核对年份；不需要解禁时间就删掉这一行"
        )
    if embargo < now - LONG_LIFTED:
        days = LONG_LIFTED.days
        raise BadInput(
            f"解禁时间 {written(embargo)} 已过去 {days} 天以上",
            where="解禁",
            mend="核对年份；不需要解禁时间就删掉这一行",
        )
    return f"解禁时间 {written(embargo)} 已过" if embargo <= now else ""


def written(moment: datetime) -> str:
    """`moment` with its year, on the newsroom's clock: 2026年6月6日 18:00."""
    return f"{local(moment).year}年{spoken(moment)}"


def check_link(link: str) -> str:
    """What is wrong with a service card's link, in Chinese; "" for one that can be used."""
    if len(link) > MAX_LINK:
        return f"链接有 {len(link)} 字，最多 {MAX_LINK} 字"
    if not _ADDRESS.fullmatch(link):
        return "链接里有空格、引号、中文或别的不能用的字符"
    try:
        parts = urlsplit(link)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return "链接不是网址"
    if parts.scheme not in SCHEMES:
        return f"链接以“{clean_line(link.partition(':')[0], 20)}”开头，不能用"
    if not parts.hostname or "@" in parts.netloc or not port_is_fine:
        return "链接不是网址"
    return ""


def _titles(head: Head) -> dict[str, str]:
    value = head.value("titles")
    if value is None:
        return {}
    if not isinstance(value, dict):
        head.refuse("titles", "“渠道标题”应为一组“渠道: 标题”", f"例如 {next(iter(CHANNEL_NAMES.values()))}: 东城夺冠")
        return {}
    found: dict[str, str] = {}
    for channel_written, title in value.items():
        channel = _CHANNELS.get(_folded(channel_written))
        name = clean_line(channel_written, 40)
        if channel is None:
            known = "、".join(CHANNEL_NAMES.values())
            head.refuse("titles", f"渠道标题里的“{name}”不是渠道", f"可用的有：{known}", channel_written)
        elif channel in found:
            head.refuse("titles", f"渠道标题里的“{name}”写了两次", "只留一处", channel_written)
        else:
            found[channel] = head.line(title, "titles", f"{name}的标题", MAX_TITLE, channel_written)
            if title is None or title == "":
                head.refuse("titles", f"“{name}的标题”是空的", "写上标题，或删掉这一行", channel_written)
    return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold().strip()


_CHANNELS: Final = {_folded(name): channel for channel, label in CHANNEL_NAMES.items() for name in (channel, label)}


def _card(head: Head) -> Card | None:
    value = head.value("card")
    if value is None:
        return None
    if not isinstance(value, dict):
        head.refuse("card", "“服务卡”应为一组“项目: 内容”", "写明标题、链接，可以再写权益")
        return None
    fields = head.fields(value, "card", CARD_KEYS)
    title = _card_line(head, fields, "title", MAX_CARD_TITLE)
    if "title" not in fields or fields["title"][1] in (None, ""):
        head.refuse("card", "服务卡没有标题", f"补上“标题”，最多 {MAX_CARD_TITLE} 字")
    link = _card_link(head, fields)
    benefit = _card_line(head, fields, "benefit", MAX_BENEFIT)
    return Card(title, link, benefit) if title and link else None


def _card_line(head: Head, fields: Mapping[str, tuple[str, Any]], key: str, limit: int) -> str:
    as_written, said = fields.get(key, (key, None))
    return head.line(said, "card", f"服务卡{CARD_KEYS[key][0]}", limit, as_written)


def _card_link(head: Head, fields: Mapping[str, tuple[str, Any]]) -> str:
    as_written, said = fields.get("link", ("link", None))
    link = said.strip() if isinstance(said, str) else ""
    wrong = "服务卡没有链接" if said in (None, "") else check_link(link)
    if wrong:
        head.refuse("card", wrong, _LINK_MEND, as_written)
        return ""
    return link


def _embargo(head: Head) -> datetime | None:
    value = head.value("embargo")
    if value is None:
        return None
    moment = _moment(half_width(value)) if isinstance(value, str) else None
    if moment is None:
        head.refuse("embargo", f"解禁时间“{clean_line(str(value), 40)}”看不懂", _MOMENT_MEND)
    return moment


def _moment(text: str) -> datetime | None:
    """A moment as people write it, in UTC; Shanghai's clock where no zone is said."""
    found = _MOMENT.fullmatch(text)
    if found is None or found[1] not in _YEARS:
        return None
    year, month, day, hour, minute = (int(found[n] or 0) for n in range(1, 6))
    try:
        moment = datetime(year, month, day, hour, minute, int(found[6] or 0), tzinfo=SHANGHAI)
        if found[7] or found[8]:
            ahead = timedelta(hours=int(found[9] or 0), minutes=int(found[10] or 0))
            moment = moment.replace(tzinfo=UTC) - (-ahead if found[8] == "-" else ahead)
        return moment.astimezone(UTC)
    except ValueError:
        return None
