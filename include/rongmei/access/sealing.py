"""Signs what a link says and reads it again; needs neither database nor clock."""

from __future__ import annotations

import hashlib
import hmac
import re

from itsdangerous import BadSignature, Signer

TOKEN_CHARS = 120
"""No token of the house is longer; what is, is not looked at."""

_ID = re.compile(r"[0-9a-f]{32}")


class Sealer:
    """Makes and opens tokens of the form `id.signature`.

    The purpose is part of what is signed, so that a token for one door opens no other.

    Args:
        key: secret, at least 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Sealer()"

    def link_id(self, *what: str) -> str:
        """The id of the link for an occasion, 32 hexadecimal digits: the same occasion has the same, nobody else knows
        it."""
        said = "\x1f".join(what).encode()
        return hmac.new(self._key, b"link\x1f" + said, hashlib.sha256).hexdigest()[:32]

    def sender(self, address: str) -> str:
        """A name for where something came from that tells nobody the address: counting per sender needs no more."""
        return hmac.new(self._key, b"sender\x1f" + address.encode(), hashlib.sha256).hexdigest()

    def seal(self, purpose: str, link_id: str) -> str:
        """The token of a link."""
        return self._signer(purpose).sign(link_id).decode("ascii")

    def open(self, purpose: str, token: str) -> str | None:
        """The link's id; None for what this house did not sign for this purpose."""
        if len(token) > TOKEN_CHARS or not token.isascii():
            return None
        try:
            link_id = self._signer(purpose).unsign(token).decode("ascii")
        except BadSignature:
            return None
        return link_id if _ID.fullmatch(link_id) else None

    def _signer(self, purpose: str) -> Signer:
        return Signer(self._key, salt=f"rongmei.{purpose}", key_derivation="hmac", digest_method=hashlib.sha256)
