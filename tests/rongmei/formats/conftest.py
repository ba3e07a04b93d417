"""A story with everything a format can carry, hostile words, and the official schemas where they are present."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from lxml import etree

from rongmei.channels import AI_LABEL, Article
from rongmei.formats import Agenda, Attachment, Coverage, Release

SHARED = Path(os.environ.get("RONGMEI_SHARED") or Path(__file__).resolve().parents[4] / "shared")
NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
PHOTO, FILM = "a" * 64, "b" * 64
HTML = (
    "<h2>上半场</h2><p>东城队<strong>先声夺人</strong>。<br>第二行"
    f'<img src="rongmei:{PHOTO}" alt="夜色"><br><small>夜色</small></p>'
    '<p>详见<a href="https://a.example/?a=1&amp;b=2">赛程</a></p>'
    "<ul><li>东城<ol><li>二比一</li></ol></li></ul>"
    "<table><thead><tr><th>队</th></tr></thead><tbody><tr><td>东城</td></tr></tbody></table>"
    "<blockquote><p>赢了！</p></blockquote><pre><code>4-4-2</code></pre><hr><del>旧</del>"
)
HOSTILE = (
    "𠮷野家 👩‍👩‍👧‍👦 🇨🇳",
    "a\x00b\x0bc\x1fd\x85e\ufffef\uffff",
    "半个字 \ud83d 和 \udc00",
    "反\u202e写\u2066的\u200f字 שלום",
    "<script>alert(1)</script> ]]> &amp; <!-- --> <?xml?>",
    "e\u0301" * 40,
)


def any_text(max_size: int = 60) -> st.SearchStrategy[str]:
    """Any Unicode at all, half signs and control characters included."""
    return st.one_of(st.text(st.characters(exclude_categories=()), max_size=max_size), st.sampled_from(HOSTILE))


def make_article(**changes: object) -> Article:
    values: dict[str, object] = {
        "fingerprint": "rm0123456789abcdef01",
        "title": "东城队二比一战胜南城队",
        "author": "记者 林初",
        "digest": "全场观众超过三万人。",
        "html": HTML,
        "text": "上半场 东城队先声夺人，比分是2.5比1。“赢了！”他说。",
        "tags": ("村超", "足球"),
        "link": "https://news.example/1",
        "guid": "rongmei:story:17",
        "version": 2,
        "filed_at": NOW,
        "outlet": "东莞日报",
        "column": "赛场直击",
        "place": "东莞",
        "source": "东莞日报社",
        "signed_by": ("甲", "乙", "丙"),
    }
    return Article(**{**values, **changes})


def ai_article(**changes: object) -> Article:
    return make_article(ai_generated=True, html=f"{HTML}<p>（{AI_LABEL}）</p>", **changes)


@pytest.fixture
def article() -> Article:
    return make_article()


@pytest.fixture
def release() -> Release:
    return Release(NOW, first_created=datetime(2026, 6, 5, 4, 0, tzinfo=UTC), embargoed_until=NOW, note="请核对比分")


@pytest.fixture
def attachments() -> tuple[Attachment, ...]:
    return (
        Attachment(
            PHOTO,
            "picture",
            "media/a.jpg",
            "image/jpeg",
            345,
            640,
            360,
            title="球场 1.jpg",
            caption="夜色中的球场",
            credit="陈策",
            cover=True,
            address="https://cdn.example/a.jpg",
        ),
        Attachment(FILM, "video", "media/b.mp4", "video/mp4", 9_000_000, 1920, 1080, 35.5, title="绝杀.mp4"),
    )


@pytest.fixture
def agenda() -> Agenda:
    return Agenda(
        "rongmei:edition:cunchao/2026-06-06", "村超第三轮", "东莞市融媒体中心", 3, NOW, "东莞", "一律晚七点前"
    )


@pytest.fixture
def coverages() -> tuple[Coverage, ...]:
    return (
        Coverage("rongmei:assignment:1", "赛前探营", "茶山融媒", NOW, ordered_at=NOW, note="八百字"),
        Coverage("rongmei:assignment:2", "绝杀瞬间", "石排融媒", NOW, "video", cancelled=True),
    )


def _schema(*parts: str) -> Path:
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"the schema {path.name} is not here (set RONGMEI_SHARED)")
    return path


@pytest.fixture(scope="session")
def ninjs_schema() -> Draft202012Validator:
    """The official schema of ninjs 3.1."""
    return Draft202012Validator(json.loads(_schema("schemas", "ninjs-schema_3.1.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def newsml_schema() -> etree.XMLSchema:
    """The official schema of NewsML-G2 2.35, conformance power."""
    return etree.XMLSchema(etree.parse(str(_schema("schemas", "NewsML-G2_2.35-spec-All-Power.xsd"))))


@pytest.fixture(scope="session")
def nitf_schema() -> etree.XMLSchema:
    """The official schema of NITF 3.6."""
    return etree.XMLSchema(etree.parse(str(_schema("data", "iptc_newsml_g2", "examples", "nitf-3-6.xsd"))))
