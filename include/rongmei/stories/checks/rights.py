"""版权: pictures and videos without a credit, or with the credit of somebody who asks for a licence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from rongmei.config.lists import Agencies, Agency
from rongmei.ledger import StoryMedia, StoryVersion
from rongmei.stories.checks.finding import Finding, what
from rongmei.stories.checks.matching import Terms, skeleton
from rongmei.stories.checks.parts import audios, listed, pictures, videos

# A description that says where the picture is from: 新华社发, 图源：网络.
_SOURCE: Final = re.compile(r"图源|来源|供图|[发摄](?:[)）]|$)")


def agency_terms(agencies: Agencies | None) -> Terms[Agency]:
    """The forms in which credits name the agencies."""
    entries = agencies.agencies if agencies else ()
    return Terms((skeleton(form)[0], entry, ()) for entry in entries for form in (entry.name, *entry.also))


def check_credits(version: StoryVersion) -> Iterator[Finding]:
    """Pictures and videos of which it is not said whose they are."""
    for code, message, files in (
        ("no_credit", "图片没有署名", pictures(version)),
        ("no_video_credit", "视频没有署名", videos(version)),
        ("no_audio_credit", "音频没有署名", audios(version)),
    ):
        if names := [media.name for media in files if not media.credit]:
            yield Finding(code, f"{message}：{listed(names)}", group="rights")


def check_rights(version: StoryVersion, agencies: Terms[Agency], day: date | None) -> Iterator[Finding]:
    """Credits — of files without one, descriptions that say where they are from — that name an agency of the list.

    Args:
        day: the day of publication; a licence that runs beyond it is enough.
    """
    for media in version.media:
        said = media.credit if media.credit or not _SOURCE.search(media.alt) else media.alt
        hit = next(agencies.find(skeleton(said)[0]), None)
        if hit and not (day and hit.entry.licensed_until and hit.entry.licensed_until >= day):
            yield _finding(media, hit.entry)


def _finding(media: StoryMedia, agency: Agency) -> Finding:
    name = f"{what(media)} {media.name} "
    if agency.kind == "unclear":
        message = f"{name}的署名“{agency.name}”没有说明是谁的作品：写明作者和授权，或换一张自采的"
        return Finding("unclear_rights", message, group="rights")
    ended = f"（授权到 {agency.licensed_until} 为止）" if agency.licensed_until else ""
    message = f"{name}注明来自“{agency.name}”，须有授权才能用{ended}：核对合同，或换一张自采的"
    return Finding("needs_licence", message, group="rights")
