"""NewsML-G2 and the NITF in it: valid by the official schemas, whatever the words are."""

import dataclasses

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from rongmei.channels import AI_LABEL
from rongmei.errors import BadInput
from rongmei.formats import Agenda, Coverage, Release, newsml, nitf

from .conftest import HOSTILE, NOW, PHOTO, ai_article, any_text, make_article

NS = {"g": newsml.NAMESPACE, "n": nitf.NAMESPACE}
FIXTURES = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def read(written):
    return etree.fromstring(written)


def said(root, path):
    return [one if isinstance(one, str) else one.text for one in root.xpath(path, namespaces=NS)]


def test_what_a_desk_reads(article, release, attachments):
    root = read(newsml.item(article, release, attachments))
    assert dict(root.attrib) == {
        "guid": "rongmei:story:17",
        "version": "2",
        "standard": "NewsML-G2",
        "standardversion": "2.35",
        "conformance": "power",
        "{http://www.w3.org/XML/1998/namespace}lang": "zh-Hans",
    }
    assert said(root, "g:rightsInfo/g:copyrightHolder/g:name") == ["东莞日报社"]
    assert said(root, "g:rightsInfo/g:copyrightNotice") == ["© 2026 东莞日报社"]
    assert said(root, "g:itemMeta/g:itemClass/@qcode") == ["ninat:composite"]
    assert said(root, "g:itemMeta/g:provider/g:name") == ["东莞日报"]
    assert said(root, "g:itemMeta/g:pubStatus/@qcode") == ["stat:usable"]
    assert said(root, "g:itemMeta/g:embargoed") == ["2026-06-06T12:00:00+08:00"]
    assert said(root, "g:itemMeta/g:link/@href") == ["https://news.example/1"]
    assert said(root, "g:contentMeta/g:headline") == ["东城队二比一战胜南城队"]
    assert said(root, "g:contentMeta/g:dateline") == ["东莞6月6日电"]
    assert said(root, "g:contentMeta/g:creditline") == ["东莞日报社"]
    assert said(root, "g:contentMeta/g:keyword") == ["村超", "足球"]
    assert said(root, "g:contentMeta/g:digitalSourceType/@uri") == []
    assert said(root, "g:contentSet/g:inlineData/@contenttype") == ["text/plain"]


def test_media(article, release, attachments):
    root = read(newsml.item(article, release, attachments))
    photo, film = root.xpath("g:contentSet/g:remoteContent", namespaces=NS)
    assert photo.get("href") == "https://cdn.example/a.jpg"
    assert (photo.get("size"), photo.get("width"), photo.get("height")) == ("345", "640", "360")
    assert said(photo, "g:hash") == [PHOTO]
    assert (film.get("href"), film.get("duration"), film.get("durationunit")) == (
        "media/b.mp4",
        "35.500",
        "timeunit:seconds",
    )
    assert said(read(newsml.item(article, release)), "g:itemMeta/g:itemClass/@qcode") == ["ninat:text"]


def test_what_a_machine_made_says_so(release):
    root = read(newsml.item(ai_article(), release))
    assert said(root, "g:contentMeta/g:digitalSourceType/@uri")[0].endswith("/trainedAlgorithmicMedia")
    assert AI_LABEL in said(root, "g:contentSet/g:inlineData")[0]
    assert AI_LABEL in "".join(root.xpath("//n:body.content//text()", namespaces=NS))


def test_a_story_taken_back(article):
    root = read(newsml.item(article, Release(NOW, status="canceled", note="撤回")))
    assert said(root, "g:itemMeta/g:pubStatus/@qcode") == ["stat:canceled"]
    assert said(root, "g:itemMeta/g:edNote") == ["撤回；审签：甲、乙、丙"]


def test_a_story_without_a_name_cannot_go(article, release):
    with pytest.raises(BadInput):
        newsml.item(dataclasses.replace(article, guid="稿 1"), release)


class TestNitf:
    def body(self, html, attachments=()):
        root = nitf.document(make_article(html=html), Release(NOW), {one.sha256: one for one in attachments})
        (content,) = root.xpath("n:body/n:body.content", namespaces=NS)
        whole = "".join(etree.tostring(one, encoding="unicode") for one in content)
        return whole.replace(f' xmlns="{nitf.NAMESPACE}"', "")

    @pytest.mark.parametrize(
        ("html", "made"),
        [
            ("<p>甲<strong>乙</strong>丙<em>丁</em></p>", "<p>甲<em>乙</em>丙<em>丁</em></p>"),
            ("<h1>题</h1>", "<hl2>题</hl2>"),
            ("松散<em>的</em>话<p>段</p>尾", "<p>松散<em>的</em>话</p><p>段</p><p>尾</p>"),
            ("<ul><li>甲<ol><li>乙</li></ol></li></ul>", "<ul><li>甲<ol><li>乙</li></ol></li></ul>"),
            ("<ul></ul><table></table>", ""),
            (
                "<table><thead><tr><th>队</th></tr></thead><tbody><tr><td>东</td></tr></tbody></table>",
                "<table><tr><th>队</th></tr><tr><td>东</td></tr></table>",
            ),
            ("<blockquote><p>甲</p></blockquote>", "<bq><block><p>甲</p></block></bq>"),
            ("<pre><code>a\nb</code></pre><hr>", "<pre>a\nb</pre><hr/>"),
            ('<p><a href="https://a.example/?a=1&amp;b=2">甲</a></p>',
             '<p><a href="https://a.example/?a=1&amp;b=2">甲</a></p>'),
            ("<p><del>旧</del>新<br>行</p>", "<p>旧新<br/>行</p>"),
            ("<p>&#1;&#xD800;甲&lt;乙</p>", "<p>\ufffd甲&lt;乙</p>"),
            ("", ""),
        ],
    )  # fmt: skip
    def test_markup(self, html, made):
        assert self.body(html) == made

    def test_pictures_stand_after_the_paragraph_they_were_in(self, attachments):
        made = self.body(f'<p>甲<img src="rongmei:{PHOTO}">乙</p><p>丙</p>', attachments)
        assert made.index("<p>甲乙</p>") < made.index("<media ") < made.index("<p>丙</p>")
        assert made.count("<media-reference") == 1
        assert 'source="https://cdn.example/a.jpg"' in made

    def test_a_paragraph_that_held_a_picture_only_is_no_paragraph(self, attachments):
        made = self.body(f'<p><img src="rongmei:{PHOTO}"></p>', attachments)
        assert made.startswith("<media ")

    @pytest.mark.parametrize(
        "around", ["{}", "<p>{}</p>", "<ul><li>{}</li></ul>", "<blockquote><p>{}</p></blockquote>"]
    )
    def test_a_picture_stands_once_wherever_it_is(self, attachments, around):
        assert self.body(around.format(f'<img src="rongmei:{PHOTO}">'), attachments).count("<media ") == 1

    def test_pictures_of_elsewhere_are_not_shown(self, attachments):
        assert "media" not in self.body('<p>甲<img src="https://evil.example/x.gif"></p>', attachments)

    def test_nothing_is_too_deep(self):
        made = self.body("<blockquote>" * 200 + "<p>底</p>" + "</blockquote>" * 200)
        assert "底" in made
        assert made.count("<bq>") <= nitf.MAX_DEPTH + 1

    @pytest.mark.data
    @given(html=st.lists(st.one_of(any_text(20), st.sampled_from(
        ["<p>", "</p>", "<ul>", "<li>", "</ul>", "<table>", "<tr>", "<td>", "</table>", "<blockquote>", "</blockquote>",
         "<em>", "</em>", "<h2>", "</h2>", "<pre>", "</pre>", "<br>", "<hr>", f'<img src="rongmei:{PHOTO}">', "&#0;"]
    )), max_size=12).map("".join))  # fmt: skip
    @FIXTURES
    def test_any_markup_is_valid(self, nitf_schema, attachments, html):
        made = nitf.document(make_article(html=html), Release(NOW), {one.sha256: one for one in attachments})
        nitf_schema.assertValid(read(etree.tostring(made)))


@given(any_text(), any_text())
def test_no_words_break_xml(title, words):
    article = make_article(title=title, author=words, tags=(words,), place=words, html=words, text=words, link=words)
    root = read(newsml.item(article, Release(NOW, note=words)))
    assert root.get("guid") == article.guid


@pytest.mark.data
def test_valid_with_everything(newsml_schema, nitf_schema, article, release, attachments):
    root = read(newsml.item(article, release, attachments))
    newsml_schema.assertValid(root)
    nitf_schema.assertValid(root.xpath("//n:nitf", namespaces=NS)[0])
    newsml_schema.assertValid(read(newsml.item(ai_article(), Release(NOW, status="canceled"))))


@pytest.mark.data
def test_the_schema_would_notice(newsml_schema, article, release):
    wrong = newsml.item(article, release).replace(b"itemClass", b"itemKind")
    assert not newsml_schema.validate(read(wrong))


@pytest.mark.data
@given(text=any_text())
@FIXTURES
def test_valid_whatever_the_words(newsml_schema, attachments, text):
    hostile = dataclasses.replace(attachments[0], title=text, caption=text, credit=text)
    article = make_article(title=text, author=text, digest=text, tags=(text,), place=text, source=text, link=text,
                           column=text, signed_by=(text,), outlet=text)  # fmt: skip
    newsml_schema.assertValid(read(newsml.item(article, Release(NOW, note=text), [hostile])))


@pytest.mark.data
def test_plans_are_valid(newsml_schema, agenda, coverages):
    root = read(newsml.planning(coverages, agenda))
    newsml_schema.assertValid(root)
    assert said(root, "//g:assignedTo/g:name") == ["茶山融媒", "石排融媒"]
    assert said(root, "//g:itemClass/@qcode") == ["plinat:newscoverage", "ninat:text", "ninat:video"]
    assert said(root, "//g:planning/g:edNote")[1].startswith("已取消")
    newsml_schema.assertValid(read(newsml.planning((), dataclasses.replace(agenda, place="", note=""))))
    for text in HOSTILE:
        plan = Agenda("rongmei:x", text, text, 1, NOW, text, text)
        newsml_schema.assertValid(read(newsml.planning([Coverage("rongmei:y", text, text, NOW, note=text)], plan)))


@pytest.mark.data
def test_a_reader_of_others_reads_it(article, release, attachments):
    reader = pytest.importorskip("NewsMLG2", reason="the independent reader newsmlg2 is not installed")
    item = reader.NewsMLG2Document(newsml.item(article, release, attachments)).get_item()
    assert (item.guid, str(item.version)) == ("rongmei:story:17", "2")
