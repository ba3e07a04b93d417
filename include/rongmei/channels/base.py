"""What every platform module offers: the `Channel` protocol and the small frozen things that pass through it.

A post goes out in steps, so that each failure says clearly whether a reader may have seen something:

* `validate` looks, without a call, for what the platform would refuse;
* `prepare` uploads pictures and lays drafts. Nothing it does is public, so all its failures are "nothing happened";
* `send` makes the one call that publishes;
* `confirm` reads whether an accepted post is before the public yet;
* `find` reads whether a post whose outcome is unknown went out;
* `recall` takes a post down, `is_gone` looks whether it is, `read_numbers` reads its figures.

A channel may offer more: `Bundling` (several publications in one call), `Polling` (what became of several posts in
one call), `Correcting` (a live post edited in place), `Hearing` (its platform calls when it has decided).
`HandOff` is the other kind of channel: the platform has no interface, so a person publishes what is laid ready.

Every id the platform gives is kept in `Progress` before the next step, so that a crash resumes where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from rongmei.channels.client import Client
from rongmei.channels.quotas import Meter, Quota
from rongmei.errors import BadInput, CredentialRefused

AI_LABEL = "本内容含人工智能生成合成信息"
"""The explicit label of 《人工智能生成合成内容标识办法》, in force since 2025-09-01."""


@dataclass(frozen=True, repr=False)
class Credential:
    """How to reach and enter one account.

    Attributes:
        base_url: where the platform's interfaces begin, without a trailing slash: http(s), for a partner's folder
            `file:` or `sftp:`.
        fields: the platform's own names: appid, secret, access_token, …
        sandbox: the account exists on the sandbox only; a rehearsal accepts no other.
    """

    base_url: str
    fields: Mapping[str, str]
    sandbox: bool = False

    def __repr__(self) -> str:
        return f"Credential(fields={sorted(self.fields)}, sandbox={self.sandbox})"

    def require(self, name: str) -> str:
        """The field `name`.

        Raises:
            CredentialRefused: the connection does not have it.
        """
        value = self.fields.get(name, "")
        if not value:
            raise CredentialRefused(f"账号连接缺少“{name}”一项，请在连接里补上")
        return value


@dataclass(frozen=True)
class Line:
    """An open line to one account, used by one thread at a time.

    Attributes:
        account: `outlet/channel`.
        given: an HTTP client to use instead of one made from the credential.
        clock: the present moment on the platform, aware UTC.
        quotas: the limits that hold for this account, by name.
        meter: counts against them; None counts nothing.
    """

    account: str
    credential: Credential
    given: Client | None
    clock: Callable[[], datetime]
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    meter: Meter | None = None

    @cached_property
    def client(self) -> Client:
        """The account's HTTP client, made when first used: a partner's folder has no web address.

        Raises:
            CredentialRefused: the credential's address is not http(s).
        """
        fields = self.credential.fields.values()
        return self.given or Client(self.credential.base_url, self.account, secrets=fields)

    def take(self, quota: str) -> None:
        """Count one use of a quota, to be called right before the call it is for.

        Raises:
            QuotaGone: none is left in this window, or the last use was too short a time ago.
        """
        if self.meter is not None and quota in self.quotas:
            self.meter.take(self.account, self.quotas[quota], self.clock())


def open_line(
    account: str,
    credential: Credential,
    clock: Callable[[], datetime],
    quotas: Mapping[str, Quota] | None = None,
    meter: Meter | None = None,
) -> Line:
    """A line to `account` with a client of its own."""
    return Line(account, credential, None, clock, quotas or {}, meter)


@dataclass(frozen=True)
class Picture:
    """A picture of a story: `path` is the file in the media folder, named by its SHA-256."""

    sha256: str
    path: Path
    role: Literal["cover", "body"]
    name: str
    alt: str = ""
    credit: str = ""


@dataclass(frozen=True)
class Clip:
    """A video of a story: `path` is the file in the media folder, named by its SHA-256; MP4.

    Attributes:
        seconds: length; None where the file does not say.
    """

    sha256: str
    path: Path
    name: str
    mime: str
    size_bytes: int
    seconds: float | None = None
    width: int | None = None
    height: int | None = None
    credit: str = ""


@dataclass(frozen=True)
class Recording:
    """A recording of a story: `path` is the file in the media folder, named by its SHA-256.

    Only deliveries to newsrooms and studios carry it; platforms are given none.
    """

    sha256: str
    path: Path
    name: str
    mime: str
    size_bytes: int
    seconds: float | None = None
    alt: str = ""
    credit: str = ""


@dataclass(frozen=True)
class ServiceCard:
    """A service offered beside a story, e.g. booking tickets in a mini programme.

    Attributes:
        link: http(s), or a platform's own scheme such as `alipays:`.
        benefit: what the reader gets, at most ten characters; may be empty.
    """

    title: str
    link: str
    benefit: str = ""


@dataclass(frozen=True)
class Article:
    """A story version made ready for any channel.

    Attributes:
        html: sanitised; pictures stand as `<img src="rongmei:SHA256">`; carries the AI label where one is due.
        text: the same as plain text on one line, without the label.
        link: where the whole story can be read, if anywhere yet.
        fingerprint: the token by which the post is recognised on the platform.
        guid: names the story everywhere and for ever: `rongmei:story:17`.
        version: number of the story version, from 1.
        filed_at: when this version came in, aware UTC.
        outlet: name of the newsroom it is from.
        column: name of the column (栏目) it runs under, "" without one.
        place: where it happened, for the dateline.
        titles: other titles for single channels, by channel name.
        source: who holds the rights, as a reader is told.
        signed_by: the reviewers who signed this version off, in the order of the stages, by name.
        embargo: before which nobody may publish it, aware UTC.
    """

    fingerprint: str
    title: str
    author: str
    digest: str
    html: str
    text: str
    pictures: tuple[Picture, ...] = ()
    tags: tuple[str, ...] = ()
    ai_generated: bool = False
    link: str | None = None
    guid: str = ""
    version: int = 1
    filed_at: datetime | None = None
    outlet: str = ""
    column: str = ""
    place: str = ""
    source: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    videos: tuple[Clip, ...] = ()
    card: ServiceCard | None = None
    signed_by: tuple[str, ...] = ()
    embargo: datetime | None = None
    sounds: tuple[Recording, ...] = ()

    def title_for(self, channel: str) -> str:
        """The title on that channel."""
        return self.titles.get(channel) or self.title

    @property
    def cover(self) -> Picture | None:
        """The picture marked as cover, else the first one."""
        covers = [picture for picture in self.pictures if picture.role == "cover"]
        return next(iter(covers or self.pictures), None)


@dataclass(frozen=True)
class Measure:
    """How much of a platform's limit a part of a post takes up, in the platform's own unit."""

    name: str
    used: int
    limit: int


@dataclass(frozen=True)
class Post:
    """An article in the form one platform takes; `body` is HTML or plain text, as `form` says.

    Attributes:
        measures: what an editor wants to know of lengths: 正文 138/140.
    """

    title: str
    author: str
    digest: str
    body: str
    link: str
    form: Literal["html", "text"] = "html"
    tags: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()


class Progress:
    """What the platform has given us so far for one publication; every change is committed before the next step.

    Args:
        values: what is known already.
        commit: stores the whole; raises when the caller has lost its claim, so that nothing is sent without one.
    """

    def __init__(self, values: Mapping[str, Any], commit: Callable[[dict[str, Any]], None]) -> None:
        self._values = dict(values)
        self._commit = commit

    @property
    def values(self) -> dict[str, Any]:
        """A copy of everything known."""
        return dict(self._values)

    def get(self, name: str) -> Any:
        """One value; None where it is not known."""
        return self._values.get(name)

    def save(self, **changes: Any) -> None:
        """Add or replace values, committed on return."""
        self._store({**self._values, **changes})

    def forget(self, *names: str) -> None:
        """Drop values that no longer hold, committed on return."""
        self._store({name: value for name, value in self._values.items() if name not in names})

    def _store(self, values: dict[str, Any]) -> None:
        self._commit(values)
        self._values = values


Kind: TypeAlias = Literal["platform", "handoff", "export"]


@dataclass(frozen=True)
class Capabilities:
    """What may be expected of a channel.

    Attributes:
        settle_after: how long after a send a reading that shows nothing proves that nothing went out.
        bulk: publications whose numbers one call reads.
        reports: the counts the platform gives.
        told_by: what one call tells of: up to `bulk` posts, posts published on one day, or all of an account.
        by_day: figures are those of the ends of days, and come the morning after.
        kind: a platform with an interface, a person with an app, or a partner who takes files.
        page: its posts are pages that other channels link to, so they go out first.
        links: its posts link to the story's page and wait a while for one.
        needs: what a story must have to be planned here at all.
        bundle: publications of one account that one call may publish; above 1 the channel is `Bundling`.
        quotas: the platform's limits per account.
        login: which of the credential's fields stand in a connection's login and password.
        official: where the platform is when the connection does not say; "" when it has to.
    """

    settle_after: timedelta
    bulk: int
    reports: Collection[str]
    told_by: Literal["posts", "day", "account"] = "posts"
    by_day: bool = False
    kind: Kind = "platform"
    page: bool = False
    links: bool = False
    needs: Collection[Literal["picture", "video"]] = frozenset()
    bundle: int = 1
    quotas: tuple[Quota, ...] = ()
    login: tuple[str, str] = ("username", "password")
    official: str = ""


@dataclass(frozen=True)
class Accepted:
    """The platform has taken the post.

    Attributes:
        live: readers can see it already; otherwise `confirm` will tell.
        keep: facts to remember beside the publication.
    """

    external_id: str
    url: str | None = None
    live: bool = False
    keep: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pending:
    """Not decided yet: still under review, or the reading proves nothing either way."""

    why: str = ""


@dataclass(frozen=True)
class Rejected:
    """The platform took the post and then decided against it."""

    why: str


@dataclass(frozen=True)
class Absent:
    """The platform can be read and does not have the post."""

    why: str = ""


@dataclass(frozen=True)
class TakenDown:
    """A post is no longer before the public.

    Attributes:
        how: what the platform can do: delete it, or hide it.
        said: the platform's answer, short and without secrets: evidence.
    """

    how: Literal["deleted", "hidden"]
    said: str = ""


Confirmation: TypeAlias = Accepted | Pending | Rejected
Sighting: TypeAlias = Accepted | Pending | Absent


@dataclass(frozen=True)
class Posted:
    """A publication as the platform knows it.

    Attributes:
        accepted_at: when the platform took it, aware UTC.
        published_at: when we saw it before the public; it was so at some moment between the two.
    """

    external_id: str
    url: str | None
    title: str
    fingerprint: str
    accepted_at: datetime
    published_at: datetime
    progress: Mapping[str, Any]


@dataclass(frozen=True)
class Numbers:
    """A platform's figures for one post; None means that it did not say, never zero.

    Attributes:
        upper: of rounded figures (3.2万, 10万+) the most that they can be, None for no bound; the figure itself is the
            least then.
        strange: the figures in whose place the platform said something that is none; `raw` has what.
        raw: what it said beside the figures.
        about: the Shanghai day up to whose end the platform counted; None where it counts up to now.
        earlier: the same up to the ends of earlier days, where it tells of them too, in any order.
        gone: the platform says that the post is deleted; it has no figures then.
    """

    reads: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    watching: int | None = None
    favourites: int | None = None
    upper: Mapping[str, int | None] = field(default_factory=dict)
    strange: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    about: date | None = None
    earlier: tuple[Numbers, ...] = ()
    gone: bool = False


class Described(Protocol):
    """What is known of any channel without speaking to it."""

    name: str
    """As configuration and ledger write it."""
    label: str
    """As a reader sees it: 微信公众号."""
    capabilities: Capabilities

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:
        """Why the platform would refuse the article, in Chinese; empty when nothing is known against it."""

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:
        """The article in the platform's form; `pictures` maps SHA-256 to the platform's address of the picture."""


class Channel(Described, Protocol):
    """A platform and how to speak to it. Instances keep no account's state but caches; threads may share them.

    Every method that calls the platform may raise TryLater (nothing happened), Refused (it said no), and
    CredentialRefused (a person must mend the connection); only `send`, `recall` and what is said to make one mutating
    call may raise OutcomeUnknown.
    """

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """Everything that must be on the platform before the post can go out; safe to run again."""

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:
        """Publish what was prepared: one mutating call, never repeated here unless the first was clearly refused."""

    def confirm(self, line: Line, posted: Posted) -> Confirmation:
        """Whether an accepted post is before the public."""

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:
        """Whether a post sent after `since`, with what `progress` tells of it, is on the platform."""

    def recall(self, line: Line, posted: Posted) -> TakenDown:
        """Take the post down: one mutating call; a post that is gone already counts as taken down."""

    def is_gone(self, line: Line, posted: Posted) -> bool | None:
        """Whether the platform no longer shows the post; None when it cannot be asked. Only reads."""

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """Figures by external id; a post that the platform does not report yet is left out."""


@dataclass(frozen=True)
class Parcel:
    """One of several publications that go out in one call."""

    article: Article
    progress: Progress


@runtime_checkable
class Bundling(Protocol):
    """A channel that publishes several publications of one account in one call.

    `prepare` is called for each publication first, then `assemble` for all, then `send_together`.
    """

    def assemble(self, line: Line, parcels: Sequence[Parcel]) -> None:
        """Lay out what goes out together, in this order; nothing is public, and it is safe to run again."""

    def send_together(self, line: Line, parcels: Sequence[Parcel]) -> tuple[Accepted, ...]:
        """Publish what was assembled: one mutating call; one answer a parcel, in their order."""


@runtime_checkable
class Polling(Protocol):
    """A channel whose platform tells in one call what became of several posts of an account."""

    def batches(self, posts: Sequence[Posted]) -> Sequence[Sequence[Posted]]:
        """The posts, each in one batch, as one call can tell of them."""

    def confirm_together(self, line: Line, posts: Sequence[Posted]) -> tuple[Confirmation, ...]:
        """`confirm` for a batch: one answer a post, in their order."""


@runtime_checkable
class Correcting(Protocol):
    """A channel whose live posts can be edited in place."""

    def correct(self, line: Line, posted: Posted, article: Article, progress: Progress) -> Accepted:
        """Put `article` in place of what the post says now: one mutating call, safe to run again."""


@dataclass(frozen=True, repr=False)
class Letter:
    """A request to an account's callback address, as it came: nothing in it is to be trusted before it is verified.

    Attributes:
        query: parameters of the address.
        headers: by their names in lower case.
        body: exactly the bytes that were sent, bounded by whoever received them.
    """

    method: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Heard:
    """What a verified letter says, and what the platform wants to read in return.

    Attributes:
        answer: the whole body of the answer, which goes with HTTP 200.
        kind: its media type.
        told: what the letter says of posts, by every external id that a publication may know the post by. `Accepted`
            and `Rejected` are the platform's own verdict, from a letter that is sealed end to end; `Pending` says
            no more than that asking the platform is worth while now, and `why` names the news.
    """

    answer: str
    kind: str = "text/plain"
    told: Mapping[str, Confirmation] = field(default_factory=dict)


class WrongSignature(BadInput):
    """A letter is not signed with the account's secret, or is too old, or was heard before with other words."""


@runtime_checkable
class Hearing(Protocol):
    """A channel whose platform calls a callback address of ours when it has decided about a post."""

    hears: Collection[str]
    """Media types of the bodies it can read."""

    def hear(self, letter: Letter, credential: Credential, now: datetime) -> Heard:
        """What a letter to the account says, once it is certain who wrote it; calls nobody.

        Args:
            now: the present moment on the platform, aware UTC.

        Raises:
            WrongSignature: it is not from the platform.
            BadInput: it is, and cannot be read.
            CredentialRefused: the connection lacks what letters are verified with: the account hears nothing.
        """


@dataclass(frozen=True)
class Slip:
    """What names a publication to the person who publishes it by hand.

    Attributes:
        number: of the publication.
        edition: its edition's key: `cunchao/2026-06-06`.
    """

    number: int
    edition: str

    @property
    def report_by(self) -> str:
        """The command that tells the house where it came out."""
        return f"rongmei publish hand-over {self.edition} {self.number} --url 网址 --by 你的标识"

    @property
    def call_off_by(self) -> str:
        """The command that tells the house that it will not come out."""
        return f'rongmei publish cancel-handoff {self.edition} {self.number} --why "写明理由" --by 你的标识'


@dataclass(frozen=True)
class Package:
    """What a person needs to publish by hand, as files of one folder.

    Attributes:
        files: names in the folder, what to open first at the front.
        text: what to paste, whole.
        checks: what was counted against the platform's limits.
    """

    folder: Path
    files: tuple[str, ...]
    text: str
    checks: tuple[Measure, ...] = ()


class HandOff(Described, Protocol):
    """A platform without an open publishing interface: everything is laid ready and a person publishes it."""

    def package(self, article: Article, folder: Path, slip: Slip) -> Package:
        """Write the package into `folder` (made if missing); the same again changes nothing.

        Args:
            slip: stands in the package, so that whoever has only that can report what became of it.

        Raises:
            Refused: a picture or a video is not there or is not the one that was reviewed.
        """
