"""Recordings as part of a version: bound to its hash, shown, compared; AI bulletins need their label."""

from __future__ import annotations

import io
import wave
from typing import Any

import pytest

from rongmei.errors import BadInput
from rongmei.stories import record_page, review_record, story_diff
from rongmei.stories.versions import Content

BODY = "东城队昨晚以二比一战胜南城队，全场观众超过三万人。" * 8


def recording(seconds: float = 65.0) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(bytes(int(8000 * seconds)))
    return stream.getvalue()


def test_a_version_without_audio_has_the_hash_that_it_always_had() -> None:
    plain = Content("标题", "作者", "摘要", "正文", "match", ("村超",), False, ())
    assert plain.hash == "962e7222e208be1b6387d7016bf22798efc40a87ba3a88dcc35819b223c65c31"


def test_a_recording_is_part_of_the_version_and_shown(newsroom: Any) -> None:
    task = newsroom.assignment()
    newsroom.drop("采访.wav", recording())
    story = newsroom.file(task, head="音频: {文件: 采访.wav, 说明: 队长谈赛后, 录制: 李四}")
    [use] = newsroom.current(story).media
    assert (use.role, use.alt, use.credit, use.file.seconds) == ("audio", "队长谈赛后", "李四", 65.0)
    assert "采访.wav" in newsroom.names("processed")
    body = newsroom.sheet("first_review").body
    assert "- **音频**\n  - 采访\\.wav（1 分 05 秒，0.5 MB）：队长谈赛后／李四" in body
    assert "没有图片" in body
    [audio] = review_record(newsroom.ledger, story)["versions"][0]["audio"]
    assert (audio["name"], audio["seconds"]) == ("采访.wav", 65.0)
    assert "采访.wav（1 分 05 秒，0.5 MB）" in record_page(newsroom.ledger, newsroom.plan, story, now=newsroom.now)


def test_another_recording_is_another_version_and_the_old_one_need_not_come_again(newsroom: Any) -> None:
    task = newsroom.assignment()
    newsroom.drop("采访.wav", recording())
    story = newsroom.file(task, head="音频: 采访.wav")
    newsroom.pass_all("first_review", "lin")
    newsroom.drop_story(task, head="音频: 采访.wav", body=BODY + "改了。")
    newsroom.take_in()
    assert newsroom.current(story).number == 2
    newsroom.drop("采访.wav", recording(3.0))
    newsroom.drop_story(task, head="音频: 采访.wav", body=BODY + "改了。")
    assert newsroom.take_in().revised == 1
    assert newsroom.story(story).state == "filed"
    assert "换了音频 采访.wav" in story_diff(newsroom.ledger, story).text()


def test_a_recording_has_a_limit_of_its_own(newsroom: Any) -> None:
    newsroom.drop("长.wav", recording(140.0))
    newsroom.drop_story(newsroom.assignment(), head="音频: 长.wav")
    assert newsroom.take_in().refused == 1
    assert "音频 长.wav：文件超过 1 MB" in newsroom.notes()


@pytest.mark.parametrize(
    ("audio", "head", "body", "blocked"),
    [
        ("AI播报.wav", "", "", True),
        ("main.wav", "", "", False),
        ("{文件: 播报.wav, 说明: AI 播报}", "", "", True),
        ("AI播报.wav", "ai_generated: 是", "", True),
        ("AI播报.wav", "ai_generated: 是", "音频由人工智能合成播报。", False),
        ("播报.wav", "ai_generated: 是", "", True),
    ],
)
def test_an_ai_bulletin_needs_the_label_as_text_does(
    newsroom: Any, audio: str, head: str, body: str, blocked: bool
) -> None:
    for name in ("AI播报.wav", "main.wav", "播报.wav"):
        newsroom.drop(name, recording(1.0))
    story = newsroom.file(newsroom.assignment(), head=f"音频: {audio}\n{head}", body=BODY + body)
    [item] = newsroom.sheet("first_review").items
    assert item.blocked == blocked
    if blocked:
        with pytest.raises(BadInput, match="预检未过，不能通过"):
            newsroom.review("first_review", "lin", passed={story: item.content_hash})
