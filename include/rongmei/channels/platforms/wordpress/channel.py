"""The face of a newsroom's own site: draft, publish, correct, take down, numbers."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

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
    TakenDown,
)
from rongmei.channels.counting import numbers_of
from rongmei.channels.pictures import fit
from rongmei.channels.platforms.wordpress.answers import (
    GONE,
    HIDDEN,
    NO_SUCH_POST,
    NO_TRASH,
    NOT_IMPLEMENTED,
    WAITING,
    ask,
    call,
    code_of,
    id_of,
    objects,
    refuse,
    said,
    seen,
    status_of,
)
from rongmei.channels.platforms.wordpress.terms import Terms
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import OutcomeUnknown, Refused, TryLater

PICTURE_BYTES = 10 * 1024 * 1024
BATCH = 100
_DRAFTING = "drafting"


class WordpressChannel:
    """See the package."""

    name = "wordpress"
    label = "网站"
    capabilities = Capabilities(
        settle_after=timedelta(minutes=1), bulk=BATCH, reports=("reads", "likes", "comments"), page=True
    )

    def __init__(self) -> None:
        self._terms = Terms()

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:  # noqa: ARG002
        """A site of one's own has few limits."""
        problems = []
        if not article.title_for(self.name):
            problems.append("没有标题")
        if not article.text and not article.pictures:
            problems.append("没有正文")
        return tuple(problems)

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:  # noqa: ARG002
        """HTML with the by-line, because the site shows the API user as author; it has no limits to measure."""
        byline = f"<p>{html.escape(article.author)}</p>" if article.author else ""
        return Post(
            title=_words(article.title_for(self.name)),
            author=article.author,
            digest=_words(article.digest),
            body=byline + rendering.place_pictures(article.html, pictures),
            link="",
            form="html",
            tags=article.tags,
        )

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """Pictures, categories and tags, then the draft; each id is kept before the next call.

        That a draft is about to be laid is kept too: only after that can there be one whose id got lost.
        """
        if progress.get("post"):
            return
        if progress.get(_DRAFTING):
            known = self._by_slug(line, article.fingerprint)
            if known is not None:
                progress.save(post=known)
                return
        fields = self._fields(line, article, progress)
        if not progress.get(_DRAFTING):
            progress.save(**{_DRAFTING: True})
        draft = {"status": "draft", "slug": article.fingerprint, **fields}
        data = ask(line, "POST", "/posts", "存草稿", json_body=draft)
        progress.save(post=id_of(data, line, "存草稿"))

    def _by_slug(self, line: Line, fingerprint: str) -> int | None:
        """The id of the post with our slug, whatever its status: laid down by a run that crashed before it noted it."""
        params = {
            "slug": fingerprint,
            "status": "draft,publish,future,pending",
            "_fields": "id,slug",
            "context": "edit",
        }
        answer = call(line, "GET", "/posts", params=params)
        if answer.status >= 400:
            refuse(line, "查找草稿", answer)
        if not isinstance(answer.data, list):
            raise TryLater(f"{line.account} 查找草稿：看不懂平台的回答")
        for post in objects(answer):
            if post.get("slug") == fingerprint:
                return number_or_none(post.get("id"))
        return None

    def _fields(self, line: Line, article: Article, progress: Progress) -> dict[str, Any]:
        """Everything of a post that comes from the story; uploads its pictures and finds or makes its terms."""
        media = self._upload(line, article, progress)
        post = self.render(article, line.credential, {sha256: str(file["url"]) for sha256, file in media.items()})
        fields: dict[str, Any] = {
            "title": post.title,
            "content": post.body,
            "excerpt": post.digest,
            "featured_media": media[article.cover.sha256]["id"] if article.cover else 0,
            "tags": self._terms.ids(line, "tags", post.tags),
        }
        if categories := self._terms.ids(line, "categories", [article.column] if article.column else []):
            # Without one the site puts the post into its own default category.
            fields["categories"] = categories
        return fields

    def _upload(self, line: Line, article: Article, progress: Progress) -> dict[str, dict[str, Any]]:
        """Id and address by SHA-256 of the pictures that are shown, the cover included."""
        media: dict[str, dict[str, Any]] = dict(progress.get("media") or {})
        for picture in article.pictures:
            used = picture is article.cover or f"{rendering.SCHEME}:{picture.sha256}" in article.html
            if used and picture.sha256 not in media:
                upload = fit(picture, max_bytes=PICTURE_BYTES, formats=("JPEG", "PNG", "GIF"))
                headers = {
                    "Content-Disposition": f'attachment; filename="{upload.filename}"',
                    "Content-Type": upload.mime,
                }
                data = ask(line, "POST", "/media", "上传图片", data=upload.data, headers=headers)
                media[picture.sha256] = {"id": id_of(data, line, "上传图片"), "url": text_of(data.get("source_url"))}
                progress.save(media=media)
        return media

    # ── the calls that publish ───────────────────────────────────────────────────────────────────────────────────

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:  # noqa: ARG002
        """Set the kept draft's status to `publish`."""
        post = progress.get("post")
        answer = call(line, "POST", f"/posts/{post}", publishes=True, json_body={"status": "publish"})
        if answer.status in GONE and code_of(answer) == NO_SUCH_POST:
            if (number_or_none(progress.get("sends")) or 0) > 1:
                raise OutcomeUnknown(f"{line.account} 发布：草稿已不在，可能上一次已经发出后又被删除")
            # Never published and gone all the same: somebody deleted the draft by hand.
            progress.forget("post")
            raise TryLater(f"{line.account} 发布：草稿已被删除，重新存一份")
        if answer.status >= 400:
            refuse(line, "发布", answer)
        post_seen = seen(answer)
        if post_seen is None:
            raise OutcomeUnknown(f"{line.account} 发布：看不懂平台的回答")
        return post_seen

    def correct(self, line: Line, posted: Posted, article: Article, progress: Progress) -> Accepted:
        """Put the new text, pictures, column and tags into the post; its address and its date stay.

        What is kept of the answer is when the site changed the post, as evidence.

        Raises:
            Refused: the post is no longer on the site, or was taken from the public meanwhile.
        """
        path = _path(line, posted, "更正文章")
        answer = call(line, "POST", path, publishes=True, json_body=self._fields(line, article, progress))
        if answer.status >= 400:
            refuse(line, "更正文章", answer)
        post_seen, status = seen(answer), status_of(answer)
        if post_seen is not None:
            return replace(post_seen, keep={"modified_gmt": text_of(answer.data.get("modified_gmt"))})
        if status in HIDDEN:
            raise Refused(f"{line.account} 更正文章：文章已不是公开状态（{status}），读者看不到更正")
        raise OutcomeUnknown(f"{line.account} 更正文章：看不懂平台的回答")

    def recall(self, line: Line, posted: Posted) -> TakenDown:
        """Move the post to the trash, from where an editor can bring it back.

        A site without a trash could only delete it for good; nobody ordered that, so there it becomes a draft again.
        """
        path = _path(line, posted, "撤下文章")
        answer = call(line, "DELETE", path, publishes=True, understands={NOT_IMPLEMENTED})
        evidence = said(line, answer)
        if answer.status == NOT_IMPLEMENTED:
            if code_of(answer) != NO_TRASH:
                raise OutcomeUnknown(f"{line.account} 撤下文章：平台出错（{evidence}），不知道有没有撤下")
            return self._back_to_draft(line, path)
        if code_of(answer) == "rest_already_trashed":
            return TakenDown("hidden", f"已经在回收站：{evidence}")
        if answer.status in GONE and code_of(answer) == NO_SUCH_POST:
            return TakenDown("deleted", f"已经不在：{evidence}")
        if answer.status >= 400:
            refuse(line, "撤下文章", answer)
        if status_of(answer) == "trash":
            return TakenDown("hidden", f"移入回收站：{evidence}")
        if isinstance(answer.data, dict) and answer.data.get("deleted") is True:
            return TakenDown("deleted", f"已删除：{evidence}")
        raise OutcomeUnknown(f"{line.account} 撤下文章：看不懂平台的回答")

    def _back_to_draft(self, line: Line, path: str) -> TakenDown:
        """Take the post from the public and keep it: the site has said that it did nothing yet."""
        answer = call(line, "POST", path, publishes=True, json_body={"status": "draft"})
        evidence = said(line, answer)
        if answer.status in GONE and code_of(answer) == NO_SUCH_POST:
            return TakenDown("deleted", f"已经不在：{evidence}")
        if answer.status >= 400:
            refuse(line, "撤下文章（网站没有回收站，改为草稿）", answer)
        if status_of(answer) in HIDDEN:
            return TakenDown("hidden", f"网站没有回收站，已改回草稿：{evidence}")
        raise OutcomeUnknown(f"{line.account} 撤下文章：看不懂平台的回答")

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:
        """The post's status; `pending` and `future` wait for an editor or the hour."""
        answer = call(line, "GET", _path(line, posted, "查询发布"), params={"context": "edit"})
        if answer.status in GONE:
            return Rejected("文章已不在网站上")
        if answer.status >= 400:
            refuse(line, "查询发布", answer)
        post_seen = seen(answer)
        if post_seen is not None:
            return post_seen if post_seen.live else Pending("等待网站编辑或定时发布")
        return Rejected("文章已被撤下") if status_of(answer) == "trash" else Pending("文章还不是已发布")

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:  # noqa: ARG002
        """The kept draft's status says it all."""
        answer = call(line, "GET", f"/posts/{progress.get('post')}", params={"context": "edit"})
        if answer.status in GONE:
            return Pending("草稿已不在网站上，不知道是否发布过")
        if answer.status >= 400:
            refuse(line, "查看文章", answer)
        post_seen = seen(answer)
        if post_seen is not None:
            return post_seen
        return Absent("还是草稿，没有发出") if status_of(answer) == "draft" else Pending("文章不是草稿，也没有发布")

    def is_gone(self, line: Line, posted: Posted) -> bool | None:
        """Whether readers no longer get the post: it is deleted, in the trash, or not public any more."""
        if not _is_id(posted.external_id):
            return None
        answer = call(line, "GET", f"/posts/{posted.external_id}", params={"context": "edit"})
        if answer.status in GONE and code_of(answer) == NO_SUCH_POST:
            return True
        if answer.status >= 400:
            refuse(line, "查看文章", answer)
        status = status_of(answer)
        return True if status in HIDDEN else False if status == "publish" or status in WAITING else None

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """A hundred posts a call."""
        found: dict[str, Numbers] = {}
        wanted = [post.external_id for post in posts if _is_id(post.external_id)]
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            params = {"include": ",".join(batch), "per_page": BATCH, "_fields": "id,meta"}
            answer = call(line, "GET", "/posts", params=params)
            if answer.status >= 400:
                refuse(line, "读取数据", answer)
            for post in objects(answer):
                numbers = _numbers(post)
                if numbers is not None and text_of(post.get("id")) in batch:
                    found[text_of(post["id"])] = numbers
        return found


def _words(text: str) -> str:
    """Text without markup: WordPress takes titles and excerpts for HTML, an administrator's even with scripts."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _is_id(external_id: str) -> bool:
    """Whether it can be a post's id; a person who settled a publication may have known only its address."""
    return external_id.isascii() and external_id.isdecimal()


def _path(line: Line, posted: Posted, what: str) -> str:
    if not _is_id(posted.external_id):
        raise Refused(f"{line.account} {what}：登记的不是文章编号，请到网站后台处理")
    return f"/posts/{posted.external_id}"


def _numbers(post: Mapping[str, Any]) -> Numbers | None:
    """None where the post carries none of the three: a site without a statistics plugin says nothing."""
    meta = post.get("meta")
    if not isinstance(meta, dict) or not {"views", "likes", "comments"} & set(meta):
        return None
    return numbers_of(meta, {"reads": "views", "likes": "likes", "comments": "comments"})
