"""Alipay: the page, the one message that leads to it, and what comes afterwards."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from urllib.parse import parse_qsl

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from PIL import Image

from rongmei.channels import (
    AI_LABEL,
    Accepted,
    Correcting,
    Pending,
    Rejected,
    ServiceCard,
    TakenDown,
)
from rongmei.channels.platforms.alipay import wording
from rongmei.errors import CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater
from sandbox.keys import alipay_keys

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
PATH = "/gateway.do"
UPLOAD = "alipay.offline.material.image.upload"
CREATE = "alipay.open.public.message.content.create"
MODIFY = "alipay.open.public.message.content.modify"
SEND = "alipay.open.public.message.total.send"
QUERY = "alipay.open.public.message.query"
RECALL = "alipay.open.public.life.msg.recall"
DATA = "alipay.open.public.singlearticle.data.batchquery"
MESSAGE = "20260606-9fa2-481b"
PAGE = "https://render.example/p/yuyan/180020010001206617/index.html?contentId=c1"

KEYS = alipay_keys()
APP_KEY = serialization.load_der_private_key(base64.b64decode(KEYS.app_private_key), None)
ALIPAY_KEY = serialization.load_der_private_key(base64.b64decode(KEYS.alipay_private_key), None)
# `openssl dgst -sha256 -sign` with the test key over the text above.


def sealed(text: str) -> str:
    return base64.b64encode(ALIPAY_KEY.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def answer(method: str, *, signed: bool = True, **fields) -> tuple[int, bytes]:
    """An answer as the gateway words it: slashes escaped, signed over that very text."""
    told = {"code": "10000", "msg": "Success", **fields}
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":")).replace("/", "\\/")
    tail = f',"sign":"{sealed(text)}"' if signed else ""
    return 200, f'{{"{method.replace(".", "_")}_response":{text}{tail}}}'.encode()


def refusal(method: str, code: str, sub_code: str = "", sub_msg: str = "不行", *, signed: bool = True):
    return answer(method, signed=signed, code=code, msg="Business Failed", sub_code=sub_code, sub_msg=sub_msg)


class Gateway:
    """The one address, answering by method."""

    def __init__(self, wire) -> None:
        self.wire, self.answers, self.asked = wire, {}, []
        wire.on(PATH, self._answer)
        self.on(UPLOAD, answer(UPLOAD, image_id="i", image_url="https://oalipay.example/i.jpg"))
        self.on(CREATE, answer(CREATE, content_id="c1", content_url=PAGE))
        self.on(MODIFY, answer(MODIFY, content_id="c1", content_url=PAGE))
        self.on(SEND, answer(SEND, message_id=MESSAGE))

    def on(self, method, *answers) -> None:
        self.answers[method] = list(answers)

    def _answer(self, request):
        method = request.query["method"]
        queue = self.answers[method]
        found = queue.pop(0) if len(queue) > 1 else queue[0]
        self.asked.append((method, request))
        return found

    def methods(self) -> list[str]:
        return [method for method, _ in self.asked]

    def content(self, method) -> dict:
        """The `biz_content` of the last call of a method."""
        request = next(request for name, request in reversed(self.asked) if name == method)
        return json.loads(dict(parse_qsl(request.body.decode()))["biz_content"])


@pytest.fixture
def gateway(wire):
    return Gateway(wire)


@pytest.fixture
def ready(channel, line, gateway, carded, kept):
    at, article, progress = line("alipay"), carded(), kept()
    channel.prepare(at, article, progress)
    gateway.asked.clear()
    return at, article, progress


def test_every_call_carries_the_common_parameters_and_a_true_signature(channel, line, gateway, carded, kept, picture):
    shown = picture(role="body")
    article = carded(pictures=(shown,), html=f'<p>文</p><img src="rongmei:{shown.sha256}">')
    channel.prepare(line("alipay", app_auth_token="token-of-the-account"), article, kept())
    assert gateway.methods() == [UPLOAD, UPLOAD, CREATE]
    for method, request in gateway.asked:
        query = dict(request.query)
        sign = base64.b64decode(query.pop("sign"))
        if method == UPLOAD:
            name = f"{shown.sha256[:16]}" + (".jpg" if request is gateway.asked[0][1] else "-996x450.jpg")
            own = {"image_type": "jpg", "image_name": name}
            assert f'name="image_content"; filename="{name}"'.encode() in request.body
        else:
            own = dict(parse_qsl(request.body.decode()))
        text = "&".join(f"{key}={value}" for key, value in sorted({**query, **own}.items()))
        APP_KEY.public_key().verify(sign, text.encode(), padding.PKCS1v15(), hashes.SHA256())
        assert query == {
            "app_id": "2021000000000001",
            "method": method,
            "format": "json",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": "2026-06-06 12:00:00",
            "version": "1.0",
            "app_auth_token": "token-of-the-account",
        }


# ── prepare ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_is_laid_down_once_with_its_card(channel, line, gateway, carded, picture, photo, kept):
    cover = picture(photo((1600, 500)))
    article, progress, at = carded(pictures=(cover,)), kept(), line("alipay")
    channel.prepare(at, article, progress)
    assert gateway.methods() == [UPLOAD, CREATE]
    assert gateway.content(CREATE) == {
        "title": article.title,
        "cover": "https://oalipay.example/i.jpg",
        "content": wording.rich_text(article, {}),
        "could_comment": "T",
        "ctype": "activity",
        "benefit": "满100减20",
        "ext_tags": "村超,东莞",
    }
    body = gateway.asked[0][1].body
    assert Image.open(BytesIO(body[body.index(b"\xff\xd8\xff") :])).size == (996, 450)
    assert (progress.get("content_id"), progress.get("content_url")) == ("c1", PAGE)
    channel.prepare(at, article, progress)
    assert gateway.methods() == [UPLOAD, CREATE]


def test_without_a_benefit_it_is_no_activity(channel, line, gateway, carded, kept):
    channel.prepare(line("alipay"), carded(card=ServiceCard("门票", "https://daily.example/t"), tags=()), kept())
    assert not {"ctype", "benefit", "ext_tags"} & set(gateway.content(CREATE))
    assert "https://daily.example/t" in gateway.content(CREATE)["content"]


def test_a_lost_answer_to_the_page_is_only_a_delay(channel, line, gateway, carded, kept):
    progress, at = kept(), line("alipay")
    gateway.on(CREATE, requests.exceptions.ReadTimeout(), answer(CREATE, content_id="c2", content_url=PAGE))
    with pytest.raises(TryLater):
        channel.prepare(at, carded(), progress)
    channel.prepare(at, carded(), progress)
    assert progress.get("content_id") == "c2"
    assert gateway.methods() == [UPLOAD, CREATE, CREATE]


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        (answer(UPLOAD, image_url=""), TryLater, "image_url"),
        (answer(UPLOAD, signed=False, image_url="https://evil.example/i.jpg"), TryLater, "签名"),
        (refusal(UPLOAD, "40002", "isv.invalid-app-id", signed=False), CredentialRefused, "app_id"),
        (refusal(UPLOAD, "40004", "isv.upload-fail", signed=False), TryLater, "alipay_public_key"),
        ((200, b"<html>"), TryLater, "签名"),
        ((503, b""), TryLater, "HTTP 503"),
        (refusal(UPLOAD, "40002", "isv.invalid-signature"), CredentialRefused, "private_key"),
        (refusal(UPLOAD, "20001", "aop.app-auth-token-time-out"), CredentialRefused, "权限"),
        (refusal(UPLOAD, "40006", "isv.insufficient-isv-permissions"), CredentialRefused, "权限"),
        (refusal(UPLOAD, "40002", "isv.invalid-timestamp"), TryLater, "时钟"),
        (refusal(UPLOAD, "40005", "isv.app-call-limited"), TryLater, "40005"),
        (refusal(UPLOAD, "20000", "isp.unknow-error"), TryLater, "20000"),
        (refusal(UPLOAD, "40004", "isv.upload-fail"), Refused, "upload-fail"),
    ],
)
def test_answers_that_are_no_success(channel, line, gateway, carded, kept, given, error, told):
    gateway.on(UPLOAD, given)
    with pytest.raises(error, match=told) as caught:
        channel.prepare(line("alipay"), carded(), kept())
    assert type(caught.value) is error
    assert "daily/alipay" in str(caught.value)


def test_a_key_that_is_none_stops_before_any_call(channel, line, gateway, carded, kept):
    for broken in ({"private_key": "x"}, {"alipay_public_key": "x"}, {"app_id": ""}):
        with pytest.raises(CredentialRefused, match=next(iter(broken))):
            channel.prepare(line("alipay", **broken), carded(), kept())
    assert gateway.asked == []


# ── the one call ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_one_message_leads_the_followers_to_the_page(channel, ready, gateway):
    at, article, progress = ready
    accepted = channel.send(at, article, progress)
    assert accepted == Accepted(MESSAGE, PAGE, keep={"message_id": MESSAGE})
    assert gateway.methods() == [SEND]
    assert gateway.content(SEND) == {
        "msg_type": "image-text",
        "articles": [
            {
                "title": article.title,
                "desc": article.digest,
                "image_url": "https://oalipay.example/i.jpg",
                "url": PAGE,
                "action_name": "查看详情",
            }
        ],
    }


def test_the_message_carries_the_label_too(channel, ready, gateway):
    at, article, progress = ready
    channel.send(at, replace(article, ai_generated=True, digest="长" * 900), progress)
    desc = gateway.content(SEND)["articles"][0]["desc"]
    assert desc.endswith(f"…（{AI_LABEL}）")
    assert len(desc) <= 200


class Full:
    def take(self, account, quota, now):
        raise QuotaGone(f"{quota.label}用完了", now=now, resets_at=now)


def test_the_quota_is_asked_before_the_call(channel, ready, gateway):
    at, article, progress = ready
    quotas = {quota.name: quota for quota in channel.capabilities.quotas}
    with pytest.raises(QuotaGone, match="群发"):
        channel.send(replace(at, quotas=quotas, meter=Full()), article, progress)
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (requests.exceptions.ReadTimeout(), OutcomeUnknown),
        (requests.exceptions.ConnectTimeout(), TryLater),
        ((502, b""), OutcomeUnknown),
        ((200, b"<html>"), OutcomeUnknown),
        (answer(SEND), OutcomeUnknown),
        (answer(SEND, signed=False, message_id=MESSAGE), OutcomeUnknown),
        (answer(CREATE, message_id=MESSAGE), OutcomeUnknown),
        (refusal(SEND, "40002", "isv.invalid-app-id", signed=False), OutcomeUnknown),
        (refusal(SEND, "20000", "isp.unknow-error"), OutcomeUnknown),
        (refusal(SEND, "40004", "SYSTEM_ERROR"), OutcomeUnknown),
        (refusal(SEND, "49999", "new"), OutcomeUnknown),
        (refusal(SEND, "40004", "PUB.MSG_BATCH_SD_OVER"), QuotaGone),
        (refusal(SEND, "40004", "CONTENT_ILLEGAL"), Refused),
        (refusal(SEND, "40002", "isv.invalid-signature"), CredentialRefused),
        (refusal(SEND, "40005", "isv.app-call-limited"), TryLater),
    ],
)
def test_answers_to_the_one_call(channel, ready, gateway, given, error):
    at, article, progress = ready
    gateway.on(SEND, given)
    with pytest.raises(error) as caught:
        channel.send(at, article, progress)
    assert type(caught.value) is error
    assert gateway.methods() == [SEND]


def test_a_tampered_answer_is_no_success(channel, ready, gateway):
    at, article, progress = ready
    status, body = answer(SEND, message_id=MESSAGE)
    gateway.on(SEND, (status, body.replace(MESSAGE.encode(), b"20260606-0000-0000")))
    with pytest.raises(OutcomeUnknown, match="签名"):
        channel.send(at, article, progress)


def test_too_often_waits_for_the_next_day(channel, ready, gateway):
    at, article, progress = ready
    gateway.on(SEND, refusal(SEND, "40004", "PUB.MSG_BATCH_SD_OVER", "批量发送消息频率超限"))
    with pytest.raises(QuotaGone, match="批量发送消息频率超限") as caught:
        channel.send(at, article, progress)
    assert caught.value.resets_at == datetime(2026, 6, 6, 16, 5, tzinfo=UTC)


def test_no_secret_in_any_message(channel, ready, gateway):
    at, article, progress = ready
    gateway.on(SEND, refusal(SEND, "40004", "X", f"key {at.credential.fields['private_key']}"))
    with pytest.raises(Refused) as caught:
        channel.send(at, article, progress)
    assert at.credential.fields["private_key"][:40] not in str(caught.value)


# ── afterwards ────────────────────────────────────────────────────────────────────────────────────────────────────────


def told(status, desc="", message_id=MESSAGE):
    return answer(QUERY, list=[{"message_id": message_id, "status": status, "status_desc": desc}])


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (told("SUCCESS", "发送成功"), Accepted(MESSAGE, PAGE, live=True)),
        (told("RUNNING", "正在处理中"), Pending("正在处理中")),
        (told("INIT"), Pending("支付宝正在群发")),
        (told("FAILURE", "发送失败"), Rejected("支付宝没有发出这条群发：发送失败")),
        (told("RECALLED", "撤回成功"), Rejected("这条群发已被撤回：撤回成功")),
        (told("SUCCESS", message_id="another"), Pending("支付宝还查不到这条群发")),
        (answer(QUERY, list="x"), Pending("支付宝还查不到这条群发")),
    ],
)
def test_confirm_asks_how_the_message_fares(channel, line, gateway, given, seen, posted):
    gateway.on(QUERY, given)
    assert channel.confirm(line("alipay"), posted()) == seen
    assert gateway.content(QUERY) == {"message_ids": [MESSAGE]}


def test_one_query_tells_of_many_messages(channel, line, gateway, posted):
    posts = [posted(external_id=str(number)) for number in range(45)]
    assert [len(batch) for batch in channel.batches(posts)] == [20, 20, 5]
    listed = [{"message_id": "43", "status": "SUCCESS"}, {"message_id": "41", "status": "FAILURE"}, "torn"]
    gateway.on(QUERY, answer(QUERY, list=listed))
    answers = channel.confirm_together(line("alipay"), channel.batches(posts)[2])
    assert gateway.content(QUERY) == {"message_ids": ["40", "41", "42", "43", "44"]}
    assert [type(one) for one in answers] == [Pending, Rejected, Pending, Accepted, Pending]


def test_confirm_believes_only_what_is_signed(channel, line, gateway, posted):
    gateway.on(QUERY, answer(QUERY, signed=False, list=[{"message_id": MESSAGE, "status": "SUCCESS"}]))
    with pytest.raises(TryLater, match="签名"):
        channel.confirm(line("alipay"), posted())


def test_a_lost_answer_is_for_a_person_to_settle(channel, ready, gateway):
    at, article, progress = ready
    seen = channel.find(at, article.fingerprint, NOW, progress.values)
    assert isinstance(seen, Pending)
    assert "人工核对" in seen.why
    assert article.title in seen.why
    assert PAGE in seen.why
    assert gateway.asked == []


def test_recall_takes_the_message_back(channel, line, gateway, posted):
    gateway.on(RECALL, answer(RECALL))
    taken = channel.recall(line("alipay"), posted())
    assert (taken.how, gateway.content(RECALL)) == ("hidden", {"message_id": MESSAGE})
    for unclear in ((502, b""), answer(RECALL, signed=False)):
        gateway.on(RECALL, unclear)
        with pytest.raises(OutcomeUnknown):
            channel.recall(line("alipay"), posted())
    gateway.on(RECALL, refusal(RECALL, "40004", "MESSAGE_RECALLED"))
    gateway.on(QUERY, told("RECALLED", "撤回成功"))
    assert isinstance(channel.recall(line("alipay"), posted()), TakenDown)
    gateway.on(QUERY, told("SUCCESS"))
    with pytest.raises(Refused, match="MESSAGE_RECALLED"):
        channel.recall(line("alipay"), posted())


def test_what_a_person_settled_a_person_has_to_take_back(channel, line, gateway, posted):
    by_hand = posted(external_id=PAGE, progress={"content_id": "c1"})
    with pytest.raises(Refused, match="已发送"):
        channel.recall(line("alipay"), by_hand)
    assert channel.is_gone(line("alipay"), by_hand) is None
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("given", "gone"),
    [
        (told("RECALLED", "撤回成功"), True),
        (told("RECALLED", "撤回失败"), False),
        (told("SUCCESS"), False),
        (told("RECALLING"), False),
        (told("FAILURE"), None),
        (answer(QUERY, list=[]), None),
    ],
)
def test_gone(channel, line, gateway, given, gone, posted):
    gateway.on(QUERY, given)
    assert channel.is_gone(line("alipay"), posted()) is gone


def test_a_correction_changes_the_page(channel, ready, gateway, picture, kept, posted):
    assert isinstance(channel, Correcting)
    at, article, _ = ready
    own, mended = kept(), replace(article, title="更正：东城队二比一", pictures=(picture(),))
    accepted = channel.correct(at, posted(), mended, own)
    assert (accepted.external_id, accepted.url, accepted.live) == (MESSAGE, PAGE, True)
    assert gateway.methods() == [UPLOAD, MODIFY]
    sent = gateway.content(MODIFY)
    assert (sent["content_id"], sent["title"], sent["benefit"]) == ("c1", mended.title, "满100减20")
    assert own.get("corrected_title") == mended.title
    channel.correct(at, posted(), mended, own)
    assert gateway.methods() == [UPLOAD, MODIFY, MODIFY]
    gateway.on(MODIFY, requests.exceptions.ReadTimeout())
    with pytest.raises(OutcomeUnknown):
        channel.correct(at, posted(), mended, own)
    with pytest.raises(Refused, match="生活号后台"):
        channel.correct(at, posted(progress={}), mended, own)


# ── numbers ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def row(title, date, reads):
    counts = {"deliver_user_cnt": 900, "expose_user_cnt": 400, "praise_user_cnt": 5, "reply_user_cnt": "2"}
    return {
        "date": date,
        "title": title,
        "read_user_cnt": reads,
        "share_user_cnt": 1,
        "avg_read_time": "31.5",
        **counts,
    }


def test_numbers_by_day_and_title(channel, line, gateway, posted):
    yesterday = NOW - timedelta(days=1)
    when = {"accepted_at": yesterday, "published_at": yesterday}
    gateway.on(
        DATA,
        answer(
            DATA,
            data_list=[
                row("甲", "20260605", 100),
                row("甲", "20260604", 7),
                row("乙", "2026-06-05", 50),
                row("丙", "20260605", 1),
                row("丙", "20260605", 2),
                "nonsense",
            ],
        ),
    )
    posts = [
        posted(external_id="1", title="甲", **when),
        posted(external_id="2", title="另一个标题", progress={"title": "旧题", "corrected_title": "乙"}, **when),
        posted(external_id="3", title="丙", **when),
        posted(external_id="4", title="丁", **when),
        posted(external_id="5", title="甲"),
    ]
    found = channel.read_numbers(line("alipay"), posts)
    assert gateway.content(DATA) == {"begin_date": "20260605", "end_date": "20260605"}
    assert sorted(found) == ["1", "2"]
    numbers = found["1"]
    assert (numbers.reads, numbers.likes, numbers.comments, numbers.shares) == (100, 5, 2, 1)
    assert numbers.raw["deliver_user_cnt"] == 900
    assert found["2"].reads == 50


def test_no_call_for_days_that_have_no_figures(channel, line, gateway, posted):
    old = NOW - timedelta(days=40)
    posts = [posted(), posted(accepted_at=old, published_at=old)]
    assert channel.read_numbers(line("alipay"), posts) == {}
    assert gateway.asked == []
    days = [NOW - timedelta(days=number) for number in (1, 29)]
    gateway.on(DATA, answer(DATA, data_list=[]))
    channel.read_numbers(line("alipay"), [posted(accepted_at=day, published_at=day) for day in days])
    assert gateway.content(DATA) == {"begin_date": "20260508", "end_date": "20260605"}
