"""The callback addresses: who is answered what, what a stranger learns, and what ends up in the ledger."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from rongmei.channels import Credential, registry
from rongmei.channels.platforms.wechat import WechatChannel
from rongmei.config import load_house
from rongmei.errors import CredentialRefused, TryLater
from rongmei.ledger import Assignment, Ledger, Pitch, Publication, Story, StoryVersion, open_edition
from rongmei.ledger.tables import Base
from rongmei.settings import PACKAGE_CONFIG
from rongmei_airflow import callbacks
from rongmei_airflow.callbacks import MAX_BYTES, PREFIX, Office, make_app
from rongmei_airflow.plugin import RongmeiPlugin
from rongmei_airflow.web import LazyApp

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
BV = "BV1MW421X7gM"
FIELDS = {
    "dongguan-broadcasting/wechat": {"appid": "wx1", "secret": "s", "callback_token": "wechat-token"},
    "dongguan-broadcasting/bilibili": {"client_id": "c", "client_secret": "bilibili-secret"},
    "dongguan-broadcasting/douyin": {"open_id": "o", "client_secret": "douyin-secret"},
    "dongguan-broadcasting/weibo": {"uid": "1", "access_token": "a"},
    # A connection without anything to verify letters with.
    "dongguan-daily/wechat": {"appid": "wx2", "secret": "s"},
}


class Desk:
    """The office of a newsroom whose accounts are in `FIELDS`, and letters to it."""

    def __init__(self, ledger: Ledger) -> None:
        clusters = list(load_house(PACKAGE_CONFIG).clusters.values())
        self.ledger, self.now, self.fault = ledger, NOW, None
        self.office = Office(ledger, lambda: clusters, self.connect, lambda: self.now)
        rehearsal = Office(ledger, lambda: clusters, self.sandbox, lambda: self.now, rehearsal=True)
        outer = FastAPI()
        outer.mount(PREFIX, make_app(self.office, rehearsal))
        self.http = TestClient(outer)

    def connect(self, outlet: Any, account: Any) -> Credential:
        if self.fault:
            raise self.fault
        fields = FIELDS.get(f"{outlet.id}/{account.channel}")
        if fields is None:
            raise CredentialRefused("没有账号连接")
        return Credential("https://member.bilibili.com", fields)

    def sandbox(self, outlet: Any, account: Any) -> Credential:
        return Credential("http://127.0.0.1:1/bilibili", {"client_secret": "sandbox-secret"}, sandbox=True)

    def accepted(self, channel: str, external_id: str, *, rehearsal: bool = False) -> int:
        """A publication that the platform has taken; its id."""
        with self.ledger.begin() as session:
            edition = open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=rehearsal, options={}, now=NOW)
            pitch = Pitch(edition_id=edition.id, source="desk", ref=external_id, title="题", state="accepted")
            pitch.channels, pitch.score_terms, pitch.submitted_at = [], {}, NOW
            session.add(pitch)
            session.flush()
            times = {"answer_by": NOW, "deadline_at": NOW, "offered_at": NOW}
            assignment = Assignment(edition_id=edition.id, pitch_id=pitch.id, outlet="dongguan-broadcasting", **times)
            assignment.state, assignment.partners, assignment.reasons = "done", [], {}
            session.add(assignment)
            session.flush()
            story = Story(
                edition_id=edition.id, assignment_id=assignment.id, outlet="dongguan-broadcasting", filed_at=NOW
            )
            story.state, story.signed_off_at = "signed_off", NOW
            session.add(story)
            session.flush()
            words = {"title": "题", "author": "林初", "digest": "", "body": "文", "tags": [], "extras": {}}
            version = StoryVersion(story_id=story.id, number=1, content_hash=external_id.rjust(64, "0"), **words)
            version.ai_generated, version.filed_at = False, NOW
            session.add(version)
            session.flush()
            publication = Publication(
                edition_id=edition.id,
                story_id=story.id,
                version_id=version.id,
                outlet="dongguan-broadcasting",
                channel=channel,
                account=f"dongguan-broadcasting/{channel}",
                state="accepted",
                fingerprint=f"rm{story.id:018x}",
                scheduled_at=NOW,
                external_id=external_id,
                accepted_at=NOW,
                progress={"publish_id": "2247503051", "index": 1} if channel == "wechat" else {},
            )
            session.add(publication)
            session.flush()
            return publication.id

    def publication(self, publication_id: int) -> Publication:
        with self.ledger.read() as session:
            found = session.get_one(Publication, publication_id)
            session.expunge(found)
            return found

    def wechat(self, body: bytes, *, account: str = "dongguan-broadcasting/wechat", **change: Any) -> Any:
        parts = {"timestamp": STAMP, "nonce": "42"}
        signature = hashlib.sha1("".join(sorted(["wechat-token", *parts.values()])).encode()).hexdigest()
        query = {"signature": signature, **parts, "openid": "reader", **change.pop("query", {})}
        headers = {"Content-Type": "text/xml", **change.pop("headers", {})}
        return self.http.post(f"{PREFIX}/{account}", params=query, content=body, headers=headers)

    def signed(self, channel: str, body: Any, *, secret: str = "", where: str = "", **headers: str) -> Any:
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        secret = secret or FIELDS[f"dongguan-broadcasting/{channel}"]["client_secret"]
        name = {"bilibili": "x-bilibili-signature", "douyin": "X-Douyin-Signature"}[channel]
        given = {name: hashlib.sha1(secret.encode() + body).hexdigest(), "Content-Type": "application/json", **headers}
        return self.http.post(f"{PREFIX}/{where}dongguan-broadcasting/{channel}", content=body, headers=given)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    # Of its own, because it remembers signatures.
    monkeypatch.setitem(registry.all_channels(), "wechat", WechatChannel())
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    Base.metadata.create_all(ledger.engine)
    yield Desk(ledger)
    ledger.close()


def opened(resource_id: str = BV, at: str = "2026-06-06 12:00:00") -> dict[str, Any]:
    return {"event": "video_open", "content": {"resource_id": resource_id, "state": 0}, "timestamp": at}


def finished(publish_id: str = "2247503051") -> bytes:
    return f"""<xml><MsgType>event</MsgType><Event>PUBLISHJOBFINISH</Event><PublishEventInfo>
<publish_id>{publish_id}</publish_id><publish_status>0</publish_status><article_id>zjMK</article_id>
</PublishEventInfo></xml>""".encode()


def status_for(desk: Desk, receive: Callable[[], Awaitable[dict[str, Any]]], length: bytes = b"") -> int:
    """What a sender is answered whose messages come from `receive`."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-length", length)] if length else []
    where = {"path": "/dongguan-broadcasting/wechat", "root_path": "", "query_string": b"", "headers": headers}
    asyncio.run(make_app(desk.office)({"type": "http", "method": "POST", **where}, receive, send))
    return int(sent[0]["status"])


class TestAnswers:
    def test_wechat_checks_the_address(self, desk: Desk) -> None:
        signature = hashlib.sha1("".join(sorted(["wechat-token", STAMP, "7"])).encode()).hexdigest()
        query = {"signature": signature, "timestamp": STAMP, "nonce": "7", "echostr": "58370"}
        answer = desk.http.get(f"{PREFIX}/dongguan-broadcasting/wechat", params=query)
        assert (answer.status_code, answer.text) == (200, "58370")
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert (
            desk.http.get(f"{PREFIX}/dongguan-broadcasting/wechat", params={**query, "nonce": "8"}).status_code == 403
        )

    def test_douyin_and_bilibili_check_the_address(self, desk: Desk) -> None:
        asked = desk.signed("douyin", {"event": "verify_webhook", "content": {"challenge": 12345}})
        assert (asked.status_code, asked.json()) == (200, {"challenge": 12345})
        assert asked.headers["content-type"] == "application/json"
        asked = desk.signed("bilibili", {"event": "verify_webhooks", "content": {"data": 77}})
        assert (asked.status_code, asked.json()) == (200, {"data": 77})

    def test_wechats_event_brings_the_reading_forward(self, desk: Desk) -> None:
        waiting = desk.accepted("wechat", "2247503051:1")
        answer = desk.wechat(finished())
        assert (answer.status_code, answer.text) == (200, "success")
        publication = desk.publication(waiting)
        assert (publication.state, publication.not_before) == ("accepted", NOW)

    def test_bilibilis_event_settles(self, desk: Desk) -> None:
        waiting = desk.accepted("bilibili", BV)
        answer = desk.signed("bilibili", opened())
        assert (answer.status_code, answer.json()) == (200, {})
        publication = desk.publication(waiting)
        assert (publication.state, publication.url) == ("live", f"https://www.bilibili.com/video/{BV}")

    def test_douyins_event_brings_the_reading_forward(self, desk: Desk) -> None:
        waiting = desk.accepted("douyin", "item-1")
        event = {"event": "create_video", "from_user_id": "o", "content": {"item_id": "item-1"}}
        assert desk.signed("douyin", event).status_code == 200
        publication = desk.publication(waiting)
        assert (publication.state, publication.not_before) == ("accepted", NOW)

    def test_what_is_known_to_nobody_is_taken_all_the_same(self, desk: Desk) -> None:
        assert desk.wechat(finished("1")).text == "success"
        assert desk.signed("bilibili", opened("BV1xx411c7mD")).status_code == 200

    def test_readers_words_are_taken_and_not_kept(self, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
        with caplog.at_level(logging.DEBUG):
            answer = desk.wechat("<xml><MsgType>text</MsgType><Content>读者的悄悄话</Content></xml>".encode())
        assert (answer.status_code, answer.text) == (200, "success")
        assert "悄悄话" not in caplog.text

    def test_the_sandbox_is_heard_about_rehearsals_only(self, desk: Desk) -> None:
        real = desk.accepted("bilibili", BV)
        rehearsed = desk.accepted("bilibili", "BV1xx411c7mD", rehearsal=True)
        for resource_id in (BV, "BV1xx411c7mD"):
            answer = desk.signed("bilibili", opened(resource_id), secret="sandbox-secret", where="rehearsal/")
            assert answer.status_code == 200
        assert [desk.publication(one).state for one in (real, rehearsed)] == ["accepted", "live"]
        assert desk.signed("bilibili", opened(), secret="sandbox-secret").status_code == 403
        assert desk.signed("bilibili", opened("BV1xx411c7mD"), where="rehearsal/").status_code == 403


class TestStrangers:
    def test_a_wrong_signature_changes_nothing(self, desk: Desk) -> None:
        waiting = desk.accepted("bilibili", BV)
        answers = [
            desk.signed("bilibili", opened(), secret="guessed"),
            desk.signed("bilibili", opened(), **{"x-bilibili-signature": ""}),
            desk.wechat(finished(), query={"signature": "0" * 40}),
            desk.wechat(finished(), query={"nonce": "43"}),
            desk.http.get(f"{PREFIX}/dongguan-broadcasting/bilibili"),
        ]
        assert [(answer.status_code, answer.content) for answer in answers] == [(403, b"")] * 5
        assert desk.publication(waiting).state == "accepted"

    def test_nobody_can_tell_why_nobody_listens(self, desk: Desk) -> None:
        accounts = (
            "nobody/wechat",
            "dongguan-broadcasting/nothing",
            "dongguan-broadcasting/weibo",
            "dongguan-broadcasting/xuexi",
            "dongguan-daily/wechat",
            "dongguan-daily/bilibili",
            "%2e%2e/wechat",
            "签/名",
        )
        answers = {account: desk.wechat(finished(), account=account) for account in accounts}
        assert {account: (answer.status_code, answer.content) for account, answer in answers.items()} == dict.fromkeys(
            accounts, (404, b"")
        )
        assert len({str(sorted(answer.headers)) for answer in answers.values()}) == 1

    def test_an_old_letter(self, desk: Desk) -> None:
        desk.now = NOW + timedelta(minutes=11)
        assert desk.wechat(finished()).status_code == 403
        assert desk.signed("bilibili", opened()).status_code == 403

    def test_a_letter_that_comes_again_changes_nothing(self, desk: Desk) -> None:
        ids = [desk.accepted("wechat", "2247503051:1"), desk.accepted("bilibili", BV)]
        desk.wechat(finished())
        desk.signed("bilibili", opened())
        before = [vars(desk.publication(one)) for one in ids]
        desk.now = NOW + timedelta(minutes=3)
        assert desk.wechat(finished()).text == "success"
        assert desk.signed("bilibili", opened()).status_code == 200
        for then, one in zip(before, ids, strict=True):
            now = vars(desk.publication(one))
            assert {name: now[name] for name in now if name[0] != "_"} == {n: then[n] for n in then if n[0] != "_"}

    def test_a_caught_signature_is_good_for_no_other_body(self, desk: Desk) -> None:
        waiting = desk.accepted("wechat", "2247503051:1")
        assert desk.wechat(b"<xml><MsgType>text</MsgType></xml>").status_code == 200
        assert desk.wechat(finished()).status_code == 403
        assert desk.publication(waiting).not_before is None

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<xml>",
            b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>',
            b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>',
            b"<a>" * 20_000,
            finished("")[:-6],
        ],
    )
    def test_xml_that_is_hostile(self, desk: Desk, body: bytes) -> None:
        answer = desk.wechat(body)
        assert (answer.status_code, answer.content) == (400, b"")

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"null",
            b"[" * 60_000,
            {"event": "video_open", "content": "x"},
            {"event": "video_open", "content": {"resource_id": 5}},
            {"event": "verify_webhooks", "content": {"data": [1]}},
        ],
    )
    def test_json_of_wrong_types(self, desk: Desk, body: Any) -> None:
        assert desk.signed("bilibili", body).status_code == 400

    def test_a_body_that_is_too_long(self, desk: Desk) -> None:
        assert desk.wechat(finished() + b" " * (MAX_BYTES - len(finished()))).status_code == 200
        assert desk.wechat(finished() + b" " * (MAX_BYTES - len(finished()) + 1)).status_code == 413

    def test_one_that_says_so_is_not_read(self, desk: Desk) -> None:
        async def receive() -> dict[str, Any]:
            raise AssertionError("read")

        for length in (b"65537", b"9" * 400):
            assert status_for(desk, receive, length) == 413

    def test_one_that_does_not_say_how_long_it_is(self, desk: Desk) -> None:
        read = 0

        def endless() -> Iterator[bytes]:
            nonlocal read
            while read < 100:
                read += 1
                yield b"a" * 8192

        answer = desk.http.post(
            f"{PREFIX}/dongguan-broadcasting/wechat", content=endless(), headers={"Content-Type": "text/xml"}
        )
        assert answer.status_code == 413

    def test_one_that_never_ends_is_not_waited_for(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(callbacks, "read_body", partial(callbacks.read_body, seconds=0.01))

        async def receive() -> dict[str, Any]:
            await asyncio.Event().wait()
            raise AssertionError

        assert status_for(desk, receive) == 408

    def test_one_that_breaks_off(self, desk: Desk) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        assert status_for(desk, receive) == 400

    @pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data; boundary=x", "text/plain"])
    def test_a_body_of_another_kind(self, desk: Desk, kind: str) -> None:
        assert desk.wechat(finished(), headers={"Content-Type": kind}).status_code == 415

    @pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
    def test_other_methods(self, desk: Desk, method: str) -> None:
        assert desk.http.request(method, f"{PREFIX}/dongguan-broadcasting/wechat").status_code == 405

    def test_the_app_has_no_pages_about_itself(self, desk: Desk) -> None:
        for path in ("", "/", "/docs", "/redoc", "/openapi.json", "/rehearsal"):
            assert desk.http.get(PREFIX + path).status_code == 404

    def test_without_a_sandbox_there_are_no_rehearsals(self, desk: Desk) -> None:
        http = TestClient(make_app(desk.office))
        assert http.post("/rehearsal/dongguan-broadcasting/bilibili", content=b"{}").status_code == 404


class TestHouse:
    def test_secrets_and_bodies_stay_out_of_the_log(self, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
        desk.accepted("bilibili", BV)
        with caplog.at_level(logging.DEBUG):
            desk.wechat(b"<xml>the-body-itself")
            desk.wechat(finished(), query={"signature": "0" * 40})
            desk.signed("bilibili", opened())
            desk.signed("bilibili", {"event": "video_open", "content": "the-body-itself"})
            desk.wechat(finished(), account="evil%1b[31m/wechat")
        lines = [record.getMessage() for record in caplog.records if record.name.startswith("rongmei")]
        assert len(lines) == 5
        for secret in ("wechat-token", "bilibili-secret", "the-body-itself", "\x1b"):
            assert all(secret not in line for line in lines)
        assert any("核对公众号后台" in line for line in lines)

    def test_what_cannot_be_looked_up_now_may_come_again(self, desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
        for desk.fault in (TryLater("连不上"), OperationalError("SELECT the-statement", {}, Exception("locked"))):
            assert desk.wechat(finished()).status_code == 503
        assert "the-statement" not in caplog.text

    def test_the_plugin_brings_the_app_without_the_web_framework(self) -> None:
        (registered,) = (one for one in RongmeiPlugin.fastapi_apps if one["url_prefix"] == "/rongmei/callbacks")
        assert type(registered["app"]) is LazyApp
        of = [getattr(value, "__module__", "") or "" for value in vars(callbacks).values()]
        assert not [module for module in of if module.partition(".")[0] in ("fastapi", "starlette")]

    def test_the_first_request_opens_the_house(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, desk: Desk
    ) -> None:
        monkeypatch.setenv("RONGMEI_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
        monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
        monkeypatch.delenv("RONGMEI_SANDBOX", raising=False)
        connection = {"conn_type": "bilibili", "login": "c", "password": "bilibili-secret"}
        monkeypatch.setenv("AIRFLOW_CONN_RONGMEI_BILIBILI_DONGGUAN_BROADCASTING", json.dumps(connection))
        app = callbacks.callbacks()
        outer = FastAPI()
        outer.mount(PREFIX, app)
        desk.http = TestClient(outer)
        waiting = desk.accepted("bilibili", BV)
        local = datetime.now(UTC) + timedelta(hours=8)
        answer = desk.signed("bilibili", opened(at=local.strftime("%Y-%m-%d %H:%M:%S")))
        assert answer.status_code == 200
        assert desk.publication(waiting).state == "live"
        assert desk.signed("bilibili", opened(), where="rehearsal/").status_code == 404

    def test_with_a_sandbox_there_are_rehearsals(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("RONGMEI_LEDGER", f"sqlite:///{tmp_path / 'ledger.db'}")
        monkeypatch.setenv("RONGMEI_SANDBOX", "http://127.0.0.1:9")
        real, rehearsal = callbacks.open_offices()
        assert (real.rehearsal, rehearsal.rehearsal) == (False, True)
        real.ledger.close()
