"""Stories that outlets mail: a mail's files land in its outlet's drop folder, once, and the sender gets a receipt.

A mail counts when its sender's address is one of an outlet's in the cluster file, and it names the task it answers. The
address alone proves little: where the mailbox's own server checks senders and is named (`authserv`), a mail that failed
its check is not taken; without such a server, listed senders are believed. Mails are marked as done, never deleted.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from rongmei.config import Campaign, Cluster, Outlet
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Mail
from rongmei.mail import Attachment, Mailbox, Received, Transport, deliver, message, plain_lines, queue, sender_address
from rongmei.settings import Settings
from rongmei.stories.arrivals import TEXTS, Arrival, Limits, arrival_name, arriving, limits_of
from rongmei.stories.pages import render
from rongmei.text.normalise import clean_line

FLAG: Final = "RongmeiStories"
"""Marks a mail that was looked at here; pitches in the same mailbox have a mark of their own."""
MAILS: Final = "mailed:"
"""What the keys of the receipts begin with."""
MAX_BODY: Final = 20_000
_TASK: Final = re.compile(r"任务(?:编号)?\s*[#＃：: ]{0,3}\s*0*([1-9]\d{0,8})(?!\d)")
_LINE: Final = re.compile(rf"^\s*{_TASK.pattern}\s*$", re.MULTILINE)
_OURS: Final = re.compile(r"\s*(?:(?:re|fwd?|答复|转发|回复)\s*[:：]\s*)*(?:交稿|来稿|稿件)", re.IGNORECASE)


@dataclass(frozen=True)
class MailedSummary:
    """What one look into the mailbox did.

    Attributes:
        filed: files that are in a drop folder now; `refused`: files that are not, each with its reason in the receipt.
        queued: receipts put into the outbox.
        problems: mails that a person should know of, a line each.
    """

    filed: int = 0
    refused: int = 0
    queued: int = 0
    problems: tuple[str, ...] = ()


@dataclass
class _Bag:
    """One look at work."""

    ledger: Ledger
    cluster: Cluster
    settings: Settings
    limits: Limits
    now: datetime
    filed: int = 0
    refused: int = 0
    queued: int = 0
    problems: list[str] = field(default_factory=list)

    def take(self, received: Received, outlet: Outlet, task: int) -> None:
        """Put the files of one mail away, and answer."""
        key = f"{MAILS}{hashlib.sha256(received.message_id.encode()).hexdigest()[:40]}"
        with self.ledger.read() as session:
            if session.scalar(select(Mail.id).where(Mail.key == key)) is not None:
                return
        root = self.settings.inbox(rehearsal=False) / "stories" / outlet.id
        folder = f"{task} 邮件{key.removeprefix(MAILS)[:8]}"
        landed, refused = _land(root, folder, received.attachments, self.limits)
        refused += [(problem, "减小附件，或分几封邮件发送") for problem in received.problems]
        if not any(Path(name).suffix.lower() in TEXTS for name in landed):
            refused.append(("没有收到文稿", "附上 Word 文档（.docx）、网页或 Markdown；文字写在邮件正文里收不了"))
        self.filed += len(landed)
        self.refused += len(refused)
        subject = f"收稿回执：任务 #{task}，收下 {len(landed)} 个文件" + ("，有问题" if refused else "")
        content = {
            "subject": subject,
            "outlet": outlet,
            "task": task,
            "mailed": clean_line(received.subject, 80),
            "landed": landed,
            "refused": refused,
        }
        receipt = message(
            subject,
            render("mailed.html", **content),
            render("mailed.txt", **content),
            sender=sender_address(),
            to=received.sender,
        )
        with self.ledger.begin() as session:
            self.queued += queue(session, key=key, recipient=received.sender, message=receipt, now=self.now)


def take_mail(
    ledger: Ledger,
    cluster: Cluster,
    campaigns: Iterable[Campaign],
    mailbox: Mailbox,
    *,
    settings: Settings,
    now: datetime,
) -> MailedSummary:
    """Look through what is new in the mailbox; a mail again, by its Message-ID, does nothing.

    A mail that names no task, or comes from nobody's address, is left to people and to other readers of the mailbox.

    Args:
        campaigns: those of the cluster, for the largest files that are taken.

    Raises:
        TryLater, CredentialRefused, BadInput: the mailbox cannot be read; what was read before is kept.
        Full: there is no room; the mail comes again.
    """
    outlets = _senders(cluster)
    bag = _Bag(ledger, cluster, settings, limits_of(campaigns), now)
    for received in mailbox.messages():
        outlet, task = outlets.get(received.sender), task_of(received)
        if outlet is not None and task and not received.automatic:
            if received.authentic is False:
                what = (
                    f"{received.sender} 的邮件“{clean_line(received.subject, 60)}”没有通过发件验证，可能是冒名，没有收"
                )
                bag.problems.append(f"{what}：请打电话向{outlet.name}核实")
            else:
                bag.take(received, outlet, task)
        mailbox.done(received)
    return MailedSummary(bag.filed, bag.refused, bag.queued, tuple(bag.problems))


def post_receipts(ledger: Ledger, *, transport: Transport, clock: Callable[[], datetime]) -> None:
    """Send the receipts that lie in the outbox.

    Raises:
        CredentialRefused: the mail server takes nothing from us; they stay in the outbox.
    """
    waiting = select(Mail.key).where(Mail.key.startswith(MAILS), Mail.state.in_(("pending", "sending")))
    with ledger.read() as session:
        keys = list(session.scalars(waiting.order_by(Mail.id)))
    if keys:
        deliver(ledger, transport, keys=keys, clock=clock)


def task_of(received: Received) -> int | None:
    """The task that a mail answers: named in its subject, or on a line of its own in its text; None for no story."""
    named = _TASK.search(received.subject) or _LINE.search(plain_lines(received.text, MAX_BODY))
    if named is None and _OURS.match(received.subject):
        named = re.search(r"#?\s*([1-9]\d{0,8})(?!\d)", received.subject)
    return int(named[1]) if named else None


def _senders(cluster: Cluster) -> dict[str, Outlet]:
    """Address in lower case → the outlet that mails from it; an address of several is nobody's."""
    claims: defaultdict[str, list[Outlet]] = defaultdict(list)
    for outlet in cluster.outlets:
        for address in {outlet.contact_email.lower(), *(one.lower() for one in outlet.senders)}:
            claims[address].append(outlet)
    return {address: outlets[0] for address, outlets in claims.items() if len(outlets) == 1}


def _land(
    root: Path, folder: str, files: Iterable[Attachment], limits: Limits
) -> tuple[list[str], list[tuple[str, str]]]:
    """The names of the files that are in the drop folder now, texts last, and what is wrong with the others."""
    refused: list[tuple[str, str]] = []
    arrivals: list[Arrival] = []
    with ExitStack() as stack:
        for file in files:
            try:
                name = arrival_name(f"{folder}/{file.name}")
                arrival = stack.enter_context(arriving(root, name, limits, expected=len(file.content)))
                arrival.write(file.content)
                arrival.look()
            except BadInput as problem:
                refused.append((f"{clean_line(file.name, 60)}：{problem.what}", problem.mend or ""))
            else:
                arrivals.append(arrival)
        arrivals.sort(key=lambda one: one.name.suffix.lower() in TEXTS)
        return [arrival.land().name.rpartition("/")[2] for arrival in arrivals], refused
