"""From the ledger's words to a channel's: opens a line to an account by its name, and describes what is out there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from rongmei.accounts.credentials import Connect
from rongmei.channels import Line, Meter, Posted, describe, open_line
from rongmei.channels.quotas import with_limits
from rongmei.config import Cluster, account_key
from rongmei.errors import CredentialRefused
from rongmei.ledger import Publication


def open_account(
    cluster: Cluster,
    account: str,
    *,
    connect: Connect,
    clock: Callable[[], datetime],
    rehearsal: bool,
    meter: Meter | None = None,
) -> Line:
    """A line to the account `outlet/channel` of the cluster.

    Args:
        meter: counts against the account's quotas; None counts nothing.

    Raises:
        CredentialRefused: the cluster or the connection does not have it, or a rehearsal would reach real readers.
        TryLater: the credential cannot be looked up now.
    """
    for outlet, known in cluster.accounts():
        if account_key(outlet, known) == account:
            credential = connect(outlet, known)
            if rehearsal and not credential.sandbox:
                raise CredentialRefused(f"{account}：彩排只能用沙箱的账号，这个账号的连接却不是沙箱的")
            quotas = with_limits(describe(known.channel).capabilities.quotas, known.limits)
            return open_line(account, credential, clock, quotas, meter)
    raise CredentialRefused(f"集群文件里已没有账号 {account}")


def posted(publication: Publication) -> Posted:
    """The publication as its channel knows it."""
    taken_at = publication.accepted_at or publication.scheduled_at
    return Posted(
        external_id=publication.external_id or "",
        url=publication.url,
        title=publication.version.title,
        fingerprint=publication.fingerprint,
        accepted_at=taken_at,
        published_at=publication.live_at or taken_at,
        progress=dict(publication.progress),
    )
