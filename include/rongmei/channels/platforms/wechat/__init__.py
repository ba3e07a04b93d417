"""WeChat Official Accounts (微信公众号): pictures, drafts of one to eight articles, freepublish, datacube.

Protocol: developers.weixin.qq.com, as written down in the project's protocol notes, section 1. Publications of one
account go out together as one message, 头条 first; a single one is a bundle of one. What makes each go out once:

* the draft's `media_id` is kept before `freepublish/submit`; a submitted draft leaves the draft box, so submitting the
  same one again cannot publish twice (`drafts` tells what follows for bundles that are settled one by one);
* a draft that is still in the box was certainly not published (`draft/get`), one that is published is found in
  `freepublish/batchget`, by the fingerprint in `content_source_url` (`?rm=…`) or by its cover's `thumb_media_id`,
  which belongs to this one publication.

One submission covers several publications, so their external ids are `<publish_id>:<place>` and, once it is published,
`<article_id>:<place>`; places count from 1. Published articles cannot be edited.

Connection fields: `appid`, `secret`; optionally `home` (http(s) page behind 阅读原文 where the story has none of its
own) and `title_limit`, `author_limit`, `digest_limit`, `content_limit` in characters (see `content`). For its callback
(see `hearing`): `callback_token`, the Token entered in the console beside the address, and for safe mode
`callback_secret`, its EncodingAESKey (so named because Airflow hides fields that are called secret).
"""

from rongmei.channels.base import Channel
from rongmei.channels.platforms.wechat.calls import TokenCache
from rongmei.channels.platforms.wechat.channel import WechatChannel

__all__ = ["CHANNELS", "TokenCache", "WechatChannel"]

CHANNELS: tuple[Channel, ...] = (WechatChannel(),)
