"""WeChat's draft box: checking articles as the platform does, keeping, listing and deleting drafts."""

from __future__ import annotations

import hashlib
import html
import re
from typing import Any

from starlette.responses import JSONResponse, Response

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
from sandbox.platforms.wechat.material import is_body_picture, is_picture, material_url
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call

_SCRIPT = re.compile(r"<script\b[^>]*>.*?</script\s*>|<script\b[^>]*/?>", re.I | re.S)
_IMAGE = re.compile(r"<img\b[^>]*>", re.I)
_SOURCE = re.compile(r"""\b(?:data-)?src\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)""", re.I)
_TAG = re.compile(r"<[^>]*>")


@routes.on("POST", "/cgi-bin/draft/add")
@with_token
def add(call: Call, account: Account) -> Response:
    articles = read_json(call).get("articles")
    if not isinstance(articles, list) or not articles:
        raise refuse(44003)
    if len(articles) > call.world.limits(WeChatLimits).articles_max:
        raise refuse(45008)
    accepted = [accept_article(call, account, article, alone=len(articles) == 1) for article in articles]
    number = call.world.store.count_up("wechat:draft", start=100_000_001)
    media_id = "D" + hashlib.sha256(f"{account.id}:draft:{number}".encode()).hexdigest()[:42]
    _save(call, account, media_id, call.now, {"mid": number, "articles": accepted, "updated_at": call.now})
    return JSONResponse({"media_id": media_id, "item": []})


@routes.on("POST", "/cgi-bin/draft/update")
@with_token
def update(call: Call, account: Account) -> Response:
    body = read_json(call)
    draft = draft_of(call, account, body)
    index, articles = integer(body, "index", 0), list(draft.body["articles"])
    if not 0 <= index < len(articles):
        raise refuse(40060)
    articles[index] = accept_article(call, account, body.get("articles"), alone=len(articles) == 1)
    _save(call, account, draft.id, draft.created_at, {**draft.body, "articles": articles, "updated_at": call.now})
    return done()


@routes.on("POST", "/cgi-bin/draft/get")
@with_token
def get(call: Call, account: Account) -> Response:
    return JSONResponse(_content(call, draft_of(call, account, read_json(call))))


@routes.on("POST", "/cgi-bin/draft/delete")
@with_token
def delete(call: Call, account: Account) -> Response:
    call.world.store.delete(NAME, "draft", draft_of(call, account, read_json(call)).id)
    return done()


@routes.on("GET", "/cgi-bin/draft/count")
@with_token
def count(call: Call, account: Account) -> Response:
    return JSONResponse({"total_count": len(call.world.store.find(NAME, "draft", account=account.id))})


@routes.on("POST", "/cgi-bin/draft/batchget")
@with_token
def batchget(call: Call, account: Account) -> Response:
    body = read_json(call)
    drafts = call.world.store.find(NAME, "draft", account=account.id)
    items = [
        {
            "media_id": draft.id,
            "content": _content(call, draft, no_content=bool(integer(body, "no_content", 0))),
            "update_time": int(draft.body["updated_at"]),
        }
        for draft in page_of(body, drafts)
    ]
    return JSONResponse({"item": items, "total_count": len(drafts), "item_count": len(items)})


def draft_of(call: Call, account: Account, body: dict[str, Any]) -> Document:
    """The draft a request names; 41006 without a media_id, 40007 if the box has none such."""
    media_id = body.get("media_id")
    if not media_id:
        raise refuse(41006)
    draft = call.world.store.get(NAME, "draft", str(media_id), account=account.id)
    if draft is None:
        raise refuse(40007)
    return draft


def accept_article(call: Call, account: Account, article: Any, *, alone: bool) -> dict[str, Any]:
    """One article as the box keeps it: checked against the limits, cleaned. Raises the platform's refusal."""
    if not isinstance(article, dict):
        raise refuse(47001)
    _check_sizes(call.world.limits(WeChatLimits), article, alone=alone)
    kept = {
        "article_type": article.get("article_type", "news"),
        "title": str(article["title"]),
        "author": str(article.get("author", "")),
        "content_source_url": str(article.get("content_source_url", "")),
        "need_open_comment": integer(article, "need_open_comment", 0),
        "only_fans_can_comment": integer(article, "only_fans_can_comment", 0),
    }
    if kept["article_type"] == "newspic":
        return {**kept, **_newspic(call, account, article)}
    if kept["article_type"] != "news":
        raise refuse(40035)
    return {**kept, **_news(call, account, article)}


def _check_sizes(limits: WeChatLimits, article: dict[str, Any], *, alone: bool) -> None:
    title, content = str(article.get("title", "")), str(article.get("content", ""))
    if not title.strip() or len(title) > limits.title_max:
        raise refuse(45003)
    if not content.strip():
        raise refuse(44004)
    if len(content) >= limits.content_max_characters or len(content.encode()) >= limits.content_max_bytes:
        raise refuse(45002)
    if len(str(article.get("author", ""))) > limits.author_max:
        raise refuse(45110)
    if alone and len(str(article.get("digest", ""))) > limits.digest_max:
        raise refuse(45004)
    if len(str(article.get("content_source_url", "")).encode()) > limits.source_url_max_bytes:
        raise refuse(45005)


def _news(call: Call, account: Account, article: dict[str, Any]) -> dict[str, Any]:
    thumb = str(article.get("thumb_media_id") or "")
    if not is_picture(call, account, thumb):
        raise refuse(40007)
    content = clean_content(call, str(article["content"]))
    digest = str(article.get("digest") or "") or html.unescape(_TAG.sub("", content)).strip()[:54]
    return {
        "content": content,
        "digest": digest,
        "thumb_media_id": thumb,
        "show_cover_pic": integer(article, "show_cover_pic", 0),
    }


def _newspic(call: Call, account: Account, article: dict[str, Any]) -> dict[str, Any]:
    info = article.get("image_info")
    listed = info.get("image_list") if isinstance(info, dict) else None
    if not isinstance(listed, list) or not listed:
        raise refuse(40007)
    if len(listed) > call.world.limits(WeChatLimits).newspic_images_max:
        raise refuse(45008)
    images = [str(image.get("image_media_id", "")) for image in listed if isinstance(image, dict)]
    if len(images) != len(listed) or not all(is_picture(call, account, image) for image in images):
        raise refuse(40007)
    return {
        "content": str(article["content"]),
        "digest": "",
        "thumb_media_id": images[0],
        "show_cover_pic": 0,
        "images": images,
    }


def clean_content(call: Call, content: str) -> str:
    """Take out scripts, and pictures whose address did not come from ``uploadimg``."""

    def keep(match: re.Match[str]) -> str:
        source = _SOURCE.search(match[0])
        url = html.unescape(source[1].strip("\"'")) if source else ""
        return match[0] if is_body_picture(call, url) else ""

    return _IMAGE.sub(keep, _SCRIPT.sub("", content))


def news_item(call: Call, article: dict[str, Any], url: str, *, no_content: bool = False) -> dict[str, Any]:
    """An article as draft/get, freepublish/getarticle and the batch calls show it."""
    shown = {
        "title": article["title"],
        "author": article["author"],
        "digest": article["digest"],
        "content": "" if no_content else article["content"],
        "content_source_url": article["content_source_url"],
        "thumb_media_id": article["thumb_media_id"],
        "show_cover_pic": article["show_cover_pic"],
        "url": url,
        "thumb_url": material_url(call, article["thumb_media_id"]),
        "need_open_comment": article["need_open_comment"],
        "only_fans_can_comment": article["only_fans_can_comment"],
    }
    if article["article_type"] == "newspic":
        shown["article_type"] = "newspic"
        shown["image_info"] = {"image_list": [{"image_media_id": image} for image in article["images"]]}
    return shown


def article_query(account: Account, mid: int, idx: int) -> str:
    """The query string that names an article on ``/s``."""
    biz = account.credentials["appid"]
    sn = hashlib.sha256(f"{biz}:{mid}:{idx}".encode()).hexdigest()[:32]
    return f"__biz={biz}&mid={mid}&idx={idx}&sn={sn}"


def _content(call: Call, draft: Document, *, no_content: bool = False) -> dict[str, Any]:
    account = call.world.account(NAME, draft.account)
    items = []
    for idx, article in enumerate(draft.body["articles"], start=1):
        query = article_query(account, draft.body["mid"], idx) if account else ""
        items.append(news_item(call, article, call.url(f"/wechat/s?{query}#rd"), no_content=no_content))
    return {
        "news_item": items,
        "create_time": int(draft.created_at),
        "update_time": int(draft.body["updated_at"]),
    }


def _save(call: Call, account: Account, media_id: str, created_at: float, body: dict[str, Any]) -> None:
    call.world.store.put(NAME, Document("draft", media_id, account.id, created_at, body))
