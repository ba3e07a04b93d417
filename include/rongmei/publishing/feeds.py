"""Writes the feeds (RSS and Atom) of what readers can see: one of every outlet and one of every campaign.

A feed is made anew from the ledger each time, so that a correction replaces and a recall takes away by itself; what a
person has ordered to be taken down is gone from the feeds at once, whatever its platform does. Whoever writes does so
alone, from reading the ledger on, so that nobody puts back what another one has just taken away.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, cast
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from rongmei.channels import Article, all_channels
from rongmei.errors import BadInput, RongmeiError
from rongmei.formats import feeds
from rongmei.formats.feeds import MAX_ITEMS, Feed, Item
from rongmei.formats.parts import web_address
from rongmei.ledger import Amendment, Edition, Ledger, Publication, PublicationEvent, Story, StoryVersion
from rongmei.publishing.articles import Articles
from rongmei.publishing.standing import page_channels
from rongmei.settings import Settings

if TYPE_CHECKING:
    from rongmei.config import Plan

Kind: TypeAlias = Literal["outlet", "campaign"]
KINDS: tuple[Kind, ...] = ("outlet", "campaign")
CAMPAIGNS = "campaigns"
"""The folder of the campaigns' feeds, inside that of the outlets'."""
LOCK = ".lock"

_PARTIAL = ".part"
_WRITERS: Mapping[str, Callable[[Feed, Sequence[Item]], bytes]] = {"atom": feeds.atom, "rss": feeds.rss}
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# The pictures of a story have no lasting address of their own; a caption without its picture would only confuse.
_FIGURE = re.compile(r"<img\b[^>]*>(?:<br><small>[^<]*</small>)?")


@dataclass(frozen=True)
class FeedSummary:
    """How the feeds stand, in files.

    Attributes:
        feeds: all that this call looked after; each is there as Atom and as RSS.
        written: of these, those that had to be written.
        problems: campaigns whose files cannot be read, one line each; their stories stand in the feeds without column.
    """

    feeds: int = 0
    written: int = 0
    unchanged: int = 0
    problems: tuple[str, ...] = ()


class _Post(NamedTuple):
    """One publication that readers can see.

    Attributes:
        feed: id of the outlet or the campaign whose feed it belongs to.
        by: the outlet that made the story; `outlet` is the one on whose account it stands.
    """

    feed: str
    story_id: int
    id: int
    campaign: str
    by: str
    outlet: str
    channel: str
    url: str
    live_at: datetime
    version_id: int
    version: int


@dataclass(frozen=True)
class _State:
    """What the ledger says of all feeds of one kind.

    Attributes:
        names: the outlets or campaigns that have, or once had, a post before the public.
        posts: what readers can see, by name.
        last_events: for those without a story to show, when something last happened.
    """

    names: set[str]
    posts: dict[str, list[_Post]]
    last_events: dict[str, datetime]


def write_feeds(
    ledger: Ledger,
    load_plan: Callable[[str], Plan],
    settings: Settings,
    *,
    rehearsal: bool,
    campaign: str | None = None,
) -> FeedSummary:
    """Bring the files in `settings.feeds` up to date with the ledger; a file that says it all already is left alone.

    Outlets and campaigns get their feeds with their first live post, and keep them, empty if need be.

    Args:
        load_plan: the plan of a campaign by its id; its errors become problems of the summary.
        rehearsal: the feeds of rehearsals, which lie in a folder of their own, or those of real editions.
        campaign: only this one's feed and those of the outlets that published for it.

    Raises:
        ConfigErrors: there is no such campaign.
        BadInput: the files cannot be written.
    """
    if campaign is not None:
        load_plan(campaign)
    folder = settings.feeds(rehearsal=rehearsal)
    with ledger.read() as session:
        if not _names(session, "campaign", rehearsal, campaign):
            return FeedSummary()
    try:
        with _alone(folder):
            return _write_all(ledger, load_plan, folder, settings.media, rehearsal, campaign)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BadInput(f"订阅源写不进文件夹（{why}）", where=str(folder), mend="请管理员检查磁盘和权限") from None


def _write_all(
    ledger: Ledger,
    load_plan: Callable[[str], Plan],
    folder: Path,
    media: Path,
    rehearsal: bool,
    campaign: str | None,
) -> FeedSummary:
    with ledger.read() as session:
        states = {kind: _read(session, kind, rehearsal, campaign) for kind in KINDS}
    stories = [post for state in states.values() for mine in state.posts.values() for post in mine]
    plans, problems = _plans(load_plan, {post.campaign for post in stories} | states["campaign"].names)
    if not plans:
        # Without a single one nothing could be said of any story; what stands in the files stays there.
        return FeedSummary(problems=tuple(problems))
    done: Counter[bool] = Counter()
    for kind, state in states.items():
        for name in sorted(state.names):
            mine = state.posts.get(name, [])
            items = list(_items(ledger, plans, media, mine, own=name if kind == "outlet" else None))
            updated_at = state.last_events.get(name, _LONG_AGO)
            feed = _feed(kind, name, plans, items, mine, rehearsal=rehearsal, updated_at=updated_at)
            place = folder / CAMPAIGNS if kind == "campaign" else folder
            for form, write in _WRITERS.items():
                done[_put(place / f"{name}.{form}.xml", write(feed, items))] += 1
    return FeedSummary(done.total(), done[True], done[False], tuple(problems))


def _plans(load_plan: Callable[[str], Plan], campaigns: Iterable[str]) -> tuple[dict[str, Plan], list[str]]:
    """The plans by campaign, and why some are not there."""
    plans, problems = {}, []
    for campaign in sorted(campaigns):
        try:
            plans[campaign] = load_plan(campaign)
        except RongmeiError as problem:
            problems.append(f"活动 {campaign}：{problem}")
    return plans, problems


# ── what readers can see ─────────────────────────────────────────────────────────────────────────────────────────


def _read(session: Session, kind: Kind, rehearsal: bool, campaign: str | None) -> _State:
    names = _names(session, kind, rehearsal, campaign)
    posts = _visible(session, kind, rehearsal, names)
    return _State(names, posts, _last_events(session, kind, rehearsal, names - posts.keys()))


def _of(kind: Kind) -> ColumnElement[str]:
    """The column that says whose feed a publication belongs to."""
    return cast("ColumnElement[str]", Publication.outlet if kind == "outlet" else Edition.campaign)


def _names(session: Session, kind: Kind, rehearsal: bool, campaign: str | None) -> set[str]:
    """The outlets or campaigns that have, or once had, a post before the public."""
    found = (
        select(_of(kind))
        .select_from(Publication)
        .join(Edition, Edition.id == Publication.edition_id)
        .where(*_public(rehearsal), Publication.state.in_(("live", "recalled")))
        .distinct()
    )
    return set(session.scalars(found.where(Edition.campaign == campaign) if campaign else found))


def _public(rehearsal: bool) -> tuple[ColumnElement[bool], ...]:
    """Posts for readers: what was delivered to partners is not before the public yet."""
    exports = [name for name, channel in all_channels().items() if channel.capabilities.kind == "export"]
    return Edition.rehearsal == rehearsal, Publication.channel.not_in(exports)


def _visible(session: Session, kind: Kind, rehearsal: bool, names: set[str]) -> dict[str, list[_Post]]:
    """The visible posts of the newest stories of each feed, the first one out first.

    How new a story is goes by when it first came out in that feed, so that a correction does not move it.
    """
    feed = _of(kind)
    called_back = exists().where(Amendment.publication_id == Publication.id, Amendment.kind == "recall")
    shown = (
        *_public(rehearsal),
        Publication.state == "live",
        Publication.url.is_not(None),
        Story.state != "recalled",
        ~called_back,
        feed.in_(names),
    )
    stories = (
        select(feed.label("feed"), Publication.story_id, func.min(Publication.live_at).label("first_at"))
        .select_from(Publication)
        .join(Edition, Edition.id == Publication.edition_id)
        .join(Story, Story.id == Publication.story_id)
        .where(*shown)
        .group_by(feed, Publication.story_id)
        .subquery()
    )
    newest_first = (stories.c.first_at.desc(), stories.c.story_id.desc())
    place = func.row_number().over(partition_by=stories.c.feed, order_by=newest_first)
    ranked = select(stories.c.feed, stories.c.story_id, place.label("place")).subquery()
    rows = session.execute(
        select(
            feed,
            Publication.story_id,
            Publication.id,
            Edition.campaign,
            Story.outlet,
            Publication.outlet,
            Publication.channel,
            Publication.url,
            Publication.live_at,
            Publication.version_id,
            StoryVersion.number,
        )
        .select_from(Publication)
        .join(Edition, Edition.id == Publication.edition_id)
        .join(Story, Story.id == Publication.story_id)
        .join(StoryVersion, StoryVersion.id == Publication.version_id)
        .join(ranked, (ranked.c.story_id == Publication.story_id) & (ranked.c.feed == feed))
        .where(*shown, ranked.c.place <= MAX_ITEMS)
        .order_by(Publication.live_at, Publication.id)
    )
    found: dict[str, list[_Post]] = defaultdict(list)
    for row in rows:
        post = _Post._make(row)
        if web_address(post.url):
            found[post.feed].append(post)
    return dict(found)


def _last_events(session: Session, kind: Kind, rehearsal: bool, names: set[str]) -> dict[str, datetime]:
    """When something last happened to any post of these; a feed without stories is as old as that."""
    if not names:
        return {}
    rows = session.execute(
        select(_of(kind), func.max(PublicationEvent.at))
        .select_from(Publication)
        .join(Edition, Edition.id == Publication.edition_id)
        .join(PublicationEvent, PublicationEvent.thing_id == Publication.id)
        .where(*_public(rehearsal), _of(kind).in_(names))
        .group_by(_of(kind))
    ).tuples()
    return dict(rows.all())


# ── a feed ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _feed(
    kind: Kind,
    name: str,
    plans: Mapping[str, Plan],
    items: Sequence[Item],
    posts: Sequence[_Post],
    *,
    rehearsal: bool,
    updated_at: datetime,
) -> Feed:
    if kind == "campaign":
        title = plans[name].campaign.name if name in plans else name
        about = f"{title}：各媒体已发布的稿件"
    else:
        title = _outlets(plans.values()).get(name, name)
        about = f"{title}已发布的稿件"
    mark = "【彩排】" if rehearsal else ""
    uri = f"rongmei:{'rehearsal:' if rehearsal else ''}feed:{kind}:{name}"
    return Feed(uri, f"{mark}{title}", _home(items, posts), updated_at, about=f"{mark}{about}")


def _home(items: Sequence[Item], posts: Sequence[_Post]) -> str:
    """The outlets' site where their stories are pages of one, else the newest story: a feed has to belong somewhere."""
    pages = {f"{parts.scheme}://{parts.netloc}/" for parts in map(urlsplit, _pages(posts))}
    if len(pages) == 1:
        return pages.pop()
    return max(items, key=lambda item: item.published_at).url if items else ""


def _pages(posts: Iterable[_Post]) -> list[str]:
    channels = page_channels()
    return [post.url for post in posts if post.channel in channels]


def _items(
    ledger: Ledger, plans: Mapping[str, Plan], media: Path, posts: Sequence[_Post], *, own: str | None
) -> Iterator[Item]:
    """A feed's stories, each in the last version that is out and with the address that readers are led to.

    Args:
        own: whose site goes before all others; None: that of each story's own outlet.
    """
    stories: dict[int, list[_Post]] = defaultdict(list)
    for post in posts:
        stories[post.story_id].append(post)
    latest = {story_id: max(mine, key=lambda post: post.version) for story_id, mine in stories.items()}
    makers = {
        campaign: Articles(
            ledger, plan, media, [post.version_id for post in latest.values() if _plan_of(post, plans) is plan]
        )
        for campaign, plan in plans.items()
    }
    names = _outlets(plans.values())
    for story_id, mine in stories.items():
        shown = latest[story_id]
        plan = _plan_of(shown, plans)
        if plan is None:
            continue
        url = _address(mine, own or shown.by)
        made = makers[plan.campaign.id].make(
            shown.version_id, fingerprint="", author=names.get(shown.by, shown.by), link=url
        )
        yield Item(_without_pictures(made), url, min(post.live_at for post in mine))


def _plan_of(post: _Post, plans: Mapping[str, Plan]) -> Plan | None:
    """The story's own plan; where that cannot be read, any will do: only the name of its column is lost."""
    return plans.get(post.campaign) or next(iter(plans.values()), None)


def _outlets(plans: Iterable[Plan]) -> dict[str, str]:
    return {outlet.id: outlet.name for plan in plans for outlet in plan.cluster.outlets}


def _address(posts: Sequence[_Post], own: str) -> str:
    """The story's page on the site of `own`, else on another's, else the first post that shows its last version."""
    pages = page_channels()

    def rank(post: _Post) -> tuple[object, ...]:
        page = post.channel in pages
        return not (page and post.outlet == own), not page, -post.version, post.live_at, post.id

    return min(posts, key=rank).url


def _without_pictures(article: Article) -> Article:
    return replace(article, html=_FIGURE.sub("", article.html).replace("<p></p>", ""))


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The folders, made if missing, while nobody else writes there; what a killed writer has left is cleared away."""
    (folder / CAMPAIGNS).mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in [*folder.glob(f".*{_PARTIAL}"), *(folder / CAMPAIGNS).glob(f".*{_PARTIAL}")]:
            left.unlink(missing_ok=True)
        yield


def _put(path: Path, data: bytes) -> bool:
    """Whether the file had to be written; who reads it meanwhile gets it whole, as it was or as it is."""
    if path.is_file() and path.read_bytes() == data:
        return False
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}{_PARTIAL}")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb") as file:
            file.write(data)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return True
