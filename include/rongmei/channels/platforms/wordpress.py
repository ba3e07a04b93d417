"""A newsroom's own site or app (网站): media, post and numbers over the WordPress REST API (`wp/v2`).

Protocol: developer.wordpress.org/rest-api, as written down in the project's protocol notes, section 11. The post is
laid down as a draft first and its id kept; the one call that publishes sets that draft's `status` to `publish`, which
does nothing when it is done twice. Its slug is the fingerprint, so a draft whose id was lost is found again.

Connection: base_url is the site's address; fields `username` and `password` (an application password).
WordPress itself counts no readers: `views`, `likes` and `comments` are read from the post's `meta`, where common
statistics plugins put them.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

from rongmei.channels import rendering
from rongmei.channels.base import (
    Absent,
    Accepted,
    Article,
    Capabilities,
    Confirmation,
    Credential,
    Line,
    Numbers,
    Pending,
    Post,
    Posted,
    Progress,
    Rejected,
    Sighting,
)
from rongmei.channels.client import Answer
from rongmei.channels.pictures import fit
from rongmei.channels.values import count, number_or_none, text_of
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

API = "/wp-json/wp/v2"
PICTURE_BYTES = 10 * 1024 * 1024
BATCH = 100
_GONE = {404, 410}
_WAITING = {"future", "pending"}


class WordpressChannel:
    """See the module."""

    name = "wordpress"
    label = "网站"
    capabilities = Capabilities(
        settle_after=timedelta(minutes=1), bulk=BATCH, reports=("reads", "likes", "comments"), page=True
    )

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:  # noqa: ARG002
        """A site of one's own has few limits."""
        problems = []
        if not article.title:
            problems.append("没有标题")
        if not article.text and not article.pictures:
            problems.append("没有正文")
        return tuple(problems)

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:  # noqa: ARG002
        """HTML with the by-line, because the site shows the API user as author."""
        byline = f"<p>{html.escape(article.author)}</p>" if article.author else ""
        body = byline + rendering.place_pictures(article.html, pictures)
        return Post(_words(article.title), article.author, _words(article.digest), body, "")

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """Pictures, then the draft; each id is kept before the next call."""
        if progress.get("post"):
            return
        known = self._by_slug(line, article.fingerprint)
        if known is not None:
            progress.save(post=known)
            return
        media: dict[str, dict[str, Any]] = dict(progress.get("media") or {})
        cover = article.cover
        for picture in article.pictures:
            used = picture is cover or f"{rendering.SCHEME}:{picture.sha256}" in article.html
            if used and picture.sha256 not in media:
                upload = fit(picture, max_bytes=PICTURE_BYTES, formats=("JPEG", "PNG", "GIF"))
                headers = {
                    "Content-Disposition": f'attachment; filename="{upload.filename}"',
                    "Content-Type": upload.mime,
                }
                data = self._ask(line, "POST", "/media", "上传图片", data=upload.data, headers=headers)
                media[picture.sha256] = {"id": _id_of(data, line, "上传图片"), "url": text_of(data.get("source_url"))}
                progress.save(media=media)
        addresses = {sha256: str(file["url"]) for sha256, file in media.items()}
        post = self.render(article, line.credential, addresses)
        draft: dict[str, Any] = {
            "status": "draft",
            "slug": article.fingerprint,
            "title": post.title,
            "content": post.body,
            "excerpt": post.digest,
        }
        if cover is not None:
            draft["featured_media"] = media[cover.sha256]["id"]
        data = self._ask(line, "POST", "/posts", "存草稿", json_body=draft)
        progress.save(post=_id_of(data, line, "存草稿"))

    def _by_slug(self, line: Line, fingerprint: str) -> int | None:
        """The id of the post with our slug, whatever its status: laid down by a run that crashed before it noted it."""
        params = {
            "slug": fingerprint,
            "status": "draft,publish,future,pending",
            "_fields": "id,slug",
            "context": "edit",
        }
        answer = self._call(line, "GET", "/posts", params=params)
        if answer.status >= 400:
            _refuse(line, "查找草稿", answer)
        for post in answer.data if isinstance(answer.data, list) else []:
            if isinstance(post, dict) and post.get("slug") == fingerprint:
                return number_or_none(post.get("id"))
        return None

    # ── the one call ─────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:  # noqa: ARG002
        """Set the kept draft's status to `publish`."""
        post = progress.get("post")
        answer = self._call(line, "POST", f"/posts/{post}", publishes=True, json_body={"status": "publish"})
        if answer.status in _GONE and _code(answer) == "rest_post_invalid_id":
            if (number_or_none(progress.get("sends")) or 0) > 1:
                raise OutcomeUnknown(f"{line.account} 发布：草稿已不在，可能上一次已经发出后又被删除")
            # Never published and gone all the same: somebody deleted the draft by hand.
            progress.forget("post")
            raise TryLater(f"{line.account} 发布：草稿已被删除，重新存一份")
        if answer.status >= 400:
            _refuse(line, "发布", answer)
        seen = _seen(answer)
        if isinstance(seen, Accepted):
            return seen
        raise OutcomeUnknown(f"{line.account} 发布：看不懂平台的回答")

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:
        """The post's status; `pending` and `future` wait for an editor or the hour."""
        answer = self._call(line, "GET", f"/posts/{posted.external_id}", params={"context": "edit"})
        if answer.status in _GONE:
            return Rejected("文章已不在网站上")
        if answer.status >= 400:
            _refuse(line, "查询发布", answer)
        seen = _seen(answer)
        if isinstance(seen, Accepted):
            return seen if seen.live else Pending("等待网站编辑或定时发布")
        return Rejected("文章已被撤下") if _status(answer) == "trash" else Pending("文章还不是已发布")

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:  # noqa: ARG002
        """The kept draft's status says it all."""
        answer = self._call(line, "GET", f"/posts/{progress.get('post')}", params={"context": "edit"})
        if answer.status in _GONE:
            return Pending("草稿已不在网站上，不知道是否发布过")
        if answer.status >= 400:
            _refuse(line, "查看文章", answer)
        seen = _seen(answer)
        if isinstance(seen, Accepted):
            return seen
        return Absent("还是草稿，没有发出") if _status(answer) == "draft" else Pending("文章不是草稿，也没有发布")

    def recall(self, line: Line, posted: Posted) -> None:
        """Move the post to the trash, from where an editor can bring it back."""
        answer = self._call(line, "DELETE", f"/posts/{posted.external_id}", publishes=True)
        if answer.status >= 400 and _code(answer) != "rest_already_trashed":
            _refuse(line, "撤下文章", answer)

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """A hundred posts a call."""
        found: dict[str, Numbers] = {}
        wanted = [post.external_id for post in posts]
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            params = {"include": ",".join(batch), "per_page": BATCH, "_fields": "id,meta"}
            answer = self._call(line, "GET", "/posts", params=params)
            if answer.status >= 400:
                _refuse(line, "读取数据", answer)
            for post in answer.data if isinstance(answer.data, list) else []:
                numbers = _numbers(post)
                if numbers is not None and text_of(post.get("id")) in batch:
                    found[text_of(post["id"])] = numbers
        return found

    # ── calls ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _call(self, line: Line, method: str, path: str, **request: Any) -> Answer:
        auth = (line.credential.require("username"), line.credential.require("password"))
        return line.client.call(method, API + path, auth=auth, **request)

    def _ask(self, line: Line, method: str, path: str, what: str, **request: Any) -> dict[str, Any]:
        answer = self._call(line, method, path, **request)
        if answer.status >= 400:
            _refuse(line, what, answer)
        if not isinstance(answer.data, dict):
            raise TryLater(f"{line.account} {what}：看不懂平台的回答")
        return answer.data


def _words(text: str) -> str:
    """Text without markup: WordPress takes titles and excerpts for HTML, an administrator's even with scripts."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _code(answer: Answer) -> str:
    return text_of(answer.data.get("code")) if isinstance(answer.data, dict) else ""


def _status(answer: Answer) -> str:
    return text_of(answer.data.get("status")) if isinstance(answer.data, dict) else ""


def _refuse(line: Line, what: str, answer: Answer) -> NoReturn:
    """The typed error of a 4xx answer; the site did nothing."""
    code = _code(answer)
    said = line.client.clean(answer.data.get("message", "") if isinstance(answer.data, dict) else "")
    message = f"{line.account} {what}：网站拒绝（HTTP {answer.status} {line.client.clean(code)} {said}）"
    if answer.status in (401, 403) or (answer.status in _GONE and code in ("", "rest_no_route")):
        raise CredentialRefused(f"{message}，请核对连接里的网址、用户名、应用程序密码和它的权限")
    raise Refused(message)


def _seen(answer: Answer) -> Accepted | None:
    """What a post object says about being public; None where it is neither published nor about to be."""
    if not isinstance(answer.data, dict):
        return None
    post, status = answer.data, _status(answer)
    external_id = text_of(post.get("id"))
    if not external_id or (status != "publish" and status not in _WAITING):
        return None
    live = status == "publish"
    return Accepted(external_id, (text_of(post.get("link")) or None) if live else None, live=live)


def _id_of(data: Mapping[str, Any], line: Line, what: str) -> int:
    number = number_or_none(data.get("id"))
    if number is None:
        raise TryLater(f"{line.account} {what}：平台的回答里没有 id")
    return number


def _numbers(post: Any) -> Numbers | None:
    """None where the post carries none of the three: a site without a statistics plugin says nothing."""
    meta = post.get("meta") if isinstance(post, dict) else None
    if not isinstance(meta, dict) or not {"views", "likes", "comments"} & set(meta):
        return None
    return Numbers(
        reads=count(meta.get("views")),
        likes=count(meta.get("likes")),
        comments=count(meta.get("comments")),
        raw={name: meta[name] for name in ("views", "likes", "comments") if isinstance(meta.get(name), int | str)},
    )


CHANNELS = (WordpressChannel(),)
