"""Documents from the drop folder to the ledger: with what is in them, what lies beside them, and their originals."""

from __future__ import annotations

import hashlib
import io
import wave
from typing import Any

from PIL import Image
from sqlalchemy import func, select

from rongmei.ledger import StoryEvent, StoryVersion
from rongmei.stories import story_diff, waiting_files


def written(word: Any, body: str, *pictures: bytes) -> bytes:
    word.line("标题：东城夺冠")
    word.line("作者：张三")
    word.line(body)
    for number, data in enumerate(pictures, 1):
        word.picture(data)
        word.line(f"图{number}：现场（李四 摄）", centred=True)
    return word.bytes()


def filed_event(room: Any, story: int) -> dict[str, Any]:
    with room.ledger.read() as session:
        return session.scalars(select(StoryEvent.detail).where(StoryEvent.thing_id == story)).first()


def recording() -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes(12_000))
    return stream.getvalue()


def test_a_document_with_pictures_inside_is_filed_and_its_original_kept(
    newsroom: Any, word: Any, shot: Any, body: str
) -> None:
    assignment = newsroom.assignment()
    word.document.paragraphs[0].text = f"任务：{assignment}"
    raw = written(word, body, shot("red"), shot("blue"))
    newsroom.drop("稿件.docx", raw)
    summary = newsroom.take_in()
    assert (summary.filed, summary.refused) == (1, 0), newsroom.notes()
    story = newsroom.story_of(assignment).id
    version = newsroom.current(story)
    assert (version.title, version.author, version.source_name) == ("东城夺冠", "张三", "稿件.docx")
    assert [(m.alt, m.credit, m.file.content_type) for m in version.media] == [
        ("图1：现场", "李四", "image/png"),
        ("图2：现场", "李四", "image/png"),
    ]
    for use, data in zip(version.media, (shot("red"), shot("blue")), strict=True):
        assert (newsroom.settings.media / use.sha256).read_bytes() == data
        assert f"]({use.name})" in version.body
    original = filed_event(newsroom, story)["original"]
    assert (original["name"], original["size_bytes"]) == ("稿件.docx", len(raw))
    assert original["content_type"].endswith("wordprocessingml.document")
    kept = newsroom.settings.media / original["sha256"]
    assert hashlib.sha256(kept.read_bytes()).hexdigest() == original["sha256"] == hashlib.sha256(raw).hexdigest()
    assert newsroom.names("processed") == ["稿件.docx"]


def test_a_folder_of_a_document_and_its_files_is_one_story(
    newsroom: Any, blank_word: Any, picture: Any, film: Any, body: str
) -> None:
    assignment = newsroom.assignment()
    word = blank_word()
    word.line("东城夺冠", "Heading 1")
    word.line(body)
    folder = f"{assignment} 东城夺冠"
    newsroom.drop(f"{folder}/东城队捧杯（李四 摄）.jpg", picture())
    newsroom.drop(f"{folder}/图/1.jpg", picture(colour="blue"))
    newsroom.drop(f"{folder}/集锦.mp4", film())
    newsroom.drop(f"{folder}/采访.wav", recording())
    newsroom.drop(f"{folder}/数据.xlsx", b"PK")
    newsroom.drop(f"{folder}/稿件_files/图标.png", picture())
    newsroom.drop(f"{folder}/稿件.docx", word.bytes())
    assert newsroom.take_in().filed == 1, newsroom.notes()
    story = newsroom.story_of(assignment).id
    assert [(m.role, m.name, m.alt, m.credit) for m in newsroom.current(story).media] == [
        ("body", "东城队捧杯（李四 摄）.jpg", "东城队捧杯", "李四"),
        ("body", "图/1.jpg", "", ""),
        ("video", "集锦.mp4", "集锦", ""),
        ("audio", "采访.wav", "采访", ""),
    ]
    event = filed_event(newsroom, story)
    assert f"任务编号 {assignment} 取自文件名" in event["notes"]
    assert "同一文件夹里的 数据.xlsx 不是能收的图片、视频或音频，没有收" in event["notes"]
    audio = newsroom.current(story).media[-1]
    assert (audio.file.content_type, audio.file.seconds, audio.file.width) == ("audio/wav", 1.5, None)
    assert (newsroom.settings.media / audio.sha256).read_bytes() == recording()
    assert len(newsroom.names("processed")) == 5
    left = [path.name for path in newsroom.folder().rglob("*") if path.is_file() and "processed" not in path.parts]
    assert sorted(left) == ["图标.png", "数据.xlsx"]


def test_in_the_shared_folder_only_named_files_are_taken(newsroom: Any, word: Any, picture: Any, body: str) -> None:
    newsroom.assignment()
    word.document.paragraphs[0].text = "任务：1"
    word.line("图片：捧杯.jpg")
    newsroom.drop("捧杯.jpg", picture())
    newsroom.drop("别人的.jpg", picture(colour="blue"))
    newsroom.drop("稿件.docx", written(word, body))
    assert newsroom.take_in().filed == 1, newsroom.notes()
    assert [m.name for m in newsroom.current(1).media] == ["捧杯.jpg"]
    assert (newsroom.folder() / "别人的.jpg").exists()


def test_a_revised_document_is_a_new_version_and_its_diff_readable(
    newsroom: Any, blank_word: Any, shot: Any, body: str
) -> None:
    assignment = newsroom.assignment()
    for name, text, pictures in (
        ("稿.docx", body, ["red"]),
        ("稿 改.docx", body.replace("二比一", "三比一", 1), ["blue", "red"]),
    ):
        word = blank_word()
        word.line(f"任务：{assignment}")
        newsroom.drop(name, written(word, text, *(shot(colour) for colour in pictures)))
        assert newsroom.take_in().refused == 0, newsroom.notes()
    told = story_diff(newsroom.ledger, 1).text()
    assert "[-二-]{+三+}比一" in told
    assert told.count("新增图片") == 1
    assert "删去图片" not in told


def test_the_same_document_again_changes_nothing(newsroom: Any, word: Any, shot: Any, body: str) -> None:
    newsroom.assignment()
    word.document.paragraphs[0].text = "任务：1"
    raw = written(word, body, shot())
    newsroom.drop("a.docx", raw)
    newsroom.take_in()
    newsroom.drop("b.docx", raw)
    assert newsroom.take_in().unchanged == 1
    with newsroom.ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(StoryVersion)) == 1


def test_markdown_keeps_its_original_too(newsroom: Any) -> None:
    path = newsroom.drop_story(newsroom.assignment())
    raw = path.read_bytes()
    newsroom.take_in()
    original = filed_event(newsroom, 1)["original"]
    assert original["content_type"] == "text/markdown"
    assert (newsroom.settings.media / original["sha256"]).read_bytes() == raw


def test_html_and_ninjs_are_filed(newsroom: Any, picture: Any, body: str) -> None:
    first, second = newsroom.assignment(), newsroom.assignment()
    newsroom.drop("a.jpg", picture())
    page = f"<html><h1>东城夺冠</h1><p>{body}</p><img src='a.jpg' alt='捧杯'></html>"
    newsroom.drop(f"{first} 稿.html", page.encode("gb18030"))
    item = f'{{"type": "text", "headline": "南城惜败", "body_xhtml": "<p>{body}</p>"}}'
    newsroom.drop(f"{second} 稿.json", item)
    assert newsroom.take_in().filed == 2, newsroom.notes()
    assert [m.alt for m in newsroom.current(newsroom.story_of(first).id).media] == ["捧杯"]
    assert newsroom.current(newsroom.story_of(second).id).title == "南城惜败"


def test_what_is_wrong_in_a_document_is_told_together(newsroom: Any, word: Any, packed: Any, shot: Any) -> None:
    newsroom.assignment()
    word.document.paragraphs[0].text = "任务：1"
    word.line("音频：无.mp3、假.mp3")
    newsroom.drop("假.mp3", b"<?php ?>")
    big = io.BytesIO()
    Image.effect_noise((1200, 1200), 90).save(big, "PNG")
    raw = written(word, "太短", shot(), big.getvalue())
    newsroom.drop("稿件.docx", raw)
    summary = newsroom.take_in()
    assert (summary.refused, summary.filed) == (1, 0)
    note = newsroom.notes()
    for said in (
        "文中第 2 张图片：图片超过 1 MB。改法：压缩或缩小后再插入",
        "音频 无.mp3：缺少这个音频",
        "音频 假.mp3：不是 MP3、M4A、AAC、WAV 或 OGG 音频",
        "少于 80 字",
    ):
        assert said in note
    assert "缺少这张图片" not in note
    assert not newsroom.settings.media.exists()
    assert newsroom.names("refused") == ["假.mp3", "稿件.docx", "稿件.docx.退回说明.txt"]


def test_a_vector_drawing_in_a_document_is_refused_by_its_content(
    newsroom: Any, packed: Any, part: Any, relations: Any, body: str
) -> None:
    newsroom.assignment()
    svg = "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    blip = '<w:p><w:r><w:drawing><a:blip r:embed="p"/></w:drawing></w:r></w:p>'
    text = part(f"<w:p><w:r><w:t>{body}</w:t></w:r></w:p>{blip}").replace("任务：12", "任务：1")
    raw = packed(
        {
            "word/document.xml": text,
            "word/media/a.png": svg,
            "word/_rels/document.xml.rels": relations('<Relationship Id="p" Type="KINDS/image" Target="media/a.png"/>'),
        }
    )
    newsroom.drop("稿件.docx", raw)
    assert newsroom.take_in().refused == 1
    assert "文中第 1 张图片：不是完好的 JPEG、PNG、GIF 或 WebP 图片" in newsroom.notes()
    assert not newsroom.settings.media.exists()


def test_a_picture_that_is_a_page_as_well_is_kept_as_the_picture_it_is(
    newsroom: Any, word: Any, shot: Any, body: str
) -> None:
    newsroom.assignment()
    word.document.paragraphs[0].text = "任务：1"
    newsroom.drop("a.html.png", shot() + b"<html><script>alert(1)</script>")
    word.line("图片：a.html.png")
    newsroom.drop("稿件.docx", written(word, body))
    assert newsroom.take_in().filed == 1, newsroom.notes()
    (use,) = newsroom.current(1).media
    assert use.file.content_type == "image/png"


def test_documents_are_waited_for_and_locks_of_word_are_not(newsroom: Any) -> None:
    for name in ("稿.docx", "稿.html", "稿.json", "~$稿.docx", "稿.jpg"):
        newsroom.drop(name, b"x")
    waiting = waiting_files(newsroom.plan, newsroom.settings, rehearsal=False)
    assert sorted(one.split("/")[-1].split(" ")[0] for one in waiting) == ["稿.docx", "稿.html", "稿.json"]
