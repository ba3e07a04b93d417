"""Douyin's open platform (抖音开放平台): tokens, uploads, publishing, reading, hot lists, webhooks, under ``/douyin``.

What this stand-in decided where the public documents are silent or disagree:

* HTTP status is 200 always; interfaces below ``/api/douyin/v1`` say the new series of codes (28001003 …), all others
  the old one (2190002 …) where it has the code; ``/oauth/…`` has an envelope of its own (10002, 10008, 10010, 10013 …);
* no token, an unknown one and one of the wrong kind are 28001003. The seed's access and refresh tokens begin to count
  at their first use. Refreshing gives a new access token and lets the older ones live out their time; renewing a
  refresh token ends the old one, and 10020 comes after ``refresh_renewals`` times;
* ``oauth/access_token`` takes ``code-<account id>`` as the code of an account, and several accounts may share an app;
* 64-bit numbers (cursor, create_time, now, the totals) are JSON numbers, as the documents' examples show, not the
  strings that the SDK's types make of them;
* the video_id of ``upload_video`` is good for one ``create_video`` (``video_id_once``) and is not the video_id that
  this answers; item_ids have the length and the ``+``, ``/`` and ``=`` of real ones;
* ``complete`` ends an upload: done again it is 28001007, as anything else that does not exist is;
* every item waits ``review_seconds`` with video_status 4, then is 1, or 2 by order or for one of ``forbidden_words``;
  what is not public (private_status 1 and 2) is reviewed too but never shown to readers, and all its figures are 0;
* the same text may be published again; the platform has nothing against it;
* a film's cover is the one it was given, and "" without one; width and height are 0 where the file does not say;
* ``video_list`` and the comments give ``page_max`` rows at most, however many were asked for; its cursor is the place
  of the last row; items the account does not have are left out of ``video_data``;
* an ordered error of the new series is said in the series of the interface that is called;
* ``/data/external/item/<what>/`` counts whole Shanghai days up to yesterday, ``base`` the last 30 days up to now.

There is no delete below ``/api/douyin/v1`` in the SDK's contract, so there is none here beside ``/video/delete/``.
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox import pages
from sandbox.platforms.douyin import boards, publishing, reading, tokens, uploads, webhooks
from sandbox.platforms.douyin.base import NAME, V1, DouyinLimits, expired, identify, refuse, routes
from sandbox.wire import Call, Platform, code_number

__all__ = ["PLATFORM", "boards", "publishing", "reading", "tokens", "uploads", "webhooks"]

_INTERFACES = ("/api/", "/oauth/", "/video/", "/image/", "/data/", "/item/", "/hotsearch/")


def _refuse(call: Call, code: str | None, message: str | None) -> Response:
    return refuse(call, code_number(code, 28001005), message).response


def _unrouted(call: Call, methods: frozenset[str] | None) -> Response:
    if methods is None and not call.path.startswith(_INTERFACES):
        return pages.render("missing.html", status=404, reason="没有找到这个页面", source="抖音")
    return refuse(call, 28001017).response


PLATFORM = Platform(
    name=NAME,
    title="抖音",
    routes=routes,
    limits=DouyinLimits,
    identify=identify,
    settle=publishing.settle,
    refuse=_refuse,
    expired=expired,
    unrouted=_unrouted,
    words={
        # The platform has no code for what it has already, nor for a word it does not like: so it words a general one.
        "duplicate": ("28001007", "请勿重复发布相同内容"),
        "sensitive": ("28001052", "内容含有敏感信息，请修改后再试"),
        "quota": ("28003017", None),
    },
    publishing=frozenset(
        f"POST {path}"
        for path in ("/video/create", "/image/create", f"{V1}/video/create_video", f"{V1}/video/create_image_text")
    ),
    # A film in one request, 128 MB, and what a multipart body has around it.
    max_body_bytes=130 * 1024 * 1024,
)
