"""Alipay life accounts (支付宝生活号): contents, messages to followers and figures, under ``/alipay``.

Everything is ``/alipay/gateway.do``, by POST or, where no file goes along, by GET; faults and the call log know a call
as ``/gateway.do/<method>``. Common parameters may stand in the query string or in the form. ``private_key`` and
``alipay_public_key`` of an account's credentials are base64 of DER (PKCS#8 and X.509) without header lines.

What this stand-in decided where the public documents are silent (none of it is verified):

* answers come with HTTP 200 and are signed over the value of ``<method>_response`` as it stands, escaped slashes
  included. A call without a known method or without an app is answered with ``error_response``, an app that nobody
  registered under the interface's own name (so clients captured it); neither carries a signature;
* a timestamp (Beijing time) more than ``clock_skew_seconds`` off is ``isv.invalid-timestamp``; only UTF-8 is spoken;
  empty parameters are not part of what is signed;
* detail codes in capitals (``INVALID_PARAMETER``, ``MESSAGE_NOT_EXIST`` …) are this sandbox's own words, under 40004;
  only ``PUB.MSG_BATCH_SD_OVER``, for more mass messages than ``total_sends_per_day``, is the platform's;
* a message is RUNNING for ``send_polls`` queries or until ``send_seconds`` of sandbox time have passed, whichever is
  first, then SUCCESS, or FAILURE where the review refuses it. ``message.query`` knows messages of all three kinds;
* an article of ``message.total.send`` whose ``url`` is a ``content_url`` of the account shows that content to the
  public; until then the address is a preview. ``content.modify`` changes what is already shown;
* covers are exactly 996×450; pictures of messages come from ``material.image.upload``, which takes no videos here;
* a second ``unique_msg_id`` or ``article_id`` is answered with the first message's id (``duplicates: refuse``: with a
  refusal); ``message.total.send`` has no such key and sends again;
* a recall takes effect at once, also on a message that is still RUNNING, and may be repeated; what was never sent
  (FAILURE) cannot be recalled;
* ``singlearticle`` lists articles by the day they were published with all figures up to yesterday's end,
  ``articlesummary`` and ``user.data`` count single days; days that are not over are left out;
* ``expired_token`` is 20001 ``aop.app-auth-token-time-out``: an app that acts for itself has no token to expire.
"""

from __future__ import annotations

from sandbox.platforms.alipay import contents, data, material, messages
from sandbox.platforms.alipay.base import GATEWAY, NAME, SOURCE, AlipayLimits, locate, routes
from sandbox.platforms.alipay.gateway import expired, identify, refuse_on_order, unrouted
from sandbox.wire import Platform

__all__ = ["PLATFORM", "contents", "data", "material", "messages"]

PLATFORM = Platform(
    name=NAME,
    title=SOURCE,
    routes=routes,
    limits=AlipayLimits,
    identify=identify,
    settle=messages.settle,
    refuse=refuse_on_order,
    expired=expired,
    unrouted=unrouted,
    words={
        "duplicate": ("MESSAGE_DUPLICATE", None),
        "sensitive": ("CONTENT_ILLEGAL", None),
        "quota": ("app-call-limited", None),
    },
    publishing=frozenset(
        f"{method} {GATEWAY}/alipay.open.public.{name}"
        for method in ("GET", "POST")
        for name in ("message.total.send", "content.publish", "life.msg.send")
    ),
    locate=locate,
)
