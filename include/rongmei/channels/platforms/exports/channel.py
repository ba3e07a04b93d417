"""The channel of an export: prepares media, delivers the document, and looks for it where it was delivered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from rongmei.channels import rendering
from rongmei.channels.base import (
    AI_LABEL,
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
    Sighting,
    TakenDown,
)
from rongmei.channels.platforms.exports.forms import ENCODING, Form, pace_of
from rongmei.channels.platforms.exports.packing import Medium, media_of, name_of, packed
from rongmei.channels.values import number_or_none, text_of
from rongmei.delivery import Goods, folder_uri, open_target, problem_with, takes_folders
from rongmei.delivery.goods import MEDIA
from rongmei.errors import BadInput, Refused
from rongmei.formats import Release, rundown
from rongmei.formats.parts import clean, holder, uri_of
from rongmei.formats.parts import line as tidy

ITEM, DELIVERY, RECEIPT = "item", "delivery", "receipt"
WITHDRAWN = "本稿已撤回，请勿使用；已经使用的，请撤下。"
_PACKAGES = {"", "zip", "folder"}
_ENCODINGS = {"", "utf-8", "gb18030"}
_YES = {"1", "yes", "true", "是"}


class ExportChannel:
    """A form of export; see the package."""

    capabilities = Capabilities(settle_after=timedelta(minutes=2), bulk=100, reports=(), kind="export")

    def __init__(self, form: Form) -> None:
        self._form = form
        self.name, self.label = form.name, form.label

    # ── before it goes out ───────────────────────────────────────────────────────────────────────────────────────

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:
        """What the receiver could not use, or could not name later; and what no delivery can be made by."""
        problems = [problem_with(credential), *self._problems_of_fields(credential)]
        if not tidy(article.title):
            problems.append("没有标题")
        if not tidy(article.text):
            problems.append("没有正文")
        if article.filed_at is None:
            problems.append("没有交稿时间")
        if article.ai_generated and AI_LABEL not in article.html:
            problems.append(f"含人工智能生成内容，正文里却没有“{AI_LABEL}”的标识")
        try:
            uri_of(article.guid)
        except BadInput as error:
            problems.append(str(error))
        if self._form.wire and not tidy(article.place):
            problems.append("没有地点，通稿要有电头：请在交稿单里补上")
        if self._form.wire and not holder(article):
            problems.append("没有来源，通稿要写明版权归谁：请在交稿单里补上")
        return tuple(problem for problem in problems if problem)

    def _problems_of_fields(self, credential: Credential) -> list[str]:
        problems = []
        if credential.fields.get("package", "") not in _PACKAGES:
            problems.append("账号连接里的 package 只能是 zip 或 folder")
        if credential.fields.get(ENCODING, "").lower() not in _ENCODINGS:
            problems.append(f"账号连接里的 {ENCODING} 只能是 utf-8 或 gb18030")
        try:
            pace_of(credential)
            if credential.fields.get("media_url"):
                uri_of(credential.fields["media_url"])
        except BadInput as error:
            problems.append(str(error))
        return problems

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:  # noqa: ARG002
        """The words as their readers get them: a script in lines, or the story with its pictures."""
        title = tidy(article.title_for(self.name))
        facts = (title, tidy(article.author), tidy(article.digest))
        if not self._form.pictures:
            return Post(*facts, "\n".join(rundown.script(article)), article.link or "", "text", article.tags)
        body = rendering.place_pictures(clean(article.html), pictures)
        return Post(*facts, body, article.link or "", tags=article.tags)

    def prepare(self, line: Line, article: Article, progress: Progress) -> None:
        """Look at every file, and lay the media where the document will point to; nobody takes them without it."""
        self._lay(line, self._media(line, article))
        progress.save(**{ITEM: self._item(article, _release(article, line.credential))})

    # ── the one call ─────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, line: Line, article: Article, progress: Progress) -> Accepted:
        """Deliver the document; its name, size and hash are kept before, so that it can be found."""
        return self._deliver(line, article, _release(article, line.credential), progress, article.fingerprint)

    def correct(self, line: Line, posted: Posted, article: Article, progress: Progress) -> Accepted:
        """A new version under the story's name; the receiver puts it in place of the one it has."""
        item = _item_of(progress.values) or _item_of(posted.progress)
        if item is None or item["guid"] != article.guid:
            raise Refused(f"{line.account} 更正：不知道当时交付的是哪篇稿件，请人工把更正稿交给对方")
        if article.version < item["version"]:
            raise Refused(f"{line.account} 更正：对方已有第 {item['version']} 版，不能用第 {article.version} 版去改")
        release = _release(article, line.credential, first_created=_moment(item.get("first_created")))
        release = replace(release, note=f"更正稿，替换第 {article.version} 版以前的各版")
        self._lay(line, self._media(line, article))
        progress.save(**{ITEM: self._item(article, release)})
        return self._deliver(line, article, release, progress, f"{article.fingerprint}-v{article.version}")

    def _deliver(self, line: Line, article: Article, release: Release, progress: Progress, key: str) -> Accepted:
        media = self._media(line, article)
        name = name_of(article.guid, article.version, article.fingerprint, self._form.ending)
        titled = replace(article, title=article.title_for(self.name))
        document = self._form.document(titled, release, [one.attachment for one in media], line.credential)
        enclosed = media if _zipped(line.credential) else []
        with packed(name, document, enclosed, release.created_at) as goods:
            progress.save(**{DELIVERY: _facts(goods)})
            with open_target(line) as target:
                receipt = target.deliver(goods, key=key)
        return Accepted(goods.name, receipt.url, live=True, keep={RECEIPT: receipt.kept()})

    # ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────

    def confirm(self, line: Line, posted: Posted) -> Confirmation:  # noqa: ARG002
        """What was delivered is out of our hands."""
        return Accepted(posted.external_id, posted.url, live=True)

    def find(self, line: Line, fingerprint: str, since: datetime, progress: Mapping[str, Any]) -> Sighting:  # noqa: ARG002
        """Whether the file lies where it was to go, with the size and the hash that were kept."""
        kept = progress.get(DELIVERY)
        if not isinstance(kept, dict):
            return Absent("交付的文件还没有做好")
        name, size, sha256 = text_of(kept.get("name")), number_or_none(kept.get("size")), text_of(kept.get("sha256"))
        with open_target(line) as target:
            presence = target.look(name, size, sha256)
        if presence == "there":
            seen = {"name": name, "size": size, "sha256": sha256, "at": line.clock().isoformat(), "found": True}
            return Accepted(name, live=True, keep={RECEIPT: seen})
        if presence == "different":
            return Pending(f"对方那里有同名文件 {name}，内容却不同，请人工核对")
        if presence == "unknown":
            return Pending(f"对方的接口不能回查，请向对方核实是否收到 {name}")
        if _is_taken_away(line.credential):
            return Pending(f"文件夹里没有 {name}，但对方会取走文件，请向对方核实")
        return Absent(f"没有文件 {name}")

    def recall(self, line: Line, posted: Posted) -> TakenDown:
        """A higher version that says `canceled`; who has the story already must take it out himself."""
        name, article = self._notice(line, posted)
        item = _item_of(posted.progress)
        first = _moment(item.get("first_created")) if item else None
        release = Release(line.clock(), first_created=first, status="canceled", note=WITHDRAWN)
        document = self._form.document(article, release, [], line.credential)
        with open_target(line) as target, packed(name, document, [], release.created_at) as goods:
            if target.look(name) == "there":
                return TakenDown("hidden", f"撤稿通知 {name} 已经交付过")
            receipt = target.deliver(goods, key=f"{article.fingerprint}-canceled")
        status = f"，HTTP {receipt.status}" if receipt.status else ""
        return TakenDown("hidden", f"已交付撤稿通知 {name}（SHA-256 {receipt.sha256[:16]}…{status}）")

    def is_gone(self, line: Line, posted: Posted) -> bool | None:
        """Whether the notice of its withdrawal was delivered; what the receiver did then, nobody can see."""
        if _item_of(posted.progress) is None:
            return None
        name, _ = self._notice(line, posted)
        with open_target(line) as target:
            presence = target.look(name)
        if presence == "there":
            return True
        return False if presence == "absent" and not _is_taken_away(line.credential) else None

    def read_numbers(self, line: Line, posts: Sequence[Posted]) -> dict[str, Numbers]:  # noqa: ARG002
        """Receivers report nothing."""
        return {}

    # ── parts ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _media(self, line: Line, article: Article) -> list[Medium]:
        return media_of(article, pictures=self._form.pictures, address=_media_address(line.credential))

    def _lay(self, line: Line, media: Sequence[Medium]) -> None:
        if media and not _zipped(line.credential):
            with open_target(line) as target:
                for medium in media:
                    target.lay(medium.goods)

    def _item(self, article: Article, release: Release) -> dict[str, Any]:
        """What a later correction or recall must know of this delivery."""
        first = release.first_created
        return {
            "guid": article.guid,
            "version": article.version,
            "fingerprint": article.fingerprint,
            "title": article.title_for(self.name),
            "outlet": article.outlet,
            "source": article.source,
            "place": article.place,
            "first_created": first.isoformat() if first else None,
        }

    def _notice(self, line: Line, posted: Posted) -> tuple[str, Article]:
        """The name and the words of the notice that takes the story back.

        Raises:
            Refused: it is not known what was delivered.
        """
        item = _item_of(posted.progress)
        if item is None:
            raise Refused(f"{line.account} 撤稿：不知道当时交付的是哪篇稿件，请人工通知对方")
        version = item["version"] + 1
        fingerprint = text_of(item.get("fingerprint")) or posted.fingerprint
        article = Article(
            fingerprint=fingerprint,
            title=text_of(item.get("title")) or posted.title,
            author="",
            digest="",
            html=f"<p>{WITHDRAWN}</p>",
            text=WITHDRAWN,
            guid=item["guid"],
            version=version,
            outlet=text_of(item.get("outlet")),
            source=text_of(item.get("source")),
            place=text_of(item.get("place")),
        )
        return name_of(item["guid"], version, fingerprint, self._form.ending, canceled=True), article


def _release(article: Article, credential: Credential, *, first_created: datetime | None = None) -> Release:
    """The facts of a delivery, the same whenever it is tried; of a later version nobody knows the first any more.

    Raises:
        Refused: it is not known when this version came in.
    """
    if article.filed_at is None:
        raise Refused("稿件没有交稿时间，不能交付")
    first = first_created or (article.filed_at if article.version == 1 else None)
    return Release(
        article.filed_at,
        first_created=first,
        embargoed_until=article.embargo,
        usage_terms=credential.fields.get("usage_terms", ""),
    )


def _zipped(credential: Credential) -> bool:
    """Whether media go into one ZIP with the document."""
    return credential.fields.get("package", "") == "zip" or not takes_folders(credential)


def _media_address(credential: Credential) -> str | None:
    """Where the receiver sees the folder of the media; None when only the delivery itself has them."""
    if credential.fields.get("media_url"):
        return credential.fields["media_url"].rstrip("/")
    return None if _zipped(credential) else f"{folder_uri(credential)}/{MEDIA}"


def _facts(goods: Goods) -> dict[str, Any]:
    return {"name": goods.name, "size": goods.size, "sha256": goods.sha256}


def _item_of(progress: Mapping[str, Any]) -> dict[str, Any] | None:
    """What was kept of the delivery; None where there is nothing to go by."""
    item = progress.get(ITEM)
    whole = isinstance(item, dict) and isinstance(item.get("guid"), str) and isinstance(item.get("version"), int)
    return item if whole else None


def _moment(kept: Any) -> datetime | None:
    return datetime.fromisoformat(kept) if isinstance(kept, str) else None


def _is_taken_away(credential: Credential) -> bool:
    return credential.fields.get("taken_away", "").strip().lower() in _YES
