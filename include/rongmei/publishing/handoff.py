"""Hand-off channels, where people publish: lays the package ready at the slot, and takes the address it came out at.

A package is written by one worker at a time: who is going to write it first puts the publication's `not_before` ahead,
so that nobody else finds it due meanwhile; a worker that dies leaves it due again.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from rongmei.channels import Article, Credential, HandOff, Package, Slip
from rongmei.channels.links import is_web_address
from rongmei.errors import BadInput, Refused, TryLater
from rongmei.ledger import Edition, Ledger, Publication, move, try_move
from rongmei.publishing import claims
from rongmei.publishing.articles import Articles
from rongmei.publishing.due import STALE_AFTER, Due
from rongmei.publishing.postponing import pause_for, put_off
from rongmei.publishing.runs import Run
from rongmei.publishing.standing import BY, OF_ONE_WAIT, without
from rongmei.publishing.verdicts import MAX_ID, MAX_URL, locked, owner_of

FOLDER = "folder"
FILES = "files"
HANDED_AT = "handed_at"
REMINDERS = "reminders"
VOID = "已作废-不要发布.txt"

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE | re.ASCII)
_NOBODY = Credential("", {})


def lay_out(run: Run, home: Path, articles: Articles, due: Sequence[Due]) -> Counter[str]:
    """Write the packages of one account's due publications; what became of each, `awaiting` when a person has it now.

    Args:
        home: the data folder; a package goes to `handoff/<account>/<publication id>` in it.
    """
    outcomes: Counter[str] = Counter()
    for one in due:
        outcomes.update(_lay_out_one(run, home / "handoff" / one.account / str(one.id), articles, one))
    return outcomes


def _lay_out_one(run: Run, folder: Path, articles: Articles, one: Due) -> Counter[str]:
    now = run.clock()
    with run.ledger.begin() as session:
        # People keep their distance themselves: the slots are apart.
        admission = claims.admit(session, run, [one.id], now=now, keep_distance=False)
        if not admission.rows:
            return admission.outcomes
        session.get_one(Publication, one.id).not_before = now + STALE_AFTER
    author = run.outlet_names.get(one.outlet, one.outlet)
    link = admission.links.get(one.id)
    article = articles.make(one.version_id, fingerprint=one.fingerprint, author=author, link=link)
    try:
        package = _written(cast("HandOff", run.handoff), article, one.account, folder, Slip(one.id, run.key))
    except Refused as error:
        return _settle(run, one.id, "failed", why=str(error), last_error=str(error))
    except OSError as error:
        problem = TryLater(f"写不进文件夹 {folder}：{error.strerror or type(error).__name__}，请管理员检查磁盘和权限")
        put_off(run, [one.id], pause_for(problem, attempt=1, now=run.clock()), now=run.clock())
        return Counter(postponed=1)
    return _settle(run, one.id, "awaiting_operator", why="材料已备好，等人工发布", package=package)


def _written(channel: HandOff, article: Article, account: str, folder: Path, slip: Slip) -> Package:
    problems = channel.validate(article, _NOBODY)
    if problems:
        raise Refused(f"{account}：{'；'.join(problems)}")
    folder.parent.mkdir(parents=True, exist_ok=True)
    return channel.package(article, folder, slip)


def _settle(
    run: Run,
    publication_id: int,
    state: str,
    *,
    why: str,
    last_error: str | None = None,
    package: Package | None = None,
) -> Counter[str]:
    now = run.clock()
    with run.ledger.begin() as session:
        publication = locked(session, publication_id)
        progress = without(publication.progress, *OF_ONE_WAIT)
        if package is not None:
            progress |= {FOLDER: str(package.folder), FILES: list(package.files), HANDED_AT: now.isoformat()}
        moved = try_move(
            session,
            publication,
            "scheduled",
            state,
            by=BY,
            why=why,
            now=now,
            not_before=None,
            last_error=last_error,
            progress=progress,
        )
    if moved:
        return Counter({state if package is None else "awaiting": 1})
    if package is not None:
        _note_void(str(package.folder), "备好时发布单已不在等待发布")
    return Counter()


def hand_over(ledger: Ledger, publication_id: int, *, url: str, by: str, now: datetime) -> str:
    """A person has published what was laid ready, at `url`; the state it is in now: `live`.

    Args:
        by: who says so.

    Raises:
        BadInput: it is not waiting for anybody, or the address cannot be the post's.
    """
    with ledger.begin() as session:
        publication = _awaiting(session, publication_id)
        rehearsal = session.get_one(Edition, publication.edition_id).rehearsal
        address = url.strip()
        if not is_live_address(address, rehearsal=rehearsal):
            raise BadInput(
                f"“{address[:100]}”不像发布后的网址",
                where=f"发布单 #{publication_id}",
                mend="粘贴读者打开文章看到的完整网址，http:// 或 https:// 开头",
            )
        external_id = address if len(address) <= MAX_ID else hashlib.sha256(address.encode()).hexdigest()
        if other := owner_of(session, publication, external_id):
            raise BadInput(
                f"这个网址已登记给发布单 #{other}", where=f"发布单 #{publication_id}", mend="核对地址是不是另一条的"
            )
        move(
            session,
            publication,
            "awaiting_operator",
            "live",
            by=by,
            why="人工发布",
            now=now,
            external_id=external_id,
            url=address,
            accepted_at=now,
            live_at=now,
            last_error=None,
        )
        return publication.state


def cancel_handoff(ledger: Ledger, publication_id: int, *, why: str, by: str, now: datetime) -> None:
    """Nobody shall publish what was laid ready; its folder says so from now on.

    Raises:
        BadInput: it is not waiting for anybody.
    """
    with ledger.begin() as session:
        publication = _awaiting(session, publication_id)
        withdraw(session, publication, why=why, by=by, now=now)


def withdraw(session: Session, publication: Publication, *, why: str, by: str, now: datetime) -> bool:
    """`awaiting_operator → cancelled`, with a note in the folder; whether it was waiting."""
    moved = try_move(session, publication, "awaiting_operator", "cancelled", by=by, why=why, now=now, last_error=why)
    folder = publication.progress.get(FOLDER)
    if moved and isinstance(folder, str):
        _note_void(folder, why)
    return moved


def _note_void(folder: str, why: str) -> None:
    # On another machine's disk there is nothing to write to; the ledger and the mails know all the same.
    with suppress(OSError):
        (Path(folder) / VOID).write_text(f"{why}\n", encoding="utf-8")


def is_live_address(url: str, *, rehearsal: bool) -> bool:
    """Whether readers could find a post there: http(s), a host with a public name, not too long.

    Args:
        rehearsal: the sandbox's own addresses will do.
    """
    if not 0 < len(url) <= MAX_URL or not is_web_address(url) or not url.isprintable() or " " in url:
        return False
    parts = urlsplit(url)
    with suppress(ValueError):
        return (parts.port is None or parts.port > 0) and (rehearsal or _is_public_name(parts.hostname or ""))
    return False


def _is_public_name(host: str) -> bool:
    with suppress(ValueError):
        ip_address(host)
        return False
    with suppress(UnicodeError):
        labels = host.encode("idna").decode("ascii").split(".")
        return len(labels) > 1 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdecimal()
    return False


def _awaiting(session: Session, publication_id: int) -> Publication:
    publication = session.get(Publication, publication_id, with_for_update=True)
    if publication is None or publication.state != "awaiting_operator":
        raise BadInput(
            f"发布单 #{publication_id} 不在等人工发布", mend="核对编号；只有备好材料、等人工发布的才能登记或取消"
        )
    return publication
