"""Hand-off packages: complete, readable, the same twice, and never with a file that was not reviewed."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from PIL import ExifTags, Image

from rongmei.channels import AI_LABEL, Clip, Credential, HandOff, Slip, all_channels, get_handoff
from rongmei.channels.platforms.handoffs import CHANNELS
from rongmei.errors import BadInput, Refused

NOBODY = Credential("", {})
SLIP = Slip(4711, "cunchao/2026-06-06")


@pytest.fixture
def clip(tmp_path: Path):
    def make(data: bytes = b"\0\0\0\x18ftypmp42film", **more: Any) -> Clip:
        sha256 = hashlib.sha256(data).hexdigest()
        (tmp_path / sha256).write_bytes(data)
        return Clip(sha256, tmp_path / sha256, "终场.mp4", "video/mp4", len(data), **{"seconds": 12.4, **more})

    return make


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda one: one.name)
def test_a_package_has_all_a_person_needs(channel, story, picture, clip, tmp_path: Path) -> None:
    shot, film = picture(), clip()
    article = story(
        html="<p>东城队<strong>昨晚</strong>获胜。</p>"
        f'<p><img src="rongmei:{shot.sha256}" alt="球场"></p><p>掌声雷动。</p>',
        pictures=(shot,),
        videos=(film,),
        tags=("村超", "东莞"),
        signed_by=("林初", "赵复", "孙终"),
        outlet="东莞日报",
        filed_at=datetime(2026, 6, 6, 10, tzinfo=UTC),
        guid="rongmei:story:7",
    )
    made = channel.package(article, tmp_path / "out" / "7", SLIP)
    assert set(made.files) == {path.name for path in made.folder.iterdir()}
    assert made.files[0] == "发布说明.txt"
    notes = (made.folder / "发布说明.txt").read_text(encoding="utf-8")
    assert "发布单 #4711（cunchao/2026-06-06）" in notes.splitlines()[0]
    assert "rongmei publish hand-over cunchao/2026-06-06 4711 --url 网址 --by 你的标识\n" in notes
    assert "rongmei publish cancel-handoff cunchao/2026-06-06 4711 --why" in notes
    assert "林初、赵复、孙终" in notes
    pasted = (made.folder / "正文.txt").read_text(encoding="utf-8")
    assert pasted.startswith("东城队二比一战胜南城队\n\n东城队昨晚获胜。\n\n掌声雷动。")
    assert (made.folder / "图1.jpg").read_bytes() == shot.path.read_bytes()
    assert (made.folder / "视频1.mp4").read_bytes() == film.path.read_bytes()
    words = [paragraph.text for paragraph in Document(str(made.folder / "稿件.docx")).paragraphs]
    assert words[0] == article.title
    assert "终审：孙终" in words
    assert len(Document(str(made.folder / "稿件.docx")).inline_shapes) == 1
    facts = json.loads((made.folder / "信息.json").read_text(encoding="utf-8"))
    assert (facts["发布单"], facts["期次"]) == (4711, "cunchao/2026-06-06")
    assert facts["审签"] == ["林初", "赵复", "孙终"]
    assert facts["来源"] == "东莞日报"


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda one: one.name)
def test_no_package_tells_where_a_photograph_was_taken(channel, story, picture, clip, snapshot, tmp_path: Path) -> None:
    film = clip(b"\0\0\0\x0cftypmp42\0\0\0\x2bmoov\0\0\0\x23udta\0\0\0\x1b\xa9xyz\0\x0f\x15\xc7+23.02+113.75/")
    shot = picture(snapshot)
    article = story(pictures=(shot,), videos=(film,), html=f'<p><img src="rongmei:{shot.sha256}" alt=""></p>')
    made = channel.package(article, tmp_path / "out", SLIP)
    assert b"SERIAL-4711" in snapshot
    assert b"+23.02" in film.path.read_bytes()
    for name, data in contents(made.folder).items():
        assert b"SERIAL-4711" not in data, name
        assert b"+23.02" not in data, name
    shown = Image.open(made.folder / "图1.jpg")
    assert not shown.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert shown.getexif()[ExifTags.Base.Artist] == "Chen Ce"
    assert shown.tobytes() == Image.open(shot.path).tobytes()
    document = Document(str(made.folder / "稿件.docx"))
    (inside,) = [part for part in document.part.package.iter_parts() if part.partname.startswith("/word/media")]
    assert not Image.open(BytesIO(inside.blob)).getexif()


def test_the_same_again_changes_nothing(story, picture, tmp_path: Path) -> None:
    channel = get_handoff("xiaohongshu")
    article = story(pictures=(picture(),))
    first = contents(channel.package(article, tmp_path / "out", SLIP).folder)
    (tmp_path / ".out.part").mkdir()  # left by a process that was killed in the middle
    (tmp_path / ".out.part" / "half").write_text("…")
    assert contents(channel.package(article, tmp_path / "out", SLIP).folder) == first
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["out"]


def test_limits_are_counted_and_shown_but_nothing_is_cut(story, picture, tmp_path: Path) -> None:
    channel = get_handoff("xiaohongshu")
    article = story(title="很" * 30, html=f"<p>{'长' * 1200}</p>", pictures=tuple(picture() for _ in range(10)))
    post = channel.render(article, NOBODY, {})
    assert {measure.name: (measure.used, measure.limit) for measure in post.measures} == {
        "标题字数": (30, 20),
        "正文字数": (1200, 1000),
        "图片": (10, 9),
    }
    notes = (channel.package(article, tmp_path / "out", SLIP).folder / "发布说明.txt").read_text(encoding="utf-8")
    assert notes.count("★ 超出") == 3


def test_a_title_of_its_own_is_taken(story, picture) -> None:
    article = story(titles={"xiaohongshu": "东城队赢啦"}, pictures=(picture(),))
    assert get_handoff("xiaohongshu").render(article, NOBODY, {}).title == "东城队赢啦"
    assert get_handoff("toutiao").render(article, NOBODY, {}).title == article.title


def test_topics_are_as_many_as_the_platform_shows(story, picture) -> None:
    article = story(tags=tuple("一二三四五六七"), pictures=(picture(),))
    body = get_handoff("xiaohongshu").render(article, NOBODY, {}).body
    assert body.endswith("\n\n#一 #二 #三 #四 #五")
    assert "#" not in get_handoff("xuexi").render(article, NOBODY, {}).body


def test_the_study_platform_wants_more(story, tmp_path: Path) -> None:
    notes = (get_handoff("xuexi").package(story(), tmp_path / "out", SLIP).folder / "发布说明.txt").read_text("utf-8")
    assert "★ 不足　正文字数" in notes
    assert "★ 不足　图片 0 张" in notes


def test_a_picture_platform_refuses_a_story_without_any(story) -> None:
    assert get_handoff("shipinhao").validate(story(), NOBODY) == ("视频号要有图片或视频",)
    assert get_handoff("toutiao").validate(story(title=""), NOBODY) == ("没有标题",)


def test_generated_content_is_labelled(story, picture, tmp_path: Path) -> None:
    article = story(ai_generated=True, pictures=(picture(),), html="<p>播报。</p>")
    made = get_handoff("toutiao").package(article, tmp_path / "out", SLIP)
    assert AI_LABEL in made.text
    assert "★ 含 AI 生成内容" in (made.folder / "发布说明.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("change", ["gone", "other"])
def test_a_file_that_was_not_reviewed_leaves_no_package(story, picture, clip, tmp_path: Path, change: str) -> None:
    film = clip()
    if change == "gone":
        film.path.unlink()
    else:
        film.path.write_bytes(b"another film")
    with pytest.raises(Refused, match="终场"):
        get_handoff("shipinhao").package(story(videos=(film,)), tmp_path / "out" / "1", SLIP)
    assert not (tmp_path / "out" / "1").exists()


def test_words_that_xml_cannot_hold(story, tmp_path: Path) -> None:
    article = story(title="坏\x00字\ud800符𠮷", html="<p>&#8;控制\x0b符</p>", outlet="东\x07莞")
    made = get_handoff("toutiao").package(article, tmp_path / "out", SLIP)
    assert Document(str(made.folder / "稿件.docx")).paragraphs[0].text == "坏字符𠮷"


def test_only_hand_offs_are_handed_off() -> None:
    assert {name for name, one in all_channels().items() if one.capabilities.kind == "handoff"} == {
        "shipinhao",
        "xiaohongshu",
        "toutiao",
        "xuexi",
    }
    taken: HandOff = get_handoff("xuexi")
    assert taken.label == "学习强国"
    with pytest.raises(BadInput, match="由接口发布"):
        get_handoff("weibo")
    with pytest.raises(BadInput, match="没有渠道"):
        get_handoff("fax")
