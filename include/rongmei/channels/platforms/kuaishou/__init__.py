"""Kuaishou (快手): one film a story, over the open platform.

Protocol: open.kuaishou.com, as written down in the project's protocol notes, section 5; what `resume` answers, the page
cursor and the size of fragments are from the platform's own Java SDK.

Connection fields: `app_id`, `access_token`; optionally `app_secret` and `refresh_token`, by which an expired token is
renewed (in memory only), and `upload_scheme` (`http`, as the documents say, or `https` for the host that takes films).
"""

from __future__ import annotations

from rongmei.channels.platforms.kuaishou.channel import KuaishouChannel

CHANNELS = (KuaishouChannel(),)

__all__ = ["CHANNELS", "KuaishouChannel"]
