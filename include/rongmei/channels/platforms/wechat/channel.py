"""The face of WeChat Official Accounts: what a publication goes through there, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rongmei.channels import rendering
from rongmei.channels.base import (
    Accepted,
    Article,
    Capabilities,
    Confirmation,
    Credential,
    Heard,
    Letter,
    Line,
    Numbers,
    Parcel,
    Pending,
    Post,
    Posted,
    Progress,
    Rejected,
    Sighting,
    TakenDown,
)
from rongmei.channels.pictures import fit, plain_cover
from rongmei.channels.platforms.wechat import content, drafts, hearing, numbers, published
from rongmei.channels.platforms.wechat.calls import (
    BAD_ARTICLE_ID,
    BUSY,
    NO_SUCH_MEDIA,
    Calls,
    TokenCache,
    code_of,
    refuse,
    said,
)
from rongmei.channels.platforms.wechat.jobs import (
    Job,
    article_of,
    external_id_of,
    is_confirmed,
    job_of,
    name_and_index,
    publish_id_of,
    verdict,
)
from rongmei.channels.quotas import Quota
from rongmei.channels.values import text_of
from rongmei.errors import OutcomeUnknown, Refused, TryLater

UPLOADIMG_BYTES = 1024 * 1024
COVER_BYTES = 10 * 1024 * 1024

QUOTAS = (
    # No source gives a limit of freepublish: the older page's 100 mass sends a day stand in for it.
    Quota("submit", "提交发布", 100, verified=False),
    # No source gives one for reading either; far above what eight articles a day need, far below what costs a ban.
    Quota("poll", "查询发布结果", 10_000, verified=False),
    # "media upload 5 000" a day, in the older page's list for new accounts.
    Quota("upload", "上传图片", 5_000),
)


class WechatChannel:
    """See the package."""

    name = "wechat"
    label = "微信公众号"
    capabilities = Capabilities(
        settle_after=timedelta(minutes=2),
        bulk=100,
        reports=("reads", "likes", "comments", "shares", "watching", "favourites"),
        told_by="day",
        by_day=True,
        bundle=drafts.MAX_ARTICLES,
        quotas=QUOTAS,
        login=("appid", "secret"),
        official="https://api.weixin.qq.com",
    )
    hears = hearing.HEARS

    def __init__(self, tokens: TokenCache | None = None) -> None:
        self._calls = Calls(tokens or TokenCache())
        self._signatures = hearing.Signatures()
        self._mute = numbers.Mute()

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:
        """What is over the account's limits."""
        return content.problems_of(article, article.title_for(self.name), content.limits_of(credential))

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:
        """HTML without links, with `content_source_url` carrying the fingerprint."""
        return content.post_of(article, article.title_for(self.name), credential, pictures)

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """Pictures and cover; each id is kept before the next call. The draft is laid by `assemble`."""
        addresses: dict[str, str] = dict(progress.get("images") or {})
        for picture in article.pictures:
            if f"{rendering.SCHEME}:{picture.sha256}" in article.html and picture.sha256 not in addresses:
                file = fit(picture, max_bytes=UPLOADIMG_BYTES)
                addresses[picture.sha256] = self._calls.upload(
                    line, "/cgi-bin/media/uploadimg", file, "url", "上传图片"
                )
                progress.save(images=addresses)
        if not progress.get("cover"):
            cover = fit(article.cover, max_bytes=COVER_BYTES) if article.cover else plain_cover()
            path = "/cgi-bin/material/add_material?type=image"
            progress.save(cover=self._calls.upload(line, path, cover, "media_id", "上传封面"))

    def assemble(self, line: Line, parcels: Sequence[Parcel]) -> None:
        """Lay one draft for all, 头条 first; one that holds just these articles in this order already is kept."""
        posts = [self._post_of(line, parcel) for parcel in parcels]
        articles = [
            content.draft_article(post, self._cover_of(line, parcel))
            for post, parcel in zip(posts, parcels, strict=True)
        ]
        drafts.assemble(self._calls, line, parcels, [post.title for post in posts], articles)

    def _post_of(self, line: Line, parcel: Parcel) -> Post:
        return self.render(parcel.article, line.credential, dict(parcel.progress.get("images") or {}))

    def _cover_of(self, line: Line, parcel: Parcel) -> str:
        cover = text_of(parcel.progress.get("cover"))
        if not cover:
            raise TryLater(f"{line.account} 存草稿：《{parcel.article.title_for(self.name)}》的封面还没有上传")
        return cover

    # ── the one call ─────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:
        """A bundle of one."""
        parcels = (Parcel(article, progress),)
        self.assemble(line, parcels)
        return self.send_together(line, parcels)[0]

    def send_together(self, line: Line, parcels: Sequence[Parcel]) -> tuple[Accepted, ...]:
        """`freepublish/submit` of the assembled draft."""
        draft = drafts.assembled(line, parcels)
        line.take("submit")
        fresh = drafts.note_submission(parcels, draft)
        try:
            data = self._submit(line, draft)
        except (TryLater, Refused):
            drafts.forget_submission(fresh)
            raise
        if code_of(data) == NO_SUCH_MEDIA:
            # Submitted before, published by hand or deleted: this call did nothing, reading has to tell which it was.
            drafts.forget_submission(fresh)
            raise OutcomeUnknown(f"{line.account} 提交发布：草稿已不在草稿箱，可能已经发出")
        publish_id = text_of(data.get("publish_id"))
        if not publish_id:
            raise OutcomeUnknown(f"{line.account} 提交发布：平台的回答里没有 publish_id")
        keep = {"publish_id": publish_id, "msg_data_id": text_of(data.get("msg_data_id"))}
        keep = {name: value for name, value in keep.items() if value}
        return tuple(
            Accepted(external_id_of(publish_id, index), keep={**keep, "index": index})
            for index in range(1, len(parcels) + 1)
        )

    def _submit(self, line: Line, draft: str) -> dict[str, Any]:
        """The answer, which is a success or says that there is no such draft."""
        body = {"media_id": draft}
        data = self._calls.post(line, "/cgi-bin/freepublish/submit", publishes=True, json_body=body)
        if not isinstance(data, dict):
            raise OutcomeUnknown(f"{line.account} 提交发布：看不懂平台的回答")
        code = code_of(data)
        if code == BUSY:
            raise OutcomeUnknown(f"{line.account} 提交发布：平台系统繁忙（-1），不知道有没有收下")
        if code not in (0, NO_SUCH_MEDIA):
            refuse(line, "提交发布", code, data)
        return data

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:
        """What the review decided on this article: its own address, or that it was refused."""
        return self.confirm_together(line, (posted,))[0]

    def batches(self, posts: Sequence[Posted]) -> Sequence[Sequence[Posted]]:
        """What was submitted together has one job."""
        jobs: dict[str, list[Posted]] = {}
        for posted in posts:
            jobs.setdefault(publish_id_of(posted), []).append(posted)
        return list(jobs.values())

    def confirm_together(self, line: Line, posts: Sequence[Posted]) -> tuple[Confirmation, ...]:
        """The articles of one job."""
        job = self._job(line, publish_id_of(posts[0]))
        return tuple(self._decided(line, job, posted) for posted in posts)

    def _decided(self, line: Line, job: Job, posted: Posted) -> Confirmation:
        decided = verdict(job, name_and_index(posted)[1])
        if decided is not None:
            return decided
        # Others of the message were refused. That nothing of it is public then is the official page's word only.
        cover = text_of(posted.progress.get("cover"))
        seen = published.sighting(self._calls, line, posted.fingerprint, cover, posted.accepted_at)
        if seen is not None:
            return seen
        others = "、".join(str(place) for place in job.failed)
        return Rejected(f"同一条消息里的第 {others} 篇没有通过，整条都没有发布，这一篇可以另行发布")

    def _job(self, line: Line, publish_id: str) -> Job:
        """`freepublish/get`."""
        asked: Any = int(publish_id) if publish_id.isascii() and publish_id.isdecimal() else publish_id
        line.take("poll")
        path = "/cgi-bin/freepublish/get"
        return job_of(self._calls.ask(line, path, "查询发布", json_body={"publish_id": asked}))

    def hear(self, letter: Letter, credential: Credential, now: datetime) -> Heard:
        """The event PUBLISHJOBFINISH; see `hearing`."""
        return hearing.hear(letter, credential, now, signatures=self._signatures)

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:
        """Published, still a draft, or neither (under review, or refused by it)."""
        cover = text_of(progress.get("cover"))
        seen = published.sighting(self._calls, line, fingerprint, cover, since)
        return seen if seen is not None else drafts.draft_state(self._calls, line, progress)

    def recall(self, line: Line, posted: Posted) -> TakenDown:
        """`freepublish/delete` of this one article, which cannot be undone; the others of its message stay."""
        name, index = name_and_index(posted)
        if "://" in posted.external_id:
            raise Refused(f"{line.account} 删除文章：登记的只有网址，没有平台标识，请到公众号后台删除")
        if not is_confirmed(posted):
            decided = self.confirm(line, posted)
            if isinstance(decided, Pending):
                raise TryLater(f"{line.account} 删除文章：{decided.why}，发布以后才能删")
            if isinstance(decided, Rejected):
                return TakenDown("deleted", f"没有公开过：{decided.why}")
            name, index = article_of(decided.external_id)
        body = {"article_id": name, "index": index}
        data = self._calls.post(line, "/cgi-bin/freepublish/delete", publishes=True, json_body=body)
        if not isinstance(data, dict):
            raise OutcomeUnknown(f"{line.account} 删除文章：看不懂平台的回答")
        code = code_of(data)
        if code == BUSY:
            raise OutcomeUnknown(f"{line.account} 删除文章：平台系统繁忙（-1）")
        if code == BAD_ARTICLE_ID and published.is_gone(self._calls, line, name, index):
            return TakenDown("deleted", f"已经不在：{said(line, data)}")
        if code:
            refuse(line, "删除文章", code, data)
        return TakenDown("deleted", f"freepublish/delete 第 {index} 篇：{said(line, data)}")

    def is_gone(self, line: Line, posted: Posted) -> bool | None:
        """Whether the platform calls the article deleted; None where no `article_id` is known."""
        name, index = name_and_index(posted)
        if "://" in posted.external_id or not is_confirmed(posted):
            return None
        return published.is_gone(self._calls, line, name, index)

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """Cumulative figures up to yesterday; see `numbers`."""
        return numbers.read_numbers(self._calls, line, posts, self._mute)
