"""WordPress: a draft whose publication is safe to repeat, corrections in place, the trash, and its numbers."""

from datetime import UTC, datetime

import pytest
import requests

from rongmei.channels import Absent, Accepted, Pending, Posted, Rejected, TakenDown
from rongmei.channels.platforms.wordpress import WordpressChannel
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

CHANNEL = WordpressChannel()
POSTS, POST, MEDIA = "/wp-json/wp/v2/posts", "/wp-json/wp/v2/posts/7", "/wp-json/wp/v2/media"
CATEGORIES, TAGS = "/wp-json/wp/v2/categories", "/wp-json/wp/v2/tags"
NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MARK = "rm0123456789abcdef01"


def draft_or_list(request):
    return (200, []) if request.method == "GET" else (201, {"id": 7, "status": "draft"})


def shown(status, **more):
    return {"id": 7, "status": status, "link": "https://site.example/archives/7", **more}


def refusal(status, code):
    return status, {"code": code, "message": "Sorry, abcd efgh ijkl mnop.", "data": {"status": status}}


def posted(external_id="7"):
    return Posted(external_id, None, "t", MARK, NOW, NOW, {})


@pytest.fixture
def terms(wire):
    """A site that has no terms yet and makes every one it is asked for, from 11."""
    made = {}

    def answer(request):
        taxonomy = request.path.rpartition("/")[2]
        if request.method == "GET":
            wanted = request.query["search"].casefold()
            found = [{"id": number, "name": name} for (kind, name), number in made.items() if kind == taxonomy]
            return [term for term in found if wanted in term["name"].casefold()]
        key = taxonomy, request.json["name"]
        made[key] = 11 + len(made)
        return 201, {"id": made[key], "name": key[1]}

    wire.on(CATEGORIES, answer).on(TAGS, answer)
    return made


class TestPrepare:
    def test_pictures_then_the_draft(self, wire, line, story, kept, picture):
        cover = picture(name="球场.jpg")
        article = story(html=f'<p><img src="rongmei:{cover.sha256}" alt=""></p>', pictures=(cover,))
        wire.on(POSTS, draft_or_list).on(MEDIA, (201, {"id": 5, "source_url": "https://site.example/a.jpg"}))
        progress = kept()
        CHANNEL.prepare(line("wordpress"), article, progress)
        CHANNEL.prepare(line("wordpress"), article, progress)
        assert wire.paths() == [MEDIA, POSTS]
        made = wire.sent[-1].json
        assert (made["status"], made["slug"], made["featured_media"]) == ("draft", MARK, 5)
        assert 'src="https://site.example/a.jpg"' in made["content"]
        assert "记者 林初" in made["content"]
        assert wire.sent[0].headers["Content-Disposition"].isascii()
        assert wire.sent[0].headers["Authorization"].startswith("Basic ")
        commits = [["media"], ["drafting", "media"], ["drafting", "media", "post"]]
        assert [sorted(commit) for commit in progress.commits] == commits

    def test_a_draft_whose_id_was_lost_is_found_by_its_slug(self, wire, line, story, kept):
        wire.on(POSTS, OutcomeUnknown("断开"), [{"id": 3, "slug": "other"}, {"id": 9, "slug": MARK}])
        progress = kept()
        with pytest.raises(OutcomeUnknown):
            CHANNEL.prepare(line("wordpress"), story(), progress)
        CHANNEL.prepare(line("wordpress"), story(), progress)
        assert progress.get("post") == 9
        assert [request.method for request in wire.sent] == ["POST", "GET"]

    def test_a_draft_that_was_never_laid_is_laid_now(self, wire, line, story, kept):
        wire.on(POSTS, draft_or_list)
        progress = kept(drafting=True)
        CHANNEL.prepare(line("wordpress"), story(), progress)
        assert progress.get("post") == 7
        assert [request.method for request in wire.sent] == ["GET", "POST"]

    @pytest.mark.parametrize("answer", [b"<html>", b"", {"odd": 1}])
    def test_no_second_draft_before_the_first_is_known_not_to_be_there(self, wire, line, story, kept, answer):
        wire.on(POSTS, answer)
        with pytest.raises(TryLater, match="看不懂"):
            CHANNEL.prepare(line("wordpress"), story(), kept(drafting=True))
        assert [request.method for request in wire.sent] == ["GET"]

    @pytest.mark.parametrize("status", [401, 403])
    def test_wrong_password(self, wire, line, story, kept, status):
        wire.on(POSTS, refusal(status, "incorrect_password"))
        with pytest.raises(CredentialRefused) as caught:
            CHANNEL.prepare(line("wordpress"), story(), kept())
        assert "abcd" not in str(caught.value)

    def test_no_wordpress_there(self, wire, line, story, kept):
        wire.on(POSTS, (404, b"<html>"))
        with pytest.raises(CredentialRefused, match="网址"):
            CHANNEL.prepare(line("wordpress"), story(), kept())

    def test_column_and_tags_become_terms(self, wire, line, story, kept, terms):
        wire.on(POSTS, draft_or_list)
        CHANNEL.prepare(line("wordpress"), story(column="赛场直击", tags=("村超", "东城")), kept())
        made = wire.sent[-1].json
        assert (made["categories"], made["tags"]) == ([13], [11, 12])
        assert terms == {("categories", "赛场直击"): 13, ("tags", "村超"): 11, ("tags", "东城"): 12}

    def test_without_a_column_the_site_decides(self, wire, line, story, kept):
        wire.on(POSTS, draft_or_list)
        CHANNEL.prepare(line("wordpress"), story(), kept())
        assert "categories" not in wire.sent[-1].json
        assert wire.paths() == [POSTS]

    def test_the_sites_own_title(self, wire, line, story, kept):
        article = story(titles={"wordpress": "网站标题"}, tags=("村超",))
        post = CHANNEL.render(article, line("wordpress").credential, {})
        assert (post.title, post.tags, post.form) == ("网站标题", ("村超",), "html")
        assert CHANNEL.validate(story(title="", titles={"wordpress": "有"}), line("wordpress").credential) == ()

    def test_titles_are_text_and_no_markup(self, story, line):
        made = CHANNEL.render(story(title="<script>1</script>", digest="a<b"), line("wordpress").credential, {})
        assert (made.title, made.digest) == ("&lt;script&gt;1&lt;/script&gt;", "a&lt;b")

    def test_a_story_needs_words(self, story, line):
        credential = line("wordpress").credential
        assert CHANNEL.validate(story(), credential) == ()
        assert len(CHANNEL.validate(story(title="", text=""), credential)) == 2


class TestSend:
    def send(self, line, story, kept, **progress):
        return CHANNEL.send(line("wordpress"), story(), kept(post=7, **progress))

    def test_publishing_sets_the_status_of_the_draft(self, wire, line, story, kept):
        wire.on(POST, shown("publish"))
        assert self.send(line, story, kept) == Accepted("7", "https://site.example/archives/7", live=True)
        assert wire.sent[0].json == {"status": "publish"}

    @pytest.mark.parametrize("status", ["pending", "future"])
    def test_a_site_may_want_to_look_first(self, wire, line, story, kept, status):
        wire.on(POST, shown(status))
        assert self.send(line, story, kept) == Accepted("7", None, live=False)

    @pytest.mark.parametrize("answer", [b"", [], {}, shown("draft"), {"status": "publish"}])
    def test_answers_that_say_nothing(self, wire, line, story, kept, answer):
        wire.on(POST, answer)
        with pytest.raises(OutcomeUnknown):
            self.send(line, story, kept)

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (refusal(403, "rest_cannot_edit"), CredentialRefused),
            (refusal(400, "rest_invalid_param"), Refused),
            (refusal(404, "rest_no_route"), CredentialRefused),
            (refusal(500, "internal_server_error"), OutcomeUnknown),
        ],
    )
    def test_refusals(self, wire, line, story, kept, answer, error):
        wire.on(POST, answer)
        with pytest.raises(error) as caught:
            self.send(line, story, kept)
        assert type(caught.value) is error

    def test_a_draft_that_is_gone(self, wire, line, story, kept):
        wire.on(POST, refusal(404, "rest_post_invalid_id"))
        with pytest.raises(OutcomeUnknown):
            self.send(line, story, kept, sends=2)
        progress = kept(post=7, sends=1)
        with pytest.raises(TryLater):
            CHANNEL.send(line("wordpress"), story(), progress)
        assert progress.get("post") is None


@pytest.mark.parametrize(
    ("answer", "confirmed", "found"),
    [
        (shown("publish"), Accepted, Accepted),
        (shown("future"), Pending, Accepted),
        (shown("draft"), Pending, Absent),
        (shown("trash"), Rejected, Pending),
        (refusal(404, "rest_post_invalid_id"), Rejected, Pending),
        (b"", Pending, Pending),
    ],
)
def test_reading_a_post(wire, line, answer, confirmed, found):
    wire.on(POST, answer)
    assert isinstance(CHANNEL.confirm(line("wordpress"), posted()), confirmed)
    assert isinstance(CHANNEL.find(line("wordpress"), MARK, NOW, {"post": 7}), found)


class TestRecall:
    def test_into_the_trash(self, wire, line):
        wire.on(POST, shown("trash"))
        gone = CHANNEL.recall(line("wordpress"), posted())
        assert gone == TakenDown("hidden", "移入回收站：HTTP 200 trash")
        assert (wire.sent[0].method, wire.sent[0].query) == ("DELETE", {})

    @pytest.mark.parametrize(
        ("answer", "how"),
        [
            (refusal(410, "rest_already_trashed"), "hidden"),
            (refusal(404, "rest_post_invalid_id"), "deleted"),
            ({"deleted": True, "previous": shown("publish")}, "deleted"),
        ],
    )
    def test_done_is_done(self, wire, line, answer, how):
        wire.on(POST, answer)
        gone = CHANNEL.recall(line("wordpress"), posted())
        assert gone.how == how
        assert "abcd" not in gone.said

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (refusal(403, "rest_cannot_delete"), CredentialRefused),
            (refusal(404, "rest_no_route"), CredentialRefused),
            (refusal(501, "not_implemented"), OutcomeUnknown),
            ((501, b"<html>"), OutcomeUnknown),
            (refusal(500, "rest_trash_not_supported"), OutcomeUnknown),
            (b"", OutcomeUnknown),
            (shown("publish"), OutcomeUnknown),
        ],
    )
    def test_refusals(self, wire, line, answer, error):
        wire.on(POST, answer)
        with pytest.raises(error) as caught:
            CHANNEL.recall(line("wordpress"), posted())
        assert type(caught.value) is error


class TestRecallWithoutATrash:
    """A site with `EMPTY_TRASH_DAYS` 0."""

    NO_TRASH = refusal(501, "rest_trash_not_supported")

    def test_it_becomes_a_draft_and_nothing_is_deleted_for_good(self, wire, line):
        wire.on(POST, self.NO_TRASH, shown("draft"))
        gone = CHANNEL.recall(line("wordpress"), posted())
        assert gone == TakenDown("hidden", "网站没有回收站，已改回草稿：HTTP 200 draft")
        delete, hide = wire.sent
        assert (delete.method, delete.query, hide.method, hide.json) == ("DELETE", {}, "POST", {"status": "draft"})

    def test_what_is_gone_meanwhile_is_gone(self, wire, line):
        wire.on(POST, self.NO_TRASH, refusal(404, "rest_post_invalid_id"))
        assert CHANNEL.recall(line("wordpress"), posted()).how == "deleted"

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (refusal(400, "rest_invalid_param"), Refused),
            (refusal(403, "rest_cannot_edit"), CredentialRefused),
            (shown("publish"), OutcomeUnknown),
            ((500, b""), OutcomeUnknown),
            (requests.exceptions.ReadTimeout("x"), OutcomeUnknown),
        ],
    )
    def test_what_a_person_has_to_do_or_nobody_knows(self, wire, line, answer, error):
        wire.on(POST, self.NO_TRASH, answer)
        with pytest.raises(error) as caught:
            CHANNEL.recall(line("wordpress"), posted())
        assert type(caught.value) is error
        if error is Refused:
            assert "网站没有回收站" in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "gone"),
    [
        (shown("publish"), False),
        (shown("future"), False),
        (shown("trash"), True),
        (shown("draft"), True),
        (shown("private"), True),
        (shown("pending"), True),
        (refusal(404, "rest_post_invalid_id"), True),
        (shown("odd"), None),
        (b"", None),
    ],
)
def test_is_gone(wire, line, answer, gone):
    wire.on(POST, answer)
    assert CHANNEL.is_gone(line("wordpress"), posted()) is gone
    assert wire.sent[0].method == "GET"


def test_a_site_that_moved_has_not_lost_its_posts(wire, line):
    wire.on(POST, (404, b"<html>"))
    with pytest.raises(CredentialRefused):
        CHANNEL.is_gone(line("wordpress"), posted())


def test_an_address_is_no_id(wire, line, story, kept):
    strange = posted("https://site.example/archives/7")
    for act in (CHANNEL.recall, CHANNEL.confirm):
        with pytest.raises(Refused, match="编号"):
            act(line("wordpress"), strange)
    with pytest.raises(Refused, match="编号"):
        CHANNEL.correct(line("wordpress"), strange, story(), kept())
    assert CHANNEL.is_gone(line("wordpress"), strange) is None
    assert CHANNEL.read_numbers(line("wordpress"), [strange]) == {}
    assert wire.paths() == []


class TestCorrect:
    def test_the_new_text_in_place_of_the_old(self, wire, line, story, kept, picture, terms):
        cover = picture(name="新图.jpg")
        article = story(
            title="更正后的标题", pictures=(cover,), column="赛场直击", tags=("村超",), fingerprint="rmffff"
        )
        changed = shown("publish", modified_gmt="2026-06-06T04:00:00")
        wire.on(POST, changed).on(MEDIA, (201, {"id": 5, "source_url": "https://site.example/a.jpg"}))
        progress = kept(post=7, media={})
        answer = CHANNEL.correct(line("wordpress"), posted(), article, progress)
        kept_of_it = {"modified_gmt": "2026-06-06T04:00:00"}
        assert answer == Accepted("7", "https://site.example/archives/7", live=True, keep=kept_of_it)
        sent = wire.sent[-1]
        assert (sent.method, sent.path) == ("POST", POST)
        assert (sent.json["title"], sent.json["featured_media"], sent.json["categories"]) == ("更正后的标题", 5, [12])
        assert not {"slug", "status", "date"} & set(sent.json), "address, date and visibility stay"
        assert progress.get("media")[cover.sha256]["id"] == 5

    def test_again_it_uploads_nothing_twice(self, wire, line, story, kept, picture):
        article = story(pictures=(picture(),))
        wire.on(POST, refusal(500, "internal_server_error"), shown("publish"))
        wire.on(MEDIA, (201, {"id": 5, "source_url": "https://site.example/a.jpg"}))
        progress = kept(post=7)
        with pytest.raises(OutcomeUnknown):
            CHANNEL.correct(line("wordpress"), posted(), article, progress)
        CHANNEL.correct(line("wordpress"), posted(), article, progress)
        assert wire.paths() == [MEDIA, POST, POST]
        assert wire.sent[1].body == wire.sent[2].body

    def test_a_cover_that_was_taken_out_goes(self, wire, line, story, kept):
        wire.on(POST, shown("publish"))
        CHANNEL.correct(line("wordpress"), posted(), story(), kept())
        assert wire.sent[0].json["featured_media"] == 0
        assert wire.sent[0].json["tags"] == []

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (shown("trash"), Refused),
            (shown("draft"), Refused),
            (refusal(404, "rest_post_invalid_id"), Refused),
            (refusal(403, "rest_cannot_edit"), CredentialRefused),
            (refusal(500, "internal_server_error"), OutcomeUnknown),
            (b"", OutcomeUnknown),
            (shown("odd"), OutcomeUnknown),
        ],
    )
    def test_refusals(self, wire, line, story, kept, answer, error):
        wire.on(POST, answer)
        with pytest.raises(error) as caught:
            CHANNEL.correct(line("wordpress"), posted(), story(), kept())
        assert type(caught.value) is error


def test_numbers_come_from_meta_and_silence_is_no_zero(wire, line):
    wire.on(
        POSTS,
        [
            {"id": 7, "meta": {"views": "120", "likes": 0}},
            {"id": 8, "meta": []},
            {"id": 9, "meta": {"footnotes": ""}},
            {"id": 99, "meta": {"views": 1}},
            "odd",
        ],
    )
    numbers = CHANNEL.read_numbers(line("wordpress"), [posted(str(number)) for number in (7, 8, 9)])
    assert set(numbers) == {"7"}
    assert (numbers["7"].reads, numbers["7"].likes, numbers["7"].comments, numbers["7"].shares) == (120, 0, None, None)
    assert wire.sent[0].query["include"] == "7,8,9"
