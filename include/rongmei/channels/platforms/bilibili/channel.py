"""The channel: what Rongmei asks of Bilibili, step by step."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from rongmei.channels.attempts import attempt
from rongmei.channels.base import (
    Absent,
    Accepted,
    Article,
    Capabilities,
    Confirmation,
    Credential,
    Heard,
    Letter,
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
from rongmei.channels.captions import likeness
from rongmei.channels.counting import numbers_of
from rongmei.channels.covers import cover_of
from rongmei.channels.platforms.bilibili import webhooks, wording
from rongmei.channels.platforms.bilibili.calls import (
    DELETED,
    IN_WORK,
    NO_SUCH_ARCHIVE,
    SAME_TITLE,
    STALE_UPLOAD,
    Calls,
    Reply,
    error,
    objects,
    wanted,
)
from rongmei.channels.platforms.bilibili.upload import forget_upload, upload_video
from rongmei.channels.quotas import Quota
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

COVER_SIZE = (1146, 717)
"""What the platform recommends; the least is 960×600."""
COVER_BYTES = 5 * 1024 * 1024
PAGE = 50
MAX_PAGES = 6
"""Archives looked through for one that may have gone out; an account submits a handful a day."""
NEWS, SECTIONS = "资讯", ("社会", "热点", "综合")
"""The section for a connection without `tid`, by name: the numbers have changed before."""
LOST_AFTER = timedelta(minutes=30)
_RESOURCE = re.compile(r"BV[0-9A-Za-z]{10}")
_OPEN, _RETURNED, _TAKEN_BACK = 0, -2, -100
_GONE = {NO_SUCH_ARCHIVE, DELETED}
_FIGURES = {"reads": "view", "likes": "like", "comments": "reply", "shares": "share", "favourites": "favorite"}
# What the platform also says to a second submission of the same archive.
_MAYBE_EARLIER = {SAME_TITLE, IN_WORK, STALE_UPLOAD}


class BilibiliChannel:
    """See the package.

    Args:
        nonce: gives a string that was never given before, for signatures.
    """

    name = wording.NAME
    label = "哔哩哔哩"
    capabilities = Capabilities(
        settle_after=timedelta(minutes=5),
        bulk=1,
        reports=("reads", "likes", "comments", "shares", "favourites"),
        needs=frozenset({"video"}),
        # 123026 states the 30 s; how many a day an organisation may submit is not published (others: 5, 123036).
        quotas=(Quota("post", "投稿", limit=50, apart=timedelta(seconds=30), verified=False),),
        login=("client_id", "client_secret"),
        official=webhooks.OFFICIAL,
    )
    hears = webhooks.HEARS

    def __init__(self, nonce: Callable[[], str] | None = None) -> None:
        self._calls = Calls(nonce) if nonce is not None else Calls()

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:
        """A video, a title of at most 80."""
        return wording.problems(article, credential)

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:  # noqa: ARG002
        """Title, description and tags of the archive."""
        return Post(
            title=article.title_for(self.name),
            author=article.author,
            digest=article.digest,
            body=wording.description(article),
            link="",
            form="text",
            tags=wording.tags(article),
            measures=wording.measures(article),
        )

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """Cover and section first, because they are quick to fail, then the words, then the video."""
        if not progress.get("submission"):
            if not progress.get("cover"):
                progress.save(cover=self._upload_cover(line, article))
            fields = wording.submission(article, cover=str(progress.get("cover")), tid=self._section(line))
            progress.save(submission=fields, video=article.videos[0].sha256)
        upload_video(self._calls, line, article.videos[0], progress)
        if not progress.get("ready_at"):
            # No archive of ours can be older.
            progress.save(ready_at=line.clock().isoformat())

    def _upload_cover(self, line: Line, article: Article) -> str:
        upload = cover_of(article.cover, COVER_SIZE, max_bytes=COVER_BYTES)
        files = {"file": (upload.filename, upload.data, upload.mime)}
        data = self._calls.ask(line, "POST", "/arcopen/fn/archive/cover/upload", "上传封面", files=files)
        return wanted(data, "url", line, "上传封面")

    def _section(self, line: Line) -> int:
        """The connection's `tid`, else a news section of the platform's own list."""
        given = number_or_none(line.credential.fields.get("tid"))
        if given is not None:
            return given
        reply = self._calls.send(line, "GET", "/arcopen/fn/archive/type/list")
        if reply.code != 0:
            raise error(line, "查询分区", reply)
        names = {
            text_of(section.get("name")): number_or_none(section.get("id"))
            for parent in objects(reply.items)
            if parent.get("name") == NEWS
            for section in objects(parent.get("children"))
        }
        found = next((names[name] for name in SECTIONS if names.get(name) is not None), None)
        if found is None:
            raise CredentialRefused(f"{line.account} 查询分区：平台没有“{NEWS}”下的分区，请在连接里写明 tid（分区号）")
        return found

    # ── the one call ─────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:  # noqa: ARG002
        """`add-by-utoken`: the archive goes to the platform's review."""
        token = str(progress.get("upload_token"))
        line.client.hide(token)
        line.take("post")
        with attempt(progress) as earlier:
            reply = self._calls.send(
                line,
                "POST",
                "/arcopen/fn/archive/add-by-utoken",
                publishes=True,
                params={"upload_token": token},
                body=progress.get("submission"),
            )
            if reply.code != 0:
                return self._not_submitted(line, reply, progress, earlier=earlier)
            resource_id = text_of(reply.data.get("resource_id"))
            if not _RESOURCE.fullmatch(resource_id):
                raise OutcomeUnknown(f"{line.account} 投稿：平台的回答里没有稿件号")
        return Accepted(resource_id)

    def _not_submitted(self, line: Line, reply: Reply, progress: Progress, *, earlier: bool) -> Accepted:
        """The archive of an earlier call if that went through after all; else the error that the code stands for."""
        if earlier and reply.code in _MAYBE_EARLIER:
            since = datetime.fromisoformat(text_of(progress.get("ready_at")))
            seen = self.find(line, "", since, progress.values)
            if isinstance(seen, Accepted):
                return seen
            if isinstance(seen, Pending):
                raise OutcomeUnknown(f"{line.account} 投稿：平台说 {reply.code} {reply.said}，可能上一次已经投出")
        if reply.code == STALE_UPLOAD:
            # The archive is not there, so the token has simply run out.
            forget_upload(progress)
            raise TryLater(f"{line.account} 投稿：上传凭证已失效（{reply.code} {reply.said}），重新上传视频")
        raise error(line, "投稿", reply, publishes=True)

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:
        """`archive/view`: open, returned with a reason, or still under review."""
        reply = self._view(line, posted.external_id)
        if reply.code in _GONE:
            if reply.code == NO_SUCH_ARCHIVE and line.clock() - posted.accepted_at < LOST_AFTER:
                return Pending("平台还查不到这个稿件")
            return Rejected(f"稿件已不在平台上（{reply.code} {reply.said}）")
        if reply.code != 0:
            raise error(line, "查询稿件", reply)
        state, detail = _state(reply.data)
        if state == _OPEN:
            return Accepted(posted.external_id, _address(reply.data), live=True)
        if state == _RETURNED:
            return Rejected(line.client.clean(text_of(detail.get("reject_reason"))) or "平台退回稿件，没有说明原因")
        return Pending(line.client.clean(text_of(detail.get("state_desc"))) or "平台正在审核")

    def hear(self, letter: Letter, credential: Credential, now: datetime) -> Heard:
        """The events `video_open` and `video_fail`; see `webhooks`."""
        return webhooks.hear(letter, credential, now)

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:  # noqa: ARG002
        """The account's archives back to `since`, whole pages only.

        Found means: same title, same description, submitted after `since`. That is certain as to the story version, not
        as to which of two publications of it; where two such archives stand there, the cover decides, else a person.
        """
        submission = progress.get("submission")
        kept = submission if isinstance(submission, dict) else {}
        horizon = (since - timedelta(minutes=5)).astimezone(UTC).timestamp()
        ours: dict[str, dict[str, Any]] = {}
        doubtful = complete = False
        for page in range(1, MAX_PAGES + 1):
            archives, total = self._page(line, page)
            recent = [item for item in archives if _made_at(item) >= horizon]
            ours.update({text_of(item.get("resource_id")): item for item in recent if _likeness(item, kept) == "same"})
            doubtful = doubtful or any(_likeness(item, kept) == "like" for item in recent)
            if page * PAGE >= total or not recent:
                complete = True
                break
        if len(ours) > 1:
            ours = {name: item for name, item in ours.items() if _path(item.get("cover")) == _path(kept.get("cover"))}
            if len(ours) != 1:
                return Pending("同一标题和简介的稿件不止一个，需人工核对")
        for resource_id, item in ours.items():
            live = _state(item)[0] == _OPEN
            return Accepted(resource_id, _address(item) if live else None, live=live)
        if doubtful:
            return Pending("有一个稿件标题相同、简介相近，需人工核对")
        return Absent("稿件列表里没有") if complete else Pending("稿件没有列全，不能断定没有投出")

    def _page(self, line: Line, page: int) -> tuple[list[dict[str, Any]], int]:
        """One page of the account's archives, whatever their state, and how many there are."""
        params = {"ps": PAGE, "pn": page, "status": "all"}
        data = self._calls.ask(line, "GET", "/arcopen/fn/archive/viewlist", "查看稿件列表", params=params)
        paging = data.get("page")
        total = number_or_none(paging.get("total")) if isinstance(paging, dict) else None
        if total is None or not isinstance(data.get("list"), list | None):
            raise TryLater(f"{line.account} 查看稿件列表：看不懂平台的回答")
        archives = objects(data.get("list"))
        if not archives and (page - 1) * PAGE < total:
            raise TryLater(f"{line.account} 查看稿件列表：第 {page} 页是空的，应该还有稿件")
        return archives, total

    def recall(self, line: Line, posted: Posted) -> TakenDown:
        """`archive/delete`, which cannot be undone."""
        body = {"resource_id": posted.external_id}
        reply = self._calls.send(line, "POST", "/arcopen/fn/archive/delete", publishes=True, body=body)
        if reply.code == 0 or reply.code in _GONE:
            return TakenDown("deleted", f"{reply.code} {reply.said}".strip())
        raise error(line, "删除稿件", reply, publishes=True)

    def is_gone(self, line: Line, posted: Posted) -> bool | None:
        """Deleted by us or by the platform; an archive under review or returned is still there. -100 is unverified."""
        reply = self._view(line, posted.external_id)
        if reply.code in _GONE:
            return True
        if reply.code != 0:
            raise error(line, "查询稿件", reply)
        return _state(reply.data)[0] == _TAKEN_BACK

    def correct(self, line: Line, posted: Posted, article: Article, progress: Progress) -> Accepted:
        """`archive/edit`: words, tags and cover; the platform reviews it again. The video cannot be exchanged."""
        video = text_of(posted.progress.get("video"))
        if video and article.videos and article.videos[0].sha256 != video:
            raise Refused(f"{line.account} 修改稿件：接口不能换视频，请撤下这个稿件后按新稿发布")
        picture = article.cover.sha256 if article.cover else "none"
        if progress.get("corrected_picture") != picture or not progress.get("corrected_cover"):
            progress.save(corrected_cover=self._upload_cover(line, article), corrected_picture=picture)
        submitted = posted.progress.get("submission")
        tid = number_or_none(submitted.get("tid")) if isinstance(submitted, dict) else None
        fields = wording.submission(
            article, cover=str(progress.get("corrected_cover")), tid=tid if tid is not None else self._section(line)
        )
        body = {"resource_id": posted.external_id, **fields}
        reply = self._calls.send(line, "POST", "/arcopen/fn/archive/edit", publishes=True, body=body)
        if reply.code != 0:
            raise error(line, "修改稿件", reply, publishes=True)
        progress.save(submission=fields)
        return Accepted(posted.external_id, posted.url, keep={"title": fields["title"]})

    def _view(self, line: Line, resource_id: str) -> Reply:
        return self._calls.send(line, "GET", "/arcopen/fn/archive/view", params={"resource_id": resource_id})

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """`data/arc/stat`, one archive a call; coins and bullet comments (弹幕) are in `raw`."""
        found: dict[str, Numbers] = {}
        for post in posts:
            params = {"resource_id": post.external_id}
            reply = self._calls.send(line, "GET", "/arcopen/fn/data/arc/stat", params=params)
            if reply.code in _GONE:
                found[post.external_id] = Numbers(gone=True)
                continue
            if reply.code != 0:
                raise error(line, "读取数据", reply)
            found[post.external_id] = numbers_of(reply.data, _FIGURES, beside=("coin", "danmaku"))
        return found


def _state(archive: Mapping[str, Any]) -> tuple[int | None, Mapping[str, Any]]:
    detail = archive.get("addit_info")
    known = detail if isinstance(detail, dict) else {}
    return number_or_none(known.get("state")), known


def _address(archive: Mapping[str, Any]) -> str | None:
    info = archive.get("video_info")
    return text_of(info.get("share_url")) or None if isinstance(info, dict) else None


def _made_at(archive: Mapping[str, Any]) -> int:
    return number_or_none(archive.get("ctime")) or 0


def _likeness(archive: Mapping[str, Any], kept: Mapping[str, Any]) -> Literal["same", "like", "other"]:
    """Title and description against what was submitted; only another title is certain to be another archive."""
    title, description = (likeness(text_of(archive.get(name)), text_of(kept.get(name))) for name in ("title", "desc"))
    if title == "same":
        return description
    return "other"


def _path(address: Any) -> str:
    """The part of a picture's address that its hosts share."""
    return text_of(address).partition("://")[2].partition("/")[2].partition("@")[0]
