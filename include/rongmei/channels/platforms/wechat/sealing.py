"""Safe mode (安全模式): letters that are encrypted, and signed with what is encrypted in them.

Source: WeChat's published scheme for official accounts and its sample code. EncodingAESKey is 43 characters of base64,
which are an AES key of 32 bytes; CBC with the key's first 16 bytes in front, padded to 32 by PKCS#7; inside stand
16 random bytes, the length of the message (4 bytes, big end first), the message, the appid.
`msg_signature` is `sha1(sort(token, timestamp, nonce, Encrypt))`, so the message cannot be exchanged under it.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from rongmei.channels.platforms.wechat.callback import UnreadableEvent
from rongmei.errors import CredentialRefused

_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_BLOCK = 16
_HEAD = 20
_WHERE = "微信公众号的回调"


def opened(encrypted: str, *, key: str, appid: str) -> bytes:
    """The message in `encrypted`, whose signature was checked before.

    Args:
        key: the account's EncodingAESKey.
        appid: whose letters these are.

    Raises:
        CredentialRefused: the key is none.
        UnreadableEvent: it was not encrypted with this key, or for another account.
    """
    if not _KEY.fullmatch(key):
        raise CredentialRefused("账号连接里的 callback_secret 不是 43 个字符的 EncodingAESKey，请照公众号后台重填")
    padded = _decrypted(encrypted, base64.b64decode(key + "="))
    # Whatever may be wrong with padding and length, the appid does not stand at the end then.
    plain = padded[: -padded[-1]]
    length = int.from_bytes(plain[_BLOCK:_HEAD], "big")
    message, owner = plain[_HEAD : _HEAD + length], plain[_HEAD + length :]
    if not hmac.compare_digest(owner, appid.encode()):
        raise _unreadable()
    return message


def _decrypted(encrypted: str, key: bytes) -> bytes:
    try:
        data = base64.b64decode(encrypted, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or len(data) % _BLOCK:
        raise _unreadable()
    decryptor = Cipher(AES(key), CBC(key[:_BLOCK])).decryptor()
    return decryptor.update(data) + decryptor.finalize()


def _unreadable() -> UnreadableEvent:
    # One message for whatever was wrong: it tells nobody how far a forgery came.
    mend = "核对公众号后台与账号连接里的 EncodingAESKey、appid 是否相同"
    return UnreadableEvent("加密的内容解不开", where=_WHERE, mend=mend)
