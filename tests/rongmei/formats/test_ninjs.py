"""ninjs: valid by the official schema, whatever the words are."""

import dataclasses
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongmei.channels import AI_LABEL
from rongmei.errors import BadInput
from rongmei.formats import Agenda, Coverage, Release, ninjs

from .conftest import FILM, HOSTILE, NOW, PHOTO, ai_article, any_text, make_article


def test_what_a_desk_reads(article, release, attachments):
    made = ninjs.item(article, release, attachments)
    assert made["uri"] == "rongmei:story:17"
    assert (made["type"], made["profile"], made["version"]) == ("text", "text-picture-video", "2")
    assert (made["pubStatus"], made["language"]) == ("usable", "zh-Hans")
    assert made["versionCreated"] == made["embargoedUntil"] == "2026-06-06T12:00:00+08:00"
    assert made["firstCreated"] == "2026-06-05T12:00:00+08:00"
    assert made["headlines"][0]["value"] == "东城队二比一战胜南城队"
    assert (made["by"], made["located"]) == ("记者 林初", "东莞")
    assert made["places"] == [{"name": "东莞", "rel": "dateline"}]
    assert [one["name"] for one in made["subjects"]] == ["村超", "足球", "赛场直击"]
    assert (made["copyrightHolder"], made["copyrightNotice"]) == ("东莞日报社", "© 2026 东莞日报社")
    assert {"role": "web", "value": "https://news.example/1"} in made["altIds"]
    assert {"role": "fingerprint", "value": article.fingerprint} in made["altIds"]
    assert made["edNote"] == "请核对比分；审签：甲、乙、丙"
    assert "digitalSourceType" not in made
    markup, words = made["bodies"]
    assert (markup["contentType"], words["contentType"]) == ("text/html", "text/plain")
    assert words["charCount"] == len(words["value"])
    assert 'src="https://cdn.example/a.jpg"' in markup["value"]


def test_media_say_where_and_what_they_are(article, release, attachments):
    photo, film = ninjs.item(article, release, attachments)["associations"]
    assert (photo["uri"], photo["type"], photo["rel"]) == (f"rongmei:media:{PHOTO}", "picture", "cover")
    assert photo["renditions"] == [
        {
            "name": "original",
            "contentType": "image/jpeg",
            "sizeInBytes": 345,
            "width": 640,
            "height": 360,
            "href": "https://cdn.example/a.jpg",
        }
    ]
    assert photo["by"] == "陈策"
    assert film["renditions"][0]["duration"] == 35.5
    # `href` is for absolute addresses: this one lies in the delivery only.
    assert "href" not in film["renditions"][0]
    assert {"role": "file", "value": "media/b.mp4"} in film["altIds"]
    assert {"role": "sha256", "value": FILM} in film["altIds"]


def test_what_a_machine_made_says_so(release):
    made = ninjs.item(ai_article(), release)
    assert made["digitalSourceType"]["uri"].endswith("/trainedAlgorithmicMedia")
    assert all(AI_LABEL in body["value"] for body in made["bodies"])


@pytest.mark.parametrize("status", ["usable", "withheld", "canceled"])
def test_status(article, status):
    assert ninjs.item(article, Release(NOW, status=status))["pubStatus"] == status


def test_what_nobody_knows_is_left_out():
    bare = make_article(author="", digest="", tags=(), link=None, column="", place="", source="", outlet="",
                        signed_by=(), filed_at=None)  # fmt: skip
    made = ninjs.item(bare, Release(NOW))
    gone = {"by", "located", "places", "subjects", "infoSources", "copyrightHolder", "copyrightNotice", "edNote",
            "slugline", "firstCreated", "embargoedUntil", "contentCreated", "associations", "descriptions"}  # fmt: skip
    assert not gone & set(made)


def test_a_story_without_a_name_cannot_go(article, release):
    with pytest.raises(BadInput):
        ninjs.item(dataclasses.replace(article, guid=""), release)


def test_chinese_stays_chinese(article, release):
    written = ninjs.to_json(ninjs.item(article, release))
    assert "东城队".encode() in written
    assert json.loads(written)["standard"]["version"] == "3.1"


@given(st.tuples(any_text(), any_text(), any_text(), any_text(), any_text(), any_text()))
def test_no_words_break_json(words):
    title, author, tag, place, alt, html = words
    article = make_article(title=title, author=author, tags=(tag,), place=place, column=alt, html=html, text=html)
    written = ninjs.to_json(ninjs.item(article, Release(NOW, note=alt)))
    assert json.loads(written.decode("utf-8"))["uri"] == article.guid


@pytest.mark.data
def test_valid_with_everything(ninjs_schema, article, release, attachments):
    ninjs_schema.validate(ninjs.item(article, release, attachments))
    ninjs_schema.validate(ninjs.item(ai_article(), Release(NOW, status="canceled")))


@pytest.mark.data
def test_the_schema_would_notice(ninjs_schema, article, release):
    made = ninjs.item(article, release)
    assert not ninjs_schema.is_valid(made | {"headline": "3.1 calls it headlines"})
    assert not ninjs_schema.is_valid({**made, "pubStatus": "deleted"})


@pytest.mark.data
@given(text=any_text())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_valid_whatever_the_words(ninjs_schema, attachments, text):
    hostile = dataclasses.replace(attachments[0], title=text, caption=text, credit=text)
    article = make_article(title=text, author=text, digest=text, tags=(text,), place=text, source=text, link=text)
    made = json.loads(ninjs.to_json(ninjs.item(article, Release(NOW, note=text), [hostile])))
    ninjs_schema.validate(made)


def test_a_plan(agenda, coverages):
    made = ninjs.planning(coverages, agenda)
    assert (made["type"], made["uri"], made["version"]) == ("planning", agenda.uri, "3")
    first, second = made["plannedCoverage"]
    assert first["commissioned"] == {"by": "茶山融媒", "on": "2026-06-06T12:00:00+08:00"}
    assert first["dates"] == {"expectedEndDate": "2026-06-06T12:00:00+08:00"}
    assert (first["type"], first["pubStatus"], first["edNote"]) == ("text", "usable", "八百字")
    assert (second["type"], second["pubStatus"]) == ("video", "canceled")
    assert "on" not in second["commissioned"]


@pytest.mark.data
def test_plans_are_valid(ninjs_schema, agenda, coverages):
    ninjs_schema.validate(ninjs.planning(coverages, agenda))
    ninjs_schema.validate(ninjs.planning((), dataclasses.replace(agenda, place="", note="")))
    for text in HOSTILE:
        plan = Agenda("rongmei:x", text, text, 1, NOW, text, text)
        ninjs_schema.validate(ninjs.planning([Coverage("rongmei:y", text, text, NOW, note=text)], plan))
