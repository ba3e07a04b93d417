"""What the forms bring is stored once, counted by all processes together, and never with more than it should have."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from PIL import Image

from rongmei.access import Links, Sealer
from rongmei.config import Plan, SubmissionsSource
from rongmei.errors import BadInput
from rongmei.ledger import Ledger, Submission
from rongmei.ledger.tables import PITCH_STATES, SUBMISSION_STATES
from rongmei.pitches import receiving
from rongmei.pitches.forms import OutletPitch, read_idea
from rongmei.pitches.invitations import Door, door_of, open_forms, outlet_link, public_link, take_back
from rongmei.pitches.photos import take_photo
from rongmei.pitches.poster import poster, write_poster
from rongmei.pitches.receiving import PER_ADDRESS, PER_CAMPAIGN, PER_DEVICE, Receipt, TooMany, sender_name

DOOR = Door("cunchao", False)
SEALER = Sealer(b"k" * 40)
LINKS = Links("https://desk.example", SEALER)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Send = Callable[..., Receipt]

FILLED = {
    "title": ["村超看台上的爷爷"],
    "body": ["我叫张小明，在东城第一小学三年级2班，电话13812345678。"],
    "place": ["东城街道花园新村3栋302室"],
    "nickname": ["张小明"],
    "age": ["under14"],
    "guardian": ["1"],
    "consent": ["1"],
    "contact": ["13900001111"],
    "may_contact": ["1"],
}


@pytest.fixture
def send(ledger: Ledger, tmp_path: Path, now: datetime) -> Send:
    """Sends a citizen's idea; a new one each time."""
    sent = iter(range(10_000))

    def send_(*, ref: str = "", sender: str = "", at: datetime = now, into: Ledger = ledger, **how: Any) -> Receipt:
        idea, faults = read_idea(FILLED)
        assert not faults
        number = next(sent)
        given = {"link_id": "0" * 32, "media": tmp_path / "media", "ref": ref or f"ref-{number}", **how}
        return receiving.send_idea(
            into, DOOR, idea, [], sender=sender or sender_of(f"10.0.{number}.1"), now=at, **given
        )

    return send_


def sender_of(address: str, device: str = "phone") -> str:
    return sender_name(SEALER, address, device)


def test_a_minors_idea_is_stored_masked_and_nothing_else_of_it_anywhere(
    send: Send, rows: Any, dump: Any, ledger: Ledger
) -> None:
    receipt = send()
    assert receipt.first
    (row,) = rows(Submission)
    assert (row.id, row.kind, row.state, row.author) == (receipt.number, "citizen", "waiting", "小记者·张同学")
    assert row.body == receipt.body == "我叫张某，在某校某班，电话138********。"
    assert row.place == "东城街道花园新村"
    assert row.fields["contact"] == "13900001111"
    assert row.fields["masked"] is True
    everything = repr(dump())
    for secret in ("小明", "东城第一小学", "13812345678", "302"):
        assert secret not in everything


def test_the_same_form_again_has_the_same_receipt(send: Send, rows: Any) -> None:
    first, again = send(ref="form"), send(ref="form")
    assert (again.number, again.first) == (first.number, False)
    assert len(rows(Submission)) == 1


def test_of_many_who_send_one_form_at_once_one_stores_it(send: Send, ledger: Ledger, rows: Any) -> None:
    """Each through an engine of its own, as processes would."""

    def go(_: int) -> Receipt:
        with closing(Ledger(str(ledger.engine.url))) as own:
            return send(ref="form", sender=sender_of("10.0.0.1"), into=own)

    with ThreadPoolExecutor(6) as pool:
        receipts = list(pool.map(go, range(6)))
    assert len({receipt.number for receipt in receipts}) == 1
    assert [receipt.first for receipt in receipts].count(True) == 1
    assert len(rows(Submission)) == 1


def test_a_photo_is_kept_for_the_desk_and_is_no_story_media(
    send: Send, ledger: Ledger, tmp_path: Path, now: datetime, rows: Any
) -> None:
    made = BytesIO()
    Image.new("RGB", (8, 8)).save(made, "PNG")
    photo = take_photo(made.getvalue(), 1)
    idea, _ = read_idea(FILLED)
    how = {"media": tmp_path / "media", "link_id": "", "ref": "r", "sender": sender_of("10.0.0.1")}
    receipt = receiving.send_idea(ledger, DOOR, idea, [photo], now=now, **how)
    assert receipt.photos == 1
    assert rows(Submission)[0].media == [photo.as_row()]
    assert (tmp_path / "media" / photo.sha256).read_bytes() == photo.data


# ── limits ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_device_may_send_five_an_hour_counted_by_all_processes(send: Send, ledger: Ledger, now: datetime) -> None:
    phone = sender_of("10.0.0.1")
    for minute in range(PER_DEVICE[0].most):
        with closing(Ledger(str(ledger.engine.url))) as own:
            send(sender=phone, at=now + timedelta(minutes=minute), into=own)
    with pytest.raises(TooMany) as refused:
        send(sender=phone, at=now + timedelta(minutes=10))
    assert refused.value.retry_after == timedelta(minutes=50)
    send(sender=sender_of("10.0.0.1", "another"), at=now + timedelta(minutes=10))
    send(sender=phone, at=now + timedelta(minutes=61))


def test_a_network_and_a_campaign_have_limits_of_their_own(ledger: Ledger, send: Send, now: datetime) -> None:
    def fill(most: int, sender: Callable[[int], str]) -> None:
        with ledger.begin() as session:
            for number in range(most):
                values = {"title": "题", "fields": {}, "media": [], "received_at": now - 2 * HOUR}
                ref = sender(number)[-20:] + str(number)
                session.add(Submission(kind="citizen", campaign="cunchao", ref=ref, sender=sender(number), **values))

    fill(PER_ADDRESS[1].most, lambda number: sender_of("10.9.9.9", f"device {number}"))
    with pytest.raises(TooMany):
        send(sender=sender_of("10.9.9.9", "one more"))
    send(sender=sender_of("10.9.9.10"))
    fill(PER_CAMPAIGN[0].most - PER_ADDRESS[1].most - 1, lambda number: sender_of(f"10.1.{number}.1"))
    with pytest.raises(TooMany) as refused:
        send(sender=sender_of("10.8.8.8"))
    assert refused.value.retry_after == DAY - 2 * HOUR


def test_a_sender_is_a_name_that_tells_nobody_the_address() -> None:
    name = sender_of("203.0.113.7", "Mozilla")
    assert len(name) == 64
    assert "203" not in bytes.fromhex(name).decode("latin-1")
    assert name[:32] == sender_of("203.0.113.7", "other")[:32] == sender_of("::ffff:203.0.113.7")[:32]
    assert name != sender_name(Sealer(b"z" * 40), "203.0.113.7", "Mozilla")
    # One household has a whole /64 of IPv6 and may take any address in it.
    assert sender_of("2001:db8:1:2::1") == sender_of("2001:db8:1:2:ffff::9%eth0")
    assert sender_of("2001:db8:1:2::1") != sender_of("2001:db8:1:3::1")
    assert sender_of("testclient") != sender_of("")


# ── an outlet's pitches ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_outlet_sees_its_own_pitches_and_what_became_of_them(
    ledger: Ledger, now: datetime, key: str, pitch: Any
) -> None:
    form = OutletPitch("村超看台", "理由", "live", ("wechat",), "东城", "李四", "https://example.com/a")
    sent = [
        receiving.send_pitch(ledger, DOOR, outlet, form, link_id="", ref=f"{outlet}{number}", now=now)
        for number, outlet in enumerate(("dongcheng", "dongcheng", "shilong"))
    ]
    taken = pitch(key, "村超看台", state="held")
    with ledger.begin() as session:
        row = session.get_one(Submission, sent[0].number)
        row.pitch_id, row.state = taken, "taken"
    shown = receiving.sent_by(ledger, DOOR, "dongcheng")
    assert [(one.number, one.state) for one in shown] == [
        (sent[1].number, "待收"),
        (sent[0].number, "缓议，下期再上会"),
    ]
    assert receiving.sent_by(ledger, Door("cunchao", True), "dongcheng") == []
    with ledger.read() as session:
        stored = session.get_one(Submission, sent[1].number)
    assert stored.fields == {"column": "live", "channels": ["wechat"], "url": form.url, "link": ""}
    assert set(receiving.PITCH_STATES) == set(PITCH_STATES)
    assert set(receiving.STATES) == set(SUBMISSION_STATES)


# ── links ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_link_is_the_same_until_it_is_taken_back_or_ends_soon(ledger: Ledger, now: datetime) -> None:
    def given(at: datetime = now, door: Door = DOOR, outlet: str = "humen") -> str:
        with ledger.begin() as session:
            return outlet_link(session, LINKS, door, outlet, by="chen-ce", now=at).address

    first = given()
    assert first.startswith("https://desk.example/rongmei/pitches/?token=")
    assert given(now + 100 * DAY) == first
    assert len({first, given(door=Door("cunchao", True)), given(outlet="shilong")}) == 3
    renewed = given(now + 160 * DAY)
    assert renewed != first
    with ledger.begin() as session:
        assert take_back(session, DOOR, outlet="humen", now=now + 161 * DAY) == 2
        public = public_link(session, LINKS, DOOR, by="chen-ce", now=now)
    assert given(now + 161 * DAY) not in {first, renewed}
    assert public.address.startswith("https://desk.example/rongmei/submissions/?token=")
    assert given(outlet="shilong", at=now + 161 * DAY) == given(outlet="shilong", at=now + 162 * DAY)


def test_a_subject_says_whose_door_it_is() -> None:
    for door in (DOOR, Door("cunchao", True)):
        assert door_of(door.subject) == door
    assert door_of("assignment:12") is None


def test_a_campaign_without_the_source_takes_nothing(plan: Plan) -> None:
    with pytest.raises(BadInput, match="没有开放网上报题"):
        open_forms(plan.campaign, public=False)
    source = SubmissionsSource(kind="submissions", id="forms", name="网上报题")
    opened = plan.campaign.model_copy(update={"sources": (*plan.campaign.sources, source)})
    assert open_forms(opened, public=False) == source
    with pytest.raises(BadInput, match="没有开放市民投稿"):
        open_forms(opened, public=True)


def test_a_poster_has_the_code_and_the_name_and_not_the_address(tmp_path: Path) -> None:
    address = "https://desk.example/rongmei/submissions/?token=" + "a" * 76
    until = datetime(2027, 5, 20, 20, 0, tzinfo=UTC)
    svg = poster(address, name="<b>逐梦</b>&他乡", what="投稿", how="扫一扫", until=until)
    assert "&lt;b&gt;逐梦&lt;/b&gt;&amp;他乡" in svg
    assert "2027 年 5 月 21 日" in svg
    assert "token" not in svg
    write_poster(tmp_path / "a.png", svg)
    with Image.open(tmp_path / "a.png") as page:
        image = page.convert("L")
    matrix = segno.make(address, error="m", micro=False).matrix
    millimetre = image.width / 210
    step, left, top = 120 / len(matrix) * millimetre, 45 * millimetre, 96 * millimetre
    seen = [
        [
            image.getpixel((round(left + (x + 0.5) * step), round(top + (y + 0.5) * step))) < 128
            for x in range(len(matrix))
        ]
        for y in range(len(matrix))
    ]
    assert seen == [[bool(dark) for dark in row] for row in matrix]
    with pytest.raises(BadInput, match="SVG 或 PNG"):
        write_poster(tmp_path / "a.pdf", svg)
