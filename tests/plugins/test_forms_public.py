"""The form for everybody: what it takes, what it refuses, and what is left of hostile files and text."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.plugins.formhouse import CAMPAIGN, EVIL, NOW, House, jpeg

from rongmei.access import revoke_all
from rongmei.access.sealing import Sealer
from rongmei.pitches.invitations import PITCH, SUBMISSION, Door
from rongmei.pitches.photos import MAX_MB, MOST
from rongmei.pitches.receiving import PER_DEVICE
from rongmei_airflow import forms_public
from rongmei_airflow.forms_app import SUBMISSIONS, UPLOADS
from rongmei_airflow.forms_public import BOUNDS

MINOR = {
    "title": "我们班去看村超",
    "body": "我叫张小明，在东城第一小学三年级2班，电话13812345678。",
    "place": "东城街道花园新村3栋302室",
    "nickname": "张小明",
    "age": "under14",
    "guardian": "1",
    "contact": "139 0000 1111",
    "may_contact": "1",
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.ledger.close()


def test_a_young_reporter_sends_in_a_story_with_photos(house: House) -> None:
    receipt = house.idea(house.public_link(), [jpeg(), jpeg((20, 30))], **MINOR)
    assert receipt.status_code == 200
    (row,) = house.rows()
    assert f"编号 #{row.id}" in receipt.text
    assert "小记者·张同学" in receipt.text
    assert "我叫张某，在某校某班" in receipt.text
    for secret in ("小明", "第一小学", "13812345678", "302", "139 0000 1111"):
        assert secret not in receipt.text
    assert (row.kind, row.state, row.outlet, row.campaign) == ("citizen", "waiting", None, CAMPAIGN)
    assert row.fields["contact"] == "139 0000 1111"
    assert [photo["content_type"] for photo in row.media] == ["image/jpeg"] * 2
    assert {file.name for file in (house.folder / "media").iterdir()} == {photo["sha256"] for photo in row.media}
    assert len(row.sender) == 64


@pytest.mark.parametrize("how", ["none", "forged", "an outlet's", "for an outlet", "desk"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_without_its_link_gets_in(house: House, how: str, method: str) -> None:
    good = house.token(SUBMISSION)
    token = {
        "none": "",
        "forged": Sealer(b"x" * 40).seal(SUBMISSION, good.partition(".")[0]),
        "an outlet's": house.token(PITCH, outlet="humen"),
        "for an outlet": house.token(SUBMISSION, outlet="humen"),
        "desk": house.token(SUBMISSION, subject=f"desk:{CAMPAIGN}"),
    }[how]
    answer = house.http.request(method, f"{SUBMISSIONS}/", params={"token": token})
    assert answer.status_code == 403
    assert "逐梦" not in answer.text


def test_a_link_taken_back_or_ended_opens_nothing(house: House) -> None:
    link = house.public_link()
    form = house.form_id(link)
    house.now = NOW + timedelta(days=181)
    assert house.idea(link, form=form).status_code == 410
    house.now = NOW
    with house.ledger.begin() as session:
        revoke_all(session, SUBMISSION, Door(CAMPAIGN, False).subject, now=NOW)
    assert house.http.get(link).status_code == 410
    assert house.rows() == []


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"title": ""}, "请写题目"),
        ({"body": ""}, "请写内容"),
        ({"body": "太短"}, "至少 10 个字"),
        ({"body": "长" * 2001}, "最多 2000 个字"),
        ({"age": ""}, "请选年龄段"),
        ({"age": "teen"}, "监护人同意后勾选"),
        ({"consent": ""}, "同意后勾选"),
        ({"contact": "13812345678"}, "可以联系我"),
        ({"contact": "call me", "may_contact": "1"}, "请写电话号码"),
        ({"website": "http://spam.example"}, "请留空"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_stored(house: House, fields: dict[str, str], told: str) -> None:
    answer = house.idea(house.public_link(), place="石龙镇", **fields)
    assert answer.status_code == 400
    assert told in answer.text
    assert house.rows() == []
    assert "website" in fields or "石龙镇" in answer.text


def test_a_program_is_too_quick_and_a_person_presses_again(house: House) -> None:
    link = house.public_link()
    form = house.form_id(link)
    house.now -= timedelta(seconds=39)
    answer = house.idea(link, form=form)
    assert answer.status_code == 400
    assert "太快" in answer.text
    assert form in answer.text
    house.now += timedelta(seconds=39)
    assert house.idea(link, form=form).status_code == 200
    assert "之前已经收下" in house.idea(link, form=form).text
    house.now += timedelta(days=2)
    assert "之前已经收下" in house.idea(link, form=form).text
    assert house.idea(link, form="0" * 32 + ".forged").status_code == 400
    assert len(house.rows()) == 1


def test_limits_count_in_the_ledger_before_a_form_is_filled_in_for_nothing(house: House) -> None:
    link = house.public_link()
    forms = [house.form_id(link) for _ in range(PER_DEVICE[0].most + 1)]
    for form in forms[:-1]:
        assert house.idea(link, form=form).status_code == 200
    for answer in (house.http.get(link), house.idea(link, form=forms[-1])):
        assert answer.status_code == 429
        assert 0 < int(answer.headers["retry-after"]) <= 3600
        assert "分钟再来" in answer.text
    assert house.http.get(link, headers={"User-Agent": "another phone"}).status_code == 200
    assert len(house.rows()) == PER_DEVICE[0].most


def test_nothing_written_into_it_is_more_than_text(house: House) -> None:
    link = house.public_link()
    hostile = {"title": EVIL[:60], "body": EVIL + "\u202e倒着\u0000", "place": EVIL[:60], "nickname": EVIL[:20]}
    bad = {**dict.fromkeys(("title", "body", "place", "nickname", "contact", "age", "form"), EVIL), "consent": "1"}
    for answer in (house.idea(link, **hostile), house.idea(link, **bad)):
        assert "<script>" not in answer.text
        assert "<img" not in answer.text
        assert "\u202e" not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
    (row,) = house.rows()
    assert row.body.startswith("<script>")


@pytest.mark.parametrize(
    ("photos", "told"),
    [
        ([b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"], "第 1 张照片"),
        ([jpeg(), b"MZ program"], "第 2 张照片"),
        ([jpeg() + b"\0" * MAX_MB * 1024 * 1024], f"超过 {MAX_MB} MB"),
        ([jpeg()] * (MOST + 1), f"照片最多 {MOST} 张"),
    ],
    ids=["svg", "program", "heavy", "many"],
)
def test_what_is_no_photo_is_refused_and_nothing_is_stored(house: House, photos: list[bytes], told: str) -> None:
    answer = house.idea(house.public_link(), photos)
    assert answer.status_code == 400
    assert told in answer.text
    assert house.rows() == []
    assert not (house.folder / "media").exists()


def test_a_files_name_and_kind_mean_nothing(house: House) -> None:
    hidden = jpeg() + b"<?php system($_GET['c']); ?>"
    odd = [
        ("../../../../etc/cron.d/x.php", hidden, "application/x-php"),
        ("a\r\nSet-Cookie: a=1.jpg", jpeg(), "text/html\r\nX: y"),
        ("\u202egpj.exe", jpeg((9, 9)), "image/svg+xml"),
    ]
    answer = house.idea(house.public_link(), odd)
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    (row,) = house.rows()
    media = house.folder / "media"
    assert sorted(file.name for file in media.iterdir()) == sorted({photo["sha256"] for photo in row.media})
    assert not any(b"<?php" in file.read_bytes() for file in media.iterdir())
    assert "php" not in repr(row.media)


def parts(count: int, size: int = 1) -> bytes:
    one = b'--b\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n' + b"x" * size + b"\r\n"
    return b"".join(one % number for number in range(count)) + b"--b--\r\n"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (parts(60), "multipart/form-data; boundary=b", 400),
        (parts(1, 64 * 1024), "multipart/form-data; boundary=b", 400),
        (b"nonsense", "multipart/form-data; boundary=b", 400),
        (b"x", "multipart/form-data", 400),
        (b"--b\r\n" + b"X: y\r\n" * 5000, "multipart/form-data; boundary=b", 400),
        (b"title=x", "application/x-www-form-urlencoded", 415),
        (b"{}", "application/json", 415),
    ],
)
def test_odd_bodies_are_refused_as_they_come(house: House, body: bytes, kind: str, status: int) -> None:
    answer = house.http.post(house.public_link(), content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert house.rows() == []


def test_a_body_is_read_no_further_than_it_may_be_long(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms_public, "BOUNDS", replace(BOUNDS, most=200_000))
    link = house.public_link()
    assert house.idea(link, [jpeg() + b"\0" * 200_000]).status_code == 413
    # In pieces, without saying how long it is.
    head = b'--b\r\nContent-Disposition: form-data; name="photos"; filename="a"\r\n\r\n'
    pieces = iter([head, *[b"x" * 65536] * 4])
    kind = {"Content-Type": "multipart/form-data; boundary=b"}
    assert house.http.post(link, content=pieces, headers=kind).status_code == 413
    assert house.rows() == []


def test_a_body_that_stops_coming_is_let_go(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms_public, "BOUNDS", replace(BOUNDS, idle_seconds=0.02))
    link = house.public_link()
    assert asyncio.run(_status_of_a_stalled_post(house, link)) == 408


async def _status_of_a_stalled_post(house: House, link: str) -> int:
    """The app's answer to somebody who sends the beginning and then nothing."""
    sent: list[Any] = []
    begun = False

    async def receive() -> dict[str, Any]:
        nonlocal begun
        if begun:
            await asyncio.sleep(30)
        begun = True
        return {"type": "http.request", "body": b"--b\r\n", "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    path, _, query = link.partition("?")
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"content-type", b"multipart/form-data; boundary=b"), (b"host", b"testserver")],
        "client": ("10.0.0.1", 1),
        "server": ("testserver", 80),
        "scheme": "http",
        "http_version": "1.1",
    }
    await house.http.app(scope, receive, send)
    return int(sent[0]["status"])


def test_only_so_many_uploads_are_read_at_once(house: House) -> None:
    link = house.public_link()
    form = house.form_id(link)

    with ExitStack() as others:
        for number in range(UPLOADS[0] - 1):
            assert others.enter_context(house.office.uploads.taken(f"10.0.{number // UPLOADS[1]}.1"))
        assert not others.enter_context(house.office.uploads.taken("10.0.0.1"))
        assert others.enter_context(house.office.uploads.taken("10.0.9.9"))
        answer = house.idea(link, form=form)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "60"
    assert house.idea(link, form=form).status_code == 200


def test_a_form_that_another_site_sends_is_refused(house: House) -> None:
    assert house.idea(house.public_link(), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert house.rows() == []


# ── the desk ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_desk_looks_at_text_and_photos_and_nobody_else_does(house: House) -> None:
    house.idea(house.public_link(), [jpeg()], **{**MINOR, "title": EVIL[:60]})
    (row,) = house.rows()
    page, photo = f"{SUBMISSIONS}/desk/{CAMPAIGN}", f"{SUBMISSIONS}/desk/{CAMPAIGN}/{row.id}/1"
    to_login = house.http.get(page)
    assert to_login.status_code == 303
    assert to_login.headers["location"].startswith("/api/v2/auth/login?next=")
    assert house.http.get(photo).status_code == 401
    house.user = "sun-zhong"
    assert house.http.get(page).status_code == 403
    assert house.http.get(photo).status_code == 403
    house.user = "lin-chu"
    shown = house.http.get(page)
    assert shown.status_code == 200
    for secret in ("<script>", "小明", "13812345678", "139 0000 1111"):
        assert secret not in shown.text
    assert f'src="{CAMPAIGN}/{row.id}/1"' in shown.text
    seen = house.http.get(photo)
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    assert seen.headers["content-security-policy"] == "default-src 'none'"
    for nothing in ("2", "0", "99999999999"):
        assert house.http.get(f"{SUBMISSIONS}/desk/{CAMPAIGN}/{row.id}/{nothing}").status_code == 404
    assert house.http.get(f"{SUBMISSIONS}/desk/{CAMPAIGN}/99999999999999999999/1").status_code == 404
    assert house.http.get(f"{SUBMISSIONS}/desk/cunchao/{row.id}/1").status_code == 404
    (house.folder / "media" / row.media[0]["sha256"]).unlink()
    assert house.http.get(photo).status_code == 404
    assert house.rows()[0].state == "waiting"
