"""What the played newsrooms know: pitches to propose and prose to write, in the words of the library.

Everything is invented, names nobody, and is chosen by counting, not by chance: the same round gives the same
workbooks, the same assignment the same story.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, TypeVar

import yaml
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from rongmei.config import CHANNEL_NAMES, Campaign, Cluster, Outlet
from stack.library import GENERAL, Idea, Library, Service, Theme, character, general, load_library, rival, team

MAX_TITLE = 30
"""Characters; the shortest title that any platform of the house allows is 32."""
MAX_DIGEST = 90
SHORTEST_STORY = 400
MARGIN = 30
"""Characters above the campaign's shortest text, so that an edit of a word does not make a story unfit."""
SHAPES = ((1, 1), (2, 1), (2, 2), (3, 2), (4, 2), (4, 3))
"""How many paragraphs of telling and of quoting a story has: the first shape that makes it long enough."""
GENERAL_PITCHES = 24
REHEARSAL_TAG = "彩排"
"""So that invented news can never be taken for news, wherever it turns up."""

HEADERS = ("媒体", "选题", "内容", "栏目", "渠道", "地点", "记者")
DESKS = ("采访一组", "采访二组", "视频组", "新媒体组", "值班编辑", "镇街记者站")
_UNKNOWN_OUTLET = "东莞湾区周报"
_BREAKS = "，。！？；：、｜ "
_HOLE = re.compile(r"\\\{(\w+)\\\}")

T = TypeVar("T")


@dataclass(frozen=True)
class Row:
    """One pitch as it stands in a workbook, every field as a person would write it."""

    outlet: str
    title: str
    summary: str
    column: str
    channels: str
    place: str
    author: str

    def cells(self) -> tuple[str, ...]:
        """In the order of `HEADERS`."""
        return (self.outlet, self.title, self.summary, self.column, self.channels, self.place, self.author)


@dataclass(frozen=True)
class Request:
    """What a newsroom was asked to write.

    Attributes:
        outlet: id of the outlet that writes.
        pitched_by: id of the outlet that proposed it, if any.
        column: column id or None.
        round: which edition of the campaign this is, from 1.
        revision: how often the story was returned; each gives another text.
    """

    assignment: int
    outlet: str
    pitched_by: str | None
    title: str
    summary: str
    column: str | None
    place: str | None
    round: int
    revision: int = 0


@dataclass(frozen=True)
class Copy:
    """A written story.

    Attributes:
        paragraphs: before the subheading and after it.
        scenes: of the cover and of the picture in the text.
        seconds: length of the film that comes with it, 0 without one.
        titles: other titles for single channels, by the channel's name.
    """

    title: str
    digest: str
    author: str
    column: str
    tags: tuple[str, ...]
    lead: tuple[str, ...]
    sub: str
    rest: tuple[str, ...]
    scenes: tuple[str, str]
    seconds: int = 0
    place: str = ""
    source: str = ""
    titles: tuple[tuple[str, str], ...] = ()
    service: Service | None = None

    @property
    def length(self) -> int:
        """Characters of the text."""
        return len("".join((*self.lead, self.sub, *self.rest)))


@dataclass(frozen=True)
class Writer:
    """Writes for one campaign."""

    campaign: Campaign
    cluster: Cluster

    @cached_property
    def library(self) -> Library:
        """The campaign's material."""
        return load_library(self.campaign.id)

    # ── pitches ──────────────────────────────────────────────────────────────────────────────────────────────────

    def rows(self, number: int) -> list[Row]:
        """The pitches of a round, from 1, of outlets that the cluster has."""
        known = {outlet.id for outlet in self.cluster.outlets}
        columns = {column.id: column.name for column in self.campaign.columns}
        return [
            Row(
                outlet=self.cluster.outlet(idea.outlet).name,
                title=self.title(idea, number),
                summary=self._fill(idea.summary, self._words(idea, idea.outlet, number)),
                column=columns.get(idea.column, ""),
                channels=self._channels(position),
                place=idea.place,
                author=DESKS[(position + number) % len(DESKS)],
            )
            for position, idea in enumerate(self._ideas(number))
            if idea.outlet in known
        ]

    def title(self, idea: Idea, number: int) -> str:
        """The title of an idea in a round; no two rounds have the same."""
        turn, again = (number - 1) % len(idea.titles), (number - 1) // len(idea.titles)
        words = self._words(idea, idea.outlet, number)
        title = self._fill(idea.titles[turn], words)
        if again and "{round}" not in idea.titles[turn]:
            title += f"｜第{number}{self.library.unit}"
        return title

    def _ideas(self, number: int) -> Sequence[Idea]:
        """The ideas of a round; general ones are handed to outlets and columns in turn."""
        if all(idea.outlet for idea in self.library.pitches):
            return self.library.pitches
        outlets, columns = self.cluster.outlets, self.campaign.columns
        count = min(GENERAL_PITCHES, len(outlets))
        first = (number - 1) * count
        chosen = [outlets[(first + n) % len(outlets)] for n in range(count)]
        return [
            self.library.pitches[n % len(self.library.pitches)].model_copy(
                update={"outlet": outlet.id, "column": columns[n % len(columns)].id, "place": outlet.regions[0]}
            )
            for n, outlet in enumerate(chosen)
        ]

    def _channels(self, position: int) -> str:
        names = [CHANNEL_NAMES[channel] for channel in self.campaign.publishing.channels]
        return "、".join(names if position % 3 else names[:2])

    # ── stories ──────────────────────────────────────────────────────────────────────────────────────────────────

    def story(self, request: Request) -> Copy:
        """The text for a request: five to nine paragraphs with a subheading, long enough for the campaign."""
        idea, number = self._recall(request)
        theme = self.library.themes.get(idea.theme) or load_library(GENERAL).themes[GENERAL]
        turn = self._turn(idea, request) + number + request.revision
        words = self._words(idea, request.outlet, number) | {"title": request.title.rstrip(_BREAKS)}
        wanted = max(SHORTEST_STORY, self.campaign.production.min_chars + MARGIN)
        column = next((one.name for one in self.campaign.columns if one.id == request.column), "")
        lead = self._filled((pick(theme.openings, turn), idea.detail or pick(general().details, turn)), words)
        rest: tuple[str, ...] = ()
        for tellings, quotes in SHAPES:
            rest = self._filled(self._rest(theme, idea, request, turn, tellings, quotes), words)
            if sum(map(len, (*lead, *rest))) >= wanted:
                break
        return Copy(
            title=shorten(request.title, MAX_TITLE),
            digest=shorten(" ".join(request.summary.split()), MAX_DIGEST) or lead[0][: lead[0].index("。") + 1],
            author=f"{_short(self.cluster.outlet(request.outlet))}记者",
            column=column,
            tags=tuple(dict.fromkeys((*self.campaign.tags[:1], words["town"], REHEARSAL_TAG))),
            lead=lead,
            sub=self._fill(pick(theme.subs, turn), words),
            rest=rest,
            scenes=theme.scenes,
            seconds=3 + request.assignment // 2 % 3 if request.assignment % 2 == 0 else 0,
            place=request.place or idea.place,
            source=self.cluster.outlet(request.outlet).name,
            titles=self._titles(request, words["town"]),
            service=self._service(request),
        )

    def _titles(self, request: Request, town: str) -> tuple[tuple[str, str], ...]:
        """Every third story has a title of its own for the channel whose turn it is."""
        lap, rest = divmod(request.assignment, 3)
        if rest:
            return ()
        channel = pick(self.campaign.publishing.channels, lap)
        return ((CHANNEL_NAMES[channel], shorten(f"{town}｜{request.title}", MAX_TITLE)),)

    def _service(self, request: Request) -> Service | None:
        """Every third story, but not those with another title, carries a card."""
        lap, rest = divmod(request.assignment, 3)
        services = self.library.services or general().services
        return pick(services, lap) if rest == 1 and services else None

    def _rest(
        self, theme: Theme, idea: Idea, request: Request, turn: int, tellings: int, quotes: int
    ) -> tuple[str, ...]:
        """The paragraphs below the subheading, unfilled."""
        closings = self.library.closings.get(idea.column) or general().closings[GENERAL]
        # Stories that draw the same opening do not draw the same of everything else.
        lap = turn // len(theme.openings)
        # The bits of the revision's number choose what is added, so that no two revisions are the same.
        added = (text for n, text in enumerate(general().supplements) if request.revision >> n & 1)
        return (
            *(pick(theme.bodies, turn + lap + n) for n in range(min(tellings, len(theme.bodies)))),
            *added,
            *(pick(theme.quotes, turn + 2 * lap + 1 + n) for n in range(min(quotes, len(theme.quotes)))),
            pick(closings, turn + lap),
        )

    def _recall(self, request: Request) -> tuple[Idea, int]:
        """The idea behind a pitch and its round; a makeshift one for a pitch that came from elsewhere."""
        for idea in self.library.pitches:
            for template in idea.titles:
                found = _pattern(template).fullmatch(request.title)
                if found:
                    said = found.groupdict()
                    where = {} if idea.outlet else {"outlet": request.pitched_by or request.outlet}
                    return idea.model_copy(update=where), int(said.get("round") or said["again"] or request.round)
        makeshift = Idea(
            outlet=request.pitched_by or request.outlet,
            column=request.column or "",
            theme=self.library.fallback,
            place=request.place or "",
            titles=(request.title,),
            summary=request.summary,
        )
        return makeshift, request.round

    def _turn(self, idea: Idea, request: Request) -> int:
        """Stories of one theme stand one after the other, so that neighbours draw different paragraphs."""
        alike = [one.titles for one in self.library.pitches if one.theme == idea.theme]
        return alike.index(idea.titles) if idea.titles in alike and idea.detail else request.assignment

    # ── words ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _words(self, idea: Idea, writer: str, number: int) -> dict[str, str]:
        """What the placeholders stand for."""
        about = self._about(idea)
        known = character(about)
        return {
            **known.model_dump(),
            "round": str(number),
            "outlet": _short(self.cluster.outlet(writer)),
            "place": idea.place or about.regions[0],
            "team": team(about if about.kind == "town" else self._first_town()),
            "rival": rival(self.cluster, about.id, number),
            "subject": self.campaign.watch.keywords[0],
        }

    def _about(self, idea: Idea) -> Outlet:
        wanted = idea.about or idea.outlet
        return next((outlet for outlet in self.cluster.outlets if outlet.id == wanted), self.cluster.outlets[0])

    def _first_town(self) -> Outlet:
        return next((outlet for outlet in self.cluster.outlets if outlet.kind == "town"), self.cluster.outlets[0])

    def _filled(self, texts: Iterable[str], words: Mapping[str, str]) -> tuple[str, ...]:
        return tuple(self._fill(text, words) for text in texts)

    @staticmethod
    def _fill(text: str, words: Mapping[str, str]) -> str:
        return text.format_map(words)


def pick(choices: Sequence[T], turn: int) -> T:
    """The choice whose turn it is."""
    return choices[turn % len(choices)]


def shorten(text: str, limit: int) -> str:
    """`text` in at most `limit` characters, cut where one would draw breath if there is such a place."""
    if len(text) <= limit:
        return text
    breaks = [place for place in range(limit // 2, limit) if text[place] in _BREAKS]
    return text[: breaks[-1]] if breaks else text[: limit - 1] + "…"


def _short(outlet: Outlet) -> str:
    """东城融媒 for 东城融媒体中心."""
    return outlet.name.removesuffix("体中心")


@lru_cache(maxsize=1000)
def _pattern(template: str) -> re.Pattern[str]:
    """Matches every title made from the template; groups `round` and `again` are the round, where it says one."""
    holes = _HOLE.sub(lambda hole: r"(?P<round>\d+)" if hole[1] == "round" else ".+?", re.escape(template))
    return re.compile(holes + r"(?:｜第(?P<again>\d+)\D)?")


# ── workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────


def workbooks(writer: Writer, number: int) -> list[tuple[str, bytes]]:
    """The files that the newsrooms send for a round, as (name, content).

    As in life they differ: the city outlets' sheet has a title above its header and merged cells, one town's row
    names an outlet that nobody knows, and the last towns send a CSV in GB18030.
    """
    kinds = {outlet.name: outlet.kind for outlet in writer.cluster.outlets}
    rows = writer.rows(number)
    city, park, town = ([row for row in rows if kinds[row.outlet] == kind] for kind in ("city", "park", "town"))
    third = -(-len(town) // 3)
    stray = Row(
        _UNKNOWN_OUTLET, f"湾区看台：第{number}{writer.library.unit}外地媒体来稿", "外地媒体来稿", "", "", "", ""
    )
    tag = f"第{number}{writer.library.unit}"
    name = writer.campaign.name
    sheets = (
        (f"市级媒体报题_{tag}.xlsx", city, _xlsx(city, title=f"{name}{tag}选题报送表（市级媒体）")),
        (f"园区报题_{tag}.xlsx", park, _xlsx(park)),
        (f"镇街报题一组_{tag}.xlsx", town[:third], _xlsx(town[:third])),
        (f"镇街报题二组_{tag}.xlsx", town[third : 2 * third], _xlsx([*town[third : 2 * third], stray])),
        (f"镇街报题三组_{tag}.csv", town[2 * third :], _csv(town[2 * third :])),
    )
    return [(file, content) for file, inside, content in sheets if inside]


def _xlsx(rows: Sequence[Row], *, title: str = "") -> bytes:
    """A sheet; with a title it also has a note above its header and merged outlet cells."""
    book = Workbook()
    sheet = book.active or book.create_sheet()
    sheet.title = "报题"
    if title:
        sheet.append([title])
        sheet.append(["请各媒体于选题会前一小时报送，一行一条"])
        for line in (1, 2):
            sheet.merge_cells(start_row=line, end_row=line, start_column=1, end_column=len(HEADERS))
        sheet["A1"].font = Font(bold=True, size=14)
        sheet["A1"].alignment = Alignment(horizontal="center")
    sheet.append(HEADERS)
    header = sheet.max_row
    for cell in sheet[header]:
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="FFE7CC")
    for row in rows:
        sheet.append(row.cells())
    if title:
        _merge_outlets(sheet, rows, header + 1)
    for letter, width in zip("ABCDEFG", (18, 36, 52, 12, 24, 18, 14), strict=True):
        sheet.column_dimensions[letter].width = width
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _merge_outlets(sheet: Worksheet, rows: Sequence[Row], first: int) -> None:
    """One merged cell for consecutive rows of an outlet."""
    start = 0
    for n in range(1, len(rows) + 1):
        if n == len(rows) or rows[n].outlet != rows[start].outlet:
            if n - start > 1:
                sheet.merge_cells(start_row=first + start, end_row=first + n - 1, start_column=1, end_column=1)
            start = n


def _csv(rows: Sequence[Row]) -> bytes:
    buffer = io.StringIO(newline="")
    out = csv.writer(buffer)
    out.writerow(HEADERS)
    out.writerows(row.cells() for row in rows)
    return buffer.getvalue().encode("gb18030")


# ── story files ──────────────────────────────────────────────────────────────────────────────────────────────────


def story_file(copy: Copy, assignment: int, pictures: Sequence[tuple[str, str]], film: str = "") -> str:
    """The text as it is filed: a YAML head and Markdown.

    Args:
        pictures: (file name, description) of the cover and of the picture in the text.
        film: file name of the video, if there is one.
    """
    cover, inside = pictures
    head: dict[str, Any] = {
        "assignment": assignment,
        "title": copy.title,
        "author": copy.author,
        "digest": copy.digest,
        "column": copy.column,
        "tags": list(copy.tags),
        "ai_generated": False,
        "cover": cover[0],
        "images": [{"file": file, "alt": alt, "credit": "彩排示意图"} for file, alt in pictures],
        "视频": {"文件": film, "说明": cover[1], "署名": "彩排示意片"} if film else None,
        "地点": copy.place,
        "来源": copy.source,
        "渠道标题": dict(copy.titles),
        "服务卡": copy.service
        and {"标题": copy.service.title, "链接": copy.service.link, "权益": copy.service.benefit},
    }
    said = {key: value for key, value in head.items() if value not in (None, "", {})}
    yaml_head = yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=1000)
    first, *others = copy.rest
    blocks = [*copy.lead, f"## {copy.sub}", first, f"![{inside[1]}]({inside[0]})", *others]
    return f"---\n{yaml_head}---\n\n" + "\n\n".join(blocks) + "\n"
