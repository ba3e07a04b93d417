"""Douyin (抖音): a film or a set of pictures a story, over the open platform.

Protocol: open.douyin.com (`/api/douyin/v1/video/…`), field names from the platform's own npm SDK, as written down in
the project's protocol notes, section 4.

Connection fields: `open_id`, `access_token`; optionally `refresh_token` and `client_key`, by which an expired token is
renewed (in memory only); `client_secret`, by which webhooks are verified (see `webhooks`).
"""

from __future__ import annotations

from rongmei.channels.platforms.douyin.channel import DouyinChannel
from rongmei.channels.platforms.douyin.webhooks import (
    Challenge,
    VideoCreated,
    read_webhook,
    verify_webhook,
)

CHANNELS = (DouyinChannel(),)

__all__ = ["CHANNELS", "Challenge", "DouyinChannel", "VideoCreated", "read_webhook", "verify_webhook"]
