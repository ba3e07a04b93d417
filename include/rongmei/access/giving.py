"""Writes the house's links as addresses, where the installation has one that people outside can reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from rongmei.access.keys import link_key
from rongmei.access.links import address, issue
from rongmei.access.sealing import Sealer
from rongmei.errors import BadInput
from rongmei.settings import Settings


@dataclass(frozen=True)
class Links:
    """The links of this installation.

    Attributes:
        base_url: where people outside reach it, without a slash at the end.
    """

    base_url: str
    sealer: Sealer

    def give(
        self,
        session: Session,
        purpose: str,
        subject: str,
        *,
        outlet: str | None = None,
        by: str,
        now: datetime,
        expires_at: datetime,
        link_id: str | None = None,
    ) -> str:
        """Hand out a link, see `issue`; its address."""
        token = issue(
            session,
            self.sealer,
            purpose,
            subject,
            outlet=outlet,
            by=by,
            now=now,
            expires_at=expires_at,
            link_id=link_id,
        )
        return address(self.base_url, purpose, token)

    def again(self, purpose: str, link_id: str) -> str:
        """The address of a link that was handed out before."""
        return address(self.base_url, purpose, self.sealer.seal(purpose, link_id))


def links_of(settings: Settings) -> Links | None:
    """The links of an installation; None where nobody outside can reach it (no `RONGMEI_BASE_URL`).

    Raises:
        BadInput: the address is none, or the signing key cannot be used.
    """
    if settings.base_url is None:
        return None
    parts = urlsplit(settings.base_url)
    sound = parts.scheme in {"http", "https"} and parts.hostname and settings.base_url.isprintable()
    if not sound or "@" in parts.netloc or parts.query or parts.fragment or " " in settings.base_url:
        mend = "写成 https://主机名[:端口]，不带用户名和参数"
        raise BadInput("不是可用的网址", where="环境变量 RONGMEI_BASE_URL", mend=mend)
    return Links(settings.base_url.rstrip("/"), Sealer(link_key(settings.home)))
