"""Bilibili: the one call, reading the archives back, and what comes afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from rongmei.channels import (
    Absent,
    Accepted,
    Correcting,
    Numbers,
    Pending,
    Rejected,
    TakenDown,
)
from rongmei.errors import CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
OK = {"code": 0, "message": "0", "ttl": 1}
COVER = "/arcopen/fn/archive/cover/upload"
ADD = "/arcopen/fn/archive/add-by-utoken"
VIEW = "/arcopen/fn/archive/view"
LIST = "/arcopen/fn/archive/viewlist"
DELETE = "/arcopen/fn/archive/delete"
EDIT = "/arcopen/fn/archive/edit"
STAT = "/arcopen/fn/data/arc/stat"
BV = "BV1MW421X7gM"
COVER_URL = "https://i1.hdslb.com/bfs/archive/cover.jpg"


def data(**values):
    return {**OK, "data": values}


def refusal(code, message="不行"):
    return {"code": code, "message": message, "ttl": 1}


def test_an_archive_is_submitted_once_and_waits_for_review(channel, ready, wire):
    at, article, progress = ready
    assert channel.send(at, article, progress) == Accepted(BV)
    (request,) = wire.sent
    assert (request.method, request.path, request.query) == ("POST", ADD, {"upload_token": "upload-token-1"})
    assert request.json == {
        "title": article.title,
        "cover": COVER_URL,
        "tid": 205,
        "no_reprint": 1,
        "desc": "全场观众超过三万人。\n记者 林初",
        "tag": "村超,东莞",
        "copyright": 1,
    }


class Count:
    """A meter that remembers what was taken, and may have had enough."""

    def __init__(self, full=False):
        self.full, self.taken = full, []

    def take(self, account, quota, now):
        if self.full:
            raise QuotaGone("用完了", now=now, resets_at=now)
        self.taken.append((account, quota.name, quota.apart))


def test_thirty_seconds_apart(channel, ready, wire):
    at, article, progress = ready
    quotas = {quota.name: quota for quota in channel.capabilities.quotas}
    meter = Count()
    channel.send(replace(at, quotas=quotas, meter=meter), article, progress)
    assert meter.taken == [("daily/bilibili", "post", timedelta(seconds=30))]
    wire.sent.clear()
    with pytest.raises(QuotaGone):
        channel.send(replace(at, quotas=quotas, meter=Count(full=True)), article, progress)
    assert wire.sent == []


@pytest.mark.parametrize(
    ("code", "error", "told"),
    [
        (123024, Refused, "敏感信息"),
        (123052, Refused, "社区规范"),
        (123030, Refused, "123030"),
        (123009, Refused, "tid"),
        (123050, Refused, "创作中心"),
        (123042, Refused, "二次确认"),
        (127001, CredentialRefused, "重新授权"),
        (127007, CredentialRefused, "应用权限"),
        (4002, CredentialRefused, "client_secret"),
        (4003, TryLater, "时钟"),
        (123026, TryLater, "123026"),
        (123028, TryLater, "123028"),
        (123015, TryLater, "123015"),
        (127306, TryLater, "127306"),
        (123029, QuotaGone, "今天"),
        (123036, QuotaGone, "今天"),
        (127009, QuotaGone, "今天"),
        (4004, OutcomeUnknown, "不知道"),
        (4010, OutcomeUnknown, "不知道"),
        (123002, OutcomeUnknown, "不知道"),
        (99999, OutcomeUnknown, "不知道"),
    ],
)
def test_codes_of_the_one_call(channel, ready, wire, code, error, told):
    at, article, progress = ready
    wire.on(ADD, refusal(code, "平台的话"))
    with pytest.raises(error, match=told) as caught:
        channel.send(at, article, progress)
    assert type(caught.value) is error
    assert "平台的话" in str(caught.value)
    assert "daily/bilibili" in str(caught.value)
    # What ended clearly leaves no trace of an attempt.
    assert bool(progress.get("unclear")) == (error is OutcomeUnknown)


def test_how_long_to_wait(channel, ready, wire):
    at, article, progress = ready
    wire.on(ADD, refusal(123026))
    with pytest.raises(TryLater) as caught:
        channel.send(at, article, progress)
    assert caught.value.retry_after == timedelta(seconds=30)
    wire.on(ADD, refusal(127009))
    with pytest.raises(QuotaGone) as gone:
        channel.send(at, article, progress)
    assert gone.value.resets_at == datetime(2026, 6, 6, 16, 5, tzinfo=UTC)  # 00:05 in Dongguan


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (requests.exceptions.ReadTimeout(), OutcomeUnknown),
        ((502, b"bad gateway"), OutcomeUnknown),
        ((200, b"<html>"), OutcomeUnknown),
        ((200, []), OutcomeUnknown),
        ((200, {"code": "x"}), OutcomeUnknown),
        ((200, OK), OutcomeUnknown),
        ((200, {**OK, "data": {"resource_id": "av170001"}}), OutcomeUnknown),
        ((401, b""), CredentialRefused),
        ((404, b"404 page not found"), OutcomeUnknown),
        (requests.exceptions.ConnectTimeout(), TryLater),
    ],
    ids=str,
)
def test_unclear_answers_of_the_one_call(channel, ready, wire, answer, error):
    at, article, progress = ready
    wire.on(ADD, answer)
    with pytest.raises(error):
        channel.send(at, article, progress)
    assert len(wire.sent) == 1


def test_a_token_that_ran_out_before_the_first_submission_means_uploading_again(channel, ready, wire):
    at, article, progress = ready
    wire.on(ADD, refusal(127022))
    with pytest.raises(TryLater, match="重新上传"):
        channel.send(at, article, progress)
    assert wire.paths() == [ADD]
    assert (progress.get("upload_token"), progress.get("completed")) == (None, None)
    assert progress.get("submission")


@pytest.mark.parametrize("code", [123015, 123028, 127022])
def test_after_a_lost_answer_such_a_refusal_is_looked_into(channel, ready, wire, archive, code):
    at, article, progress = ready
    wire.on(ADD, requests.exceptions.ReadTimeout(), refusal(code))
    with pytest.raises(OutcomeUnknown):
        channel.send(at, article, progress)
    # It did go through.
    wire.on(LIST, data(list=[archive(progress)], page={"pn": 1, "ps": 50, "total": 1}))
    assert channel.send(at, article, progress) == Accepted(BV)
    # It cannot be told.
    wire.on(LIST, data(list=[archive(progress, desc="全场观众超过三万人")], page={"pn": 1, "ps": 50, "total": 1}))
    with pytest.raises(OutcomeUnknown, match="可能上一次"):
        channel.send(at, article, progress)
    # It did not.
    wire.on(LIST, data(list=[], page={"pn": 1, "ps": 50, "total": 0}))
    with pytest.raises(TryLater):
        channel.send(at, article, progress)
    assert (progress.get("upload_token") is None) == (code == 127022)


def page(*archives, total=None):
    return data(list=list(archives), page={"pn": 1, "ps": 50, "total": len(archives) if total is None else total})


def look(channel, ready, since=NOW):
    at, article, progress = ready
    return channel.find(at, article.fingerprint, since, progress.values)


def test_a_lost_archive_is_found_by_its_words(channel, ready, wire, archive):
    progress = ready[2]
    wire.on(LIST, page(archive(progress)))
    assert look(channel, ready) == Accepted(BV)
    assert wire.sent[0].query == {"ps": "50", "pn": "1", "status": "all"}
    url = "https://www.bilibili.com/video/BV1MW421X7gM?share_source=open_plat"
    wire.on(LIST, page(archive(progress, addit_info={"state": 0}, video_info={"share_url": url})))
    assert look(channel, ready) == Accepted(BV, url, live=True)
    wire.on(LIST, page(archive(progress, desc="  全场观众超过三万人。 记者 林初 ")))
    assert look(channel, ready) == Accepted(BV)


@pytest.mark.parametrize(
    ("changes", "seen"),
    [
        ({"title": "别的标题"}, Absent),
        ({"desc": "别的简介"}, Absent),
        ({"ctime": int(NOW.timestamp()) - 3600}, Absent),
        ({"desc": ""}, Pending),
        ({"desc": "全场观众超过三万人"}, Pending),
    ],
)
def test_what_is_not_certainly_ours_is_not_taken(channel, ready, wire, archive, changes, seen):
    wire.on(LIST, page(archive(ready[2], **changes)))
    assert isinstance(look(channel, ready), seen)


def test_two_alike_are_told_apart_by_the_cover_or_by_a_person(channel, ready, wire, archive):
    progress = ready[2]
    other = archive(progress, resource_id="BV1xx411c7mD", cover="https://i0.hdslb.com/bfs/archive/other.jpg")
    wire.on(LIST, page(other, archive(progress, cover="http://i2.hdslb.com/bfs/archive/cover.jpg@320w")))
    assert look(channel, ready) == Accepted(BV)
    wire.on(LIST, page(archive(progress), archive(progress, resource_id="BV1xx411c7mD")))
    assert "人工" in look(channel, ready).why


def test_absent_takes_the_whole_list(channel, ready, wire, archive):
    progress = ready[2]
    recent = [archive(progress, title=f"第{n}条", resource_id=f"BV{n:010}") for n in range(50)]
    old = [archive(progress, title=f"第{n}条", resource_id=f"BV{n:010}", ctime=1) for n in range(50)]
    wire.on(LIST, page(*recent, total=5000))
    assert isinstance(look(channel, ready), Pending)
    assert len(wire.sent) == 6
    wire.on(LIST, page(*recent, total=5000), page(*old, total=5000))
    assert isinstance(look(channel, ready), Absent)
    wire.on(LIST, page(*recent, total=51), page(archive(progress), total=51))
    assert look(channel, ready) == Accepted(BV)
    wire.on(LIST, data(list=None, page={"total": 0}))
    assert isinstance(look(channel, ready), Absent)


@pytest.mark.parametrize(
    "answer",
    [
        OK,
        data(list=[]),
        data(list="x", page={"total": 1}),
        data(list=[], page={"total": 3}),
        refusal(4010),
        (200, b"?"),
    ],
    ids=str,
)
def test_a_list_that_cannot_be_read_proves_nothing(channel, ready, wire, answer):
    wire.on(LIST, answer)
    with pytest.raises(TryLater):
        look(channel, ready)


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        (0, Accepted(BV, "https://b.example/v", live=True)),
        ("0", Accepted(BV, "https://b.example/v", live=True)),
        (-2, Rejected("封面不清楚")),
        (-30, Pending("审核中")),
        (None, Pending("审核中")),
    ],
)
def test_confirm_asks_for_the_review(channel, line, wire, state, seen, posted):
    info = {"state": state, "state_desc": "审核中", "reject_reason": "封面不清楚"}
    wire.on(VIEW, data(resource_id=BV, addit_info=info, video_info={"share_url": "https://b.example/v"}))
    assert channel.confirm(line("bilibili"), posted()) == seen
    assert wire.sent[0].query == {"resource_id": BV}


def test_confirm_gives_a_new_archive_time_to_show(channel, line, wire, posted):
    wire.on(VIEW, refusal(123004))
    assert isinstance(channel.confirm(line("bilibili"), posted()), Pending)
    assert isinstance(channel.confirm(line("bilibili"), posted(accepted_at=NOW - timedelta(hours=1))), Rejected)
    wire.on(VIEW, refusal(123005))
    assert isinstance(channel.confirm(line("bilibili"), posted()), Rejected)
    wire.on(VIEW, refusal(4010))
    with pytest.raises(TryLater):
        channel.confirm(line("bilibili"), posted())


def test_recall_deletes(channel, line, wire, posted):
    wire.on(DELETE, OK)
    assert channel.recall(line("bilibili"), posted()).how == "deleted"
    assert wire.sent[0].json == {"resource_id": BV}
    for code in (123004, 123005):
        wire.on(DELETE, refusal(code))
        assert isinstance(channel.recall(line("bilibili"), posted()), TakenDown)
    for answer, error in (
        ((502, b""), OutcomeUnknown),
        (refusal(123001), CredentialRefused),
        (refusal(123007), Refused),
    ):
        wire.on(DELETE, answer)
        with pytest.raises(error):
            channel.recall(line("bilibili"), posted())


def test_gone(channel, line, wire, posted):
    at = line("bilibili")
    for answer, gone in (
        (refusal(123005), True),
        (refusal(123004), True),
        (data(addit_info={"state": 0}), False),
        (data(addit_info={"state": -30}), False),
        (data(addit_info={"state": -100}), True),
    ):
        wire.on(VIEW, answer)
        assert channel.is_gone(at, posted()) is gone
    wire.on(VIEW, refusal(127001))
    with pytest.raises(CredentialRefused):
        channel.is_gone(at, posted())


def test_a_correction_changes_the_words_but_never_the_video(
    channel, ready, line, wire, film, clip, picture, kept, posted
):
    assert isinstance(channel, Correcting)
    at, article, progress = ready
    live = posted(progress=progress.values, url="https://b.example/v")
    wire.on(EDIT, data(resource_id=BV))
    mended = replace(article, title="东城队二比一胜南城队（更正）", pictures=(picture(),))
    own = kept()
    answer = channel.correct(at, live, mended, own)
    assert (answer.external_id, answer.url) == (BV, "https://b.example/v")
    assert wire.paths() == [COVER, EDIT]
    assert wire.sent[1].json["resource_id"] == BV
    assert wire.sent[1].json["title"] == mended.title
    assert wire.sent[1].json["tid"] == 205
    assert own.get("submission")["title"] == mended.title
    channel.correct(at, live, mended, own)
    assert wire.paths() == [COVER, EDIT, EDIT]
    with pytest.raises(Refused, match="不能换视频"):
        channel.correct(at, live, replace(mended, videos=(clip(b"ftyp other"),)), kept())
    wire.on(EDIT, requests.exceptions.ReadTimeout())
    with pytest.raises(OutcomeUnknown):
        channel.correct(at, live, mended, own)


def test_numbers_one_archive_a_call(channel, line, wire, posted):
    stat = {"title": "题", "ptime": 1780718400, "view": 100, "like": "20", "coin": 3, "favorite": 4, "share": 5}
    wire.on(STAT, data(**stat, danmaku=6, reply=7), refusal(123004), data(view=-1, like=None))
    posts = [posted(), posted(external_id="BV1xx411c7mD"), posted(external_id="BV1Pending01")]
    found = channel.read_numbers(line("bilibili"), posts)
    assert [request.query["resource_id"] for request in wire.sent] == [post.external_id for post in posts]
    numbers = found[BV]
    assert (numbers.reads, numbers.likes, numbers.comments, numbers.shares, numbers.favourites) == (100, 20, 7, 5, 4)
    assert (numbers.raw["coin"], numbers.raw["danmaku"]) == (3, 6)
    assert found["BV1xx411c7mD"] == Numbers(gone=True)
    assert found["BV1Pending01"].reads is None
    assert channel.capabilities.bulk == 1


def test_no_secret_in_any_message(channel, ready, wire):
    at, article, progress = ready
    secrets = [at.credential.fields["client_secret"], at.credential.fields["access_token"], "upload-token-1"]
    for code in (127001, 123024, 4003, 99999):
        wire.on(ADD, refusal(code, f"token {' '.join(secrets)} 错误"))
        with pytest.raises(Exception) as caught:  # noqa: PT011
            channel.send(at, article, progress)
        assert not [secret for secret in secrets if secret in str(caught.value)]
