"""Takes in what a platform calls us with: settles, or asks sooner about, the publications that a letter speaks of.

How far a letter is believed is its channel's to say (`Hearing`). A verdict that is sealed end to end is written down
just as one that `confirm` has read, by the same function: `accepted` becomes `live` or `failed`. Everything else is a
hint: the publication is due to be asked about now instead of later, and what `confirm` then reads decides.
So the worst a forged or repeated letter can bring about is a few readings of the platform. Nothing here calls a
platform, sends, takes down or approves anything.

A platform may keep one address for an app that serves many accounts (Douyin, Bilibili). A letter is believed about a
publication of another account if that account's own secret verifies it too.

What was heard stands beside the publication, so the same news counts once: on the second time, or after the reading
has decided, nothing changes. News of nothing known is answered as any other, or the platform would repeat it; that is
also what becomes of news that overtakes the answer to the very call that sent the post: `confirm` asks anyway.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.accounts import Connect
from rongmei.channels import Confirmation, Credential, Heard, Hearing, Letter, Pending, Rejected, describe
from rongmei.config import Account, Cluster, Outlet, account_key
from rongmei.errors import BadInput, CredentialRefused, Refused
from rongmei.ledger import Edition, Ledger, Publication
from rongmei.publishing import verdicts
from rongmei.publishing.confirm import record

HEARD = "heard"
"""The news that came of a publication (texts), in the order they came."""
MAX_NEWS = 8
"""A publication is settled or asked about sooner this often; then it takes its time."""
MAX_NEWS_CHARS = 200

_logger = logging.getLogger(__name__)


class WrongKind(BadInput):
    """The body is of a media type that the platform does not send."""


@dataclass(frozen=True)
class HeardSummary:
    """What became of the publications that a letter spoke of.

    Attributes:
        live, failed: by the platform's sealed word.
        sooner: due to be asked about now.
        known: nothing was left to do.
    """

    live: int = 0
    failed: int = 0
    sooner: int = 0
    known: int = 0


def hear(
    ledger: Ledger,
    clusters: Iterable[Cluster],
    account: str,
    letter: Letter,
    *,
    connect: Connect,
    rehearsal: bool,
    now: datetime,
) -> tuple[Heard, HeardSummary]:
    """Verify a letter that came to the address of `account` and take in what it says.

    Args:
        account: `outlet/channel`, as the address names it.
        rehearsal: whose publications it may speak of; a rehearsal hears the sandbox only.

    Returns:
        What to answer, and what was done.

    Raises:
        Refused: nobody listens there: no such account, no callback of that platform, or no secret to verify it with.
        WrongSignature: the letter is not from the platform.
        WrongKind, BadInput: it cannot be read.
        TryLater: the credential cannot be looked up now.
    """
    kind = account.rpartition("/")[2]
    channel, theirs = _listener(kind), _accounts(clusters, kind)
    credential_of = partial(_credential, theirs, connect=connect, rehearsal=rehearsal)
    credential = credential_of(account)
    if letter.method == "POST" and _media_type(letter) not in channel.hears:
        raise WrongKind("内容的类型不对", where=f"{account} 的回调")
    heard = channel.hear(letter, credential, now)
    spoken_of = _spoken_of(ledger, theirs, heard.told, rehearsal=rehearsal)
    told = {account: heard.told}
    for owner in {owner for _, owner, _ in spoken_of} - {account}:
        told[owner] = _told(channel, letter, partial(credential_of, owner), now)
    said = {number: told[owner][name] for number, owner, name in spoken_of if name in told[owner]}
    summary = _take_in(ledger, said, now)
    _tell(account, heard, summary)
    return heard, summary


def _listener(channel: str) -> Hearing:
    try:
        found = describe(channel)
    except BadInput:
        found = None
    if not isinstance(found, Hearing):
        raise Refused("没有这个渠道，或者它没有回调")
    return found


def _accounts(clusters: Iterable[Cluster], channel: str) -> dict[str, tuple[Outlet, Account]]:
    """The house's accounts on the channel."""
    pairs = (pair for cluster in clusters for pair in cluster.accounts())
    return {account_key(outlet, known): (outlet, known) for outlet, known in pairs if known.channel == channel}


def _credential(
    theirs: Mapping[str, tuple[Outlet, Account]], account: str, *, connect: Connect, rehearsal: bool
) -> Credential:
    if account not in theirs:
        raise CredentialRefused("集群文件里没有这个账号")
    credential = connect(*theirs[account])
    if credential.sandbox is not rehearsal:
        raise CredentialRefused(f"{account}：彩排只听沙箱的回调，正式发布只听平台的")
    return credential


def _media_type(letter: Letter) -> str:
    return letter.headers.get("content-type", "").partition(";")[0].strip().lower()


def _told(
    channel: Hearing, letter: Letter, credential: Callable[[], Credential], now: datetime
) -> Mapping[str, Confirmation]:
    """What the letter says to another account; nothing if it is not meant for it."""
    try:
        return channel.hear(letter, credential(), now).told
    except (BadInput, Refused):
        return {}


def _spoken_of(
    ledger: Ledger, accounts: Collection[str], names: Collection[str], *, rehearsal: bool
) -> list[tuple[int, str, str]]:
    """Publications of these accounts that have one of these external ids: (id, account, external id)."""
    if not names:
        return []
    with ledger.read() as session:
        rows = session.execute(
            select(Publication.id, Publication.account, Publication.external_id)
            .join(Edition, Edition.id == Publication.edition_id)
            .where(
                Publication.account.in_(accounts),
                Publication.external_id.in_(names),
                Edition.rehearsal == rehearsal,
            )
            .order_by(Publication.id)
        )
        return [(row.id, row.account, row.external_id) for row in rows]


def _take_in(ledger: Ledger, told: Mapping[int, Confirmation], now: datetime) -> HeardSummary:
    """Settle publications by what is said of them, in one transaction; nothing to settle takes none."""
    if not told:
        return HeardSummary()
    with ledger.begin() as session:
        done = Counter(_settle(session, publication_id, said, now) for publication_id, said in told.items())
    return HeardSummary(**done)


def _settle(session: Session, publication_id: int, said: Confirmation, now: datetime) -> str:
    publication = verdicts.locked(session, publication_id)
    news, before = _news_of(said), publication.progress.get(HEARD) or []
    if publication.state != "accepted" or news in before or len(before) >= MAX_NEWS:
        return "known"
    publication.progress = {**publication.progress, HEARD: [*before, news]}
    publication.not_before = min(now, publication.not_before or now)
    session.flush()
    if isinstance(said, Pending):
        return "sooner"
    became = record(session, publication_id, said, now=now)
    return became if became in ("live", "failed") else "sooner"


def _news_of(said: Confirmation) -> str:
    if isinstance(said, Pending):
        news = said.why
    else:
        news = f"退回：{said.why}" if isinstance(said, Rejected) else f"公开：{said.external_id}"
    return news[:MAX_NEWS_CHARS]


def _tell(account: str, heard: Heard, summary: HeardSummary) -> None:
    """The log's line; letters that say nothing of posts (readers' messages) leave none."""
    if summary == HeardSummary():
        if heard.told:
            _logger.info("%s 的回调说的不是这里发的：%r", account, sorted(heard.told)[:MAX_NEWS])
        return
    said = (account, summary.live, summary.failed, summary.sooner, summary.known)
    _logger.info("%s 的回调：公开 %d，退回 %d，提前查询 %d，早已办妥 %d", *said)
