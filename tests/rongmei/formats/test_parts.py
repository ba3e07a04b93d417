"""Text, names and addresses as every format can carry them."""

import dataclasses

import pytest
from hypothesis import given
from lxml import etree

from rongmei.channels import AI_LABEL
from rongmei.errors import BadInput
from rongmei.formats import parts
from rongmei.formats.parts import Release

from .conftest import NOW, ai_article, any_text, make_article


@given(any_text(200))
def test_any_text_becomes_carriable(text):
    cleaned = parts.clean(text)
    etree.Element("x").text = cleaned
    cleaned.encode("utf-8")
    assert parts.clean(cleaned) == cleaned
    assert "\n" not in parts.line(text)


@pytest.mark.parametrize(
    ("given_text", "read"),
    [
        ("𠮷", "𠮷"),
        ("\ud842\udfb7", "𠮷"),
        ("a\ud842b", "a\ufffdb"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("a\x00\x0b\x9fb", "ab"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
    ],
)
def test_what_is_kept_and_what_is_not(given_text, read):
    assert parts.clean(given_text) == read


def test_marks_that_turn_writing_round_do_not_reach_a_title():
    assert parts.line("反\u202e写\u2066字") == "反 写 字"


@pytest.mark.parametrize("uri", ["rongmei:story:17", "tag:news.example,2026:1", "https://a.example/?a=%20#b"])
def test_uris(uri):
    assert parts.uri_of(uri) == uri


@pytest.mark.parametrize("uri", ["", "17", "rongmei:", "rongmei:稿 17", "rongmei:a b", "rongmei:<x>", "1a:b", "a:b\n"])
def test_no_uris(uri):
    with pytest.raises(BadInput, match="URI"):
        parts.uri_of(uri)


@pytest.mark.parametrize(
    "address",
    [None, "", "javascript:alert(1)", "ftp://a.example", "https://u:p@a.example", "https://a.example/a b", "/x",
     "https://a.example/\x00", "https://a.example/\ud800", 'https://a.example/"', "https://a.example/%zz"],
)  # fmt: skip
def test_addresses_a_reader_is_not_led_to(address):
    assert parts.web_address(address) == ""


def test_an_address_stays_as_it_is():
    assert parts.web_address("https://新闻.example/稿?a=1&b=%20") == "https://新闻.example/稿?a=1&b=%20"


def test_times_are_shanghai_time():
    assert parts.moment(NOW) == "2026-06-06T12:00:00+08:00"


def test_what_is_told_of_rights_and_place():
    release = Release(NOW)
    article = make_article()
    assert parts.dateline(article, release) == "东莞6月6日电"
    assert parts.copyright_notice(article, release) == "© 2026 东莞日报社"
    assert parts.usage_terms(article, release) == "使用请注明来源：东莞日报社"
    assert parts.usage_terms(article, Release(NOW, usage_terms="仅供内参")) == "仅供内参"
    assert parts.editors_note(article, Release(NOW, note="急稿")) == "急稿；审签：甲、乙、丙"
    bare = dataclasses.replace(article, source="", outlet="", place="", signed_by=())
    assert parts.dateline(bare, release) == parts.copyright_notice(bare, release) == parts.signed_off(bare) == ""


def test_the_label_goes_with_plain_words_once():
    assert parts.plain_body(ai_article()).endswith(f"（{AI_LABEL}）")
    assert AI_LABEL not in parts.plain_body(make_article())
