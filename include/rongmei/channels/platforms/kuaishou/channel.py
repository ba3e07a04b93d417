"""The channel: what Rongmei asks of Kuaishou, step by step.

Kuaishou gives no key against posting twice and keeps no field of ours, and a token in the caption would stand before
every reader. So the caption is kept before it is sent and looked for in `photo/list` when an answer is lost: a film
with exactly this caption, made after the send, is this story version (which of two publications of the same words it
is remains open; whoever keeps publications gives an id out once), one with a similar caption is left to a person. That
nothing is there counts as proof only after `settle_after`, and assumes that the list shows films that are still
`pending`, newest first (unverified; its rows have that field).

There is a second lock: an upload token seems good for one film. The same one is offered again after a lost answer, and
if Kuaishou then refuses it, the lost call may have gone through after all.

Not verified against the live platform: quotas, lengths, how a refusal by the review shows (here: `photo/info` says
120003, or the film is gone), whether `play_url`, the only address Kuaishou gives, stays good (it is the film, not a
page).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    Line,
    Measure,
    Numbers,
    Pending,
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
from rongmei.channels.covers import cover_of
from rongmei.channels.pictures import Upload, fit
from rongmei.channels.platforms.kuaishou.calls import (
    BAD_PARAMETER,
    NO_FILM,
    NOT_PUBLISHED,
    NOT_UPLOADED,
    OK,
    Api,
    code_of,
    object_of,
    refuse,
    told_by,
)
from rongmei.channels.platforms.kuaishou.uploads import (
    Resolve,
    Sizes,
    Uploader,
    addresses_of,
    forget_upload,
    upload_is_old,
)
from rongmei.channels.quotas import Quota
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import OutcomeUnknown, TryLater

CAPTION_UNITS = 1000
TOPICS = 4
COVER_BYTES = 10 * 1024 * 1024
PLAIN_COVERS = {"wide": (1280, 720), "tall": (720, 1280)}
FILM_SECONDS = 30 * 60
PAGE = 20
MAX_PAGES = 10
READ_PAGE = 200
"""Asked for at a time where figures are read. No source states the most; a platform that gives fewer is asked on."""
READ_PAGES = 50
"""An account that has more films than these pages is asked about the oldest one by one."""
SKEW = timedelta(minutes=5)
LOST_AFTER = timedelta(hours=1)
_MILLISECONDS = 10**11
_HOUR = 3600.0
_FIGURES = {"reads": "view_count", "likes": "like_count", "comments": "comment_count"}


class KuaishouChannel:
    """See the module.

    Args:
        sizes: when and how films go up in fragments.
        resolve: tells the IP addresses of an upload host.
    """

    name = "kuaishou"
    label = "快手"
    capabilities = Capabilities(
        settle_after=timedelta(minutes=10),
        bulk=PAGE,
        reports=("reads", "likes", "comments"),
        told_by="account",
        needs=frozenset({"video"}),
        # Kuaishou publishes no numbers; these are to keep a runaway within bounds.
        quotas=(Quota("post", "发布", 50, verified=False), Quota("upload", "上传", 200, verified=False)),
        login=("app_id", "access_token"),
        official="https://open.kuaishou.com",
    )

    def __init__(self, sizes: Sizes | None = None, resolve: Resolve = addresses_of) -> None:
        self._api = Api()
        self._uploader = Uploader(self._api, sizes or Sizes(), resolve)

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:  # noqa: ARG002
        """A title and a film."""
        problems = [] if article.title_for(self.name) else ["没有标题"]
        if not article.videos:
            problems.append("没有视频，快手只收视频")
        for clip in article.videos[:1]:
            if clip.mime != "video/mp4":
                problems.append(f"视频“{clip.name}”不是 MP4，快手不收")
            if clip.seconds is not None and clip.seconds > FILM_SECONDS:
                problems.append(f"视频“{clip.name}”超过 30 分钟，快手不收")
        return tuple(problems)

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:  # noqa: ARG002
        """Title, digest, AI label and topics as one caption."""
        body = caption(article, self.name, limit=CAPTION_UNITS, most_topics=TOPICS)
        return Post(
            title=article.title_for(self.name),
            author=article.author,
            digest=article.digest,
            body=body,
            link="",
            form="text",
            tags=topics(article.tags, TOPICS),
            measures=(Measure("文案", units(body), CAPTION_UNITS),),
        )

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """The caption first, which then stays the same, then the film."""
        if not progress.get("text"):
            progress.save(text=self.render(article, line.credential, {}).body)
        if upload_is_old(line, progress) and not has_attempts(progress):
            forget_upload(progress)
        self._uploader.upload(line, article.videos[0], progress)

    # ── the one call ─────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:
        """`photo/publish` with caption and cover; Kuaishou works on it before readers see it."""
        cover = _cover(article)
        token = str(progress.get("upload_token"))
        line.client.hide(token)
        with attempt(progress) as earlier:
            line.take("post")
            answer = self._api.call(
                line,
                "POST",
                "/openapi/photo/publish",
                publishes=True,
                params={"upload_token": token},
                data={"caption": progress.get("text")},
                files={"cover": (cover.filename, cover.data, cover.mime)},
            )
            if code_of(answer) != OK:
                _not_published(line, answer, progress, earlier=earlier)
            seen = _seen(_film(answer))
            if seen is None:
                raise OutcomeUnknown(f"{line.account} 发布：平台的回答里没有 photo_id")
        return seen

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:
        """`photo/info`: pending, public, or refused by the review. Right after publishing it may know nothing yet."""
        answer = self._info(line, posted.external_id)
        code = code_of(answer)
        if code in NOT_PUBLISHED:
            return Rejected(f"快手没有让作品通过（{told_by(line, answer)}）")
        if code in NO_FILM:
            if line.clock() - posted.accepted_at < LOST_AFTER:
                return Pending("平台还查不到这个作品")
            return Rejected(f"作品已不在快手上（{told_by(line, answer)}），可能审核未过，或被账号或平台删除")
        if code != OK:
            refuse(line, "查询发布", answer, publishes=False)
        seen = _seen(_film(answer))
        if seen is not None and seen.live:
            return Accepted(posted.external_id, seen.url, live=True)
        return Pending("快手正在处理或审核")

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:  # noqa: ARG002
        """The account's films back to `since`, whole pages only; see the module for how sure the answer is."""
        text, horizon = text_of(progress.get("text")), (since - SKEW).timestamp()
        similar = complete = False
        for rows in self._pages(line, "查看作品列表"):
            for row in rows:
                match _verdict(row, text, horizon):
                    case "same":
                        return _seen(row) or Pending("找到了这个作品，但没有它的标识")
                    case "like":
                        similar = True
            times = [at for row in rows if (at := _created(row))]
            if not rows or (times and min(times) < horizon):
                complete = True
                break
        if similar:
            return Pending("有一个作品文案相近，需人工核对")
        return Absent("作品列表里没有") if complete else Pending("作品列表没有列全，不能断定没有发出")

    def _pages(self, line: Line, what: str, most: int = MAX_PAGES, size: int = PAGE) -> Iterator[list[dict[str, Any]]]:
        """The account's films, newest first, `size` at a time; an empty page is the end.

        The cursor is the photo_id of the oldest row of the page before (the platform's SDK).
        """
        query: dict[str, Any] = {"count": size}
        seen: set[str] = set()
        for _ in range(most):
            said = self._api.ask(line, "/openapi/photo/list", what, params=query)
            listed = said.get("video_list")
            if not isinstance(listed, list | None):
                raise TryLater(f"{line.account} {what}：看不懂平台的回答")
            rows = [row for row in listed or [] if isinstance(row, dict)]
            names = {text_of(row.get("photo_id")) for row in rows} - {""}
            if rows and names <= seen:
                return  # The same page again.
            yield rows
            if not names:
                return
            seen |= names
            query["cursor"] = text_of(min(rows, key=_created).get("photo_id"))

    def recall(self, line: Line, posted: Posted) -> TakenDown:
        """`photo/delete`, which cannot be undone."""
        params = {"photo_id": posted.external_id}
        answer = self._api.call(line, "POST", "/openapi/photo/delete", publishes=True, params=params)
        if code_of(answer) != OK and code_of(answer) not in NO_FILM:
            refuse(line, "删除作品", answer, publishes=True)
        return TakenDown("deleted", told_by(line, answer))

    def is_gone(self, line: Line, posted: Posted) -> bool | None:
        """Not there any more, or refused by a later review."""
        answer = self._info(line, posted.external_id)
        if code_of(answer) in NO_FILM | NOT_PUBLISHED:
            return True
        if code_of(answer) != OK:
            refuse(line, "查询作品", answer, publishes=False)
        return False

    def _info(self, line: Line, photo_id: str) -> Answer:
        return self._api.call(line, "GET", "/openapi/photo/info", params={"photo_id": photo_id})

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """Plays, likes and comments: from the list, and one by one for films that are further back than that goes."""
        wanted = {post.external_id for post in posts}
        oldest = min((post.accepted_at - SKEW for post in posts), default=line.clock()).timestamp()
        found: dict[str, Numbers] = {}
        for rows in self._pages(line, "读取数据", READ_PAGES, READ_PAGE) if len(wanted) > 1 else ():
            for row in rows:
                if (photo_id := text_of(row.get("photo_id"))) in wanted and _is_public(row):
                    found[photo_id] = numbers_of(row, _FIGURES)
            left = len(wanted - set(found))
            if not left or left < _pages_to(oldest, rows):
                break
        posted = {post.external_id: post for post in posts}
        for photo_id in sorted(wanted - set(found)):
            answer = self._info(line, photo_id)
            if code_of(answer) in NO_FILM | NOT_PUBLISHED:
                # Right after publishing it may know nothing yet.
                if line.clock() - posted[photo_id].accepted_at >= LOST_AFTER:
                    found[photo_id] = Numbers(gone=True)
                continue
            if code_of(answer) != OK:
                refuse(line, "读取数据", answer, publishes=False)
            if _is_public(row := _film(answer)):
                found[photo_id] = numbers_of(row, _FIGURES)
        return found


def _cover(article: Article) -> Upload:
    """The story's cover, else one plain colour in the film's shape: Kuaishou takes no film without one."""
    if article.cover is not None:
        return fit(article.cover, max_bytes=COVER_BYTES, formats=("JPEG",))
    clip = article.videos[0]
    tall = clip.width is not None and clip.height is not None and clip.height > clip.width
    return cover_of(None, PLAIN_COVERS["tall" if tall else "wide"], max_bytes=COVER_BYTES)


def _not_published(line: Line, answer: Answer, progress: Progress, *, earlier: bool) -> NoReturn:
    """The error of a film that was not published, seen with what may have happened before."""
    what, code = "发布", code_of(answer)
    surely = code in NOT_UPLOADED
    if surely or (earlier and code in BAD_PARAMETER):
        told = f"{line.account} {what}：平台拒绝（{told_by(line, answer)}）"
        upload_refused(progress, told, earlier=earlier, surely=surely, forget_upload=forget_upload)
    refuse(line, what, answer, publishes=True)


def _film(answer: Answer) -> dict[str, Any]:
    film = object_of(answer).get("video_info")
    return film if isinstance(film, dict) else {}


def _is_public(row: Mapping[str, Any]) -> bool:
    return row.get("pending") is False


def _pages_to(oldest: float, rows: Sequence[Mapping[str, Any]]) -> float:
    """About how many more pages of such rows it takes to get back to `oldest`; past it none of them helps."""
    times = [at for row in rows if (at := _created(row))]
    if not times:
        return 1
    return (min(times) - oldest) / max(max(times) - min(times), _HOUR) if min(times) >= oldest else float("inf")


def _seen(row: Mapping[str, Any]) -> Accepted | None:
    """The film of a row; None where it does not say which."""
    photo_id = text_of(row.get("photo_id"))
    live = _is_public(row)
    return Accepted(photo_id, (text_of(row.get("play_url")) or None) if live else None, live=live) if photo_id else None


def _verdict(row: Mapping[str, Any], text: str, horizon: float) -> str:
    """Whether a row is the film that is looked for: same, like, other."""
    if 0 < _created(row) < horizon:
        return "other"
    alike = likeness(text_of(row.get("caption")), text)
    # Without a time an older film of the same words cannot be told from this one.
    return "like" if alike == "same" and not _created(row) else alike


def _created(row: Mapping[str, Any]) -> float:
    """Epoch seconds out of seconds or milliseconds; 0 where the row does not say."""
    number = number_or_none(row.get("create_time")) or 0
    return number / 1000 if number > _MILLISECONDS else float(number)
