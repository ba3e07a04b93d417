"""Weibo (微博): posting by ``statuses/share`` and the reading interfaces, under ``/weibo``.

What this stand-in decided where the public documents are silent:

* errors carry ``error_code`` as an integer; HTTP 403 for what concerns the credential or the rate, 400 otherwise;
* no token 10006, an unknown one 21332, an expired one 21315;
* length is counted as Weibo's editor does: a URL counts 10, other characters 1, ASCII characters ½, rounded up;
* a ``#topic#`` or no URL at all is 10017; URLs, but none on a safe domain, 20018. The sandbox's own host is safe;
* the same text again is 20019 as long as the first is not deleted; more than ``posts_per_hour``, or two posts within
  ``min_interval_seconds``, is 20016; more than ``calls_per_hour`` is 10023;
* there is no review unless one is ordered: then the status is answered as always, but nobody is shown it before the
  review is over, nor ever if it is refused, and asking for it is 20101;
* ``oauth2/access_token`` takes ``code-<account id>`` as the code of an account.
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox import pages
from sandbox.platforms.weibo import posting, reading, tokens
from sandbox.platforms.weibo.base import NAME, SOURCE, WeiboLimits, error, identify, routes
from sandbox.wire import Call, Platform, code_number

__all__ = ["PLATFORM", "posting", "reading", "tokens"]


def _refuse_on_order(call: Call, code: str | None, message: str | None) -> Response:
    return error(call, code_number(code, 10001), message)


def _unrouted(call: Call, methods: frozenset[str] | None) -> Response:
    if methods is None and not call.path.startswith(("/2/", "/oauth2/")):
        return pages.render("missing.html", status=404, reason="没有找到这个页面", source=SOURCE)
    return error(call, 10020 if methods is None else 10021)


PLATFORM = Platform(
    name=NAME,
    title=SOURCE,
    routes=routes,
    limits=WeiboLimits,
    identify=identify,
    settle=posting.settle,
    refuse=_refuse_on_order,
    expired=lambda call: error(call, 21315),
    unrouted=_unrouted,
    words={"duplicate": ("20019", None), "sensitive": ("20021", None), "quota": ("10023", None)},
    publishing=frozenset({"POST /2/statuses/share.json"}),
)
