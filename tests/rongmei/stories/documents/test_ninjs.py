"""ninjs of its three generations, as other systems write it and as the house writes it itself."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from rongmei.stories.documents import read_document
from rongmei.stories.draft import Draft
from rongmei.stories.head import Unfit

NAME = "12 夺冠.json"
SHARED = Path(os.environ.get("RONGMEI_SHARED") or Path(__file__).parents[5] / "shared")
EXAMPLES = SHARED / "data/iptc_ninjs/examples"


def read(document: Any, name: str = NAME, beside: tuple[str, ...] = ()) -> Draft:
    return read_document(json.dumps(document, ensure_ascii=False).encode(), name, beside).draft


def item(**more: Any) -> dict[str, Any]:
    return {
        "standard": {"name": "ninjs", "version": "3.1"},
        "uri": "tag:example.com,2026:1",
        "type": "text",
        "headlines": [{"role": "main", "value": "东城夺冠"}],
        "bodies": [
            {"role": "main", "contentType": "text/html", "value": "<p>正文<b>要紧</b></p><script>alert(1)</script>"}
        ],
        **more,
    }


def test_the_third_generation() -> None:
    draft = read(
        item(
            altIds=[{"role": "assignment", "value": "15"}],
            by="张三",
            descriptions=[{"role": "summary", "value": "一句话"}],
            located="东莞",
            copyrightHolder="东城融媒",
            subjects=[{"name": "村超", "rel": "about"}, {"name": "东城"}],
            embargoedUntil="2026-06-06T18:00:00+08:00",
            usageTerms="仅限本系统使用",
            digitalSourceType={"uri": "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"},
            associations=[
                {"name": "p", "type": "picture", "rel": "cover", "renditions": [{"href": "图/捧杯.jpg"}], "by": "李四",
                 "descriptions": [{"role": "caption", "value": "东城队捧杯"}]},
                {"name": "q", "type": "picture", "altIds": [{"role": "file", "value": "现场.png"}]},
                {"name": "v", "type": "video", "renditions": [{"href": "集锦.mp4"}]},
            ],
        )
    )  # fmt: skip
    assert (draft.assignment, draft.title, draft.author, draft.digest) == (15, "东城夺冠", "张三", "一句话")
    assert (draft.extras.place, draft.extras.source, draft.tags) == ("东莞", "东城融媒", ("村超", "东城"))
    assert draft.ai_generated
    assert draft.extras.embargo is not None
    assert draft.body == "正文**要紧**\n\n![](现场.png)"
    assert [(p.role, p.name, p.alt, p.credit) for p in draft.pictures] == [
        ("cover", "图/捧杯.jpg", "东城队捧杯", "李四"),
        ("body", "现场.png", "", ""),
    ]
    assert [video.name for video in draft.videos] == ["集锦.mp4"]
    assert "使用条款：仅限本系统使用" in draft.notes


def test_the_second_generation_writes_small_letters() -> None:
    document = item(embargoed="2026-06-06T10:00:00Z", copyrightholder="东城融媒", byline="张三")
    document["bodies"] = [{"role": "text", "contenttype": "text/plain", "value": "第一段 <b>\n\n第二段"}]
    draft = read(document)
    assert (draft.assignment, draft.author, draft.extras.source) == (12, "张三", "东城融媒")
    assert draft.body == "第一段 \\<b>\n\n第二段"


def test_the_first_generation_has_flat_names() -> None:
    draft = read(
        {
            "uri": "x",
            "type": "text",
            "headline": "东城夺冠",
            "byline": "张三",
            "body_xhtml": "<p>正文</p>",
            "description_text": "一句话",
            "located": "东莞",
            "subject": [{"name": "村超"}],
            "associations": {
                "1": {"type": "picture", "renditions": {"main": {"href": "a.jpg"}}, "description_text": "说明"}
            },
        }
    )
    assert (draft.title, draft.author, draft.digest, draft.tags) == ("东城夺冠", "张三", "一句话", ("村超",))
    assert [(p.name, p.alt) for p in draft.pictures] == [("a.jpg", "说明")]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "收不了|没有稿头"),
        (item(type="picture"), "不是文稿"),
        (item(pubStatus="canceled"), "已撤销"),
        (item(bodies=[]), "没有正文"),
        (item(bodies="x", headlines=3, associations=[1, None], subjects={"a": 1}), "没有正文"),
        (item(headlines=[]), "headlines 里写"),
        (
            item(associations=[{"type": "picture", "renditions": [{"href": "https://a.example/x.jpg"}]}]),
            "引用了网络图片",
        ),
        (item(associations=[{"type": "picture", "renditions": [{"href": "../x.jpg"}]}]), "指到了别处"),
        (item(associations=[{"type": "video", "renditions": [{"href": "/etc/passwd"}]}]), "不能用"),
    ],
)
def test_what_is_missing_or_wrong_is_told(document: Any, said: str) -> None:
    with pytest.raises(Unfit, match=said):
        read(document)


@pytest.mark.parametrize(
    "raw", [b"{", b'{"a": ' * 5000, b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", b"{}", b'{"a": NaN}']
)
def test_broken_or_bottomless_json(raw: bytes) -> None:
    with pytest.raises(Unfit, match="改法"):
        read_document(raw, NAME)


def test_the_number_must_be_said_somewhere() -> None:
    with pytest.raises(Unfit, match="altIds"):
        read(item(), "夺冠.json")


@pytest.mark.data
@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the IPTC's examples are not here")
@pytest.mark.parametrize(
    "name",
    [
        "3.0/ninjsExSimpleText_3.json",
        "2.1/ninjsExSimpleText_2.json",
        "2.1/dpa_text.json",
        "3.0/dpa_text.json",
        "1.4/ninjsExMediumText1.json",
        "1.4/ninjsExSimpleText1.json",
    ],
)
def test_the_iptcs_own_examples(name: str) -> None:
    draft = read_document((EXAMPLES / name).read_bytes(), NAME).draft
    assert draft.title
    assert len(draft.body) > 200
