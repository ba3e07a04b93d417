"""Intake end to end: drop folder → ledger and media → processed or refused, however often it runs or crashes."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Media, Story, StoryEvent, StoryVersion
from rongmei.stories import intake, waiting_files
from rongmei.stories.dropbox import DropFolder


def count(room: Any, table: type) -> int:
    with room.ledger.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def assignment_state(room: Any, assignment: int) -> str:
    with room.ledger.read() as session:
        return session.get_one(Assignment, assignment).state


def test_a_story_with_pictures_is_filed(newsroom: Any, picture: Any, body: str) -> None:
    assignment = newsroom.assignment()
    newsroom.drop("图/捧杯.jpg", picture())
    newsroom.drop("封面.png", picture("PNG"))
    newsroom.drop_story(
        assignment, head="cover: 封面.png\n栏目: 人物\n标签: [村超]", body=f"{body}\n\n![捧杯](图/捧杯.jpg)"
    )
    summary = newsroom.take_in()
    story = newsroom.story_of(assignment)
    assert asdict(summary) == {
        "filed": 1, "revised": 0, "unchanged": 0, "refused": 0, "left": 0, "stories": (story.id,),
    }  # fmt: skip
    version = newsroom.current(story.id)
    assert (story.state, version.number, version.title, version.column) == ("filed", 1, "东城夺冠", "people")
    assert [(m.role, m.position, m.name, m.file.content_type) for m in version.media] == [
        ("cover", 0, "封面.png", "image/png"),
        ("body", 1, "图/捧杯.jpg", "image/jpeg"),
    ]
    assert (newsroom.settings.media / version.media[1].sha256).read_bytes() == picture()
    assert assignment_state(newsroom, assignment) == "filed"
    assert newsroom.names("processed") == ["图/捧杯.jpg", "封面.png", "稿件.md"]
    assert sorted(path.name for path in newsroom.folder().iterdir()) == ["processed"]


def test_the_column_of_the_pitch_is_taken_where_the_text_names_none(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    assert newsroom.current(story).column == "match"


def test_running_again_does_nothing(newsroom: Any) -> None:
    newsroom.file(newsroom.assignment())
    assert asdict(newsroom.take_in()) == asdict(type(newsroom.take_in())())
    assert count(newsroom, StoryVersion) == 1


def test_the_same_text_dropped_again_changes_nothing(newsroom: Any) -> None:
    assignment = newsroom.assignment()
    newsroom.file(assignment)
    events = count(newsroom, StoryEvent)
    newsroom.drop_story(assignment)
    assert newsroom.take_in().unchanged == 1
    assert (count(newsroom, StoryVersion), count(newsroom, StoryEvent)) == (1, events)
    assert newsroom.names("processed") == ["稿件.2.md", "稿件.md"]


@pytest.mark.parametrize("survives", ["all", "text only"])
def test_a_crash_before_or_amid_the_moves_only_reads_again(
    newsroom: Any, picture: Any, body: str, monkeypatch: pytest.MonkeyPatch, survives: str
) -> None:
    assignment = newsroom.assignment()
    newsroom.drop("a.jpg", picture())
    newsroom.drop_story(assignment, body=f"{body}\n![a](a.jpg)")
    original = DropFolder.put_away

    def dies(self: DropFolder, path: Path, *args: Any) -> bool:
        if survives == "all" or path.suffix == ".md":
            raise KeyboardInterrupt
        return original(self, path, *args)

    with monkeypatch.context() as patch:
        patch.setattr(DropFolder, "put_away", dies)
        with pytest.raises(KeyboardInterrupt):
            newsroom.take_in()
    assert count(newsroom, StoryVersion) == 1
    assert newsroom.take_in().unchanged == 1
    assert count(newsroom, StoryVersion) == 1
    assert newsroom.names("processed") == ["a.jpg", "稿件.md"]


def test_a_crash_before_the_commit_leaves_only_media(
    newsroom: Any, picture: Any, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = newsroom.assignment()
    newsroom.drop("a.jpg", picture())
    newsroom.drop_story(assignment, body=f"{body}\n![a](a.jpg)")

    def dies(*_args: Any, **_named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(import_module("rongmei.stories.intake"), "file_version", dies)
        with pytest.raises(KeyboardInterrupt):
            newsroom.take_in()
    assert (count(newsroom, Story), count(newsroom, Media)) == (0, 0)
    assert len(list(newsroom.settings.media.iterdir())) == 2  # the picture and the text as it came
    assert newsroom.take_in().filed == 1


def test_a_move_that_fails_is_not_the_end(newsroom: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    newsroom.drop_story(newsroom.assignment())

    def refuses(*_args: Any) -> bool:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(DropFolder, "put_away", refuses)
        assert newsroom.take_in().filed == 1
    assert newsroom.take_in().unchanged == 1


def test_a_text_written_anew_after_it_was_read_stays_for_the_next_run(
    newsroom: Any, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = newsroom.assignment()
    path = newsroom.drop_story(assignment)
    original = DropFolder.put_away

    def late(self: DropFolder, moved: Path, *args: Any) -> bool:
        newsroom.drop_story(assignment, body=body + "后来又写了一段。")
        return original(self, moved, *args)

    with monkeypatch.context() as patch:
        patch.setattr(DropFolder, "put_away", late)
        assert newsroom.take_in().filed == 1
    assert path.exists()
    assert newsroom.take_in().revised == 1
    assert newsroom.current(newsroom.story_of(assignment).id).body.endswith("后来又写了一段。")


@pytest.mark.parametrize(
    "name", ["稿件.md.part", "稿件.md.tmp", ".稿件.md", "~$稿件.md", "稿件.md~", "稿件.md.crdownload"]
)
def test_unfinished_files_are_not_seen(newsroom: Any, name: str) -> None:
    newsroom.drop_story(newsroom.assignment(), name=name)
    assert not waiting_files(newsroom.plan, newsroom.settings, rehearsal=False)
    assert asdict(newsroom.take_in())["left"] == 0
    assert (newsroom.folder() / name).exists()


def test_young_files_wait_when_the_disks_time_is_given(newsroom: Any) -> None:
    path = newsroom.drop_story(newsroom.assignment())
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    given = {"settings": newsroom.settings, "now": newsroom.now}
    young = intake(newsroom.ledger, newsroom.plan, newsroom.key, **given, wall=written + timedelta(seconds=1))
    assert (young.left, young.filed) == (1, 0)
    old = intake(newsroom.ledger, newsroom.plan, newsroom.key, **given, wall=written + timedelta(seconds=3))
    assert old.filed == 1


def test_a_new_version_need_not_bring_its_pictures_again(newsroom: Any, picture: Any, body: str) -> None:
    assignment = newsroom.assignment()
    newsroom.drop("a.jpg", picture())
    story = newsroom.file(assignment, body=f"{body}\n![a](a.jpg)")
    newsroom.drop_story(assignment, body=f"改好的。{body}\n![a](a.jpg)")
    assert newsroom.take_in().revised == 1
    version = newsroom.current(story)
    assert (version.number, [m.name for m in version.media]) == (2, ["a.jpg"])


def test_a_changed_picture_is_a_new_version(newsroom: Any, picture: Any, body: str) -> None:
    assignment = newsroom.assignment()
    for colour in ("red", "blue"):
        newsroom.drop("a.jpg", picture(colour=colour))
        newsroom.drop_story(assignment, body=f"{body}\n![a](a.jpg)")
        newsroom.take_in()
    assert newsroom.current(newsroom.story_of(assignment).id).number == 2


def test_a_folder_of_its_own_and_shared_pictures(newsroom: Any, picture: Any, body: str) -> None:
    one, two, three = (newsroom.assignment() for _ in range(3))
    newsroom.drop("标识.png", picture("PNG"))
    newsroom.drop_story(one, name="一.md", body=f"{body}\n![](标识.png)")
    newsroom.drop_story(two, name="二.md", body=f"{body}\n![](标识.png)")
    newsroom.drop("三/a.JPG", picture())
    newsroom.drop_story(three, name="三/稿.md", body=f"{body}\n![](a.jpg)")
    assert newsroom.take_in().filed == 3
    assert newsroom.names("processed") == ["一.md", "三/a.JPG", "三/稿.md", "二.md", "标识.png"]
    assert not (newsroom.folder() / "三").exists()


def test_gb18030_text(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    newsroom.drop("稿.txt", f"---\r\n任务：{assignment}\r\n标题：东城夺冠\r\n---\r\n{body}".encode("gb18030"))
    assert newsroom.take_in().filed == 1
    assert newsroom.current(newsroom.story_of(assignment).id).title == "东城夺冠"


def test_hostile_html_is_filed_as_text_and_noted_in_the_log(newsroom: Any, body: str) -> None:
    story = newsroom.file(newsroom.assignment(), body=f'{body}\n<script>alert(1)</script><img onerror="x()">')
    with newsroom.ledger.read() as session:
        detail = session.scalars(select(StoryEvent.detail).where(StoryEvent.thing_id == story)).first()
    assert "<script>" in newsroom.current(story).body
    assert any("HTML" in note for note in detail["notes"])


def test_a_picture_of_another_format_than_its_name_is_taken_by_content(newsroom: Any, picture: Any, body: str) -> None:
    newsroom.drop("a.jpg", picture("PNG"))
    story = newsroom.file(newsroom.assignment(), body=f"{body}\n![a](a.jpg)")
    assert newsroom.current(story).media[0].file.content_type == "image/png"
    with newsroom.ledger.read() as session:
        detail = session.scalars(select(StoryEvent.detail).where(StoryEvent.thing_id == story)).first()
    assert any("image/png" in note for note in detail["notes"])


def test_a_late_story_is_taken_and_marked(newsroom: Any) -> None:
    newsroom.now += timedelta(hours=9)
    story = newsroom.file(newsroom.assignment())
    with newsroom.ledger.read() as session:
        detail = session.scalars(select(StoryEvent.detail).where(StoryEvent.thing_id == story)).first()
    assert detail["late"] is True


# ── videos and extras ────────────────────────────────────────────────────────────────────────────────────────────


def test_a_video_is_filed_with_its_length(newsroom: Any, picture: Any, film: Any, body: str) -> None:
    newsroom.drop("a.jpg", picture())
    newsroom.drop("集锦.mp4", film())
    head = "视频: {文件: 集锦.mp4, 说明: 全场集锦, 署名: 李四}"
    story = newsroom.file(newsroom.assignment(), head=head, body=f"{body}\n![a](a.jpg)")
    version = newsroom.current(story)
    assert [(m.role, m.position, m.name, m.alt, m.credit) for m in version.media] == [
        ("body", 0, "a.jpg", "a", ""),
        ("video", 1, "集锦.mp4", "全场集锦", "李四"),
    ]
    file = version.media[1].file
    assert (file.content_type, file.size_bytes, file.seconds) == ("video/mp4", len(film()), 3.2)
    assert (file.width, file.height) == (640, 360)
    assert (newsroom.settings.media / file.sha256).read_bytes() == film()
    assert newsroom.names("processed") == ["a.jpg", "稿件.md", "集锦.mp4"]


def test_a_new_version_need_not_bring_its_video_again(newsroom: Any, film: Any, body: str) -> None:
    assignment = newsroom.assignment()
    newsroom.drop("a.mp4", film())
    story = newsroom.file(assignment, head="video: a.mp4")
    first = newsroom.current(story)
    newsroom.file(assignment, head="video: a.mp4", body=f"改好的。{body}")
    second = newsroom.current(story)
    assert (second.number, [m.sha256 for m in second.media]) == (2, [m.sha256 for m in first.media])
    newsroom.drop_story(assignment, head="video: a.mp4", body=f"改好的。{body}")
    assert newsroom.take_in().unchanged == 1
    newsroom.drop("a.mp4", film(frames=b"others"))
    newsroom.file(assignment, head="video: a.mp4", body=f"改好的。{body}")
    assert newsroom.current(story).number == 3


def test_a_picture_cannot_stand_in_for_a_video_of_the_version_before(newsroom: Any, film: Any, body: str) -> None:
    assignment = newsroom.assignment()
    newsroom.drop("a.mp4", film())
    newsroom.file(assignment, head="video: a.mp4")
    newsroom.drop_story(assignment, body=f"{body}\n![a](a.mp4)")
    assert newsroom.take_in().refused == 1
    assert "图片 a.mp4：缺少这张图片" in newsroom.notes()


def test_extras_are_kept_as_they_were_said(newsroom: Any) -> None:
    head = "地点: 东城\n来源: 东城融媒\n渠道标题: {微博: 夺冠}\n解禁: 2026-06-06 18:00"
    head += "\n服务卡: {标题: 预约, 链接: https://a.example/x, 权益: 领票}"
    story = newsroom.file(newsroom.assignment(), head=head)
    assert newsroom.current(story).extras == {
        "place": "东城",
        "source": "东城融媒",
        "titles": {"weibo": "夺冠"},
        "card": {"title": "预约", "link": "https://a.example/x", "benefit": "领票"},
        "embargo": "2026-06-06T10:00:00+00:00",
    }


def test_a_text_without_extras_has_none(newsroom: Any) -> None:
    assert newsroom.current(newsroom.file(newsroom.assignment())).extras == {}


def test_an_embargo_that_is_over_is_noted(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment(), head="embargo: 2026-06-06 11:59")
    with newsroom.ledger.read() as session:
        detail = session.scalars(select(StoryEvent.detail).where(StoryEvent.thing_id == story)).first()
    assert detail["notes"] == ["解禁时间 2026年6月6日 11:59 已过"]


def test_a_video_of_another_name_is_taken_by_content_and_noted(newsroom: Any, film: Any) -> None:
    newsroom.drop("a.mov", film())
    story = newsroom.file(newsroom.assignment(), head="video: a.mov")
    with newsroom.ledger.read() as session:
        detail = session.scalars(select(StoryEvent.detail).where(StoryEvent.thing_id == story)).first()
    assert detail["notes"] == ["视频“a.mov”是 MP4，与后缀不符，按内容处理"]


def test_a_video_that_is_still_being_copied_is_left(newsroom: Any, film: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = newsroom.drop("a.mp4", film())
    newsroom.drop_story(newsroom.assignment(), head="video: a.mp4")
    videos = import_module("rongmei.stories.videos")
    examine = videos.examine

    def written_on(stream: Any, where: str) -> Any:
        found = examine(stream, where)
        with path.open("ab") as end:
            end.write(bytes(8))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(videos, "examine", written_on)
        summary = newsroom.take_in()
    assert (summary.left, summary.filed, summary.refused) == (1, 0, 0)
    assert path.exists()
    path.write_bytes(film())
    assert newsroom.take_in().filed == 1


def test_another_open_editions_video_is_left(newsroom: Any, film: Any) -> None:
    newsroom.edition("other/2026-06-06", campaign="other")
    newsroom.drop("a.mp4", film())
    newsroom.drop_story(newsroom.assignment(key="other/2026-06-06"), name="别的.md", head="video: a.mp4")
    newsroom.drop_story(newsroom.assignment(), name="自己.md", head="video: a.mp4")
    assert (newsroom.take_in().left, (newsroom.folder() / "a.mp4").exists()) == (1, True)


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────


def refused(room: Any, outlet: str = "dongcheng") -> str:
    summary = room.take_in()
    assert (summary.filed, summary.refused) == (0, 1)
    assert count(room, StoryVersion) == 0
    note = room.notes(outlet)
    assert "改法" in note
    return note


@pytest.mark.parametrize(
    ("state", "said"), [("offered", "还没有接受"), ("declined", "已经谢绝"), ("expired", "已经过期")]
)
def test_an_assignment_that_is_not_held_is_refused(newsroom: Any, state: str, said: str) -> None:
    newsroom.drop_story(newsroom.assignment(state=state))
    assert said in refused(newsroom)
    assert newsroom.names("refused") == ["稿件.md", "稿件.md.退回说明.txt"]


def test_an_unknown_assignment_is_refused(newsroom: Any) -> None:
    newsroom.drop_story(999)
    assert "任务 #999：没有这个任务" in refused(newsroom)


def test_another_outlets_assignment_is_refused(newsroom: Any) -> None:
    newsroom.drop_story(newsroom.assignment("nancheng"))
    assert "派给的是“南城融媒”" in refused(newsroom)


def test_a_rehearsals_assignment_is_refused_in_the_real_folder(newsroom: Any) -> None:
    newsroom.edition(f"{newsroom.key}/rehearsal", rehearsal=True)
    newsroom.drop_story(newsroom.assignment(key=f"{newsroom.key}/rehearsal"))
    assert "彩排" in refused(newsroom)


def test_a_closed_editions_assignment_is_refused(newsroom: Any) -> None:
    newsroom.edition("other/2026-06-05", campaign="other", state="closed")
    newsroom.drop_story(newsroom.assignment(key="other/2026-06-05"))
    assert "已结束" in refused(newsroom)


def test_another_open_editions_story_and_its_pictures_are_left(newsroom: Any, picture: Any, body: str) -> None:
    newsroom.edition("other/2026-06-06", campaign="other")
    other, own = newsroom.assignment(key="other/2026-06-06"), newsroom.assignment()
    newsroom.drop("a.jpg", picture())
    newsroom.drop_story(other, name="别的.md", body=f"{body}\n![a](a.jpg)")
    newsroom.drop_story(own, name="自己.md", body=f"{body}\n![a](a.jpg)")
    summary = newsroom.take_in()
    assert (summary.filed, summary.left) == (1, 1)
    assert (newsroom.folder() / "别的.md").exists()
    assert (newsroom.folder() / "a.jpg").exists()
    newsroom.key = "other/2026-06-06"
    assert newsroom.take_in().filed == 1


def test_a_rehearsal_reads_its_own_folder(newsroom: Any) -> None:
    key = f"{newsroom.key}/rehearsal"
    newsroom.edition(key, rehearsal=True)
    path = newsroom.drop_story(newsroom.assignment(key=key))
    path.rename(newsroom.folder(rehearsal=True) / path.name)
    newsroom.key = key
    assert waiting_files(newsroom.plan, newsroom.settings, rehearsal=True)
    assert newsroom.take_in().filed == 1


def test_too_short_missing_and_oversized_are_told_together(newsroom: Any, picture: Any) -> None:
    newsroom.drop("大.jpg", b"\xff\xd8\xff" + bytes(40_000_000))
    newsroom.drop("假.jpg", b"<?php ?>")
    newsroom.drop_story(newsroom.assignment(), body="太短 ![](没有.jpg) ![](大.jpg) ![](假.jpg)")
    note = refused(newsroom)
    assert "正文 2 字，少于 80 字" in note
    assert "图片 没有.jpg：缺少这张图片" in note
    assert "图片 大.jpg：文件超过 1 MB。改法：压缩或缩小后再交" in note
    assert "图片 假.jpg：不是完好的" in note
    assert newsroom.names("refused") == ["假.jpg", "大.jpg", "稿件.md", "稿件.md.退回说明.txt"]
    assert not newsroom.settings.media.exists()


def test_what_is_wrong_with_videos_and_extras_is_told_together(newsroom: Any, film: Any) -> None:
    newsroom.drop("大.mp4", film(frames=bytes(2_000_000)))
    newsroom.drop("断.mp4", film()[:-3])
    newsroom.drop("假.mp4", b"<?php ?>")
    newsroom.drop_story(newsroom.assignment(), head="视频: [大.mp4, 断.mp4, 假.mp4, 无.mp4]\n解禁: 2062-06-06 18:00")
    note = refused(newsroom)
    assert "视频 大.mp4：文件超过 1 MB。改法：压缩或缩小后再交" in note
    assert "视频 断.mp4：视频文件不完整，可能没有传完。改法：" in note
    assert "视频 假.mp4：不是 MP4 视频。改法：" in note
    assert "视频 无.mp4：缺少这个视频。改法：" in note
    assert "解禁：解禁时间 2062年6月6日 18:00 在一年以后。改法：核对年份" in note
    assert newsroom.names("refused") == ["假.mp4", "大.mp4", "断.mp4", "稿件.md", "稿件.md.退回说明.txt"]
    assert not newsroom.settings.media.exists()


@pytest.mark.parametrize("kind", ["link", "pipe", "upwards"])
def test_a_video_that_is_no_plain_file_is_refused(newsroom: Any, film: Any, tmp_path: Path, kind: str) -> None:
    (tmp_path / "secret.mp4").write_bytes(film())
    if kind == "link":
        (newsroom.folder() / "a.mp4").symlink_to(tmp_path / "secret.mp4")
    elif kind == "pipe":
        os.mkfifo(newsroom.folder() / "a.mp4")
    name = "../a.mp4" if kind == "upwards" else "a.mp4"
    newsroom.drop_story(newsroom.assignment(), head=f"video: {name}")
    note = refused(newsroom)
    assert {"link": "视频：视频“a.mp4”指到了别处", "pipe": "视频 a.mp4：这不是普通文件", "upwards": "指到了别处"}[
        kind
    ] in note
    assert not newsroom.settings.media.exists()


def test_an_unknown_column_is_refused_with_the_known_ones(newsroom: Any) -> None:
    newsroom.drop_story(newsroom.assignment(), head="column: 娱乐")
    assert "可用的栏目：战报、人物" in refused(newsroom)


def test_what_cannot_be_read_is_refused_with_advice(newsroom: Any) -> None:
    newsroom.drop("12 稿件.pdf", b"%PDF-1.7\n")
    assert "收不了 PDF 文件。改法：交排版以前可以编辑的 Word 文档（.docx）" in refused(newsroom)


def test_no_title_no_assignment(newsroom: Any, body: str) -> None:
    newsroom.drop("稿.md", f"---\nauthor: 张三\n---\n{body}")
    note = refused(newsroom)
    assert "没有标题" in note
    assert "没有任务编号" in note


def test_a_path_upwards_is_refused_and_nothing_is_read(newsroom: Any, picture: Any, body: str) -> None:
    (newsroom.folder().parent / "secret.jpg").write_bytes(picture())
    newsroom.drop_story(newsroom.assignment(), body=f"{body}\n![](../secret.jpg)")
    assert "指到了别处" in refused(newsroom)
    assert not newsroom.settings.media.exists()


@pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
def test_links_that_lead_out_are_refused(newsroom: Any, picture: Any, body: str, tmp_path: Path, kind: str) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "a.jpg").write_bytes(picture())
    if kind == "folder":
        (newsroom.folder() / "图").symlink_to(secret)
    else:
        (newsroom.folder() / "图").mkdir()
        (newsroom.folder() / "图/a.jpg").symlink_to(secret / ("a.jpg" if kind == "file" else "none.jpg"))
    newsroom.drop_story(newsroom.assignment(), body=f"{body}\n![](图/a.jpg)")
    assert "指到了别处" in refused(newsroom)
    assert (secret / "a.jpg").exists()


def test_a_text_that_is_a_link_is_refused(newsroom: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("---\nassignment: 1\ntitle: x\n---\n")
    (newsroom.folder() / "x.md").symlink_to(secret)
    assert "这是一个链接" in refused(newsroom)
    assert secret.exists()


def test_a_pipe_does_not_block_the_intake(newsroom: Any) -> None:
    os.mkfifo(newsroom.folder() / "x.md")
    assert "不是普通文件" in refused(newsroom)


def test_a_box_that_is_a_link_elsewhere_is_not_written_to(newsroom: Any, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (newsroom.folder() / "refused").symlink_to(elsewhere)
    newsroom.drop_story(999)
    assert newsroom.take_in().refused == 1
    assert list(elsewhere.iterdir()) == []


def test_a_note_does_not_follow_a_planted_link(newsroom: Any, tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("whole")
    box = newsroom.folder() / "refused" / newsroom.key.replace("/", "_")
    box.mkdir(parents=True)
    (box / "稿件.md.退回说明.txt").symlink_to(victim)
    newsroom.drop_story(999)
    assert newsroom.take_in().refused == 1
    assert victim.read_text() == "whole"


def test_pictures_that_were_put_away_cannot_be_named(newsroom: Any, picture: Any, body: str) -> None:
    newsroom.drop("processed/x/a.jpg", picture())
    newsroom.drop_story(newsroom.assignment(), body=f"{body}\n![](processed/x/a.jpg)")
    assert "指到了别处" in refused(newsroom)


def test_one_bad_text_does_not_stop_the_others(newsroom: Any) -> None:
    newsroom.drop("坏.md", b"\0\0\0")
    newsroom.drop_story(newsroom.assignment("nancheng"), outlet="nancheng")
    newsroom.drop_story(newsroom.assignment())
    summary = newsroom.take_in()
    assert (summary.filed, summary.refused) == (2, 1)


def test_no_folders_no_files(newsroom: Any) -> None:
    assert not waiting_files(newsroom.plan, newsroom.settings, rehearsal=False)
    assert newsroom.take_in().filed == 0


def test_an_unknown_edition_is_an_error(newsroom: Any) -> None:
    with pytest.raises(BadInput, match="没有期次"):
        replace(newsroom, key="cunchao/1999-01-01").take_in()
