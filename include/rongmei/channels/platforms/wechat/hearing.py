"""What a letter from WeChat says about publications, and how far it may be believed.

* In plain mode (明文模式) the signature covers token, timestamp and nonce, not the body: whoever has seen one signed
  request may put another body under it for as long as the timestamp is fresh. So the event is only a hint that asking
  `freepublish/get` is worth while now, and a signature is good for the one body it first came with.
* In safe mode (安全模式), with EncodingAESKey in the connection, `msg_signature` covers the body, which is encrypted
  with a secret of the account: the event is the platform's own verdict. What is not sealed is refused then.
* In compatible mode (兼容模式) the sealed part of the body is read, the plain one never.

WeChat sends every message of the account's readers to the same address. They are answered `success`, which is what the
platform takes for "nothing to say to the reader", and are neither kept nor logged. What is not answered within 5 s is
sent again, three times in all, so an event that was heard is answered `success` however often it comes.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from rongmei.channels.base import Confirmation, Credential, Heard, Letter, Pending, WrongSignature
from rongmei.channels.platforms.wechat.callback import MAX_AGE, check_signature, envelope_of, read_event
from rongmei.channels.platforms.wechat.drafts import MAX_ARTICLES
from rongmei.channels.platforms.wechat.jobs import PUBLISHED, REFUSED, WITHDRAWN, Job, external_id_of, verdict
from rongmei.channels.platforms.wechat.sealing import opened

HEARS = frozenset({"text/xml", "application/xml"})
MAX_SIGNATURES = 4096
TAKEN = "success"
_ECHO = re.compile(r"[!-~]{1,256}")
_WHERE = "微信公众号的回调"


class Signatures:
    """Signatures that were good lately, each with the body it came with; in this process only, and not for ever.

    Several processes may each be shown one body under the same signature: what plain mode can bring about is a reading
    of the platform, so that is no more than a few readings.
    """

    def __init__(self, most: int = MAX_SIGNATURES) -> None:
        self._most = most
        self._known: OrderedDict[str, tuple[datetime, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def bind(self, signature: str, body: bytes, now: datetime) -> None:
        """Remember that the signature came with this body.

        Raises:
            WrongSignature: it came with another one before.
        """
        digest = hashlib.sha256(body).digest()
        with self._lock:
            # A timestamp may be as far ahead as it may be behind.
            while self._known and (len(self._known) > self._most or self._oldest() < now - 2 * MAX_AGE):
                self._known.popitem(last=False)
            _, before = self._known.setdefault(signature, (now, digest))
        if before != digest:
            raise WrongSignature("签名已经用在别的内容上", where=_WHERE, mend="查查谁在重放请求，或改用安全模式")

    def _oldest(self) -> datetime:
        return next(iter(self._known.values()))[0]


def hear(letter: Letter, credential: Credential, now: datetime, *, signatures: Signatures) -> Heard:
    """The answer to a letter and what it says of posts.

    Raises:
        WrongSignature, CredentialRefused: as `Hearing.hear`.
        UnreadableEvent: it is from WeChat and cannot be read.
    """
    query = letter.query
    check = partial(
        check_signature,
        credential.require("callback_token"),
        timestamp=query.get("timestamp", ""),
        nonce=query.get("nonce", ""),
        now=now,
    )
    if letter.method != "POST":
        # Plain in every mode: the console asks whether the address knows the token.
        check(signature=query.get("signature", ""))
        return Heard(_echo(query.get("echostr", "")))
    if key := credential.fields.get("callback_secret", ""):
        encrypted = envelope_of(letter.body)
        if not encrypted:
            raise WrongSignature("内容没有加密", where=_WHERE, mend="在公众号后台选“安全模式”，或去掉 callback_secret")
        check(signature=query.get("msg_signature", ""), encrypted=encrypted)
        job = read_event(opened(encrypted, key=key, appid=credential.require("appid")))
        return Heard(TAKEN, told=_verdicts(job) if job else {})
    check(signature=query.get("signature", ""))
    signatures.bind(query.get("signature", ""), letter.body, now)
    job = read_event(letter.body)
    return Heard(TAKEN, told=_hints(job) if job else {})


def _echo(echostr: str) -> str:
    if not _ECHO.fullmatch(echostr):
        raise WrongSignature("没有 echostr", where=_WHERE, mend="请在公众号后台提交服务器地址")
    return echostr


def _hints(job: Job) -> dict[str, Confirmation]:
    if job.status not in (PUBLISHED, *REFUSED, *WITHDRAWN):
        return {}
    news = Pending(f"微信通知：提交 {job.publish_id[:40]} 的结果是 {job.status}")
    return _each(job, dict.fromkeys(range(1, MAX_ARTICLES + 1), news))


def _verdicts(job: Job) -> dict[str, Confirmation]:
    unclear = Pending(f"微信通知：提交 {job.publish_id[:40]} 里有没通过的")
    return _each(job, {place: verdict(job, place) or unclear for place in range(1, MAX_ARTICLES + 1)})


def _each(job: Job, said: Mapping[int, Confirmation]) -> dict[str, Confirmation]:
    """By both ids that an article has: that of the submission before it is confirmed, that of the message after."""
    names = [job.publish_id, job.article_id] if job.article_id else [job.publish_id]
    return {external_id_of(name, place): what for name in names for place, what in said.items()}
