"""Bilibili (哔哩哔哩) open platform: uploads, archives and figures, under ``/bilibili``.

``upload_url`` of an account's credentials is the upload host (openupos.bilivideo.com on the real platform), here
``/bilibili/openupos``; everything else is below ``base_url``, the interfaces of api.bilibili.com included.

What this stand-in decided where the public documents are silent (none of it is verified):

* refusals come with HTTP 200. Form is looked at first (4009, 4007 also on GET, 4000, 4005, 4006), then the app (4001),
  the time (4003), the body's MD5 (4008), the signature (4002), the nonce (4004), and last the access token (127000
  none, 127001 unknown or expired, 127004 another app's). A nonce counts as used once its signature was right;
* ``token`` takes ``code-<account id>`` as the code of an account; older access tokens stay valid beside newer ones;
* parts are of one size, ``part_bytes`` at most, but for a smaller last one (the official PHP demo cuts 8364032 bytes);
  a broken part or cover is 123008, a gap or a video that was not completed 123040, a file that is no MP4 or plays more
  than five hours 123006, a cover from elsewhere 123008;
* an ``upload_token`` may be submitted again: only 123015 (the same title within ``same_title_seconds``) and 123026
  stand between a client and a second archive;
* an archive waits with state -1 for ``review_polls`` calls of ``view`` or until ``review_seconds`` of sandbox time have
  passed, whichever is first; ``ptime`` is 0 and ``video_info`` empty until it is open. ``viewlist`` ends no review;
* editing a returned archive submits it again, editing an open one takes effect at once, editing one in review is
  123028. Deleted is 123005, another account's 123001;
* figures are cumulative and of this moment;
* events go to ``callback_url``, three attempts one after the other; what was not taken then is lost.
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox.platforms.bilibili import archives, reading, regions, review, tokens, uploads, webhooks
from sandbox.platforms.bilibili.base import (
    NAME,
    SOURCE,
    UPLOAD_PREFIX,
    BilibiliLimits,
    error,
    routes,
    unrouted,
)
from sandbox.platforms.bilibili.signing import identify
from sandbox.wire import Call, Platform, code_number

__all__ = ["PLATFORM", "archives", "reading", "regions", "review", "tokens", "uploads", "webhooks"]

# A video in one piece may have 100 MB; a little more, so that a larger one is told so.
_MAX_BODY_BYTES = 101 * 1024 * 1024


def _refuse(_call: Call, code: str | None, message: str | None) -> Response:
    return error(code_number(code, 4010), message)


PLATFORM = Platform(
    name=NAME,
    title=SOURCE,
    routes=routes,
    limits=BilibiliLimits,
    identify=identify,
    settle=review.settle,
    refuse=_refuse,
    expired=lambda _call: error(127001),
    unrouted=unrouted,
    words={"duplicate": ("123015", None), "sensitive": ("123024", None), "quota": ("127009", None)},
    publishing=frozenset({"POST /arcopen/fn/archive/add-by-utoken", "POST /arcopen/fn/archive/edit"}),
    connection=lambda _account, address: {"upload_url": address + UPLOAD_PREFIX},
    max_body_bytes=_MAX_BODY_BYTES,
)
