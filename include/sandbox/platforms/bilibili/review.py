"""Bilibili's review: an archive waits, and is then open to the public or returned with a reason."""

from __future__ import annotations

from typing import Any

from sandbox import audience, faults
from sandbox.platforms.bilibili import webhooks
from sandbox.platforms.bilibili.base import NAME, BilibiliLimits
from sandbox.platforms.bilibili.signing import forget_nonces
from sandbox.seed import Account
from sandbox.store import Document, Post, content_hash
from sandbox.wire import Call
from sandbox.world import World

OPEN, PENDING, RETURNED = 0, -1, -2
STATES = {OPEN: "开放浏览", PENDING: "待审核", RETURNED: "已退回"}
_REASON = "内容不符合社区规范，请修改后重新提交"


def submit(call: Call, account: Account, resource_id: str, body: dict[str, Any], created_at: float) -> Document:
    """Hand an archive to the review, which an ordered fault may make say no or never end."""
    limits = call.world.limits(BilibiliLimits)
    review = call.review(limits.review_seconds, limits.review_polls)
    waiting = {
        **body,
        "state": PENDING,
        "reason": "",
        "verdict": RETURNED if review.rejected else OPEN,
        "why": (review.rejected.message or _REASON) if review.rejected else "",
        "polls_left": review.polls,
        "held_by": review.held_by,
    }
    archive = Document("archive", resource_id, account.id, created_at, waiting, due_at=review.due_at)
    call.world.store.put(NAME, archive)
    return archive


def look(call: Call, archive: Document) -> Document:
    """One look at an archive; the look that finds none left ends the review."""
    if archive.body["state"] != PENDING or faults.still_ordered(call.world.store, archive.body["held_by"]):
        return archive
    left = archive.body["polls_left"]
    if left == 0:
        return _finish(call.world, archive, call.now)
    polled = changed(archive, polls_left=left - 1)
    call.world.store.put(NAME, polled)
    return polled


def settle(world: World, now: float) -> None:
    """Finish the reviews whose time is over, and forget the nonces that nobody can use again."""
    for archive in world.store.due(NAME, "archive", now):
        if not faults.still_ordered(world.store, archive.body["held_by"]):
            _finish(world, archive, archive.due_at if archive.due_at is not None else now)
    forget_nonces(world, now)


def show(world: World, account: Account, archive: Document) -> None:
    """Put an open archive before the public, or what is shown of it up to date."""
    body = archive.body
    post = Post(
        platform=NAME,
        id=archive.id,
        account=account.id,
        followers=account.followers,
        title=body["title"],
        text=body["desc"],
        path=path_of(archive.id),
        position=1,
        published_at=body["ptime"],
        sha256=content_hash(body["title"], body["desc"]),
        extra={
            # A cover counts as the picture that the quality of a text post asks for.
            "quality": audience.quality_of(body["title"], body["desc"] + ("<img" if body["cover"] else "")),
            **({"picture": body["cover"]} if body["cover"] else {}),
        },
    )
    world.store.publish(post)


def path_of(resource_id: str) -> str:
    return f"/{NAME}/video/{resource_id}"


def changed(archive: Document, **changes: Any) -> Document:
    body = {**archive.body, **changes}
    due = archive.due_at if body["state"] == PENDING else None
    return Document("archive", archive.id, archive.account, archive.created_at, body, due)


def _finish(world: World, archive: Document, at: float) -> Document:
    verdict = archive.body["verdict"]
    # The day of first publication stays when an archive is reviewed again.
    ptime = (archive.body["ptime"] or at) if verdict == OPEN else archive.body["ptime"]
    finished = changed(archive, state=verdict, reason=archive.body["why"], ptime=ptime)
    world.store.put(NAME, finished)
    account = world.account(NAME, archive.account)
    if account is not None:
        if verdict == OPEN:
            show(world, account, finished)
        event = "video_open" if verdict == OPEN else "video_fail"
        content = {"resource_id": archive.id, "state": verdict, "state_desc": STATES[verdict]}
        webhooks.announce(world, account, event, content, at)
    return finished
