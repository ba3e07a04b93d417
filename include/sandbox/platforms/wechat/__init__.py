"""WeChat Official Accounts (微信公众号): tokens, material, drafts, publishing and datacube, under ``/wechat``.

What this stand-in decided where the public documents are silent or disagree:

* the newest token of ``/cgi-bin/token`` is the only valid one at once (``token_overlap_seconds`` gives a grace
  period); tokens of ``/cgi-bin/stable_token`` live beside it;
* an unknown token is 40014, a superseded one 40001, an expired one 42001, none at all 41001;
* ``force_refresh`` within 30 seconds of the last one is 45011, more than 20 a day 45009;
* titles may have 32 characters (``title_max``), as the current official page says;
* ``freepublish/submit`` answers ``publish_id`` and ``msg_data_id`` as integers; the draft leaves the box at once,
  also when the review then refuses it; ``freepublish/get`` answers status 1 for ``publish_polls`` polls or until
  ``publish_seconds`` of sandbox time have passed, whichever is first;
* an order ``review_rejected`` refuses the articles whose places its ``code`` lists ("2" or "1,3"), all without one;
  ``fail_idx`` names them, and nothing of the message is published;
* ``getarticletotal`` and ``getarticletotaldetail`` are cumulative per ``stat_date`` (7 and 30 days at most),
  ``getarticleread``, ``getarticleshare`` and ``getarticlesummary`` are the day's own figures;
* sound and films are known by their first bytes, and no sound is too long; ``media/get`` answers with the file, for a
  film with its address; the address list has the sandbox's own alone;
* readers and followers are counted by whole days (``getuserreadhour``: hours), all sources in one record and each in
  its own; days and hours without a reader are left out;
* pictures sent to ``uploadimg`` are shown by the sandbox itself, so their URL begins with the sandbox's address.
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox.platforms.wechat import datacube, drafts, material, media, publishing, readership, tokens
from sandbox.platforms.wechat.base import WeChatLimits, error, identify, routes, unrouted
from sandbox.wire import Call, Platform, code_number

__all__ = ["PLATFORM", "datacube", "drafts", "material", "media", "publishing", "readership", "tokens"]


def _refuse(_call: Call, code: str | None, message: str | None) -> Response:
    return error(code_number(code, -1), message)


PLATFORM = Platform(
    name="wechat",
    title="微信公众号",
    routes=routes,
    limits=WeChatLimits,
    identify=identify,
    settle=publishing.settle,
    refuse=_refuse,
    expired=lambda _call: error(42001),
    unrouted=unrouted,
    words={"duplicate": ("45065", None), "sensitive": ("87014", None), "quota": ("45009", None)},
    publishing=frozenset({"POST /cgi-bin/freepublish/submit"}),
)
