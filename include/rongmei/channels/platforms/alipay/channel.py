"""The channel: what Rongmei asks of Alipay, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rongmei.channels import rendering
from rongmei.channels.base import (
    AI_LABEL,
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
from rongmei.channels.captions import cut, units
from rongmei.channels.covers import cover_of
from rongmei.channels.links import is_web_address
from rongmei.channels.pictures import Upload, fit
from rongmei.channels.platforms.alipay import gateway, statistics, wording
from rongmei.channels.quotas import Quota
from rongmei.channels.values import text_of
from rongmei.errors import OutcomeUnknown, Refused, TryLater

COVER_SIZE = (996, 450)
PICTURE_BYTES = 3 * 1024 * 1024
"""Stated for covers; other pictures may have 5 MB."""
MAX_ADDRESS = 300
QUERY_BATCH = 20
"""Messages that one query tells of; the official page's limit (unverified)."""
DESC_UNITS = 200
"""Of the message to followers; the interface takes 512, a telephone shows less."""

UPLOAD = "alipay.offline.material.image.upload"
CREATE = "alipay.open.public.message.content.create"
MODIFY = "alipay.open.public.message.content.modify"
SEND = "alipay.open.public.message.total.send"
QUERY = "alipay.open.public.message.query"
RECALL = "alipay.open.public.life.msg.recall"


class AlipayChannel:
    """See the package."""

    name = wording.NAME
    label = "支付宝生活号"
    capabilities = Capabilities(
        settle_after=timedelta(minutes=5),
        bulk=100,
        reports=("reads", "likes", "comments", "shares"),
        told_by="account",
        by_day=True,
        # How often an account may send is not published; the platform says PUB.MSG_BATCH_SD_OVER when it was too often.
        quotas=(Quota("post", "群发", limit=10, verified=False),),
        login=("app_id", "private_key"),
        official="https://openapi.alipay.com",
    )

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:
        """Title, length, and a service card that Alipay can show."""
        return wording.problems(article, credential)

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:
        """The page: rich text with the service card as a block below it."""
        return Post(
            title=article.title_for(self.name),
            author=article.author,
            digest=_summary(article),
            body=wording.rich_text(article, pictures),
            link=article.card.link if article.card is not None else "",
            tags=wording.keywords(article),
            measures=wording.measures(article, credential),
        )

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """Pictures, cover, and the page that the message will lead to; nobody is told of it yet."""
        made = self._content(line, article, progress)
        if progress.get("content_id"):
            return
        node = gateway.ask(line, CREATE, "创建图文", content=made)
        page = {name: text_of(node.get(name)) for name in ("content_id", "content_url")}
        if not all(page.values()):
            raise TryLater(f"{line.account} 创建图文：支付宝的回答里没有 content_id 或 content_url")
        # The statistics know an article by its title and nothing else.
        progress.save(**page, title=made["title"])

    def _content(self, line: Line, article: Article, progress: Progress) -> dict[str, Any]:
        """The article as `content.create` takes it; its pictures are uploaded unless they are known already."""
        images: dict[str, str] = dict(progress.get("images") or {})
        for picture in article.pictures:
            if f"{rendering.SCHEME}:{picture.sha256}" in article.html and picture.sha256 not in images:
                images[picture.sha256] = self._upload(line, fit(picture, max_bytes=PICTURE_BYTES), "上传图片")
                progress.save(images=images)
        covers: dict[str, str] = dict(progress.get("covers") or {})
        name = _cover_name(article)
        if name not in covers:
            cover = cover_of(article.cover, COVER_SIZE, max_bytes=PICTURE_BYTES)
            covers[name] = self._upload(line, cover, "上传封面")
            progress.save(covers=covers)
        return wording.content(article, cover=covers[name], pictures=images)

    def _upload(self, line: Line, upload: Upload, what: str) -> str:
        fields = {"image_type": upload.filename.rpartition(".")[2], "image_name": upload.filename}
        files = {"image_content": (upload.filename, upload.data, upload.mime)}
        address = text_of(gateway.ask(line, UPLOAD, what, fields=fields, files=files).get("image_url"))
        if not address:
            raise TryLater(f"{line.account} {what}：支付宝的回答里没有 image_url")
        return address

    # ── the one call ─────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:
        """`message.total.send`: one message to all followers, leading to the page."""
        address = text_of(progress.get("content_url"))
        item = {
            "title": article.title_for(self.name),
            "desc": _summary(article),
            "image_url": (progress.get("covers") or {}).get(_cover_name(article), ""),
            "url": address,
            "action_name": "查看详情",
        }
        line.take("post")
        node = gateway.publish(line, SEND, "群发", {"msg_type": "image-text", "articles": [item]})
        message_id = text_of(node.get("message_id"))
        if not message_id:
            raise OutcomeUnknown(f"{line.account} 群发：支付宝的回答里没有 message_id")
        return Accepted(message_id, address, keep={"message_id": message_id})

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:
        """`message.query`: the message is on its way to the followers for a while."""
        return self.confirm_together(line, (posted,))[0]

    def batches(self, posts: Sequence[Posted]) -> Sequence[Sequence[Posted]]:
        """`QUERY_BATCH` messages a call."""
        return [posts[start : start + QUERY_BATCH] for start in range(0, len(posts), QUERY_BATCH)]

    def confirm_together(self, line: Line, posts: Sequence[Posted]) -> tuple[Confirmation, ...]:
        """`message.query` of all of them."""
        found = self._messages(line, [posted.external_id for posted in posts])
        return tuple(self._decided(posted, *found.get(posted.external_id, ("", ""))) for posted in posts)

    def _decided(self, posted: Posted, status: str, said: str) -> Confirmation:
        if status == "SUCCESS":
            return Accepted(posted.external_id, posted.url, live=True)
        if status == "FAILURE":
            return Rejected(f"支付宝没有发出这条群发：{said or status}")
        if status in ("RECALLING", "RECALLED"):
            return Rejected(f"这条群发已被撤回：{said or status}")
        return Pending(said or ("支付宝正在群发" if status else "支付宝还查不到这条群发"))

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:  # noqa: ARG002
        """Never decides: no interface lists what an account has sent, so a person has to look."""
        title, address = (text_of(progress.get(name)) for name in ("title", "content_url"))
        # Whole, because somebody will copy it.
        where = f" {address}" if is_web_address(address) and len(address) <= MAX_ADDRESS else ""
        return Pending(
            f"支付宝没有可查的群发列表，需人工核对：请在生活号后台的“已发送”里找《{title}》；发出了就登记网址{where}"
        )

    def recall(self, line: Line, posted: Posted) -> TakenDown:
        """`life.msg.recall` takes the message back from the followers; its page keeps its address.

        Raises:
            Refused: nobody knows the message's id, because a person settled the publication by hand.
        """
        if not posted.progress.get("message_id"):
            raise Refused(
                f"{line.account} 撤回群发：这条是人工核对的，没有消息标识，接口撤不了；"
                f"请在生活号后台的“已发送”里撤回《{posted.title}》，再登记为已撤下"
            )
        reply = gateway.send(line, RECALL, publishes=True, content={"message_id": posted.external_id})
        if not reply.ok:
            refusal = gateway.error(line, "撤回群发", reply, publishes=True)
            if type(refusal) is not Refused or not self.is_gone(line, posted):
                raise refusal
        return TakenDown("hidden", "群发已撤回；图文页的网址仍能打开，需要时请在生活号后台删除")

    def is_gone(self, line: Line, posted: Posted) -> bool | None:
        """Whether the message is taken back; None where nobody knows its id.

        The official comments call the status RECALLED 撤回失败 and its description 撤回成功; the description decides.
        """
        if not posted.progress.get("message_id"):
            return None
        status, said = self._messages(line, [posted.external_id]).get(posted.external_id, ("", ""))
        if status == "RECALLED":
            return "失败" not in said
        return False if status in ("INIT", "RUNNING", "SUCCESS", "RECALLING") else None

    def correct(self, line: Line, posted: Posted, article: Article, progress: Progress) -> Accepted:
        """`content.modify`: the page says something else from then on; the message itself cannot be changed.

        Raises:
            Refused: nobody knows the page's id.
        """
        content_id = text_of(posted.progress.get("content_id"))
        if not content_id:
            raise Refused(f"{line.account} 修改图文：没有图文标识，请在生活号后台修改《{posted.title}》")
        made = self._content(line, article, progress)
        node = gateway.publish(line, MODIFY, "修改图文", {"content_id": content_id, **made})
        # The statistics may know the article by its old title or by this one.
        progress.save(corrected_title=made["title"])
        address = text_of(node.get("content_url")) or posted.url
        return Accepted(posted.external_id, address, live=True, keep={"title": made["title"]})

    def _messages(self, line: Line, message_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Status and description by id; one that the platform does not know is missing."""
        node = gateway.ask(line, QUERY, "查询群发", content={"message_ids": list(message_ids)})
        listed = node.get("list")
        found = {
            text_of(message.get("message_id")): (
                text_of(message.get("status")),
                line.client.clean(text_of(message.get("status_desc"))),
            )
            for message in (listed if isinstance(listed, list) else [])
            if isinstance(message, dict)
        }
        return {message_id: found[message_id] for message_id in message_ids if message_id in found}

    # ── numbers ──────────────────────────────────────────────────────────────────────────────────────────────────

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:
        """Readers, likes, comments and shares; how many it was delivered and shown to is in `raw`."""
        return statistics.read(line, posts)


def _cover_name(article: Article) -> str:
    return article.cover.sha256 if article.cover is not None else "plain"


def _summary(article: Article) -> str:
    """What a follower reads in the message, with the AI label where one is due."""
    ending = f"（{AI_LABEL}）" if article.ai_generated else ""
    return cut(article.digest or article.title, DESC_UNITS - units(ending)) + ending
