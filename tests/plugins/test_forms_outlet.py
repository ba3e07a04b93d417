"""The outlet's pitch form: whom it answers, what it stores, and that nothing written into it is more than text."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from tests.plugins.formhouse import CAMPAIGN, EVIL, NOW, House

from rongmei.access import revoke_all
from rongmei.access.sealing import Sealer
from rongmei.pitches.invitations import PITCH, SUBMISSION, Door, forms_of
from rongmei.pitches.receiving import PER_OUTLET
from rongmei_airflow.forms_app import PITCHES, POSTS, SUBMISSIONS
from rongmei_airflow.forms_outlet import MAX_BYTES
from rongmei_airflow.plugin import RongmeiPlugin
from rongmei_airflow.web import LazyApp

FILLED = {
    "title": "打版师的一夜",
    "body": "一夜改三十件",
    "column": "workshop",
    "channels": ["wechat", "weibo"],
    "place": "虎门镇",
    "author": "陈小",
    "url": "https://example.com/a?b=1",
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.ledger.close()


def test_the_plugin_mounts_both_forms_and_makes_nothing_before_the_first_request() -> None:
    apps = {app["url_prefix"]: app["app"] for app in RongmeiPlugin.fastapi_apps}
    for prefix in (PITCHES, SUBMISSIONS):
        assert isinstance(apps[prefix], LazyApp)
        assert apps[prefix]._app is None


def test_an_outlet_pitches_and_sees_it_on_its_own_page_only(house: House) -> None:
    link = house.pitch_link()
    shown = house.http.get(link)
    assert "虎门融媒体中心" in shown.text
    assert house.rows() == []
    receipt = house.pitch(link, **FILLED)
    assert receipt.status_code == 200
    (row,) = house.rows()
    assert f"编号 #{row.id}" in receipt.text
    assert (row.kind, row.state, row.outlet, row.campaign, row.day) == ("outlet", "waiting", "humen", CAMPAIGN, None)
    assert (row.title, row.body, row.place, row.author) == ("打版师的一夜", "一夜改三十件", "虎门镇", "陈小")
    assert row.fields["column"] == "workshop"
    assert row.fields["channels"] == ["wechat", "weibo"]
    assert row.fields["url"] == FILLED["url"]
    assert row.sender is None
    assert "打版师的一夜" in house.http.get(link).text
    assert "打版师的一夜" not in house.http.get(house.pitch_link("shilong")).text


@pytest.mark.parametrize("how", ["none", "forged", "cut", "other purpose", "other subject", "no outlet", "public's"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nobody_without_a_link_of_this_door_gets_in(house: House, how: str, method: str) -> None:
    good = house.token(PITCH, outlet="humen")
    token = {
        "none": "",
        "forged": Sealer(b"x" * 40).seal(PITCH, good.partition(".")[0]),
        "cut": good[:-1],
        "other purpose": house.token("answer", outlet="humen", subject="assignment:1"),
        "other subject": house.token(PITCH, outlet="humen", subject="assignment:1"),
        "no outlet": house.token(PITCH, door=Door(CAMPAIGN, True)),
        "public's": house.token(SUBMISSION),
    }[how]
    answer = house.http.request(
        method, f"{PITCHES}/", params={"token": token}, data={"title": "x"} if method == "POST" else None
    )
    assert answer.status_code == 403
    assert "zhumeng" not in answer.text
    assert "虎门" not in answer.text
    assert house.rows() == []


def test_a_link_that_ended_or_was_taken_back_says_so(house: House) -> None:
    link = house.pitch_link()
    form = house.form_id(link)
    with house.ledger.begin() as session:
        revoke_all(session, PITCH, Door(CAMPAIGN, False).subject, outlet="humen", now=NOW)
    for answer in (house.http.get(link), house.pitch(link, form=form)):
        assert answer.status_code == 410
        assert "作废" in answer.text
    house.now = NOW + timedelta(days=181)
    answer = house.http.get(house.pitch_link("shilong"))
    assert answer.status_code == 410
    assert "过期" in answer.text


def test_a_form_is_no_other_outlets_and_no_other_links(house: House) -> None:
    """Another outlet's form id buys nothing: the row is that of the link's outlet, and the form is asked for again."""
    humen, shilong = house.pitch_link(), house.pitch_link("shilong")
    answer = house.pitch(humen, form=house.form_id(shilong), outlet="shilong")
    assert answer.status_code == 400
    assert house.rows() == []
    house.pitch(humen, outlet="shilong", state="taken", kind="directive", campaign="cunchao")
    (row,) = house.rows()
    assert (row.outlet, row.state, row.kind, row.campaign) == ("humen", "waiting", "outlet", CAMPAIGN)


def test_a_campaign_without_the_forms_or_that_is_gone_has_none(house: House) -> None:
    closed = next(
        name for name in ("cunchao", "dongguan_haomai") if forms_of(house.office.plan_of(name).campaign) is None
    )
    for campaign in (closed, "gone"):
        token = house.token(PITCH, outlet="humen", door=Door(campaign, False))
        answer = house.http.get(f"{PITCHES}/?token={token}")
        assert answer.status_code == 404
        assert "不在网上征集" in answer.text


def test_sent_twice_and_at_once_it_is_stored_once(house: House) -> None:
    link = house.pitch_link()
    form = house.form_id(link)
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: house.pitch(link, form=form, **FILLED), range(5)))
    (row,) = house.rows()
    assert {answer.status_code for answer in answers} == {200}
    assert all(f"编号 #{row.id}" in answer.text for answer in answers)
    assert sum("之前已经收下" in answer.text for answer in answers) == 4


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"title": " "}, "请写题目"),
        ({"title": "！！！"}, "题目里要有文字"),
        ({"title": "长" * 101}, "最多 100 个字"),
        ({"body": "长" * 4001}, "最多 4000 个字"),
        ({"column": "nope"}, "请从列表里选一个栏目"),
        ({"channels": ["wechat", "nope"]}, "请从列表里选渠道"),
        ({"url": "javascript:alert(1)"}, "以 http:// 或 https:// 开头"),
        ({"url": "https://user:pw@example.com/"}, "以 http:// 或 https:// 开头"),
    ],
)
def test_what_is_to_be_mended_is_said_beside_the_field_and_nothing_is_lost(
    house: House, fields: dict[str, Any], told: str
) -> None:
    answer = house.pitch(house.pitch_link(), **{**FILLED, **fields})
    assert answer.status_code == 400
    assert told in answer.text
    assert 'aria-invalid="true"' in answer.text
    for kept in {"place": "虎门镇", "author": "陈小"}.values():
        assert kept in answer.text
    assert house.rows() == []


def test_nothing_written_into_it_is_more_than_text(house: House) -> None:
    link = house.pitch_link()
    hostile = dict.fromkeys(("title", "body", "place", "author", "column", "url", "channels"), EVIL)
    again = house.pitch(link, **hostile)
    taken = house.pitch(link, title=EVIL, body=EVIL, place=EVIL[:60], author=EVIL[:30])
    quoted = house.pitch(link, title="'; DROP TABLE submission; --\r\nSet-Cookie: a=1", place="\u202e倒\u2066着")
    for answer in (again, taken, quoted, house.http.get(link)):
        assert "<script>" not in answer.text
        assert "<img" not in answer.text
        assert "\u202e" not in answer.text
        assert "set-cookie" not in answer.headers
        assert "script-src" not in answer.headers["content-security-policy"]
    assert (again.status_code, taken.status_code, quoted.status_code) == (400, 200, 200)
    assert [row.title for row in house.rows()] == [EVIL, "'; DROP TABLE submission; -- Set-Cookie: a=1"]
    assert house.rows()[1].place == "倒着"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "http://testserver"}, 200),
        ({}, 200),
    ],
)
def test_a_form_that_another_site_sends_is_refused(house: House, headers: dict[str, str], status: int) -> None:
    answer = house.pitch(house.pitch_link(), headers=headers)
    assert answer.status_code == status
    assert len(house.rows()) == (status == 200)


def test_bodies_are_read_no_further_than_they_may_be_long(house: House) -> None:
    link = house.pitch_link()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    for body, headers, status in (
        (b"title=" + b"x" * MAX_BYTES, kind, 413),
        (iter([b"x" * 65536] * 3), kind, 413),
        (b"title=%ff", kind, 400),
        ("title=题".encode(), kind, 400),
        (b"&".join(b"a%d=1" % n for n in range(60)), kind, 400),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"", {}, 415),
    ):
        assert house.http.post(link, content=body, headers=headers).status_code == status
    assert house.rows() == []


def test_an_old_page_keeps_what_was_written_and_asks_again(house: House) -> None:
    link = house.pitch_link()
    form = house.form_id(link)
    house.now += timedelta(days=8)
    answer = house.pitch(link, form=form, **FILLED)
    assert answer.status_code == 400
    assert "请再按一次提交" in answer.text
    assert "一夜改三十件" in answer.text
    assert form not in answer.text


def test_too_many_are_put_off_with_a_time(house: House) -> None:
    link = house.pitch_link()
    form = house.form_id(link)
    assert house.pitch(link, form=form).status_code == 200
    for _ in range(POSTS[0]):
        house.office.posts.allows("testclient")
    answer = house.pitch(link, form=form)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert PER_OUTLET[0].most > 20


def test_when_the_ledger_is_away_it_says_to_come_again_and_nothing_of_what_is_inside(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    link = house.pitch_link()

    def gone() -> None:
        raise OperationalError("SELECT secret", {}, Exception("postgresql://user:pw@host"))

    monkeypatch.setattr(house.office.ledger, "read", gone)
    answer = house.http.get(link)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    for said in (answer.text, caplog.text):
        assert "secret" not in said
        assert "pw@" not in said
        assert link.partition("token=")[2] not in said


def test_other_methods_and_addresses_are_nobodys(house: House) -> None:
    link = house.pitch_link()
    assert house.http.put(link).status_code == 405
    assert house.http.delete(link).status_code == 405
    assert house.http.head(link).status_code == 200
    assert house.http.get(f"{PITCHES}/docs").status_code == 404
    assert house.http.get(f"{PITCHES}/openapi.json").status_code == 404
    assert house.rows() == []
