"""A cluster: its newsrooms, their accounts, its people, and who reads which report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from rongmei.channels import describe
from rongmei.config.fields import (
    Amount,
    Connection,
    Count,
    Day,
    Email,
    Fault,
    Faults,
    Slot,
    Slug,
    Text,
    Word,
    listing,
    refuse,
    repeated,
    unknown,
)
from rongmei.config.models.base import Channel, Model, OutletKind, Role
from rongmei.config.models.duty import Rota
from rongmei.errors import BadInput


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
