"""Takes one post down, and makes sure that it is gone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from rongmei.channels import Channel, Line, Posted
from rongmei.channels.rendering import one_line
from rongmei.errors import Refused, TryLater
from rongmei.ledger import Amendment, Publication, move
from rongmei.publishing import taken
from rongmei.publishing.amendments import PUBLIC
from rongmei.publishing.runs import Run
from rongmei.publishing.standing import BY
from rongmei.publishing.taken import Order

LOOKS = 6
"""So often a platform may say that a post is taken down and still show it; then a person looks."""
MAX_SAID = 500
STILL_THERE = "still_there"
"""In an amendment's evidence: how often that was."""

Read: TypeAlias = Callable[..., int | None]
"""`channels.reading.page_status`, or what stands for it."""


def recall(run: Run, line: Line, order: Order, read: Read) -> str:
    """What became of the order: `done`, `waiting`, `by_hand` or `elsewhere`.

    Raises:
        ChannelError: as `Channel.recall` says; an unknown outcome is no danger, because the next attempt looks first.
    """
    channel, evidence = run.platform, dict(order.evidence)
    gone = _look(channel, line, order.post) if order.attempt > 1 else None
    if not gone:
        answer = channel.recall(line, order.post)
        evidence |= {"how": answer.how, "said": one_line(answer.said)[:MAX_SAID]}
        taken.note(run, order, how=evidence["how"], said=evidence["said"])
        gone = _look(channel, line, order.post)
    if gone is False:
        return _still_there(run, order)
    how = evidence.setdefault("how", "gone")
    evidence.setdefault("said", "再次查看时已不在平台上")
    facts: dict[str, Any] = {"how": how, "said": evidence["said"], "gone": gone}
    if order.post.url and channel.capabilities.kind == "platform":
        facts["gone_status"] = read(order.post.url, inside=line.credential.sandbox)
    why = f"撤下：{facts['said']}"[:MAX_SAID]

    def change(session: Session, publication: Publication, _: Amendment) -> None:
        if publication.state in PUBLIC:
            move(session, publication, publication.state, "recalled", by=BY, why=why, now=run.clock())

    return taken.finish(run, order, how, facts, change)


def _still_there(run: Run, order: Order) -> str:
    """The platform has said yes and shows the post all the same: caches take a while, a no in disguise does not end."""
    times = int(order.evidence.get(STILL_THERE) or 0) + 1
    if times >= LOOKS:
        return taken.give_to_person(run, order, f"平台说已撤下，看了 {times} 次却都还在，请到平台上核对")
    return taken.put_off(run, order, "平台说已撤下，却还在，过一会儿再看", facts={STILL_THERE: times})


def _look(channel: Channel, line: Line, post: Posted) -> bool | None:
    """Whether the platform says that it is gone; a reading that fails proves nothing either way."""
    try:
        return channel.is_gone(line, post)
    except (TryLater, Refused):
        return None
