"""Kuaishou's open platform (快手开放平台): tokens, the upload gateway, publishing and reading, under ``/kuaishou``.

What this stand-in decided where the public documents are silent or disagree:

* HTTP status is 200 always; content errors are the newer codes (100120001 …, 100100400, 100100402), not 120001 … and
  100400; the names in ``error`` are OAuth's, the texts in ``error_msg`` those of the platform's table;
* app_id and access_token must both be there (100200100), know each other (100200102) and, for a scope the user did not
  give, 100200106 is said. The seed's access and refresh tokens begin to count at their first use. A refresh gives two
  new tokens and lets the older ones live out their time;
* ``oauth2/access_token`` takes ``code-<account id>`` as the code of an account, and several accounts may share an app;
* the ``endpoint`` of ``start_upload`` is the host and port by which the caller reached the sandbox, without a path:
  ``http://{endpoint}/api/upload…`` answers at the sandbox's root, and below ``/kuaishou`` too;
* an upload token is good for ``upload_seconds`` (a day) and for one film (``upload_token_once``); completing an upload
  again is granted; ``resume`` names its field ``fragment_index``;
* ``caption`` and ``cover`` must both be there; ``create_time`` is in milliseconds;
* a film is ``pending`` for ``review_seconds``; refused by order or for one of ``forbidden_words`` it is 100120003 from
  then on, and in no list;
* the same caption may be published again; the platform has nothing against it;
* more than ``posts_per_day`` in a Shanghai day, or two within ``min_interval_seconds``, is 100100402.
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox import pages
from sandbox.platforms.kuaishou import photos, tokens, uploads
from sandbox.platforms.kuaishou.base import (
    BAD_PARAMETER,
    BROKEN,
    EXPIRED,
    NAME,
    NOT_PUBLISHED,
    TOO_OFTEN,
    KuaishouLimits,
    error,
    identify,
    routes,
)
from sandbox.wire import Call, Platform, code_number

__all__ = ["PLATFORM", "photos", "tokens", "uploads"]


def _refuse(_call: Call, code: str | None, message: str | None) -> Response:
    return error(code_number(code, BROKEN), message)


def _unrouted(call: Call, methods: frozenset[str] | None) -> Response:
    if methods is None and not call.path.startswith(("/openapi/", "/oauth2/", "/api/")):
        return pages.render("missing.html", status=404, reason="没有找到这个页面", source="快手")
    return error(BAD_PARAMETER, "没有这个接口" if methods is None else "请求方法不支持")


PLATFORM = Platform(
    name=NAME,
    title="快手",
    routes=routes,
    limits=KuaishouLimits,
    identify=identify,
    settle=photos.settle,
    refuse=_refuse,
    expired=lambda _call: error(EXPIRED),
    unrouted=_unrouted,
    words={
        # The platform has no code for what it has already, nor for a word it does not like: so it words a general one.
        "duplicate": (str(BAD_PARAMETER), "请勿重复发布相同内容"),
        "sensitive": (str(NOT_PUBLISHED), "内容含有敏感信息"),
        "quota": (str(TOO_OFTEN), None),
    },
    publishing=frozenset({"POST /openapi/photo/publish"}),
    also_at=("/api",),
)
