"""A newsroom's own site or app (网站): media, post and numbers over the WordPress REST API (`wp/v2`).

Protocol: developer.wordpress.org/rest-api, as written down in the project's protocol notes, section 11. The post is
laid down as a draft first and its id kept; the one call that publishes sets that draft's `status` to `publish`, which
does nothing when it is done twice. Its slug is the fingerprint, so a draft whose id was lost is found again.

The column a story runs under is the post's category, its tags are the post's tags; both are made where the site does
not have them. A live post is corrected in place, and taken down into the trash, or back into a draft where the site
has no trash: what is deleted for good (`force=true`) nobody could bring back.

Connection: base_url is the site's address; fields `username` and `password` (an application password).
WordPress itself counts no readers: `views`, `likes` and `comments` are read from the post's `meta`, where common
statistics plugins put them.
"""

from rongmei.channels.base import Channel
from rongmei.channels.platforms.wordpress.channel import WordpressChannel

__all__ = ["CHANNELS", "WordpressChannel"]

CHANNELS: tuple[Channel, ...] = (WordpressChannel(),)
