"""The channel: what Rongmei asks of Douyin, step by step.

A story with a film becomes a video, one without a film but with pictures a picture post (图文). Douyin gives no key
against posting twice and keeps no field of ours, and a token in the text would stand before every reader. So the text
is kept before it is sent and looked for in `video_list` when an answer is lost. How sure that is:

* a post with exactly this text, made after the send, is this story version; if the account has two publications of the
  same words, whose post it is remains open (whoever keeps publications gives an id out once);
* a post whose text is only similar is left to a person, because Douyin may dress a text up;
* that no such post is there counts as proof only after `settle_after`, and assumes that `video_list` shows what is
  under review, newest first (unverified; the status 4 of its rows says so).

There is a second lock: Douyin's documents want a new `video_id` for every `create_video`. The same one is used again
after a lost answer, and if Douyin then refuses it, the lost call may have gone through after all.

Not verified against the live platform: the quotas, the longest list and the most ids a call takes (others use 20), how
a text is counted (here UTF-16 units, never fewer than characters), whether `/video/delete/` still answers (28001056).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NoReturn

from rongmei.channels.attempts import attempt, has_attempts, upload_refused
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
    Measure,
    Numbers,
    Pending,
    Picture,
    Post,
    Posted,
    Progress,
    Rejected,
    Sighting,
    TakenDown,
)
from rongmei.channels.captions import caption, likeness, topics, units
from rongmei.channels.client import Answer
from rongmei.channels.counting import numbers_of
from rongmei.channels.platforms.douyin import webhooks
from rongmei.channels.platforms.douyin.calls import (
    BAD_PARAMETER,
    NO_SUCH_UPLOAD,
    VIDEO,
    Api,
    RefusedByCode,
    code_of,
    data_of,
    refuse,
    said_by,
)
from rongmei.channels.platforms.douyin.uploads import (
    Sizes,
    film_is_old,
    forget_uploads,
    upload_cover,
    upload_film,
    upload_pictures,
)
from rongmei.channels.quotas import Quota
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import OutcomeUnknown, Refused, TryLater

TEXT_UNITS = 1000
TOPICS = 5
PICTURES = 12
FILM_BYTES = 4 * 1024**3
FILM_SECONDS = 15 * 60
FILM_KINDS = {"video/mp4", "video/webm"}
PAGE = 20
MAX_PAGES = 10
DATA_BATCH = 20
_FIGURES = {"reads": "play_count", "likes": "digg_count", "comments": "comment_count", "shares": "share_count"}
SKEW = timedelta(minutes=5)
LOST_AFTER = timedelta(hours=1)

_LIVE = {1, 5}
_UNFIT = 2
_REVIEWING = 4


class DouyinChannel:
    """See the module.

    Args:
        sizes: when and how films go up in parts.
    """

    name = "douyin"
    label = "抖音"
    capabilities = Capabilities(
        settle_after=timedelta(minutes=10),
        bulk=DATA_BATCH,
        reports=("reads", "likes", "comments", "shares"),
        # Douyin tells every app its own limits in the console; these are to keep a runaway within bounds.
        quotas=(
            Quota("post", "发布", 75, verified=False),
            Quota("upload", "上传", 500, verified=False),
            Quota("poll", "查询", 1000, verified=False),
        ),
        login=("open_id", "access_token"),
        official="https://open.douyin.com",
    )
    hears = webhooks.HEARS

    def __init__(self, sizes: Sizes | None = None) -> None:
        self._api = Api()
        self._sizes = sizes or Sizes()

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:  # noqa: ARG002
        """A title, and a film or pictures."""
        problems = [] if article.title_for(self.name) else ["没有标题"]
        if not article.videos and not article.pictures:
            problems.append("没有视频也没有图片，抖音两样至少要有一样")
        for clip in article.videos[:1]:
            if clip.mime not in FILM_KINDS:
                problems.append(f"视频“{clip.name}”不是 MP4 或 WebM，抖音不收")
            if clip.size_bytes > FILM_BYTES:
                problems.append(f"视频“{clip.name}”超过 4 GB，抖音不收")
            if clip.seconds is not None and clip.seconds > FILM_SECONDS:
                problems.append(f"视频“{clip.name}”超过 15 分钟，抖音不收")
        return tuple(problems)

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:  # noqa: ARG002
        """Title, digest, AI label and topics as one text."""
        body = caption(article, self.name, limit=TEXT_UNITS, most_topics=TOPICS)
        measures = [Measure("文案", units(body), TEXT_UNITS)]
        if not article.videos:
            measures.append(Measure("图片", len(article.pictures), PICTURES))
        return Post(
            title=article.title_for(self.name),
            author=article.author,
            digest=article.digest,
            body=body,
            link="",
            form="text",
            tags=topics(article.tags, TOPICS),
            measures=tuple(measures),
        )

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """The text first, which then stays the same; the film and its cover, or the first twelve pictures."""
        if not progress.get("text"):
            progress.save(text=self.render(article, line.credential, {}).body)
        if film_is_old(line, progress) and not has_attempts(progress):
            forget_uploads(progress)
        if not article.videos:
            upload_pictures(self._api, line, _cover_first(article), progress)
            return
        if article.cover is not None and article.cover.role == "cover":
            upload_cover(self._api, line, article.cover, progress)
        upload_film(self._api, line, article.videos[0], progress, self._sizes)

    # ── the one call ─────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:
        """`create_video` or `create_image_text`; Douyin reviews it before readers see it."""
        order: dict[str, Any] = {"text": progress.get("text"), "private_status": 0}
        if article.videos:
            path = f"{VIDEO}/create_video/"
            order["video_id"] = progress.get("video_id")
            if cover_id := progress.get("cover_id"):
                order["custom_cover_image_url"] = cover_id
        else:
            path = f"{VIDEO}/create_image_text/"
            images: dict[str, str] = progress.get("images") or {}
            order["image_list"] = [images[picture.sha256] for picture in _cover_first(article)]
        with attempt(progress) as earlier:
            line.take("post")
            answer = self._api.call(line, "POST", path, publishes=True, json_body=order)
            if code_of(answer) != 0:
                _not_created(line, answer, progress, earlier=earlier)
            item_id = text_of(data_of(answer).get("item_id"))
            if not item_id:
                raise OutcomeUnknown(f"{line.account} 发布：平台的回答里没有 item_id")
        return Accepted(item_id)

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:
        """The item's `video_status`."""
        return self.confirm_together(line, (posted,))[0]

    def batches(self, posts: Sequence[Posted]) -> Sequence[Sequence[Posted]]:
        """`DATA_BATCH` items a call."""
        return [posts[start : start + DATA_BATCH] for start in range(0, len(posts), DATA_BATCH)]

    def confirm_together(self, line: Line, posts: Sequence[Posted]) -> tuple[Confirmation, ...]:
        """`video_data` of all of them."""
        rows = self._rows(line, [posted.external_id for posted in posts], "查询发布")
        return tuple(self._decided(line, posted, rows.get(posted.external_id)) for posted in posts)

    def _decided(self, line: Line, posted: Posted, row: Mapping[str, Any] | None) -> Confirmation:
        if row is None:
            if line.clock() - posted.accepted_at < LOST_AFTER:
                return Pending("平台还查不到这个作品")
            return Rejected("作品已不在抖音上，可能被账号或平台删除")
        status = number_or_none(row.get("video_status"))
        if status in _LIVE:
            return Accepted(posted.external_id, text_of(row.get("share_url")) or None, live=True)
        if status == _UNFIT:
            return Rejected("抖音审核不通过：作品不适宜公开（video_status 2），原因请在抖音 App 的消息里看")
        return Pending("抖音正在审核" if status == _REVIEWING else f"作品状态是 {status}，还不是公开")

    def hear(self, letter: Letter, credential: Credential, now: datetime) -> Heard:  # noqa: ARG002
        """The webhook `create_video`; see `webhooks`."""
        return webhooks.hear(letter, credential)

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:  # noqa: ARG002
        """The account's items back to `since`, whole pages only; see the module for how sure the answer is."""
        text, horizon = text_of(progress.get("text")), (since - SKEW).timestamp()
        similar, cursor = False, "0"
        for _ in range(MAX_PAGES):
            rows, cursor, more = self._page(line, cursor)
            for row in rows:
                match _verdict(row, text, text_of(progress.get("video_id")), horizon):
                    case "same":
                        return _seen(row)
                    case "like":
                        similar = True
            # A pinned item stands at the top, however old it is.
            times = [at for row in rows if (at := _created(row)) and row.get("is_top") is not True]
            if not more or (times and min(times) < horizon):
                return Pending("有一个作品文案相近，需人工核对") if similar else Absent("作品列表里没有")
        return Pending("作品列表没有列全，不能断定没有发出")

    def _page(self, line: Line, cursor: str) -> tuple[list[dict[str, Any]], str, bool]:
        """Rows of a page, the cursor of the next one, and whether there is one."""
        what = "查看作品列表"
        line.take("poll")
        query = {"cursor": cursor, "count": PAGE}
        data = self._api.ask(line, f"{VIDEO}/video_list/", what, method="GET", params=query)
        # Douyin leaves an empty list out, or says null.
        more = data.get("has_more")
        if not isinstance(data.get("list"), list | None) or more not in (True, False):
            raise TryLater(f"{line.account} {what}：看不懂平台的回答")
        following = text_of(data.get("cursor"))
        if more and following in ("", cursor):
            raise TryLater(f"{line.account} {what}：平台没有给出下一页")
        return _objects(data.get("list")), following, bool(more)

    def recall(self, line: Line, posted: Posted) -> TakenDown:
        """`/video/delete/`, which cannot be undone; there is no interface to make an item private."""
        body = {"item_id": posted.external_id}
        answer = self._api.call(line, "POST", "/video/delete/", publishes=True, json_body=body)
        if code_of(answer) == 0:
            return TakenDown("deleted", f"0 {said_by(line, answer)}".strip())
        try:
            refuse(line, "删除作品", answer, publishes=True)
        except RefusedByCode as refusal:
            said = str(refusal)
        if self.is_gone(line, posted):
            return TakenDown("deleted", line.client.clean(said))
        raise Refused(f"{said}。请账号管理员在抖音 App 里删除这个作品，或设为私密")

    def is_gone(self, line: Line, posted: Posted) -> bool | None:
        """Not among the account's items, or not fit for the public; None for a state that nothing is known of.

        That `video_data` leaves out what is deleted is unverified.
        """
        row = self._rows(line, [posted.external_id], "查询作品").get(posted.external_id)
        if row is None:
            return True
        status = number_or_none(row.get("video_status"))
        return {_UNFIT: True, _REVIEWING: False, **dict.fromkeys(_LIVE, False)}.get(status or 0)

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """Plays, likes, comments and shares, `DATA_BATCH` items a call; zeros of items that are not public are not."""
        found: dict[str, Numbers] = {}
        wanted = [post.external_id for post in posts]
        for start in range(0, len(wanted), DATA_BATCH):
            for item_id, row in self._rows(line, wanted[start : start + DATA_BATCH], "读取数据").items():
                figures, status = row.get("statistics"), number_or_none(row.get("video_status"))
                if status == _UNFIT:
                    found[item_id] = Numbers(gone=True)
                elif isinstance(figures, dict) and status in _LIVE:
                    found[item_id] = numbers_of(figures, _FIGURES, beside=("forward_count", "download_count"))
        return found

    def _rows(self, line: Line, item_ids: Sequence[str], what: str) -> dict[str, dict[str, Any]]:
        """`video_data` by item_id; an item that Douyin does not have is missing."""
        line.take("poll")
        data = self._api.ask(line, f"{VIDEO}/video_data/", what, json_body={"item_ids": list(item_ids)})
        if not isinstance(data.get("list"), list | None):
            raise TryLater(f"{line.account} {what}：看不懂平台的回答")
        rows = {text_of(row.get("item_id")): row for row in _objects(data.get("list"))}
        return {item_id: rows[item_id] for item_id in item_ids if item_id in rows}


def _not_created(line: Line, answer: Answer, progress: Progress, *, earlier: bool) -> NoReturn:
    """The error of an item that was not created, seen with what may have happened before."""
    what, code = "发布", code_of(answer)
    told = f"{line.account} {what}：平台拒绝（{code} {said_by(line, answer)}）"
    surely = code in NO_SUCH_UPLOAD
    if surely or code in BAD_PARAMETER:
        upload_refused(progress, told, earlier=earlier, surely=surely, forget_upload=forget_uploads)
    refuse(line, what, answer, publishes=True)


def _cover_first(article: Article) -> tuple[Picture, ...]:
    """The pictures of a picture post, each once, as many as Douyin takes."""
    cover = article.cover
    ordered = ([cover] if cover else []) + [picture for picture in article.pictures if picture is not cover]
    return tuple({picture.sha256: picture for picture in ordered}.values())[:PICTURES]


def _verdict(row: Mapping[str, Any], text: str, video_id: str, horizon: float) -> str:
    """Whether a row is the post that is looked for: same, like, other."""
    if video_id and text_of(row.get("video_id")) == video_id:
        return "same"
    if 0 < _created(row) < horizon:
        return "other"
    alike = likeness(text_of(row.get("title")), text)
    # Without a time an older post of the same words cannot be told from this one.
    return "like" if alike == "same" and not _created(row) else alike


def _seen(row: Mapping[str, Any]) -> Accepted | Pending:
    item_id = text_of(row.get("item_id"))
    if not item_id:
        return Pending("找到了这个作品，但没有它的标识")
    live = number_or_none(row.get("video_status")) in _LIVE
    return Accepted(item_id, (text_of(row.get("share_url")) or None) if live else None, live=live)


def _created(row: Mapping[str, Any]) -> float:
    """Epoch seconds; 0 where the row does not say."""
    return float(number_or_none(row.get("create_time")) or 0)


def _objects(value: Any) -> list[dict[str, Any]]:
    rows: Iterable[Any] = value if isinstance(value, list) else ()
    return [row for row in rows if isinstance(row, dict)]
