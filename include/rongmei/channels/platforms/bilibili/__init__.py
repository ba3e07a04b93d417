"""Bilibili (哔哩哔哩): one video archive (稿件) a story by the open platform.

Protocol: open.bilibili.com, as written down in the project's protocol notes, section 6; the private interfaces of the
web page are not used. The video goes up in parts of 8 MB to a host of its own, then the cover, then the one call that
submits the archive (`add-by-utoken`); the platform reviews it before readers see it.

What makes a post go out once here: the upload token and the number of finished parts are kept, so an interrupted upload
goes on where it stopped and the archive is submitted once; Bilibili gives no key against submitting twice and keeps no
field of ours, so title and description are kept before they are sent and looked for in `viewlist` when an answer is
lost. Two archives of one account with the same title and the same description after the same moment are the same story
version; which of its publications one belongs to is checked by whoever keeps them (an id is given out once).

Connection fields: `client_id`, `client_secret`, `access_token` (scopes ARC_BASE, ARC_DATA; valid until the account's
authorisation ends, then somebody authorises again); optionally `tid` (number of the section, 分区; without it the
section 社会 of 资讯 is looked up) and `upload_url` (the upload host, default https://openupos.bilivideo.com for the
official platform; a stand-in has to name its own). `client_secret` also verifies its events (see `webhooks`).

Not verified against the live platform: how long `viewlist` takes to show an archive and in what order, every `state`
but 0 and -2, how long an upload token lives, whether `complete` may be called twice, and how lengths are counted
(here: UTF-16 units, which never come out shorter).
"""

from rongmei.channels.platforms.bilibili.channel import BilibiliChannel

CHANNELS = (BilibiliChannel(),)
