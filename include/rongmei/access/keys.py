"""The key that signs the house's links: from the environment, else a file made when it is first needed."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from rongmei.errors import BadInput

VARIABLE = "RONGMEI_LINK_KEY"
SHORTEST = 32
"""Characters; a shorter key could be guessed."""


def link_key(home: Path) -> bytes:
    """The signing key: `RONGMEI_LINK_KEY`, or `keys/links` under `home`, readable for its owner only.

    Several machines share one key through the environment. Taking another key makes every link handed out before void.

    Raises:
        BadInput: the key is too short, or the file can be neither read nor written.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if given:
        return _checked(given, VARIABLE)
    file = home / "keys" / "links"
    try:
        if not file.exists():
            _make(file)
        return _checked(file.read_text("ascii").strip(), "数据文件夹里的 keys/links")
    except (OSError, UnicodeError) as problem:
        what = f"读写不了签名密钥（{type(problem).__name__}）"
        raise BadInput(what, where="数据文件夹里的 keys/links", mend=f"核对权限，或设置环境变量 {VARIABLE}") from None


def _make(file: Path) -> None:
    """Two processes may come here together: the file appears whole, and the first one stays."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f".{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(secrets.token_urlsafe(48))
        try:
            os.link(draft, file)
        except FileExistsError:
            return
    finally:
        draft.unlink()


def _checked(key: str, where: str) -> bytes:
    if len(key) < SHORTEST:
        raise BadInput(f"签名密钥不足 {SHORTEST} 个字符", where=where, mend="换成随机的长密钥")
    return key.encode()
