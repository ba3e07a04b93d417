"""A story version as an `Article`: Markdown to sanitised HTML, pictures in their places, label and fingerprint.

Story text comes from outside: raw HTML in it is shown as text, links lead only to http(s) and mailto, pictures only to
files of the story itself. The AI label is added here, so no channel can forget it.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import unquote, urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from rongmei.channels.base import AI_LABEL, Article, Clip, Picture, Recording, ServiceCard
from rongmei.ledger import StoryMedia, StoryVersion

SCHEME = "rongmei"
TAGS = frozenset(
    {"p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "del", "blockquote", "ul", "ol", "li"}
    | {"pre", "code", "table", "thead", "tbody", "tr", "th", "td", "a", "img", "small"}
)
ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}}
CARD_SCHEMES = frozenset({"http", "https", "alipays"})
DIGEST_CHARS = 54
"""What WeChat takes from the text where there is no digest; used on every channel so that they agree."""

_PICTURE = re.compile(rf'src="{SCHEME}:([0-9a-f]{{64}})"')
_IMG = re.compile(r"<img\b[^>]*>")


def fingerprint(*, edition: str, story_id: int, content_hash: str, account: str) -> str:
    """The token that names a publication on its platform: `rm` and 18 hexadecimal digits.

    It depends on nothing but what is published where, so it is the same after a crash and on any machine.
    """
    seen = "\n".join((edition, str(story_id), content_hash, account))
    return "rm" + hashlib.sha256(seen.encode()).hexdigest()[:18]


def article(
    version: StoryVersion,
    media: Path,
    *,
    fingerprint: str,
    author: str,
    link: str | None = None,
    outlet: str = "",
    column: str = "",
    signed_by: Sequence[str] = (),
) -> Article:
    """The article of a story version.

    Args:
        media: the media folder; a picture's or video's file is `<media>/<sha256>`.
        author: by-line where the version names nobody (the outlet's name).
        link: where the whole story can be read already.
        outlet: name of the newsroom it is from.
        column: name of its column.
        signed_by: names of the reviewers who signed it off, in the order of the stages.
    """
    pictures = tuple(_picture(use, media) for use in version.media if use.role in ("cover", "body"))
    extras: Mapping[str, Any] = version.extras or {}
    body = body_html(version.body, pictures)
    text = plain(body)
    if version.ai_generated:
        body += f"<p>（{AI_LABEL}）</p>"
    return Article(
        fingerprint=fingerprint,
        title=one_line(version.title),
        author=one_line(version.author) or author,
        digest=one_line(version.digest) or text[:DIGEST_CHARS],
        html=body,
        text=text,
        pictures=pictures,
        tags=tuple(str(tag) for tag in version.tags),
        ai_generated=version.ai_generated,
        link=link,
        guid=f"{SCHEME}:story:{version.story_id}",
        version=version.number or 1,
        filed_at=version.filed_at,
        outlet=one_line(outlet),
        column=one_line(column),
        place=one_line(extras.get("place", "")),
        source=one_line(extras.get("source", "")),
        titles={channel: one_line(title) for channel, title in extras.get("titles", {}).items()},
        videos=tuple(_clip(use, media) for use in version.media if use.role == "video"),
        card=_card(extras.get("card")),
        signed_by=tuple(one_line(name) for name in signed_by),
        embargo=datetime.fromisoformat(extras["embargo"]) if extras.get("embargo") else None,
        sounds=tuple(_recording(use, media) for use in version.media if use.role == "audio"),
    )


def _picture(use: StoryMedia, media: Path) -> Picture:
    return Picture(
        sha256=use.sha256,
        path=media / use.sha256,
        role=cast('Literal["cover", "body"]', use.role),
        name=use.name,
        alt=use.alt,
        credit=use.credit,
    )


def _recording(use: StoryMedia, media: Path) -> Recording:
    return Recording(
        sha256=use.sha256,
        path=media / use.sha256,
        name=use.name,
        mime=use.file.content_type,
        size_bytes=use.file.size_bytes,
        seconds=use.file.seconds,
        alt=use.alt,
        credit=use.credit,
    )


def _clip(use: StoryMedia, media: Path) -> Clip:
    return Clip(
        sha256=use.sha256,
        path=media / use.sha256,
        name=use.name,
        mime=use.file.content_type,
        size_bytes=use.file.size_bytes,
        seconds=use.file.seconds,
        width=use.file.width,
        height=use.file.height,
        credit=use.credit,
    )


def _card(said: Mapping[str, str] | None) -> ServiceCard | None:
    """The service card, if there is one with a link that a reader may be led to."""
    if not said or urlsplit(said["link"]).scheme not in CARD_SCHEMES:
        return None
    return ServiceCard(one_line(said["title"]), said["link"], one_line(said.get("benefit", "")))


def body_html(markdown: str, pictures: Sequence[Picture]) -> str:
    """Sanitised HTML; pictures the text names stand where it names them, other body pictures follow it."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    shown: set[str] = set()
    parser.add_render_rule("image", _image_rule(pictures, shown))
    made = parser.render(markdown)
    rest = [picture for picture in pictures if picture.role == "body" and picture.sha256 not in shown]
    made += "".join(f"<p>{_figure(picture, picture.alt)}</p>" for picture in rest)
    clean = nh3.clean(made, tags=set(TAGS), attributes=ATTRIBUTES, url_schemes={"http", "https", "mailto", SCHEME})
    return clean.strip()


def place_pictures(body: str, addresses: Mapping[str, str]) -> str:
    """`body` with the platform's addresses in place of `rongmei:SHA256`; pictures without one are left out."""

    def put(match: re.Match[str]) -> str:
        source = _PICTURE.search(match[0])
        address = addresses.get(source[1]) if source else None
        if source is None or address is None:
            return ""
        return match[0].replace(source[0], f'src="{html.escape(address)}"')

    return _IMG.sub(put, body)


def without_links(body: str) -> str:
    """`body` with the text of links but not the links (WeChat refuses them with 45166)."""
    return nh3.clean(
        body, tags=set(TAGS) - {"a"}, attributes={"img": {"src", "alt"}}, url_schemes={"http", "https", SCHEME}
    )


def plain(body: str) -> str:
    """The words of an HTML body on one line."""
    spaced = re.sub(r"</(p|h[1-6]|li|td|th|blockquote|pre)>|<br>", " ", body)
    return one_line(html.unescape(nh3.clean(spaced, tags=set())))


def one_line(text: str) -> str:
    """`text` without line breaks, control characters and marks that turn the direction of writing."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]", " ", text).split())


def _image_rule(pictures: Sequence[Picture], shown: set[str]) -> Callable[..., str]:
    by_name = {name: picture for picture in reversed(pictures) for name in (picture.sha256, picture.name)}

    def rule(_renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
        token = tokens[index]
        source = unquote(str(token.attrs.get("src", "")))
        picture = by_name.get(source) or by_name.get(urlsplit(source).path.rpartition("/")[2])
        if picture is None:
            # A picture of elsewhere was not reviewed and is not ours to show.
            return html.escape(token.content)
        shown.add(picture.sha256)
        return _figure(picture, token.content or picture.alt)

    return rule


def _figure(picture: Picture, alt: str) -> str:
    words = one_line(alt)
    caption = f"{words}（图/{one_line(picture.credit)}）" if picture.credit else words
    image = f'<img src="{SCHEME}:{picture.sha256}" alt="{html.escape(words)}">'
    return f"{image}<br><small>{html.escape(caption)}</small>" if caption else image
