"""NewsML-G2 2.35, the IPTC's XML for news exchange: a news item a story version, or a planning item an edition.

Source: iptc.org/std/NewsML-G2, conformance level power. The body comes twice, as NITF (`inlineXML`) and as plain words
(`inlineData`); pictures, videos and recordings are `remoteContent`, named relative to the document unless they can be
fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree

from rongmei.channels.base import Article
from rongmei.formats import nitf
from rongmei.formats.parts import (
    AI_SOURCE,
    AI_SOURCE_NAME,
    LANGUAGE,
    Agenda,
    Attachment,
    Coverage,
    Release,
    copyright_notice,
    dateline,
    editors_note,
    holder,
    line,
    moment,
    plain_body,
    uri_of,
    usage_terms,
    web_address,
)

NAMESPACE = "http://iptc.org/std/nar/2006-10-01/"
CATALOG = "http://www.iptc.org/std/catalog/catalog.IPTC-G2-Standards_40.xml"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


def item(article: Article, release: Release, attachments: Sequence[Attachment] = ()) -> bytes:
    """The story as a `newsItem` document, UTF-8.

    Raises:
        BadInput: the story has no URI for a name.
    """
    root = _root("newsItem", article.guid, article.version)
    _rights(root, article, release)
    _item_meta(root, article, release, attachments)
    _content_meta(root, article, release)
    contents = _under(root, "contentSet")
    words = plain_body(article)
    markup = _under(contents, "inlineXML", contenttype="application/nitf+xml", charcount=str(len(words)))
    markup.append(nitf.document(article, release, {one.sha256: one for one in attachments}))
    _under(contents, "inlineData", words, contenttype="text/plain", charcount=str(len(words)))
    for one in attachments:
        _remote(contents, one)
    return _written(root)


def planning(items: Sequence[Coverage], agenda: Agenda) -> bytes:
    """A `planningItem` document with one coverage for each piece, UTF-8; a cancelled piece says so in its note.

    Raises:
        BadInput: the plan or a piece has no URI for a name.
    """
    root = _root("planningItem", agenda.uri, agenda.version)
    meta = _under(root, "itemMeta")
    _under(meta, "itemClass", qcode="plinat:newscoverage")
    _named(meta, "provider", agenda.provider)
    _under(meta, "versionCreated", moment(agenda.created_at))
    _under(meta, "pubStatus", qcode="stat:usable")
    _under(meta, "title", line(agenda.title))
    if line(agenda.note):
        _under(meta, "edNote", line(agenda.note))
    about = _under(root, "contentMeta")
    if line(agenda.place):
        _named(about, "located", agenda.place)
    _under(about, "headline", line(agenda.title))
    if items:
        coverages = _under(root, "newsCoverageSet")
        for number, one in enumerate(items, 1):
            _coverage(_under(coverages, "newsCoverage", id=f"coverage-{number}"), one)
    return _written(root)


def _root(name: str, guid: str, version: int) -> Any:
    facts = {
        "guid": uri_of(guid),
        "version": str(version),
        "standard": "NewsML-G2",
        "standardversion": "2.35",
        "conformance": "power",
        _LANG: LANGUAGE,
    }
    root = etree.Element(f"{{{NAMESPACE}}}{name}", facts, nsmap={None: NAMESPACE})
    _under(root, "catalogRef", href=CATALOG)
    return root


def _rights(root: Any, article: Article, release: Release) -> None:
    rights = _under(root, "rightsInfo")
    if holder(article):
        _named(rights, "copyrightHolder", holder(article))
        _under(rights, "copyrightNotice", copyright_notice(article, release))
    _under(rights, "usageTerms", usage_terms(article, release))


def _item_meta(root: Any, article: Article, release: Release, attachments: Sequence[Attachment]) -> None:
    meta = _under(root, "itemMeta")
    _under(meta, "itemClass", qcode="ninat:composite" if attachments else "ninat:text")
    _named(meta, "provider", article.outlet)
    _under(meta, "versionCreated", moment(release.created_at))
    if release.first_created is not None:
        _under(meta, "firstCreated", moment(release.first_created))
    if release.embargoed_until is not None:
        _under(meta, "embargoed", moment(release.embargoed_until))
    _under(meta, "pubStatus", qcode=f"stat:{release.status}")
    _under(meta, "title", line(article.title))
    if note := editors_note(article, release):
        _under(meta, "edNote", note)
    if web_address(article.link):
        _under(meta, "link", rel="irel:seeAlso", href=web_address(article.link), contenttype="text/html")


def _content_meta(root: Any, article: Article, release: Release) -> None:
    about = _under(root, "contentMeta")
    if article.filed_at is not None:
        _under(about, "contentCreated", moment(article.filed_at))
    if article.ai_generated:
        _named(about, "digitalSourceType", AI_SOURCE_NAME, uri=AI_SOURCE)
    if line(article.place):
        _named(about, "located", article.place)
    if line(article.source):
        _named(about, "infoSource", article.source)
    if line(article.author):
        _named(about, "creator", article.author)
    _under(about, "altId", line(article.fingerprint))
    _under(about, "language", tag=LANGUAGE)
    for tag in article.tags:
        if line(tag):
            _under(about, "keyword", line(tag))
            _named(about, "subject", tag, literal=line(tag))
    told = (
        ("slugline", line(article.column)),
        ("headline", line(article.title)),
        ("dateline", dateline(article, release)),
        ("by", line(article.author)),
        ("creditline", holder(article)),
        ("description", line(article.digest)),
    )
    for name, value in told:
        if value:
            _under(about, name, value)


def _remote(contents: Any, one: Attachment) -> None:
    facts = {
        "href": one.address or one.name,
        "contenttype": one.mime,
        "size": str(one.size_bytes),
        "rendition": "rnd:highRes" if one.nature == "picture" else None,
        "width": str(one.width) if one.width else None,
        "height": str(one.height) if one.height else None,
        "duration": f"{one.seconds:.3f}" if one.seconds is not None else None,
        "durationunit": "timeunit:seconds" if one.seconds is not None else None,
        "title": line(" ".join(part for part in (one.caption or one.title, one.credit) if part)) or None,
    }
    made = _under(contents, "remoteContent", **{name: value for name, value in facts.items() if value is not None})
    _under(made, "altId", one.name)
    _under(made, "hash", one.file_sha256, hashtype="hashtype:sha256")


def _coverage(parent: Any, one: Coverage) -> None:
    plan = _under(parent, "planning")
    _under(plan, "itemClass", qcode=f"ninat:{one.nature}")
    _under(plan, "itemCount", rangefrom="0" if one.cancelled else "1", rangeto="1")
    assigned: Mapping[str, str] = {} if one.ordered_at is None else {"coversfrom": moment(one.ordered_at)}
    _named(plan, "assignedTo", one.outlet, coversto=moment(one.due_at), **assigned)
    _under(plan, "scheduled", moment(one.due_at))
    _under(plan, "headline", line(one.title))
    notes = ("已取消" if one.cancelled else "", line(one.note), uri_of(one.uri))
    _under(plan, "edNote", "；".join(note for note in notes if note))


def _under(parent: Any, name: str, text: str = "", **facts: str) -> Any:
    made = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}", facts)
    if text:
        made.text = text
    return made


def _named(parent: Any, name: str, words: str, **facts: str) -> None:
    """A party, a place or a concept that we know by its name only."""
    _under(_under(parent, name, **facts), "name", line(words))


def _written(root: Any) -> bytes:
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return text
