"""Platforms without an open publishing interface, where a person publishes: 视频号, 小红书, 今日头条, 学习强国.

What that person needs lies in one folder: what to do first (`发布说明.txt`), the text to paste (`正文.txt`), the story
as a Word document (`稿件.docx`), and the original pictures and videos under names in reading order, without the place
they were taken at. Lengths are counted against each platform's limits and shown; nothing that was reviewed is cut by
machine.

Sources: 视频号 (title 16, text 1,000, 9 pictures, video 1 GB and one hour) and 小红书 (title 20, text 1,000,
9 pictures, 5 topics): limits that a third-party publisher uses, section 2 and 9 of the protocol notes, not verified.
学习强国: image-text 500–800 characters and at least three high-definition photographs by a street office's rule of
2021 (section 8); other contributing stations may differ. 今日头条: title 30, not verified.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rongmei.channels import originals
from rongmei.channels.base import (
    AI_LABEL,
    Article,
    Capabilities,
    Clip,
    Credential,
    Measure,
    Package,
    Picture,
    Post,
    Slip,
)
from rongmei.channels.documents import paragraphs, word_document
from rongmei.clock import spoken
from rongmei.errors import Refused

NOTES, TEXT, DOCUMENT, FACTS = "发布说明.txt", "正文.txt", "稿件.docx", "信息.json"


@dataclass(frozen=True)
class Rules:
    """What a platform takes.

    Attributes:
        title, text: characters at most; 0 is no limit.
        least_text: characters at least.
        pictures: at most; `least_pictures`: at least.
        topics: at most; 0 shows none.
        video_seconds, video_bytes: longest and largest video; 0 takes none.
        visual: needs a picture or a video.
        where: how a person gets to the page that publishes.
    """

    where: str
    title: int = 0
    text: int = 0
    least_text: int = 0
    pictures: int = 0
    least_pictures: int = 0
    topics: int = 0
    video_seconds: int = 0
    video_bytes: int = 0
    visual: bool = False


class HandOffChannel:
    """A platform a person publishes on; see the module."""

    capabilities = Capabilities(settle_after=timedelta(0), bulk=1, reports=(), kind="handoff")

    def __init__(self, name: str, label: str, rules: Rules) -> None:
        self.name, self.label, self.rules = name, label, rules

    def validate(self, article: Article, credential: Credential) -> tuple[str, ...]:  # noqa: ARG002
        """What no person could mend while publishing; lengths are shown, not refused."""
        problems = []
        if not article.title:
            problems.append("没有标题")
        if self.rules.visual and not article.pictures and not article.videos:
            problems.append(f"{self.label}要有图片或视频")
        return tuple(problems)

    def render(self, article: Article, credential: Credential, pictures: Mapping[str, str]) -> Post:  # noqa: ARG002
        """The text to paste, whole, and how its parts stand against the limits."""
        body = self._body(article)
        return Post(
            title=article.title_for(self.name),
            author=article.author,
            digest=article.digest,
            body=body,
            link=article.link or "",
            form="text",
            tags=article.tags[: self.rules.topics],
            measures=tuple(self._measures(article, body)),
        )

    def package(self, article: Article, folder: Path, slip: Slip) -> Package:
        """Everything a person needs, in `folder`; written beside it first, so that no half package is ever seen.

        Raises:
            Refused: a picture or a video is not there or is not the one that was reviewed.
        """
        post = self.render(article, Credential("", {}), {})
        making = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        media = list(_copy_media(article, making))
        _write(making / NOTES, self._notes(article, post, media, slip))
        _write(making / TEXT, f"{post.title}\n\n{post.body}\n")
        (making / DOCUMENT).write_bytes(word_document(article))
        _write(making / FACTS, _facts(article, media, slip))
        shutil.rmtree(folder, ignore_errors=True)
        making.replace(folder)
        return Package(folder, (NOTES, TEXT, DOCUMENT, *media, FACTS), f"{post.title}\n\n{post.body}", post.measures)

    def _body(self, article: Article) -> str:
        lines = paragraphs(article.html)
        if article.ai_generated and not any(AI_LABEL in line for line in lines):
            lines.append(f"（{AI_LABEL}）")
        topics = " ".join(f"#{tag}" for tag in article.tags[: self.rules.topics])
        return "\n\n".join(part for part in ("\n\n".join(lines), topics) if part)

    def _measures(self, article: Article, body: str) -> Iterator[Measure]:
        rules = self.rules
        if rules.title:
            yield Measure("标题字数", len(article.title_for(self.name)), rules.title)
        if rules.text:
            yield Measure("正文字数", len(body), rules.text)
        if rules.pictures:
            yield Measure("图片", len(article.pictures), rules.pictures)
        if article.videos and rules.video_seconds:
            longest = max((clip.seconds or 0 for clip in article.videos), default=0)
            yield Measure("视频秒数", round(longest), rules.video_seconds)
            yield Measure("视频大小（MB）", max(_megabytes(clip) for clip in article.videos), rules.video_bytes >> 20)

    def _notes(self, article: Article, post: Post, media: list[str], slip: Slip) -> str:
        lines = [
            f"{self.label}发布说明　发布单 #{slip.number}（{slip.edition}）",
            "",
            f"1. 打开{self.rules.where}。",
            f"2. 标题和正文从“{TEXT}”复制；需要排版的用“{DOCUMENT}”。",
            f"3. 按编号上传：{'、'.join(media) if media else '没有图片和视频'}。",
            f"4. 发布后把网址登记进系统：{slip.report_by}",
            f"   不再发布的也要登记：{slip.call_off_by}",
            "",
            f"稿件：{article.title}（{article.guid} 第 {article.version} 版）",
            f"媒体：{article.outlet or article.author}",
        ]
        if article.signed_by:
            lines.append(f"审签：{'、'.join(article.signed_by)}")
        if article.filed_at is not None:
            lines.append(f"交稿：{spoken(article.filed_at)}")
        lines += ["", *self._warnings(article, post)]
        return "\n".join(lines).rstrip() + "\n"

    def _warnings(self, article: Article, post: Post) -> Iterator[str]:
        for measure in post.measures:
            over = measure.used > measure.limit
            yield f"{'★ 超出' if over else '　合格'}　{measure.name} {measure.used}/{measure.limit}"
        if len(post.body) < self.rules.least_text:
            yield f"★ 不足　正文字数 {len(post.body)}，一般要 {self.rules.least_text} 以上"
        if len(article.pictures) < self.rules.least_pictures:
            yield f"★ 不足　图片 {len(article.pictures)} 张，一般要 {self.rules.least_pictures} 张以上的高清图"
        if article.ai_generated:
            yield "★ 含 AI 生成内容：发布时在平台上勾选相应声明，正文里的标识不能删"


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", errors="replace")


def _copy_media(article: Article, folder: Path) -> Iterator[str]:
    for number, picture in enumerate(article.pictures, start=1):
        yield _copy(picture, folder, f"图{number}")
    for number, clip in enumerate(article.videos, start=1):
        yield _copy(clip, folder, f"视频{number}")


def _copy(item: Picture | Clip, folder: Path, stem: str) -> str:
    """Copy the reviewed original, as it may leave the house; its name in the folder."""
    kind = "视频" if isinstance(item, Clip) else "图片"
    try:
        with item.path.open("rb") as source:
            digest = hashlib.file_digest(source, "sha256").hexdigest()
        if digest != item.sha256:
            raise Refused(f"{kind}“{item.name}”的文件已不是审过的那一个")
        if isinstance(item, Clip):
            original = originals.film(item.path, item.name)
        else:
            original = originals.picture(item.path, item.name)
        name = f"{stem}.{original.ending}"
        with (folder / name).open("wb") as target:
            for piece in original:
                target.write(piece)
    except FileNotFoundError:
        raise Refused(f"媒体文件夹里找不到{kind}“{item.name}”") from None
    return name


def _facts(article: Article, media: list[str], slip: Slip) -> str:
    """What a station's back office asks for, for machines and for copying."""
    facts = {
        "发布单": slip.number,
        "期次": slip.edition,
        "登记命令": slip.report_by,
        "标题": article.title,
        "摘要": article.digest,
        "作者": article.author,
        "媒体": article.outlet,
        "来源": article.source or article.outlet,
        "地点": article.place,
        "栏目": article.column,
        "标签": list(article.tags),
        "审签": list(article.signed_by),
        "含人工智能生成内容": article.ai_generated,
        "图片说明": [picture.alt for picture in article.pictures],
        "图片署名": [picture.credit for picture in article.pictures],
        "文件": media,
        "编号": article.guid,
        "版本": article.version,
        "原文网址": article.link or "",
    }
    return json.dumps(facts, ensure_ascii=False, indent=1) + "\n"


def _megabytes(clip: Clip) -> int:
    return -(-clip.size_bytes // 1024**2)


_GIGABYTE = 1024**3
CHANNELS = (
    HandOffChannel(
        "shipinhao",
        "视频号",
        Rules(
            "视频号助手（channels.weixin.qq.com）",
            title=16,
            text=1000,
            pictures=9,
            topics=5,
            video_seconds=3600,
            video_bytes=_GIGABYTE,
            visual=True,
        ),
    ),
    HandOffChannel(
        "xiaohongshu",
        "小红书",
        Rules(
            "小红书创作服务平台（creator.xiaohongshu.com）",
            title=20,
            text=1000,
            pictures=9,
            topics=5,
            video_seconds=3600,
            video_bytes=_GIGABYTE,
            visual=True,
        ),
    ),
    HandOffChannel("toutiao", "今日头条", Rules("头条号后台（mp.toutiao.com）", title=30)),
    HandOffChannel("xuexi", "学习强国", Rules("本地学习平台的供稿后台", text=800, least_text=500, least_pictures=3)),
)
