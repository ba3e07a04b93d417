"""What the rooms of publishing agree on: which states stand in the way of what, which version may go out, what is kept.

The names under which the house keeps its own facts in `Publication.progress` stand here, beside the platforms' there.
"""

from __future__ import annotations

from typing import Any

from rongmei.channels import Capabilities, all_channels
from rongmei.ledger import Story, StoryVersion

BY = "rongmei"
OUTDATED = "稿件已改，这一版不再是签发的版本"

APPROVED = ("signed_off", "corrected")
"""A story in one of these states goes out with the version that it names as its current one."""
STANDING = ("scheduled", "sending", "unknown", "accepted", "live", "awaiting_operator")
"""A story that stands on an account in one of these states is not planned there a second time."""
GIVEN_UP = ("cancelled", "failed", "missed")
"""One in these states makes room for another version of the story."""
SENT = ("sending", "unknown", "accepted", "live", "recalled")
"""An account's last post is the last one that was, or may have been, sent."""
COMING = ("scheduled", "sending", "unknown", "accepted")
"""A page in one of these states may still become visible."""

LEAVING = "leaving"
"""When the call that publishes was about to leave (ISO, aware): without it nothing can have gone out."""
SENDS = "sends"
"""How often it was about to."""
ALONE = "alone"
"""The bundle it stood in was refused as a whole, so it goes out by itself."""
WAITS_FOR = "waits_for"
"""What only a person can mend; `CREDENTIAL` is the one there is."""
CREDENTIAL = "credential"
PROPOSED = "proposed"
"""A later time (ISO, aware) that a person may accept: in this one's time the account's quota will not be back."""
RESCHEDULED = "rescheduled"
"""A person moved it, or a correction planned it: no run may be there when its time comes, so the sweep sends it."""
OF_ONE_WAIT = frozenset({LEAVING, WAITS_FOR, PROPOSED})
"""Facts about the last attempt or the present wait, which the next attempt does not inherit."""


def may_go_out(story: Story, version: StoryVersion) -> bool:
    """Whether this version is the one that was signed off, still."""
    return story.state in APPROVED and story.current_hash == version.content_hash


def without(progress: dict[str, Any], *names: str) -> dict[str, Any]:
    """`progress` without the facts of that name."""
    return {name: value for name, value in progress.items() if name not in names}


def page_channels() -> frozenset[str]:
    """Channels whose posts are pages that others link to."""
    return frozenset(name for name, channel in all_channels().items() if channel.capabilities.page)


def capabilities_of(channel: str) -> Capabilities | None:
    """What is known of a channel; None for one that the house no longer has."""
    known = all_channels().get(channel)
    return known.capabilities if known else None
