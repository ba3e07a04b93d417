"""ninjs 3.1, the IPTC's "news in JSON": one object a story version, or one that plans the pieces of an edition.

Source: www.iptc.org/std/ninjs/ninjs-schema_3.1.json. The schema allows no unknown names, and asks for absolute URIs in
`href`; so a file that lies in the delivery itself is named in `altIds` (role `file`) instead, relative to the document.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rongmei.channels import rendering
from rongmei.channels.base import Article
from rongmei.formats.parts import (
    AI_SOURCE,
    AI_SOURCE_NAME,
    LANGUAGE,
    Agenda,
    Attachment,
    Coverage,
    Release,
    clean,
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

STANDARD = {
    "name": "ninjs",
    "version": "3.1",
    "schema": "http://www.iptc.org/std/ninjs/ninjs-schema_3.1.json#",
}


def item(article: Article, release: Release, attachments: Sequence[Attachment] = ()) -> dict[str, Any]:
    """The story as a ninjs object; parts nobody knows are left out.

    Raises:
        BadInput: the story has no URI for a name.
    """
    document: dict[str, Any] = {
        "standard": STANDARD,
        "uri": uri_of(article.guid),
        "type": "text",
        "profile": _profile(attachments),
        "version": str(article.version),
        "versionCreated": moment(release.created_at),
        "pubStatus": release.status,
        "representationType": "full",
        "language": LANGUAGE,
        "title": line(article.title),
        "headlines": [{"role": "main", "contentType": "text/plain", "value": line(article.title)}],
        "bodies": _bodies(article, attachments),
        "usageTerms": usage_terms(article, release),
        "altIds": [{"role": "fingerprint", "value": line(article.fingerprint)}],
    }
    if release.first_created is not None:
        document["firstCreated"] = moment(release.first_created)
    if release.embargoed_until is not None:
        document["embargoedUntil"] = moment(release.embargoed_until)
    if article.filed_at is not None:
        document["contentCreated"] = moment(article.filed_at)
    if article.ai_generated:
        document["digitalSourceType"] = {"name": AI_SOURCE_NAME, "uri": AI_SOURCE}
    if web_address(article.link):
        document["altIds"].append({"role": "web", "value": web_address(article.link)})
    document |= _told(article, release)
    if attachments:
        document["associations"] = [_association(number, one) for number, one in enumerate(attachments, 1)]
    return document


def planning(items: Sequence[Coverage], agenda: Agenda) -> dict[str, Any]:
    """A planning item with one planned coverage for each piece.

    Raises:
        BadInput: the plan or a piece has no URI for a name.
    """
    document: dict[str, Any] = {
        "standard": STANDARD,
        "uri": uri_of(agenda.uri),
        "type": "planning",
        "profile": "planning",
        "version": str(agenda.version),
        "versionCreated": moment(agenda.created_at),
        "pubStatus": "usable",
        "language": LANGUAGE,
        "title": line(agenda.title),
        "headlines": [{"role": "main", "contentType": "text/plain", "value": line(agenda.title)}],
        "infoSources": [{"name": line(agenda.provider), "role": "provider"}],
        "plannedCoverage": [_planned(one) for one in items],
    }
    if line(agenda.place):
        document |= {"located": line(agenda.place), "places": [{"name": line(agenda.place), "rel": "location"}]}
    if line(agenda.note):
        document["edNote"] = line(agenda.note)
    return document


def to_json(document: dict[str, Any]) -> bytes:
    """The object as UTF-8, readable: Chinese stays Chinese."""
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _profile(attachments: Sequence[Attachment]) -> str:
    natures = {one.nature for one in attachments}
    return "-".join(["text", *(nature for nature in ("picture", "video", "audio") if nature in natures)])


def _bodies(article: Article, attachments: Sequence[Attachment]) -> list[dict[str, Any]]:
    addresses = {one.sha256: one.address or one.name for one in attachments}
    words = plain_body(article)
    html = rendering.place_pictures(clean(article.html), addresses)
    return [
        {"role": "main", "contentType": "text/html", "charCount": len(words), "value": html},
        {"role": "main", "contentType": "text/plain", "charCount": len(words), "value": words},
    ]


def _told(article: Article, release: Release) -> dict[str, Any]:
    """Who, where and about what; empty ones are left out."""
    place = line(article.place)
    subjects = [{"name": line(tag), "rel": "about"} for tag in article.tags if line(tag)]
    if line(article.column):
        subjects.append({"name": line(article.column), "rel": "column"})
    sources = [(line(article.outlet), "provider"), (line(article.source), "rightsHolder")]
    known: dict[str, Any] = {
        "by": line(article.author),
        "descriptions": _described(article, release),
        "located": place,
        "places": [{"name": place, "rel": "dateline"}] if place else [],
        "subjects": subjects,
        "infoSources": [{"name": name, "role": role} for name, role in sources if name],
        "copyrightHolder": holder(article),
        "copyrightNotice": copyright_notice(article, release),
        "edNote": editors_note(article, release),
        "slugline": line(article.column),
    }
    return {name: value for name, value in known.items() if value}


def _described(article: Article, release: Release) -> list[dict[str, str]]:
    parts = (("summary", line(article.digest)), ("dateline", dateline(article, release)))
    return [{"role": role, "contentType": "text/plain", "value": value} for role, value in parts if value]


def _association(number: int, one: Attachment) -> dict[str, Any]:
    word = {"picture": "图片", "video": "视频", "audio": "音频"}[one.nature]
    rendition = {
        "name": "original",
        "contentType": one.mime,
        "sizeInBytes": one.size_bytes,
        "width": one.width,
        "height": one.height,
        "duration": one.seconds,
        "href": one.address,
    }
    made: dict[str, Any] = {
        "name": line(one.title) or f"{word} {number}",
        "rel": "cover" if one.cover else "body",
        "uri": f"rongmei:media:{one.sha256}",
        "type": one.nature,
        "language": LANGUAGE,
        "renditions": [{name: value for name, value in rendition.items() if value is not None}],
        "altIds": [{"role": "file", "value": one.name}, {"role": "sha256", "value": one.file_sha256}],
    }
    if line(one.caption):
        made["descriptions"] = [{"role": "caption", "contentType": "text/plain", "value": line(one.caption)}]
    if line(one.credit):
        made["by"] = line(one.credit)
    return made


def _planned(one: Coverage) -> dict[str, Any]:
    commissioned = {"by": line(one.outlet)}
    if one.ordered_at is not None:
        commissioned["on"] = moment(one.ordered_at)
    planned: dict[str, Any] = {
        "uri": uri_of(one.uri),
        "title": line(one.title),
        "pubStatus": "canceled" if one.cancelled else "usable",
        "type": one.nature,
        "commissioned": commissioned,
        "dates": {"expectedEndDate": moment(one.due_at)},
        "language": LANGUAGE,
        "itemCount": {"rangeFrom": 1, "rangeTo": 1},
    }
    if line(one.note):
        planned["edNote"] = line(one.note)
    return planned
