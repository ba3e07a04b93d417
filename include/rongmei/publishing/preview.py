"""Shows how one story would look on every channel, side by side, with what each platform would object to.

Nothing is sent and no platform is asked: each channel renders its own version of the story as it does for publishing.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import nh3
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.accounts import Connect
from rongmei.channels import Article, Credential, Described, Picture, Post, describe
from rongmei.channels.pictures import MAX_PIXELS
from rongmei.channels.rendering import TAGS, one_line
from rongmei.clock import spoken
from rongmei.config import Account, Outlet, account_key
from rongmei.errors import BadInput, ChannelError
from rongmei.ledger import Edition, Ledger, Story, StoryVersion
from rongmei.publishing.articles import Articles
from rongmei.publishing.plan import Helpers, accounts_for, helpers_of

if TYPE_CHECKING:
    from rongmei.config import Plan

THUMBNAIL = (480, 480)
"""Pictures stand in the page once a channel, so they are small."""
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
DATA = "data:image/jpeg;base64,"
PLACE = "https://pictures.invalid/"
"""Where channels are told that pictures are: a data address in a body would count as text."""
FINGERPRINT = "rm" + "0" * 18
"""As long as a real one, because it counts in links."""
NEEDS = {"picture": "图片", "video": "视频"}
_SHOWN_TAGS = set(TAGS) | {"section", "div", "span", "figure", "figcaption"}
_LINKS = ("http://", "https://", "mailto:")
_NOBODY = Credential("", {})


@dataclass(frozen=True)
class Card:
    """One channel's version of the story.

    Attributes:
        accounts: the names readers see of all accounts it would go out on.
        title: plain text; some platforms take theirs as HTML.
        post: as the platform would get it; None where it cannot be made.
        body: safe HTML, pictures as data addresses; "" where the post is plain text.
        problems: why the platform would refuse it; must be mended before it can go out.
        remarks: what the preview could not know, and what is no mistake.
        skipped: the story will not be planned here, because it lacks what the channel needs.
    """

    channel: Described
    accounts: tuple[str, ...]
    title: str
    post: Post | None
    body: str = ""
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    skipped: bool = False


@dataclass(frozen=True)
class Preview:
    """The page and what an editor must mend: a line a problem, the channel's name in front."""

    html: str
    problems: tuple[str, ...]


def preview_story(
    ledger: Ledger, plan: Plan, story_id: int, *, media: Path, connect: Connect, now: datetime
) -> Preview:
    """The current version of a story on every channel of its campaign.

    Args:
        media: the media folder.
        connect: finds credentials; an account without one is shown with a remark instead of its own links.
        now: printed on the page, aware UTC.

    Raises:
        BadInput: there is no such story, or it has no version yet, or it is another campaign's.
    """
    with ledger.read() as session:
        story, version, edition = _find(session, plan, story_id)
        helpers = helpers_of(session, story)
    outlet = next((one.name for one in plan.cluster.outlets if one.id == story.outlet), story.outlet)
    made = Articles(ledger, plan, media, [version.id]).make(version.id, fingerprint=FINGERPRINT, author=outlet)
    addresses = ((picture.sha256, _data_address(picture)) for picture in made.pictures)
    pictures = {sha256: address for sha256, address in addresses if address}
    lost = tuple(one_line(picture.name) for picture in made.pictures if picture.sha256 not in pictures)
    cards = [
        _card(describe(channel), accounts, made, pictures, connect)
        for channel, accounts in _by_channel(plan, edition, story.outlet, helpers).items()
    ]
    cards.sort(key=lambda card: card.skipped)
    page = _templates().get_template("preview.html.j2")
    html = page.render(
        article=made,
        cards=cards,
        wrong=sum(1 for card in cards if card.problems),
        shown=sum(1 for card in cards if not card.skipped),
        lost=lost,
        outlet=outlet,
        campaign=plan.campaign.name,
        edition=edition.key,
        cover=pictures.get(made.cover.sha256, "") if made.cover else "",
        made_at=spoken(now),
        signed_off=story.state in ("signed_off", "corrected", "recalled"),
    )
    problems = [f"{card.channel.label}：{problem}" for card in cards for problem in card.problems]
    return Preview(html, (*(f"图片“{name}”打不开" for name in lost), *problems))


def _find(session: Session, plan: Plan, story_id: int) -> tuple[Story, StoryVersion, Edition]:
    story = session.get(Story, story_id)
    edition = session.get(Edition, story.edition_id) if story else None
    if story is None or edition is None or edition.campaign != plan.campaign.id:
        raise BadInput(f"没有稿件 #{story_id}", where=plan.campaign.name, mend="先看 rongmei stories list 期次")
    version = session.scalar(
        select(StoryVersion).where(StoryVersion.story_id == story.id, StoryVersion.content_hash == story.current_hash)
    )
    if version is None:
        raise BadInput(f"稿件 #{story_id} 还没有交来正文", mend="等媒体交稿后再预览")
    return story, version, edition


def _by_channel(plan: Plan, edition: Edition, author: str, helpers: Helpers) -> dict[str, list[tuple[Outlet, Account]]]:
    """The accounts of the campaign's rule by channel, the author's own first."""
    found: dict[str, list[tuple[Outlet, Account]]] = {}
    for outlet, account in accounts_for(plan.campaign, plan.cluster, edition, author, helpers):
        found.setdefault(account.channel, []).append((outlet, account))
    return found


def _card(
    channel: Described,
    accounts: Sequence[tuple[Outlet, Account]],
    made: Article,
    pictures: Mapping[str, str],
    connect: Connect,
) -> Card:
    names, title = tuple(one_line(account.handle) for _, account in accounts), made.title_for(channel.name)
    has = {name for name, there in (("picture", made.pictures), ("video", made.videos)) if there}
    missing = sorted(set(channel.capabilities.needs) - has)
    if missing:
        needs = "、".join(NEEDS[name] for name in missing)
        return Card(channel, names, title, None, remarks=(f"稿件没有{needs}，不会排到这个渠道",), skipped=True)
    credential, remarks = _credential(channel, accounts, connect)
    try:
        problems = channel.validate(made, credential) if credential else ()
        post = channel.render(made, credential or _NOBODY, {sha256: PLACE + sha256 for sha256 in pictures})
    except (ChannelError, BadInput) as problem:
        if credential is None:
            return Card(channel, names, title, None, remarks=(*remarks, f"没有凭据显示不出来：{problem}"))
        return Card(channel, names, title, None, problems=(str(problem),), remarks=remarks)
    return Card(channel, names, title, post, _harmless(post, pictures), (*problems, *_over(post, problems)), remarks)


def _over(post: Post, said: Sequence[str]) -> tuple[str, ...]:
    """What is longer than the platform takes, where that was not said already."""
    return tuple(
        f"{measure.name} {measure.used}，超过 {measure.limit}"
        for measure in post.measures
        if measure.used > measure.limit
        and not any(problem.startswith(measure.name) or str(measure.limit) in problem for problem in said)
    )


def _credential(
    channel: Described, accounts: Sequence[tuple[Outlet, Account]], connect: Connect
) -> tuple[Credential | None, tuple[str, ...]]:
    """The first account's that has one, and a remark for each that has none."""
    if channel.capabilities.kind == "handoff":
        return _NOBODY, ()
    found: list[Credential] = []
    remarks: list[str] = []
    for outlet, account in accounts:
        try:
            found.append(connect(outlet, account))
        except (ChannelError, BadInput) as problem:
            remarks.append(f"账号 {account_key(outlet, account)} 没有可用的凭据：{problem}")
    if not found:
        remarks.append("只核对了字数，链接没有显示；有了凭据再预览一次")
    return next(iter(found), None), tuple(remarks)


def _harmless(post: Post, pictures: Mapping[str, str]) -> str:
    """The body for the page: nothing runs, nothing is loaded from elsewhere.

    Args:
        pictures: data addresses by SHA-256.
    """

    def attribute(tag: str, name: str, value: str) -> str | None:
        if (tag, name) == ("img", "src"):
            return pictures.get(value.removeprefix(PLACE))
        if (tag, name) == ("a", "href"):
            return value if value.startswith(_LINKS) else None
        return value

    if post.form != "html":
        return ""
    return nh3.clean(
        post.body,
        tags=_SHOWN_TAGS,
        attributes={"a": {"href"}, "img": {"src", "alt"}},
        url_schemes={"http", "https", "mailto"},
        attribute_filter=attribute,
    )


def _data_address(picture: Picture) -> str:
    """The picture, small, as an address that needs no file; "" where it cannot be opened."""
    buffer = BytesIO()
    try:
        with Image.open(picture.path, formats=FORMATS) as image:
            if image.width * image.height > MAX_PIXELS:
                return ""
            image.draft("RGB", THUMBNAIL)
            shown = ImageOps.exif_transpose(image).convert("RGBA")
            shown.thumbnail(THUMBNAIL)
            flat = Image.new("RGB", shown.size, "white")
            flat.paste(shown, mask=shown.getchannel("A"))
            flat.save(buffer, "JPEG", quality=72)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, ValueError, SyntaxError):
        return ""
    return DATA + b64encode(buffer.getvalue()).decode()


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("rongmei.publishing"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
