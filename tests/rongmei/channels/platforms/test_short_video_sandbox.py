"""Douyin and Kuaishou against the real wire: the stand-in over loopback, lost answers and interrupted uploads."""

from __future__ import annotations

import json
import queue
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import requests
from tests.rongmei.serving import served

from rongmei.channels import AI_LABEL, Absent, Accepted, Credential, Pending, Posted, Rejected, client, open_line
from rongmei.channels.platforms import douyin, kuaishou
from rongmei.channels.platforms.douyin import Challenge, DouyinChannel, VideoCreated, read_webhook, verify_webhook
from rongmei.channels.platforms.kuaishou import KuaishouChannel
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

pytestmark = pytest.mark.net

NOON = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
MIB = 1024 * 1024
SEED = {
    "derive": True,
    "ids": [{"id": "daily", "name": "日报"}],
    "douyin": {"limits": {"part_min_bytes": 1000, "forbidden_words": ["赌球"], "page_max": 2}},
    "kuaishou": {"limits": {"forbidden_words": ["赌球"]}},
}
CHANNELS = ["douyin", "kuaishou"]
DECISIVE = {"douyin": "/api/douyin/v1/video/create_video", "kuaishou": "/openapi/photo/publish"}
PART = {"douyin": "/api/douyin/v1/video/upload_video_part", "kuaishou": "/api/upload/fragment"}


def film_of(size: int) -> bytes:
    """The smallest thing that is a film: the mark of an MP4, and data."""
    mark = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
    return mark + (size - len(mark)).to_bytes(4) + b"mdat" + bytes(n % 251 for n in range(size - len(mark) - 8))


class Sandbox:
    """A running sandbox, and hands on it."""

    def __init__(self, base: str, world: Any) -> None:
        self.base, self.world = base, world

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.world.clock.now(), UTC)

    def order(self, **fault: Any) -> None:
        assert requests.post(f"{self.base}/_sandbox/faults", json=fault, timeout=5).status_code == 201

    def advance(self, **span: float) -> None:
        self.world.clock.move(to=self.world.clock.now() + timedelta(**span).total_seconds())

    def published(self) -> list[dict[str, Any]]:
        found = requests.get(f"{self.base}/_sandbox/published", timeout=5).json()
        return [post for post in found if not post["deleted"]]

    def line(self, channel: str, **fields: str):
        known = requests.get(f"{self.base}/_sandbox/credentials", timeout=5).json()[f"daily/{channel}"]
        credential = Credential(known.pop("base_url"), {**known, **fields}, sandbox=True)
        return open_line(f"daily/{channel}", credential, self.now)


def run_sandbox(folder, seed) -> Iterator[Sandbox]:
    with served(folder, seed, NOON.timestamp) as (base, world):
        yield Sandbox(base, world)


@pytest.fixture
def sandbox(tmp_path) -> Iterator[Sandbox]:
    yield from run_sandbox(tmp_path / "sandbox", SEED)


@pytest.fixture(params=CHANNELS)
def channel(request):
    small = {
        "douyin": lambda: DouyinChannel(douyin.uploads.Sizes(20_000, 8_000, 2_000)),
        "kuaishou": lambda: KuaishouChannel(kuaishou.uploads.Sizes(20_000, 8_000)),
    }
    return small[request.param]()


@pytest.fixture
def article(story, clip, picture):
    return story(videos=(clip(film_of(9_000)),), pictures=(picture(),), tags=("村超", "东莞 2026"), ai_generated=True)


def sent(channel, line, article, progress) -> Posted:
    channel.prepare(line, article, progress)
    accepted = channel.send(line, article, progress)
    now = line.clock()
    return Posted(accepted.external_id, accepted.url, article.title, article.fingerprint, now, now, progress.values)


def test_a_film_goes_out_is_read_and_taken_down(sandbox, channel, article, kept):
    line, progress = sandbox.line(channel.name), kept()
    post = sent(channel, line, article, progress)
    assert isinstance(channel.confirm(line, post), Pending)
    found = channel.find(line, article.fingerprint, sandbox.now(), progress.values)
    assert found == Accepted(post.external_id, None, live=False)
    assert sandbox.published() == []

    sandbox.advance(hours=6)
    live = channel.confirm(line, post)
    assert live.live
    assert requests.get(live.url, timeout=5).status_code == 200
    (shown,) = sandbox.published()
    assert shown["text"] == progress.get("text")
    assert AI_LABEL in shown["text"]
    assert "#东莞2026" in shown["text"]
    numbers = channel.read_numbers(line, [post, replace(post, external_id="nobody's")])
    # Kuaishou says itself that there is no such film.
    assert {name for name, figures in numbers.items() if not figures.gone} == {post.external_id}
    assert numbers[post.external_id].reads > 0
    assert channel.is_gone(line, post) is False

    assert channel.recall(line, post).how == "deleted"
    assert channel.is_gone(line, post) is True
    assert channel.recall(line, post).how == "deleted"
    assert all(figures.gone for figures in channel.read_numbers(line, [post]).values())
    assert sandbox.published() == []


def test_an_upload_that_was_interrupted_goes_on_and_the_film_arrives_whole(sandbox, channel, story, clip, kept):
    content = film_of(41_000)
    line, progress, article = sandbox.line(channel.name), kept(), story(videos=(clip(content),))
    sandbox.order(platform=channel.name, path=PART[channel.name], kind="drop_after", after=2)
    with pytest.raises(TryLater):
        channel.prepare(line, article, progress)
    taken = []
    send = line.client.session.send
    line.client.session.send = lambda r, **o: taken.append(r.url) or send(r, **o)
    # What a crash leaves is what was committed.
    post = sent(channel, line, article, kept(**progress.commits[-1]))
    numbers = [re.search(r"(?:part_number|fragment_id)=(\d+)", url) for url in taken if PART[channel.name] in url]
    # Douyin counts from 1 and does not tell that the third part has arrived; Kuaishou counts from 0 and does.
    assert [number[1] for number in numbers] == ["3", "4", "5"]
    sandbox.advance(minutes=1)
    assert channel.confirm(line, post).live
    assert film_on(sandbox, channel, post) == content


def film_on(sandbox, channel, post) -> bytes:
    shown = sandbox.world.store.post(channel.name, post.external_id)
    return requests.get(sandbox.base + shown.extra["film"], timeout=5).content


def test_an_upload_of_yesterday_begins_anew(sandbox, channel, story, clip, kept):
    line, progress, article = sandbox.line(channel.name), kept(), story(videos=(clip(film_of(30_000)),))
    sandbox.order(platform=channel.name, path=PART[channel.name], kind="refuse", after=1)
    with pytest.raises(TryLater):
        channel.prepare(line, article, progress)
    sandbox.advance(hours=30)
    post = sent(channel, line, article, progress)
    sandbox.advance(minutes=1)
    assert channel.confirm(line, post).live


@pytest.mark.parametrize("kind", ["drop_after", "server_error_after", "timeout"])
def test_a_lost_answer_is_settled_by_reading(sandbox, channel, article, kept, kind, monkeypatch):
    line, progress = sandbox.line(channel.name), kept()
    channel.prepare(line, article, progress)
    if kind == "timeout":
        monkeypatch.setattr(client, "READ_SECONDS", 0.5)
    sandbox.order(platform=channel.name, path=DECISIVE[channel.name], kind=kind, seconds=1)
    with pytest.raises(OutcomeUnknown):
        channel.send(line, article, progress)
    assert isinstance(channel.find(line, article.fingerprint, sandbox.now(), progress.values), Accepted)
    # Had the reading failed to show it, the platform's own lock would have held.
    with pytest.raises(OutcomeUnknown):
        channel.send(line, article, progress)
    sandbox.advance(minutes=1)
    assert len(sandbox.published()) == 1


def test_a_call_that_never_arrived_is_made_again(sandbox, channel, article, kept):
    line, progress = sandbox.line(channel.name), kept()
    channel.prepare(line, article, progress)
    sandbox.order(platform=channel.name, path=DECISIVE[channel.name], kind="refuse")
    with pytest.raises(OutcomeUnknown):
        channel.send(line, article, progress)
    assert isinstance(channel.find(line, article.fingerprint, sandbox.now(), progress.values), Absent)
    assert channel.send(line, article, progress).external_id
    sandbox.advance(minutes=1)
    assert len(sandbox.published()) == 1


def test_posts_of_other_words_prove_absence_across_pages(sandbox, channel, article, clip, kept):
    line, since = sandbox.line(channel.name), sandbox.now()
    for number in range(5):
        other = replace(article, title=f"第{number}条新闻", videos=(clip(film_of(2_000 + number)),))
        sent(channel, line, other, kept())
        sandbox.advance(minutes=2)
    progress = kept()
    channel.prepare(line, article, progress)
    assert isinstance(channel.find(line, article.fingerprint, since, progress.values), Absent)
    old = kept(text=channel.render(replace(article, title="第0条新闻"), line.credential, {}).body)
    assert isinstance(channel.find(line, "rm0", since, old.values), Accepted)
    assert isinstance(channel.find(line, "rm0", sandbox.now(), old.values), Absent)


@pytest.mark.parametrize("by", ["order", "words"])
def test_what_the_review_refuses(sandbox, channel, article, kept, by):
    line = sandbox.line(channel.name)
    if by == "order":
        sandbox.order(platform=channel.name, kind="review_rejected")
    else:
        article = replace(article, title="赌球网站")
    post = sent(channel, line, article, kept())
    sandbox.advance(minutes=1)
    assert isinstance(channel.confirm(line, post), Rejected)
    assert all(figures.gone for figures in channel.read_numbers(line, [post]).values())
    assert sandbox.published() == []


def test_an_expired_token_is_renewed(sandbox, channel, article, kept):
    line = sandbox.line(channel.name)
    channel.prepare(line, article, progress := kept())
    sandbox.advance(days=16)
    assert channel.send(line, article, kept(**progress.values)).external_id
    hopeless = sandbox.line(channel.name, refresh_token="")
    with pytest.raises(CredentialRefused):
        type(channel)().is_gone(hopeless, Posted("1", None, "", "", NOON, NOON, {}))


def test_wrong_credentials_need_a_person(sandbox, channel, article, kept):
    with pytest.raises(CredentialRefused):
        channel.prepare(sandbox.line(channel.name, access_token="act.nobody-0001", refresh_token=""), article, kept())


def test_a_file_that_is_no_film_is_refused(sandbox, channel, story, clip, kept):
    for content in (b"no film at all", b"no film at all" * 2_000):
        with pytest.raises(Refused) as caught:
            channel.prepare(sandbox.line(channel.name), story(videos=(clip(content),)), kept())
        assert not isinstance(caught.value, CredentialRefused)


def test_a_large_film_streams(sandbox, article, clip, kept):
    """Above the real limits, in one go and in parts, over a real socket."""
    film = clip(film_of(23 * MIB))
    channel = KuaishouChannel()
    post = sent(channel, line := sandbox.line("kuaishou"), replace(article, videos=(film,)), kept())
    sandbox.advance(minutes=1)
    assert channel.confirm(line, post).live
    assert len(film_on(sandbox, channel, post)) == 23 * MIB
    channel = DouyinChannel(douyin.uploads.Sizes(whole_bytes=20 * MIB))
    post = sent(channel, line := sandbox.line("douyin"), replace(article, videos=(film,)), kept())
    sandbox.advance(minutes=1)
    assert channel.confirm(line, post).live
    assert len(film_on(sandbox, channel, post)) == 23 * MIB


def test_douyin_takes_pictures(sandbox, story, picture, photo, kept):
    channel, line = DouyinChannel(), sandbox.line("douyin")
    article = story(pictures=(picture(), picture(photo((300, 200), "PNG"), role="body", name="二.png")))
    post = sent(channel, line, article, kept())
    sandbox.advance(minutes=1)
    assert channel.confirm(line, post).live
    assert len(sandbox.published()) == 1


def test_douyins_webhook_is_understood(tmp_path, article, kept):
    events: queue.Queue[tuple[bytes, str]] = queue.Queue()

    class Callback(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            events.put((body, self.headers["X-Douyin-Signature"]))
            event = read_webhook(body)
            answer = json.dumps({"challenge": event.value} if isinstance(event, Challenge) else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Callback)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    seed = {**SEED, "douyin": {"limits": {"callback_url": f"http://127.0.0.1:{server.server_port}/"}}}
    running = run_sandbox(tmp_path / "sandbox", seed)
    sandbox = next(running)
    line = sandbox.line("douyin")
    post = sent(DouyinChannel(), line, article, kept())
    received = [events.get(timeout=10) for _ in range(2)]
    secret = line.credential.fields["client_secret"]
    assert all(verify_webhook(body, signature, secret) for body, signature in received)
    created = read_webhook(received[1][0])
    assert isinstance(created, VideoCreated)
    assert (created.item_id, created.open_id) == (post.external_id, line.credential.fields["open_id"])
    assert list(running) == []
    server.shutdown()
    server.server_close()
    thread.join()
