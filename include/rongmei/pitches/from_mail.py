"""Takes in what outlets mail: each mail once, from an address that the cluster file names, by way of the ledger."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from rongmei.config import Cluster, MailboxSource
from rongmei.errors import BadInput, CredentialRefused, TryLater
from rongmei.ledger import Submission
from rongmei.mail import LOOK_BACK, ImapMailbox, Mailbox, Received
from rongmei.pitches.directory import Directory
from rongmei.pitches.from_submissions import take_submissions
from rongmei.pitches.harvest import Harvest
from rongmei.pitches.sources.base import RawPitch, Rejected
from rongmei.pitches.sources.mailbox import is_for, is_story, read_mail
from rongmei.pitches.store import AUTHOR_LIMIT, PLACE_LIMIT, insert_if_new
from rongmei.text.normalise import clean_line

SETTING = "RONGMEI_IMAP"
NAMED = 5
"""So many unknown senders are named in the report; all of them are counted."""


def take_mail(harvest: Harvest, source: MailboxSource, mailbox: Mailbox | None) -> int:
    """Read what is new in the mailbox into the ledger, and make pitches of it; how many pitches were merged.

    A mail is written down before it is marked as done, so that none is lost, and is known by its Message-ID, so that
    none counts twice. A rehearsal leaves the real mailbox alone. A mailbox that cannot be read is reported; what was
    read before becomes pitches all the same.
    """
    if mailbox is not None or not harvest.edition.rehearsal:
        try:
            with _opened(harvest, source, mailbox) as opened:
                _Reader(harvest, source).read(opened)
        except TryLater as error:
            harvest.later.append(error)
        except CredentialRefused as error:
            mend = f"管理员核对 {SETTING} 里的用户名和授权码"
            harvest.rejected.append(Rejected(source.id, source.name, str(error), mend))
        except BadInput as error:
            harvest.refuse(source.id, error, source.name)
    return take_submissions(harvest, source, ("mail",))


@contextmanager
def _opened(harvest: Harvest, source: MailboxSource, mailbox: Mailbox | None) -> Iterator[Mailbox]:
    if mailbox is not None:
        yield mailbox
        return
    url = harvest.settings.imap_url
    if url is None:
        raise BadInput(
            "没有收件邮箱", where=source.name, mend=f"设置 {SETTING}，例如 imaps://用户:授权码@imap.example.com"
        )
    # A keyword of the campaign's own: several may read one mailbox.
    flag = f"RongmeiPitches-{harvest.plan.campaign.id}"[:40]
    with ImapMailbox.from_url(url, where=SETTING, flag=flag, since=harvest.now - LOOK_BACK) as opened:
        yield opened


class _Reader:
    """Goes through the mails of one reading."""

    def __init__(self, harvest: Harvest, source: MailboxSource) -> None:
        self._harvest, self._source = harvest, source
        self._outlets = senders(harvest.plan.cluster)
        self._directory = Directory(harvest.plan.campaign, harvest.plan.cluster)
        self._strangers: list[str] = []

    def read(self, mailbox: Mailbox) -> None:
        """Every new mail; each is marked as done once the ledger has what it brings."""
        for received in mailbox.messages():
            self._take(received)
            mailbox.done(received)
        if self._strangers:
            named = "、".join(dict.fromkeys(self._strangers[:NAMED]))
            reason = f"{len(self._strangers)} 封邮件的发件人不是已知的媒体地址，没有读：{named}"
            mend = "是媒体的，把地址写进集群文件里它的 senders，请它重发"
            self._harvest.rejected.append(Rejected(self._source.id, self._source.name, reason, mend))

    def _take(self, received: Received) -> None:
        tally = self._harvest.tally
        outlet = self._outlets.get(received.sender)
        if received.automatic or (outlet is not None and not self._ours(received)):
            tally.unmatched += 1
        elif outlet is None:
            self._strangers.append(clean_line(received.sender, 60) or "（没有写发件人）")
        elif received.authentic is False:
            self._refuse(
                received, "发件地址没有通过邮件服务器的验证（DMARC），可能是冒名", "请对方用本单位邮箱重发，或电话核实"
            )
        else:
            self._keep(received, outlet)

    def _ours(self, received: Received) -> bool:
        return is_for(received, self._source.words) and not is_story(received)

    def _keep(self, received: Received, outlet: str) -> None:
        reading = read_mail(received, self._source.id, outlet)
        self._harvest.rejected += reading.rejected
        for problem in received.problems:
            self._refuse(received, problem, "减小附件，或分几封邮件发送")
        if not reading.pitches and not reading.rejected:
            mend = "正文里写“标题：…”“摘要：…”“栏目：…”“地点：…”，或附上报题表"
            self._refuse(received, "没有找到选题", mend)
        with self._harvest.ledger.begin() as session:
            for number, pitch in enumerate(reading.pitches):
                named = self._directory.outlet(pitch.outlet or "")
                if named is None or named == outlet:
                    self._write(session, received, number, outlet, pitch)
                else:
                    whose = f"《{clean_line(pitch.title, 40)}》写的媒体是“{pitch.outlet}”，不是发件的媒体"
                    self._refuse(received, whose, "由那家媒体自己报，或改正媒体一栏后重发")

    def _write(self, session: Session, received: Received, number: int, outlet: str, pitch: RawPitch) -> None:
        known_as = hashlib.sha256(received.message_id.encode()).hexdigest()[:40]
        insert_if_new(
            session,
            Submission,
            ("campaign", "kind", "ref"),
            kind="mail",
            campaign=self._harvest.plan.campaign.id,
            rehearsal=self._harvest.edition.rehearsal,
            outlet=outlet,
            ref=f"{known_as}:{number}",
            title=pitch.title,
            body=pitch.summary,
            place=clean_line(pitch.place or "", PLACE_LIMIT) or None,
            author=clean_line(pitch.author or "", AUTHOR_LIMIT) or None,
            fields={"column": pitch.column, "channels": list(pitch.channels), "url": pitch.url},
            media=[],
            state="waiting",
            why="",
            received_at=min(pitch.submitted_at or self._harvest.now, self._harvest.now),
        )

    def _refuse(self, received: Received, reason: str, mend: str) -> None:
        where = f"{received.sender} 的邮件“{clean_line(received.subject, 60)}”"
        self._harvest.rejected.append(Rejected(self._source.id, where, reason, mend))


def senders(cluster: Cluster) -> dict[str, str]:
    """Mail address in lower case → the outlet that mails from it; an address of several outlets is nobody's."""
    claims: defaultdict[str, set[str]] = defaultdict(set)
    for outlet in cluster.outlets:
        for address in (outlet.contact_email, *outlet.senders):
            claims[address.lower()].add(outlet.id)
    return {address: next(iter(ids)) for address, ids in claims.items() if len(ids) == 1}
