"""WordPress: a draft whose publication is safe to repeat, and its numbers."""

from datetime import UTC, datetime

import pytest

from rongmei.channels import Absent, Accepted, Pending, Posted, Rejected
from rongmei.channels.platforms.wordpress import WordpressChannel
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

CHANNEL = WordpressChannel()
POSTS, POST, MEDIA = "/wp-json/wp/v2/posts", "/wp-json/wp/v2/posts/7", "/wp-json/wp/v2/media"
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


class TestPrepare:
    def test_pictures_then_the_draft(self, wire, line, story, kept, picture):
        cover = picture(name="球场.jpg")
        article = story(html=f'<p><img src="rongmei:{cover.sha256}" alt=""></p>', pictures=(cover,))
        wire.on(POSTS, draft_or_list).on(MEDIA, (201, {"id": 5, "source_url": "https://site.example/a.jpg"}))
        progress = kept()
        CHANNEL.prepare(line("wordpress"), article, progress)
        CHANNEL.prepare(line("wordpress"), article, progress)
        assert wire.paths() == [POSTS, MEDIA, POSTS]
        made = wire.sent[-1].json
        assert (made["status"], made["slug"], made["featured_media"]) == ("draft", MARK, 5)
        assert 'src="https://site.example/a.jpg"' in made["content"]
        assert "记者 林初" in made["content"]
        assert wire.sent[1].headers["Content-Disposition"].isascii()
        assert wire.sent[0].headers["Authorization"].startswith("Basic ")
        assert [sorted(commit) for commit in progress.commits] == [["media"], ["media", "post"]]

    def test_a_draft_whose_id_was_lost_is_found_by_its_slug(self, wire, line, story, kept):
        wire.on(POSTS, [{"id": 3, "slug": "other"}, {"id": 9, "slug": MARK}])
        progress = kept()
        CHANNEL.prepare(line("wordpress"), story(), progress)
        assert progress.get("post") == 9
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


def test_recall_is_done_when_it_is_done(wire, line):
    wire.on(POST, shown("trash"), refusal(410, "rest_already_trashed"), refusal(403, "rest_cannot_delete"))
    CHANNEL.recall(line("wordpress"), posted())
    CHANNEL.recall(line("wordpress"), posted())
    with pytest.raises(CredentialRefused):
        CHANNEL.recall(line("wordpress"), posted())


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
