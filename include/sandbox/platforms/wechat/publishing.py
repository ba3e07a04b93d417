"""WeChat's asynchronous publishing: a submission becomes articles after a short review, which may refuse it."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox import audience, faults, pages
from sandbox.platforms.wechat.base import (
    NAME,
    WeChatLimits,
    done,
    integer,
    page_of,
    read_json,
    refuse,
    routes,
    with_token,
)
from sandbox.platforms.wechat.drafts import article_query, draft_of, news_item
from sandbox.seed import Account
from sandbox.store import Document, Post, content_hash
from sandbox.wire import Call
from sandbox.world import World

_PUBLISHED, _PUBLISHING, _REJECTED, _DELETED = 0, 1, 4, 5


@routes.on("POST", "/cgi-bin/freepublish/submit")
@with_token
def submit(call: Call, account: Account) -> Response:
    draft = draft_of(call, account, read_json(call))
    store, limits = call.world.store, call.world.limits(WeChatLimits)
    publish_id = store.count_up("wechat:publish", start=2_650_177_001)
    msg_data_id = store.count_up("wechat:msg", start=2_247_480_001)
    review = call.review(limits.publish_seconds, limits.publish_polls)
    body = {
        "publish_id": publish_id,
        "msg_data_id": msg_data_id,
        "articles": draft.body["articles"],
        "status": _PUBLISHING,
        "verdict": _REJECTED if review.rejected else _PUBLISHED,
        "refused": _refused_places(review.rejected, len(draft.body["articles"])),
        "polls_left": review.polls,
        "held_by": review.held_by,
    }
    for article in draft.body["articles"]:
        store.note_attempt(NAME, account.id, content_hash(article["title"], article["content"]))
    store.delete(NAME, "draft", draft.id)
    job = Document("job", str(publish_id), account.id, call.now, body, due_at=review.due_at)
    store.put(NAME, job)
    return done(publish_id=publish_id, msg_data_id=msg_data_id)


def _refused_places(fault: faults.Fault | None, count: int) -> list[int]:
    """The articles a review refuses, from 1: those an order names in its code ("2" or "1,3"), else all."""
    if fault is None:
        return []
    named = [int(part) for part in str(fault.code or "").split(",") if part.strip().isdecimal()]
    return [place for place in named if 1 <= place <= count] or list(range(1, count + 1))


@routes.on("POST", "/cgi-bin/freepublish/get")
@with_token
def get(call: Call, account: Account) -> Response:
    publish_id = read_json(call).get("publish_id")
    job = call.world.store.get(NAME, "job", str(publish_id), account=account.id)
    if job is None:
        raise refuse(53502)
    return JSONResponse(_job_status(call, _poll(call, job)))


@routes.on("POST", "/cgi-bin/freepublish/batchget")
@with_token
def batchget(call: Call, account: Account) -> Response:
    body = read_json(call)
    articles = call.world.store.find(NAME, "article", account=account.id)
    items = [
        {
            "article_id": article.id,
            "content": _content(call, article, no_content=bool(integer(body, "no_content", 0))),
            "update_time": int(article.created_at),
        }
        for article in page_of(body, articles)
    ]
    return JSONResponse({"item": items, "total_count": len(articles), "item_count": len(items)})


@routes.on("POST", "/cgi-bin/freepublish/getarticle")
@with_token
def getarticle(call: Call, account: Account) -> Response:
    return JSONResponse(_content(call, _article_of(call, account, read_json(call))))


@routes.on("POST", "/cgi-bin/freepublish/delete")
@with_token
def delete(call: Call, account: Account) -> Response:
    body = read_json(call)
    article = _article_of(call, account, body)
    index, count = integer(body, "index", 0), len(article.body["articles"])
    if not 0 <= index <= count:
        raise refuse(40060)
    for idx in [index] if index else range(1, count + 1):
        call.world.store.mark_deleted(NAME, _msgid(article.body["msg_data_id"], idx))
    return done()


@routes.on("GET", "/s")
def page(call: Call) -> Response:
    """The article a reader's link opens."""
    wanted = {name: call.query.get(name, "") for name in ("__biz", "mid", "idx", "sn")}
    post = call.world.store.post(NAME, f"{wanted['mid']}_{wanted['idx']}")
    if post is not None and f"sn={wanted['sn']}" not in post.path:
        post = None
    return pages.post_page(call.world, post, markup=True, source="微信公众号", at=call.now)


def settle(world: World, now: float) -> None:
    """Finish the reviews whose time is over."""
    for job in world.store.due(NAME, "job", now):
        if not faults.still_ordered(world.store, job.body["held_by"]):
            _finish(world, job, job.due_at if job.due_at is not None else now)


def _poll(call: Call, job: Document) -> Document:
    """One look at a submission; the look that finds no polls left ends the review."""
    if job.body["status"] != _PUBLISHING or faults.still_ordered(call.world.store, job.body["held_by"]):
        return job
    if job.body["polls_left"] == 0:
        return _finish(call.world, job, call.now)
    polled = _with(job, polls_left=job.body["polls_left"] - 1)
    call.world.store.put(NAME, polled)
    return polled


def _finish(world: World, job: Document, at: float) -> Document:
    finished = _with(job, status=job.body["verdict"], final=True)
    account = world.account(NAME, job.account)
    if finished.body["status"] == _PUBLISHED and account is not None:
        article_id = "A" + hashlib.sha256(f"{account.id}:article:{job.id}".encode()).hexdigest()[:42]
        finished = _with(finished, final=True, article_id=article_id)
        body = {"msg_data_id": job.body["msg_data_id"], "articles": job.body["articles"]}
        world.store.put(NAME, Document("article", article_id, account.id, at, body))
        for idx, article in enumerate(job.body["articles"], start=1):
            world.store.publish(_post(account, job, article_id, idx, article, at))
    world.store.put(NAME, finished)
    return finished


def _with(job: Document, *, final: bool = False, **changes: Any) -> Document:
    return Document(
        job.kind, job.id, job.account, job.created_at, {**job.body, **changes}, None if final else job.due_at
    )


def _post(account: Account, job: Document, article_id: str, idx: int, article: dict[str, Any], at: float) -> Post:
    msg_data_id = job.body["msg_data_id"]
    return Post(
        platform=NAME,
        id=_msgid(msg_data_id, idx),
        account=account.id,
        followers=account.followers,
        title=article["title"],
        text=article["content"],
        path=f"/wechat/s?{article_query(account, msg_data_id, idx)}",
        position=idx,
        published_at=at,
        sha256=content_hash(article["title"], article["content"]),
        extra={
            "article_id": article_id,
            "publish_id": job.body["publish_id"],
            "quality": audience.quality_of(article["title"], article["content"]),
        },
    )


def _msgid(msg_data_id: int, idx: int) -> str:
    return f"{msg_data_id}_{idx}"


def _job_status(call: Call, job: Document) -> dict[str, Any]:
    count = len(job.body["articles"])
    answer: dict[str, Any] = {
        "publish_id": job.body["publish_id"],
        "publish_status": job.body["status"],
        "fail_idx": job.body["refused"] if job.body["status"] == _REJECTED else [],
    }
    if job.body["status"] != _PUBLISHED:
        return answer
    posts = [call.world.store.post(NAME, _msgid(job.body["msg_data_id"], idx)) for idx in range(1, count + 1)]
    if all(post is not None and post.deleted for post in posts):
        return {**answer, "publish_status": _DELETED}
    items = [{"idx": post.position, "article_url": call.url(post.path)} for post in posts if post]
    return {
        **answer,
        "article_id": job.body["article_id"],
        "article_detail": {"count": len(items), "item": items},
    }


def _article_of(call: Call, account: Account, body: dict[str, Any]) -> Document:
    article = call.world.store.get(NAME, "article", str(body.get("article_id", "")), account=account.id)
    if article is None:
        raise refuse(53600)
    return article


def _content(call: Call, article: Document, *, no_content: bool = False) -> dict[str, Any]:
    items = []
    for idx, kept in enumerate(article.body["articles"], start=1):
        post = call.world.store.post(NAME, _msgid(article.body["msg_data_id"], idx))
        url = call.url(post.path) if post else ""
        shown = news_item(call, kept, url, no_content=no_content)
        items.append({**shown, "is_deleted": post is None or post.deleted})
    at = int(article.created_at)
    return {"news_item": items, "create_time": at, "update_time": at}
