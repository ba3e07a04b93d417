"""The signature of Bilibili's open platform, version 2.0: headers that carry an HMAC over themselves."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

METHOD = "HMAC-SHA256"
VERSION = "2.0"


def signed(
    body: bytes, *, client_id: str, client_secret: str, access_token: str, nonce: str, at: datetime
) -> dict[str, str]:
    """The headers of one call (protocol notes, section 6.2), without Content-Type.

    Args:
        body: the JSON exactly as it is sent; empty for GET and for multipart, whose body is not signed.
        nonce: never used twice (4004).
        at: the present moment; the platform allows 600 s (4003).
    """
    marks = {
        "X-Bili-Accesskeyid": client_id,
        "X-Bili-Content-Md5": hashlib.md5(body, usedforsecurity=False).hexdigest(),
        "X-Bili-Signature-Method": METHOD,
        "X-Bili-Signature-Nonce": nonce,
        "X-Bili-Signature-Version": VERSION,
        "X-Bili-Timestamp": str(int(at.timestamp())),
    }
    text = "\n".join(f"{name.lower()}:{marks[name]}" for name in sorted(marks, key=str.lower))
    seal = hmac.new(client_secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return {"Accept": "application/json", "Access-Token": access_token, "Authorization": seal, **marks}
