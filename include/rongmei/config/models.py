"""The frozen models of what an operator writes in YAML: clusters, campaigns and appraisal rule sets.

Every rule that one file can be held to stands here; rules between files are in `references`. Days and times of day are
in the cluster's time zone, Asia/Shanghai unless the cluster says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import product
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

from rongmei.channels import all_channels, describe
from rongmei.config import cron as cron_lines
from rongmei.config import turns
from rongmei.config.fields import (
    Address,
    Amount,
    Connection,
    Count,
    Day,
    Email,
    Fault,
    Faults,
    Folder,
    LongText,
    Path,
    Ratio,
    Slot,
    Slug,
    Term,
    Text,
    Word,
    listing,
    not_one,
    refuse,
    repeated,
    unknown,
)
from rongmei.errors import BadInput

OutletKind = Literal["city", "park", "town"]
Role = Literal["producer", "editor", "leader", "admin"]
BoardName = Literal["weibo", "zhihu", "douyin", "toutiao", "baidu", "bilibili"]
Accounts = Literal["author", "city", "author_and_city"]

CHANNEL_NAMES: dict[str, str] = {name: channel.label for name, channel in all_channels().items()}
"""What a reader sees for a channel, for every channel there is."""
CHANNELS: tuple[str, ...] = tuple(CHANNEL_NAMES)
ROTA_DAYS = 30 * 366
"""How far from its anchor a rota is made out."""


def _channel(name: str) -> str:
    if name not in CHANNEL_NAMES:
        raise Faults(Fault(f"没有渠道“{name}”", f"可用的有：{'、'.join(CHANNELS)}"))
    return name


Channel = Annotated[str, AfterValidator(_channel), WithJsonSchema({"type": "string", "enum": list(CHANNELS)})]
"""The name of a channel that some module under `rongmei.channels.platforms` offers."""


Points = Annotated[float, Field(strict=True, ge=0, le=200)]
"""What a reason weighs when work is handed out."""


class Model(BaseModel):
    """Frozen, and a key that nobody knows is an error rather than a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, str_max_length=4000)


# ── cluster ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Account(Model):
    """An outlet's account on one channel.

    Attributes:
        handle: the name readers see.
        followers: head count; None when nobody has said.
        connection: Airflow connection id; None means the derived one, see `connection_id`.
        limits: the account's own quotas by name, where they differ from what its platform usually allows.
        slots: the account's own times of day, "HH:MM", in place of the campaign's for its channel.
    """

    channel: Channel
    handle: Text
    followers: Amount | None = None
    connection: Connection | None = None
    limits: dict[Slug, Count] = Field(default_factory=dict)
    slots: tuple[Slot, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        quotas = [quota.name for quota in describe(self.channel).capabilities.quotas]
        refuse([*unknown(list(self.limits), quotas, "额度", ("limits",)), *repeated(self.slots, "时刻", ("slots",))])
        return self


class Outlet(Model):
    """A member newsroom.

    Attributes:
        size: staff, head count.
        regions: place names it covers.
        beats: subjects it is good at, e.g. 体育.
        capacity_per_day: stories it can make in a day.
        contact_email: where it is written to; mail from there counts as its own.
        senders: further addresses that it mails from.
        formerly: ids it had before it was renamed, and those of outlets that were merged into it; what stands in the
            ledger under them counts as its own in an appraisal.
    """

    id: Slug
    name: Text
    kind: OutletKind
    size: Count
    regions: Annotated[tuple[Word, ...], Field(min_length=1)]
    beats: Annotated[tuple[Word, ...], Field(min_length=1)]
    capacity_per_day: Count
    accounts: tuple[Account, ...] = ()
    contact_email: Email
    senders: tuple[Email, ...] = ()
    formerly: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        channels = [account.channel for account in self.accounts]
        refuse(
            [
                *repeated(self.senders, "发件地址", ("senders",)),
                *repeated(self.regions, "地名", ("regions",)),
                *repeated(self.beats, "领域", ("beats",)),
                # "{outlet}/{channel}" names an account everywhere, so a second one would have the same name.
                *repeated(channels, "渠道", ("accounts",), ("channel",)),
            ]
        )
        return self


class Deputy(Model):
    """Somebody who does another's reviews (代班) from one day to another, both included.

    Attributes:
        person: id of the one who stands in.
    """

    person: Slug
    first: Day = Field(alias="from")
    last: Day = Field(alias="to")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.first > self.last:
            raise Faults(Fault(f"代班开始 {self.first} 晚于结束 {self.last}", "把两个日期对调或改正", ("from",)))
        return self

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def overlaps(self, other: Deputy) -> bool:
        """Whether there is a day that both stand in on."""
        return self.first <= other.last and other.first <= self.last


class Person(Model):
    """Somebody who decides or reads; `id` is the user name in Airflow.

    Attributes:
        deputies: who reviews in this person's place, and when; one at a time.
    """

    id: Slug
    name: Text
    role: Role
    title: Text
    email: Email
    deputies: tuple[Deputy, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse([*self._standing_in_for_themselves(), *self._two_at_a_time()])
        return self

    def _standing_in_for_themselves(self) -> Iterator[Fault]:
        for i, deputy in enumerate(self.deputies):
            if deputy.person == self.id:
                yield Fault(f"“{self.id}”给自己代班", "person 写另一个人", ("deputies", i, "person"))

    def _two_at_a_time(self) -> Iterator[Fault]:
        for i, deputy in enumerate(self.deputies):
            if any(deputy.overlaps(earlier) for earlier in self.deputies[:i]):
                what = f"{deputy.first} 至 {deputy.last} 的代班与前面一条的日子重叠"
                yield Fault(what, "一天只由一个人代班，把日子错开", ("deputies", i, "from"))


class Swap(Model):
    """Two outlets change a week of duty: `to` takes the week, and gives its own next one for it.

    Attributes:
        week: its Monday.
        agreed_by: who agreed, one for each side: ids of outlets or people.
    """

    week: Day
    giver: Slug = Field(alias="from")
    taker: Slug = Field(alias="to")
    agreed_by: Annotated[tuple[Slug, ...], Field(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults = [*_no_monday(self.week, "换班的一周", ("week",)), *repeated(self.agreed_by, "同意人", ("agreed_by",))]
        if self.giver == self.taker:
            faults.append(Fault(f"“{self.giver}”和自己换班", "to 写另一家媒体", ("to",)))
        refuse(faults)
        return self


class Rota(Model):
    """Which outlet is on duty which week: `order` is gone through week by week, beginning at `anchor`; see `turns`.

    Attributes:
        weights: weeks of an outlet in one round, where it is more than one.
        swaps: weeks that two outlets changed.
    """

    anchor: Day
    order: Annotated[tuple[Slug, ...], Field(min_length=1)]
    weights: dict[Slug, Annotated[Count, Field(le=10)]] = Field(default_factory=dict)
    swaps: tuple[Swap, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(
            [
                *repeated(self.order, "轮值媒体", ("order",)),
                *_no_monday(self.anchor, "轮值起点", ("anchor",)),
                *(
                    fault
                    for outlet in self.weights
                    for fault in unknown([outlet], self.order, "轮值媒体", ("weights",))
                ),
                *repeated([str(swap.week) for swap in self.swaps], "换班的一周", ("swaps",), ("week",)),
                *self._strange_swaps(),
            ]
        )
        if broken := turns.broken_deal(self.cycle, self.deals):
            at, on_duty = broken
            swap = self.swaps[at]
            what = f"{swap.week} 那一周轮到的是“{on_duty}”，“{swap.giver}”没有这一班可换"
            mend = "用 rongmei rota show 核对轮值表；已经换过的一周不能再换"
            raise Faults(Fault(what, mend, ("swaps", at, "from")))
        return self

    def _strange_swaps(self) -> Iterator[Fault]:
        for i, swap in enumerate(self.swaps):
            yield from (replace(fault, at=("swaps", i, "from")) for fault in self._not_in_order(swap.giver))
            yield from (replace(fault, at=("swaps", i, "to")) for fault in self._not_in_order(swap.taker))
            if not 0 <= (swap.week - self.anchor).days < ROTA_DAYS:
                what = f"{swap.week} 不在轮值起点 {self.anchor} 起的三十年里"
                yield Fault(what, "核对年份，或删掉这一条", ("swaps", i, "week"))

    def _not_in_order(self, outlet: str) -> Iterator[Fault]:
        return unknown([outlet], self.order, "轮值媒体")

    @property
    def cycle(self) -> turns.Order:
        """The order, as `turns` goes through it."""
        return turns.Order(self.anchor, self.order, tuple(self.weights.get(outlet, 1) for outlet in self.order))

    @property
    def deals(self) -> tuple[turns.Deal, ...]:
        """The swaps, as `turns` keeps them."""
        return tuple(turns.Deal(swap.week, swap.giver, swap.taker) for swap in self.swaps)

    def on_duty(self, day: date) -> str:
        """The id of the outlet on duty in the week (Monday to Sunday) of `day`; weeks before the anchor count back."""
        return turns.turn_on(self.cycle, day, self.deals).outlet


def _no_monday(day: date, what: str, at: Path) -> Iterator[Fault]:
    if day.weekday() != 0:
        yield Fault(f"{what} {day} 不是星期一", f"例如改成 {turns.monday_of(day)}", at)


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise Faults(Fault(f"没有时区“{name}”", "写 IANA 时区名，例如 Asia/Shanghai"))
    return name


class Readers(Model):
    """Who gets a report: everybody of these roles, and these people."""

    roles: tuple[Role, ...] = ()
    people: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _check_readers(self) -> Self:
        refuse([*repeated(self.roles, "角色", ("roles",)), *repeated(self.people, "收件人", ("people",))])
        return self


class DailyBrief(Readers):
    """When and to whom the daily brief goes.

    Attributes:
        working_days_only: none on days off (State Council calendar, 调休 included); the next one covers them too.
    """

    time: Slot = "08:30"
    working_days_only: bool = False


class WeeklyReview(Readers):
    """When, on Monday, and to whom the weekly review goes.

    Attributes:
        outlets: whether each outlet gets its own part, at its contact address.
        rules: id of the rule set that the week is frozen and scored by; None leaves that to a person, and until then
            the review shows the mean of the editions' scores.
    """

    time: Slot = "09:00"
    outlets: bool = True
    rules: Slug | None = None


class ClusterReports(Model):
    """The reports about the whole cluster; without readers none is mailed.

    Attributes:
        reply_to: where answers go.
    """

    daily: DailyBrief = DailyBrief()
    weekly: WeeklyReview = WeeklyReview()
    reply_to: Email | None = None


class Cluster(Model):
    """The member newsrooms that campaign together, their people and their duty rota."""

    id: Slug
    name: Text
    timezone: Annotated[str, AfterValidator(_time_zone)] = "Asia/Shanghai"
    outlets: Annotated[tuple[Outlet, ...], Field(min_length=1)]
    people: Annotated[tuple[Person, ...], Field(min_length=1)]
    rota: Rota
    reports: ClusterReports = ClusterReports()

    @model_validator(mode="after")
    def _check(self) -> Self:
        ids = [outlet.id for outlet in self.outlets]
        refuse(
            [
                *repeated(ids, "媒体标识", ("outlets",), ("id",)),
                *repeated([outlet.name for outlet in self.outlets], "媒体名称", ("outlets",), ("name",)),
                *repeated([person.id for person in self.people], "人员标识", ("people",), ("id",)),
                *self._taken_over_twice(),
                *self._strange_deputies(),
                *self._strange_readers(),
                *unknown(self.rota.order, ids, "媒体", ("rota", "order")),
                *self._one_sided_swaps(),
                *self._shared_connections(),
            ]
        )
        return self

    def _strange_readers(self) -> Iterator[Fault]:
        """Readers of reports that nobody knows."""
        people = [person.id for person in self.people]
        yield from unknown(self.reports.daily.people, people, "人员", ("reports", "daily", "people"))
        yield from unknown(self.reports.weekly.people, people, "人员", ("reports", "weekly", "people"))

    def readers(self, readers: Readers) -> tuple[Person, ...]:
        """The people meant, each once, in the order of the file."""
        return tuple(one for one in self.people if one.role in readers.roles or one.id in readers.people)

    def _taken_over_twice(self) -> Iterator[Fault]:
        """Former ids that are another outlet's too, now or formerly: nobody could tell whose work it was."""
        seen = {outlet.id for outlet in self.outlets}
        for i, outlet in enumerate(self.outlets):
            for j, former in enumerate(outlet.formerly):
                if former in seen:
                    mend = "formerly 只写已经停用的标识，一个标识只归一家"
                    yield Fault(f"曾用标识“{former}”已有归属", mend, ("outlets", i, "formerly", j))
                seen.add(former)

    def _strange_deputies(self) -> Iterator[Fault]:
        """Deputies that nobody knows, or who have a deputy themselves on one of the days."""
        people = {person.id: person for person in self.people}
        for i, person in enumerate(self.people):
            for j, deputy in enumerate(person.deputies):
                at = ("people", i, "deputies", j, "person")
                if deputy.person not in people:
                    yield Fault(f"没有人员“{deputy.person}”", f"可用的有：{listing(sorted(people))}", at)
                elif any(deputy.overlaps(other) for other in people[deputy.person].deputies):
                    what = f"“{deputy.person}”在这段日子里自己也由别人代班"
                    yield Fault(what, "换一个在岗的人，或把日子错开", at)

    def _one_sided_swaps(self) -> Iterator[Fault]:
        """Swaps that somebody unknown agreed to, or an outlet that they do not concern."""
        people = {person.id for person in self.people}
        for i, swap in enumerate(self.rota.swaps):
            sides = (swap.giver, swap.taker)
            for j, name in enumerate(swap.agreed_by):
                if name not in sides and name not in people:
                    mend = f"写换班双方 {sides[0]}、{sides[1]}，或 people 里代表它们答应的人"
                    yield Fault(f"“{name}”不是换班的一方，也不是集群人员", mend, ("rota", "swaps", i, "agreed_by", j))

    def _shared_connections(self) -> Iterator[Fault]:
        """Two accounts on one connection: what is meant for the one would go out on the other."""
        seen: set[str] = set()
        for i, outlet in enumerate(self.outlets):
            for j, account in enumerate(outlet.accounts):
                connection = connection_id(outlet, account)
                if connection in seen:
                    at = ("outlets", i, "accounts", j, *(("connection",) if account.connection else ()))
                    yield Fault(f"连接“{connection}”已被另一个账号使用", "每个账号用自己的连接", at)
                seen.add(connection)

    @property
    def zone(self) -> ZoneInfo:
        """The time zone the cluster's days and slots are meant in."""
        return ZoneInfo(self.timezone)

    def outlet(self, outlet_id: str) -> Outlet:
        """The outlet of that id.

        Raises:
            BadInput: there is none.
        """
        for outlet in self.outlets:
            if outlet.id == outlet_id:
                return outlet
        raise BadInput(f"没有媒体“{outlet_id}”", where=self.name, mend="核对集群文件里的 outlets")

    def person(self, person_id: str) -> Person:
        """The person of that id.

        Raises:
            BadInput: there is none.
        """
        for person in self.people:
            if person.id == person_id:
                return person
        raise BadInput(f"没有人员“{person_id}”", where=self.name, mend="核对集群文件里的 people")

    def accounts(self) -> Iterator[tuple[Outlet, Account]]:
        """Every account with the outlet it belongs to, in file order."""
        for outlet in self.outlets:
            for account in outlet.accounts:
                yield outlet, account


def account_key(outlet: Outlet, account: Account) -> str:
    """The account's name in the ledger: `dongguan-daily/wechat`."""
    return f"{outlet.id}/{account.channel}"


def connection_id(outlet: Outlet, account: Account) -> str:
    """The Airflow connection that holds the account's credentials: `rongmei_wechat_dongguan_daily`."""
    return account.connection or f"rongmei_{account.channel}_{outlet.id.replace('-', '_')}"


def source_url(address: str, base: str | None) -> str:
    """Where a source is really fetched from.

    Args:
        address: from a feed or board source; a full URL is returned as it is.
        base: what paths are resolved against, the value of RONGMEI_SOURCES_BASE; None when it is not set.

    Raises:
        BadInput: the address is a path and there is no base.
    """
    if not address.startswith("/"):
        return address
    if not base:
        raise BadInput(
            "不知道接在哪个网址后面",
            where=f"来源地址 {address}",
            mend="设置环境变量 RONGMEI_SOURCES_BASE，或写完整网址",
        )
    return base.rstrip("/") + address


# ── campaign ─────────────────────────────────────────────────────────────────────────────────────────────────────


class Season(Model):
    """A stretch of days, both ends included, in which the campaign runs."""

    start: Day
    end: Day

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.start > self.end:
            raise Faults(Fault(f"赛季开始 {self.start} 晚于结束 {self.end}", "把两个日期对调或改正", ("start",)))
        return self

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def _cron(line: str) -> str:
    if not cron_lines.parse(line).once_a_day:
        mend = "“分”和“时”两段各写一个数，例如 0 18 * * *"
        raise Faults(Fault(f"定时“{line}”一天不止一次，而一天只能有一期", mend))
    return line


class Schedule(Model):
    """When editions begin.

    Attributes:
        cron: five fields, one moment on each day it fires on, in the cluster's time zone.
        matchdays: when given, editions happen on these days only.
    """

    cron: Annotated[str, AfterValidator(_cron)]
    matchdays: tuple[Day, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        line = cron_lines.parse(self.cron)
        refuse(
            [
                *repeated([str(day) for day in self.matchdays], "比赛日", ("matchdays",)),
                *(
                    Fault(f"比赛日 {day} 不在定时“{self.cron}”的日子里", "改定时，或删掉这一天", ("matchdays", i))
                    for i, day in enumerate(self.matchdays)
                    if not line.fires_on(day)
                ),
            ]
        )
        return self


class Column(Model):
    """A column (栏目) that stories run under; outlets with one of its beats suit it."""

    id: Slug
    name: Text
    beats: tuple[Word, ...] = ()


class Watch(Model):
    """The words by which the campaign is noticed in feeds and on boards.

    Attributes:
        keywords: what it is called.
        aliases: other spellings and longer names.
        places: place names that make a find local.
        exclusions: words that contain a keyword by accident, e.g. 乡村超市 contains 村超.
        ambiguous: those of the keywords and aliases that are also said elsewhere of something else (打工人, 长安镇);
            they count only together with a place, or in what our own newsrooms write.
    """

    keywords: Annotated[tuple[Word, ...], Field(min_length=1)]
    aliases: tuple[Word, ...] = ()
    places: tuple[Word, ...] = ()
    exclusions: tuple[Word, ...] = ()
    ambiguous: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        wanted = {*self.keywords, *self.aliases}
        refuse(
            [
                *repeated(self.keywords, "关键词", ("keywords",)),
                *repeated(self.aliases, "别名", ("aliases",)),
                *repeated(self.places, "地名", ("places",)),
                *repeated(self.exclusions, "排除词", ("exclusions",)),
                *repeated(self.ambiguous, "歧义词", ("ambiguous",)),
                *unknown(self.ambiguous, sorted(wanted), "关键词或别名", ("ambiguous",)),
                *(
                    Fault(f"排除词“{word}”同时是关键词或别名", "两处只留一处", ("exclusions", i))
                    for i, word in enumerate(self.exclusions)
                    if word in wanted
                ),
            ]
        )
        return self


class WorkbookSource(Model):
    """Pitches that arrive as workbooks in a folder under the inbox."""

    kind: Literal["workbook"]
    id: Slug
    name: Text
    inbox: Folder


class FeedSource(Model):
    """Leads from RSS or Atom feeds.

    Attributes:
        urls: http(s) URLs, or paths beginning with / that are resolved against the environment variable
            RONGMEI_SOURCES_BASE when they are fetched (a rehearsal points it at the sandbox).
        outlet: the outlet whose own feeds these are, if any.
    """

    kind: Literal["feed"]
    id: Slug
    name: Text
    urls: Annotated[tuple[Address, ...], Field(min_length=1)]
    outlet: Slug | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(repeated(self.urls, "地址", ("urls",)))
        return self


class BoardSource(Model):
    """Leads from a platform's hot-search list.

    Attributes:
        url: where the live board is read, like `FeedSource.urls`; None reads what the board watch has stored.
    """

    kind: Literal["board"]
    id: Slug
    name: Text
    board: BoardName
    url: Address | None = None


class MailboxSource(Model):
    """Pitches that outlets mail; the mailbox is the one that the environment variable RONGMEI_IMAP names.

    Attributes:
        words: only mails that have one of these in their subject or in a line 活动：… are for this campaign; none takes
            every mail, which is right when one campaign reads the mailbox.
    """

    kind: Literal["mailbox"]
    id: Slug
    name: Text
    words: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(repeated(self.words, "词", ("words",)))
        return self


class SubmissionsSource(Model):
    """Pitches that came in by the outlets' own form, and with `citizens` by the public one.

    Attributes:
        citizens: the public form (小记者, 市民投稿) is open for this campaign.
        moderators: ids of the people who look through what citizens send; none means the pitch meeting's members.
        moderation_hours: how long an edition waits for them before it goes on without.
    """

    kind: Literal["submissions"]
    id: Slug
    name: Text
    citizens: bool = False
    moderators: tuple[Slug, ...] = ()
    moderation_hours: Annotated[Count, Field(le=168)] = 2

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(repeated(self.moderators, "初筛人员", ("moderators",)))
        return self


Source = Annotated[
    WorkbookSource | FeedSource | BoardSource | MailboxSource | SubmissionsSource, Field(discriminator="kind")
]
OWN_SOURCE = "directive"
"""Where what the desk orders from above comes from; no source of a campaign may be called so."""


class ShortlistWeights(Model):
    """How much each aspect counts in a pitch's score; they add up to 1."""

    news_value: Ratio = 0.25
    heat: Ratio = 0.2
    fit: Ratio = 0.2
    local: Ratio = 0.15
    track_record: Ratio = 0.1
    freshness: Ratio = 0.1

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(not_one(self.model_dump()))
        return self


class Pitching(Model):
    """How pitches become a shortlist and who decides about it.

    Attributes:
        shortlist_size: pitches laid before the meeting.
        accept_at_most: pitches the meeting may accept.
        meeting: ids of the people who may decide.
        meeting_hours: how long the meeting is waited for.
        board_window_hours: how far back board entries count as heat.
    """

    shortlist_size: Annotated[Count, Field(le=100)] = 12
    accept_at_most: Annotated[Count, Field(le=100)] = 6
    meeting: Annotated[tuple[Slug, ...], Field(min_length=1)]
    meeting_hours: Annotated[Count, Field(le=168)] = 4
    weights: ShortlistWeights = ShortlistWeights()
    board_window_hours: Annotated[Count, Field(le=720)] = 24

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults = list(repeated(self.meeting, "选题会成员", ("meeting",)))
        if self.accept_at_most > self.shortlist_size:
            what = f"最多采用 {self.accept_at_most} 条，多于入围的 {self.shortlist_size} 条"
            faults.append(Fault(what, "调小 accept_at_most 或调大 shortlist_size", ("accept_at_most",)))
        refuse(faults)
        return self


class AssignmentWeights(Model):
    """What speaks for and against an outlet when work is handed out, in points from 0 to 200.

    Attributes:
        pitcher: the outlet proposed the pitch.
        region: it happens in the outlet's region; `region_city` for a city outlet, wherever it happens.
        beat: the outlet is good at all the pitch's subjects; less for some of them.
        rota: the outlet is on duty this week; `rota_joint` more when it leads joint coverage.
        fairness: lost at most by an outlet that had much more work per head than the others lately.
        load: lost by a further task when the outlet's day is full; less as long as it is not.
        travel: lost for each place away from home that the outlet goes to, once a day.
        partner_pitcher, partner_region, partner_beat: the like for an outlet that supports another.
        partner_effort: lost by supporting at all.
    """

    pitcher: Points = 50.0
    region: Points = 40.0
    region_city: Points = 8.0
    beat: Points = 30.0
    rota: Points = 10.0
    rota_joint: Points = 150.0
    fairness: Points = 20.0
    load: Points = 12.0
    travel: Points = 11.0
    partner_pitcher: Points = 14.0
    partner_region: Points = 16.0
    partner_beat: Points = 10.0
    partner_effort: Points = 4.0

    @property
    def channel_missed(self) -> float:
        """What a channel wanted and not covered costs: more than all reasons together."""
        points: list[float] = list(self.model_dump().values())
        return 1.0 + sum(points)

    @property
    def escalation(self) -> float:
        """What leaving a pitch to a person costs: more than missing every channel it may name (eight)."""
        return 10 * self.channel_missed


class Recusal(Model):
    """An outlet keeps out of pitches that name one of these words, e.g. a firm it belongs to."""

    outlet: Slug
    words: Annotated[tuple[Word, ...], Field(min_length=1)]


class AssignmentRules(Model):
    """How work is handed out.

    Attributes:
        answer_hours: how long an outlet has to accept or decline.
        extend_hours: how many hours more an outlet may give itself, once; 0 for none, None for half of the time to
            answer.
        remind_hours: how long before the end of its time an outlet that has not answered is reminded, once; 0 for
            never, None for a third of the time to answer.
        max_rounds: offers before a person is asked.
        desk_hours: how long the desk has to place what no outlet took; then the edition goes on without it.
        partners: further outlets that may support the one in charge.
        fairness_days: how far back the load of an outlet is looked at.
        recusals: who keeps out of what.
        opponents: sides, e.g. two teams; pitches about different ones of a group go to different outlets.
    """

    answer_hours: Annotated[Count, Field(le=168)] = 3
    extend_hours: Annotated[Amount, Field(le=168)] | None = None
    remind_hours: Annotated[Amount, Field(le=168)] | None = None
    max_rounds: Annotated[Count, Field(le=10)] = 3
    desk_hours: Annotated[Count, Field(le=168)] = 2
    partners: Annotated[Amount, Field(le=20)] = 1
    fairness_days: Annotated[Count, Field(le=366)] = 28
    weights: AssignmentWeights = AssignmentWeights()
    recusals: tuple[Recusal, ...] = ()
    opponents: tuple[Annotated[tuple[Word, ...], Field(min_length=2)], ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(
            [
                *repeated([recusal.outlet for recusal in self.recusals], "回避媒体", ("recusals",), ("outlet",)),
                *(
                    fault
                    for i, sides in enumerate(self.opponents)
                    for fault in repeated(sides, "对立的一方", ("opponents", i))
                ),
                *self._too_early(),
            ]
        )
        return self

    def _too_early(self) -> Iterator[Fault]:
        if self.remind_hours is not None and self.remind_hours >= self.answer_hours:
            what = f"截止前 {self.remind_hours} 小时提醒，不晚于派单（答复时限 {self.answer_hours} 小时）"
            yield Fault(what, f"写得比 {self.answer_hours} 小，或 0（不提醒）", ("remind_hours",))

    @property
    def extra_hours(self) -> int:
        """Hours that an outlet may add to its time to answer, once."""
        return -(-self.answer_hours // 2) if self.extend_hours is None else self.extend_hours

    @property
    def remind_before(self) -> timedelta | None:
        """How long before the end of its time an outlet is reminded; None for never."""
        if self.remind_hours is None:
            return timedelta(hours=self.answer_hours) / 3
        return timedelta(hours=self.remind_hours) if self.remind_hours else None


_STAGES = (("first", "初审"), ("second", "复审"), ("final", "终审"))
_COUNTERSIGN = ("countersign", "签发")


class Reviews(Model):
    """Who may decide in each of the three reviews; three different people must be able to.

    Attributes:
        countersign: who may give the fourth signature (签发) that major topics need; empty where there are none.
    """

    first: tuple[Slug, ...]
    second: tuple[Slug, ...]
    final: tuple[Slug, ...]
    countersign: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse([*self._thin_stages(), *self._too_few()])
        return self

    def _thin_stages(self) -> Iterator[Fault]:
        for key, name in (*_STAGES, _COUNTERSIGN) if self.countersign else _STAGES:
            people: tuple[str, ...] = getattr(self, key)
            yield from repeated(people, f"{name}人员", (key,))
            if len(set(people)) < 2:
                yield Fault(f"{name}只有 {len(set(people))} 人可选", "每一审至少写两个人，一人不在还有另一人", (key,))

    def _too_few(self) -> Iterator[Fault]:
        three = [{*chosen} for chosen in product(self.first, self.second, self.final)]
        three = [chosen for chosen in three if len(chosen) == len(_STAGES)]
        if not three:
            yield Fault("三审排不出三个不同的人", "三个审级合起来至少要有三个不同的人")
        elif self.countersign and not any(set(self.countersign) - chosen for chosen in three):
            mend = "给签发加一个不必同时做三审的人"
            yield Fault("三审加签发排不出四个不同的人", mend, ("countersign",))


class GradeRules(Model):
    """What lifts a story into a grade.

    Attributes:
        words: found anywhere in its text or captions.
        topics: found in its title, its digest or the title of its pitch: what it is about, not what it mentions.
        columns: ids of columns all of whose stories are of this grade.
    """

    words: tuple[Term, ...] = ()
    topics: tuple[Term, ...] = ()
    columns: tuple[Slug, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        named = (("words", "词"), ("topics", "主题词"), ("columns", "栏目"))
        refuse(fault for key, name in named for fault in repeated(getattr(self, key), name, (key,)))
        return self

    @property
    def anything(self) -> bool:
        """Whether there is any rule."""
        return bool(self.words or self.topics or self.columns)


class Grading(Model):
    """分级: the campaign's own rules, beside the centre's list `lists/grades.yaml`.

    Attributes:
        centre: whether the centre's list counts for this campaign.
    """

    centre: bool = True
    sensitive: GradeRules = GradeRules()
    major: GradeRules = GradeRules()


class Production(Model):
    """What a story must be and who reviews it.

    Attributes:
        deadline_hours: from the accepted assignment to the filed story; a review is waited for as long.
        remind_hours: how long a review sheet lies before its reviewers are reminded of it.
        escalate_hours: how long before the campaign's owner is told; None for half of `deadline_hours`.
        min_chars: shortest text, in characters.
        max_image_mb: largest picture, in MiB.
        max_video_mb: largest video, in MiB.
        max_audio_mb: largest recording, in MiB.
        rounds: how often an edition's run takes stories in and puts them through the reviews; what is returned in the
            last round waits for a person.
        rework_hours: how long a returned story is waited for at least, from its return, until the next round.
        grading: what makes a story sensitive or a major topic.
    """

    deadline_hours: Annotated[Count, Field(le=720)] = 8
    remind_hours: Annotated[Count, Field(le=720)] = 4
    escalate_hours: Annotated[Count, Field(le=720)] | None = None
    min_chars: Annotated[Count, Field(le=10_000)] = 80
    max_image_mb: Annotated[Count, Field(le=200)] = 20
    max_video_mb: Annotated[Count, Field(le=4096)] = 500
    max_audio_mb: Annotated[Count, Field(le=1024)] = 100
    rounds: Annotated[Count, Field(le=5)] = 2
    rework_hours: Annotated[Count, Field(le=168)] = 2
    grading: Grading = Grading()
    reviews: Reviews

    @model_validator(mode="after")
    def _check(self) -> Self:
        """Only what somebody wrote can be wrong: a short deadline does not make the default a fault."""
        mend = f"写小于 {self.deadline_hours} 的数，或放宽 deadline_hours"
        refuse(
            Fault(f"{name} {hours} 小时不早于审稿时限 {self.deadline_hours} 小时，赶不上提醒", mend, (key,))
            for key, name, hours in (
                ("remind_hours", "再次提醒", self.remind_hours),
                ("escalate_hours", "报请督办", self.escalate_hours),
            )
            if key in self.model_fields_set and hours is not None and hours >= self.deadline_hours
        )
        if self.grading.major.anything and not self.reviews.countersign:
            what = "写了重大选题的分级规则，却没有写签发的人"
            raise Faults(Fault(what, "在 reviews 里加一行 countersign: [人员标识, 人员标识]", ("grading", "major")))
        return self

    @property
    def rework(self) -> timedelta:
        """How long a returned story is waited for at least; nothing where no further round would review it."""
        return timedelta(hours=self.rework_hours) if self.rounds > 1 else timedelta()

    @property
    def escalate_after(self) -> timedelta:
        """How long a review sheet lies before the campaign's owner is told."""
        if self.escalate_hours is None:
            return timedelta(hours=self.deadline_hours) / 2
        return timedelta(hours=self.escalate_hours)


class PublishingRules(Model):
    """Where and when signed-off stories go out.

    Attributes:
        accounts: the author's accounts, the city outlets' accounts, or both.
        slots: times of day for a channel, "HH:MM"; a channel without slots publishes as soon as a story is signed off.
        late_after_hours: a publication whose slot is longer past than this is missed, never sent.
        min_gap_minutes: shortest time between two posts of one account.
        working_days_only: slots on a day off move to the next working day (State Council calendar, 调休 included).
        chase_hours: how long a person has for a hand-off before a mail reminds of it, and again after as long.
    """

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    accounts: Accounts = "author_and_city"
    slots: dict[Channel, Annotated[tuple[Slot, ...], Field(min_length=1)]] = Field(default_factory=dict)
    late_after_hours: Annotated[Count, Field(le=168)] = 6
    min_gap_minutes: Annotated[Amount, Field(le=1440)] = 10
    working_days_only: bool = False
    chase_hours: Annotated[Count, Field(le=168)] = 2

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults = list(repeated(self.channels, "渠道", ("channels",)))
        for channel, slots in self.slots.items():
            faults += repeated(slots, "时刻", ("slots", channel))
            if channel not in self.channels:
                mend = "把渠道加到 channels，或删掉这一行"
                faults.append(Fault(f"给没有列入 channels 的渠道“{channel}”排了时刻", mend, ("slots", channel)))
        refuse(faults)
        return self


class Measurement(Model):
    """When numbers are taken for the report: so many hours after the last publication."""

    checkpoint_hours: Annotated[Count, Field(le=720)] = 24


class WrapUp(Readers):
    """Who gets the wrap-up of a season beside those who get the editions' reports, and when.

    Attributes:
        roles: leaders, unless somebody says otherwise.
        days_after: so many days after the season's last one, e.g. to have its last figures in it.
    """

    roles: tuple[Role, ...] = ("leader",)
    days_after: Annotated[Amount, Field(le=60)] = 0


class Reporting(Model):
    """By which rule set the edition is appraised, who receives the report, and who is told of hot boards.

    Attributes:
        alerts: who is told when a topic enters a board's top ten; none means the owner and the recipients.
    """

    rules: Slug
    recipients: Annotated[tuple[Slug, ...], Field(min_length=1)]
    reply_to: Email | None = None
    alerts: tuple[Slug, ...] = ()
    wrapup: WrapUp = WrapUp()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(
            [
                *repeated(self.recipients, "收件人", ("recipients",)),
                *repeated(self.alerts, "上榜提醒的收件人", ("alerts",)),
            ]
        )
        return self


class Campaign(Model):
    """A themed series: one file, one DAG.

    Attributes:
        cluster: id of the cluster whose outlets take part.
        owner: id of the person who answers for it.
        seasons: when it runs; none means all year round.
        schedule: when editions begin; None means only when somebody triggers one.
    """

    id: Slug
    name: Text
    description: LongText = ""
    cluster: Slug
    tags: tuple[Word, ...] = ()
    owner: Slug
    seasons: tuple[Season, ...] = ()
    schedule: Schedule | None = None
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    watch: Watch
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    pitching: Pitching
    assignment: AssignmentRules = AssignmentRules()
    production: Production
    publishing: PublishingRules
    measurement: Measurement = Measurement()
    reporting: Reporting

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(
            [
                *repeated(self.tags, "标签", ("tags",)),
                *repeated([column.id for column in self.columns], "栏目标识", ("columns",), ("id",)),
                *repeated([column.name for column in self.columns], "栏目名称", ("columns",), ("name",)),
                *repeated([source.id for source in self.sources], "来源标识", ("sources",), ("id",)),
                *self._impossible_days(),
                *self._strange_columns(),
                *self._odd_sources(),
            ]
        )
        return self

    def _strange_columns(self) -> Iterator[Fault]:
        columns = [column.id for column in self.columns]
        for grade in ("sensitive", "major"):
            graded = getattr(self.production.grading, grade).columns
            yield from unknown(graded, columns, "栏目", ("production", "grading", grade, "columns"))

    def _odd_sources(self) -> Iterator[Fault]:
        for kind, what in (("submissions", "收报题表的来源"), ("mailbox", "收件邮箱")):
            for i in [i for i, source in enumerate(self.sources) if source.kind == kind][1:]:
                yield Fault(f"一个活动只能有一个{what}", "两处只留一处", ("sources", i))
        for i, source in enumerate(self.sources):
            if source.id == OWN_SOURCE:
                yield Fault(f"来源标识“{OWN_SOURCE}”留给编辑部的指令", "换一个标识", ("sources", i, "id"))

    def _impossible_days(self) -> Iterator[Fault]:
        if self.schedule is None:
            return
        for i, day in enumerate(self.schedule.matchdays):
            if not self.in_season(day):
                at = ("schedule", "matchdays", i)
                yield Fault(f"比赛日 {day} 不在任何赛季内", "改日期，或把它纳入 seasons", at)
        line = cron_lines.parse(self.schedule.cron)
        for i, season in enumerate(self.seasons):
            days = (season.start + timedelta(days=n) for n in range((season.end - season.start).days + 1))
            if not any(line.fires_on(day) for day in days):
                what = f"定时“{self.schedule.cron}”在 {season.start} 至 {season.end} 的赛季里一次也不会到"
                yield Fault(what, "改定时或赛季", ("seasons", i))

    def in_season(self, day: date) -> bool:
        """Whether the campaign runs on that day; without seasons it always does."""
        return not self.seasons or any(day in season for season in self.seasons)

    def runs_on(self, day: date) -> bool:
        """Whether the schedule has an edition on that day: in season, on the cron line, on a match day if any."""
        if self.schedule is None or not self.in_season(day):
            return False
        if self.schedule.matchdays and day not in self.schedule.matchdays:
            return False
        return cron_lines.parse(self.schedule.cron).fires_on(day)


# ── appraisal ────────────────────────────────────────────────────────────────────────────────────────────────────


class RuleSet(Model):
    """A frozen version of the appraisal rules.

    Attributes:
        weights: how much each dimension counts (spread, engagement, delivery, collaboration); they add up to 1.
    """

    id: Slug
    name: Text
    version: Text
    description: LongText = ""
    weights: Annotated[dict[Slug, Ratio], Field(min_length=1)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(not_one(self.weights))
        return self
