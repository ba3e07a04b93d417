"""RSS 2.0 and Atom feeds of what an outlet or a campaign has published.

Sources: rssboard.org/rss-specification, RFC 4287. A reader knows a story again by its guid, which a new version keeps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any, NamedTuple

from lxml import etree

from rongmei.channels import rendering
from rongmei.channels.base import AI_LABEL, Article
from rongmei.clock import aware, local
from rongmei.formats.parts import LANGUAGE, Attachment, clean, holder, line, moment, uri_of, web_address

MAX_ITEMS = 50
ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"


@dataclass(frozen=True)
class Feed:
    """What a feed says of itself.

    Attributes:
        uri: names the feed for ever: `rongmei:feed:dongguan-daily`.
        home: the page it belongs to, http(s).
        address: where the feed itself can be fetched, http(s); "" where that is not known.
        updated_at: when it was made, aware; for a feed without items.
    """

    uri: str
    title: str
    home: str
    updated_at: datetime
    address: str = ""
    about: str = ""


class Item(NamedTuple):
    """A published story: the version that is out, where readers see it, and since when (aware).

    Attributes:
        attachments: its pictures and videos; those without an address of their own are left out.
    """

    article: Article
    url: str
    published_at: datetime
    attachments: Sequence[Attachment] = ()


def rss(feed: Feed, items: Sequence[Item | tuple[Article, str, datetime]]) -> bytes:
    """The newest stories as RSS 2.0, UTF-8.

    Raises:
        BadInput: a story has no URI for a name.
    """
    chosen = newest(items)
    root = etree.Element("rss", {"version": "2.0"}, nsmap={"atom": ATOM, "content": CONTENT, "dc": DUBLIN_CORE})
    channel = etree.SubElement(root, "channel")
    _put(channel, "title", line(feed.title))
    _put(channel, "link", web_address(feed.home))
    _put(channel, "description", line(feed.about) or line(feed.title))
    _put(channel, "language", LANGUAGE)
    _put(channel, "lastBuildDate", _rfc822(_updated(feed, chosen)))
    if web_address(feed.address):
        links = {"href": web_address(feed.address), "rel": "self", "type": "application/rss+xml"}
        etree.SubElement(channel, f"{{{ATOM}}}link", links)
    for one in chosen:
        _rss_item(etree.SubElement(channel, "item"), one)
    return _written(root)


def atom(feed: Feed, items: Sequence[Item | tuple[Article, str, datetime]]) -> bytes:
    """The newest stories as Atom 1.0, UTF-8.

    Raises:
        BadInput: the feed or a story has no URI for a name.
    """
    chosen = newest(items)
    root = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    root.set("{http://www.w3.org/XML/1998/namespace}lang", LANGUAGE)
    _put(root, f"{{{ATOM}}}id", uri_of(feed.uri))
    _put(root, f"{{{ATOM}}}title", line(feed.title))
    if line(feed.about):
        _put(root, f"{{{ATOM}}}subtitle", line(feed.about))
    _put(root, f"{{{ATOM}}}updated", moment(_updated(feed, chosen)))
    # An entry without a by-line is by its feed; RFC 4287 wants somebody.
    _put(etree.SubElement(root, f"{{{ATOM}}}author"), f"{{{ATOM}}}name", line(feed.title))
    for relation, address in (("alternate", web_address(feed.home)), ("self", web_address(feed.address))):
        if address:
            etree.SubElement(root, f"{{{ATOM}}}link", {"rel": relation, "href": address})
    for one in chosen:
        _atom_entry(etree.SubElement(root, f"{{{ATOM}}}entry"), one)
    return _written(root)


def newest(items: Sequence[Item | tuple[Article, str, datetime]], limit: int = MAX_ITEMS) -> list[Item]:
    """Each story once, in its highest version, the last published first, `limit` at most.

    A story keeps the moment at which its first listed version came out, so that a correction does not move it up.
    """
    best: dict[str, Item] = {}
    for given in items:
        one = Item(*given)
        known = best.setdefault(one.article.guid, one)
        latest = max(known, one, key=lambda item: item.article.version)
        best[one.article.guid] = latest._replace(published_at=min(aware(known.published_at), aware(one.published_at)))
    return sorted(best.values(), key=lambda one: (one.published_at, one.article.guid), reverse=True)[:limit]


def _rss_item(parent: Any, one: Item) -> None:
    article = one.article
    _put(parent, "title", line(article.title))
    if web_address(one.url):
        _put(parent, "link", web_address(one.url))
    _put(parent, "guid", uri_of(article.guid)).set("isPermaLink", "false")
    _put(parent, "pubDate", _rfc822(one.published_at))
    _put(parent, "description", _summary(article))
    if line(article.author):
        # RSS's own `author` wants an e-mail address.
        _put(parent, f"{{{DUBLIN_CORE}}}creator", line(article.author))
    for tag in _tags(article):
        _put(parent, "category", tag)
    for shown in _reachable(one)[:1]:
        # Many readers take only one.
        facts = {"url": web_address(shown.address), "length": str(shown.size_bytes), "type": shown.mime}
        etree.SubElement(parent, "enclosure", facts)
    _put(parent, f"{{{CONTENT}}}encoded", _body(one))


def _atom_entry(parent: Any, one: Item) -> None:
    article = one.article
    _put(parent, f"{{{ATOM}}}id", uri_of(article.guid))
    _put(parent, f"{{{ATOM}}}title", line(article.title))
    _put(parent, f"{{{ATOM}}}published", moment(one.published_at))
    _put(parent, f"{{{ATOM}}}updated", moment(_changed(one)))
    if line(article.author):
        _put(etree.SubElement(parent, f"{{{ATOM}}}author"), f"{{{ATOM}}}name", line(article.author))
    if holder(article):
        _put(parent, f"{{{ATOM}}}rights", f"© {local(one.published_at).year} {holder(article)}")
    if web_address(one.url):
        etree.SubElement(
            parent, f"{{{ATOM}}}link", {"rel": "alternate", "type": "text/html", "href": web_address(one.url)}
        )
    for shown in _reachable(one):
        enclosed = {"href": web_address(shown.address), "length": str(shown.size_bytes), "type": shown.mime}
        etree.SubElement(parent, f"{{{ATOM}}}link", {"rel": "enclosure", **enclosed})
    for tag in _tags(article):
        etree.SubElement(parent, f"{{{ATOM}}}category", {"term": tag})
    _put(parent, f"{{{ATOM}}}summary", _summary(article))
    _put(parent, f"{{{ATOM}}}content", _body(one)).set("type", "html")


def _summary(article: Article) -> str:
    words = line(article.digest) or line(article.text)[: rendering.DIGEST_CHARS]
    return f"{words}（{AI_LABEL}）" if article.ai_generated else words


def _body(one: Item) -> str:
    addresses: Mapping[str, str] = {shown.sha256: web_address(shown.address) for shown in _reachable(one)}
    return rendering.place_pictures(clean(one.article.html), addresses)


def _reachable(one: Item) -> list[Attachment]:
    return [shown for shown in one.attachments if web_address(shown.address)]


def _tags(article: Article) -> list[str]:
    named = [line(tag) for tag in (*article.tags, article.column)]
    return [tag for tag in dict.fromkeys(named) if tag]


def _changed(one: Item) -> datetime:
    """When the version that is out came to be: never before it was published."""
    return max(aware(one.article.filed_at or one.published_at), one.published_at)


def _updated(feed: Feed, items: Sequence[Item]) -> datetime:
    return max((_changed(one) for one in items), default=aware(feed.updated_at))


def _rfc822(at: datetime) -> str:
    return format_datetime(local(at))


def _put(parent: Any, name: str, text: str) -> Any:
    made = etree.SubElement(parent, name)
    made.text = text
    return made


def _written(root: Any) -> bytes:
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return text
