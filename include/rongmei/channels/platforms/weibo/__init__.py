"""Weibo (微博): one status a story by `statuses/share`, counts by `statuses/count`.

Protocol: open.weibo.com, as written down in the project's protocol notes, section 3. `statuses/share` is one call and
Weibo gives no key against doing it twice, so the text is kept before it is sent and looked for afterwards in
`statuses/user_timeline`: by the fingerprint in its link (`?rm=…`) or, because Weibo shows links as t.cn addresses, by
the same words. Weibo itself refuses the very same text (20019), which is taken as "it may be there already".

Weibo refuses `#topics#` through this interface, so a story's tags stand as plain words, where there is room.

Connection fields: `access_token`, `uid`, `safe_domain` (a registered 安全域名, or a page on one: the link of a story
that has no page of its own on a safe domain); optionally `safe_domains` (more of them, with commas; subdomains of a
safe domain are taken for safe, which Weibo does not say), `rip` (the operator's IP that Weibo asks for, default
127.0.0.1) and, for stand-ins, `pages_url` (where readers see the statuses, default the address of the interface).
"""

from rongmei.channels.base import Channel
from rongmei.channels.platforms.weibo.answers import base62
from rongmei.channels.platforms.weibo.channel import AI_MARK, WeiboChannel
from rongmei.channels.platforms.weibo.text import TEXT_UNITS

__all__ = ["AI_MARK", "CHANNELS", "TEXT_UNITS", "WeiboChannel", "base62"]

CHANNELS: tuple[Channel, ...] = (WeiboChannel(),)
