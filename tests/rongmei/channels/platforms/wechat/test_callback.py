"""The event PUBLISHJOBFINISH: who sent it, what it says, and nothing hostile in between."""

import contextlib
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import Accepted, Rejected
from rongmei.channels.platforms.wechat.callback import (
    MAX_BYTES,
    UnreadableEvent,
    WrongSignature,
    check_signature,
    read_event,
)
from rongmei.channels.platforms.wechat.jobs import Job, verdict
from rongmei.errors import BadInput

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
STAMP = str(int(NOW.timestamp()))
TOKEN = "rongmei-callback"


def event(info, event_name="PUBLISHJOBFINISH", kind="event"):
    return f"""<xml><ToUserName><![CDATA[gh_4d00ed8d6399]]></ToUserName>
<FromUserName><![CDATA[oV5CrjpxgaGXNHIQigzNlgLTnwic]]></FromUserName>
<CreateTime>1481013459</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>
<Event><![CDATA[{event_name}]]></Event>{info}</xml>""".encode()


PUBLISHED = """<PublishEventInfo><publish_id>2247503051</publish_id><publish_status>0</publish_status>
<article_id><![CDATA[zjMKVd1g66BkEkpetwml4J-4gNf4I1nsh-B-r_inemw]]></article_id>
<article_detail><count>2</count>
<item><idx>1</idx><article_url><![CDATA[https://mp.weixin.qq.com/s?a=1&b=2]]></article_url></item>
<item><idx>2</idx><article_url><![CDATA[https://mp.weixin.qq.com/s/2]]></article_url></item>
</article_detail></PublishEventInfo>"""
REFUSED = """<PublishEventInfo><publish_id>2247503051</publish_id><publish_status>2</publish_status>
<fail_idx>1</fail_idx><fail_idx>3</fail_idx></PublishEventInfo>"""


class TestSignature:
    def sign(self, *parts):
        return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()

    def test_a_known_one(self):
        """Worked out with sha1sum over the sorted parts: 1780718400, 42, rongmei-callback."""
        signature = "75b04d68c29c6e566a1488dd1dfadcb6403be4e5"
        check_signature(TOKEN, signature=signature, timestamp="1780718400", nonce="42", now=NOW)

    @pytest.mark.parametrize(
        "change",
        [{"nonce": "43"}, {"timestamp": str(int(STAMP) + 1)}, {"signature": ""}, {"signature": "签" * 40}],
    )
    def test_any_change_is_seen(self, change):
        given = {"signature": self.sign(TOKEN, STAMP, "42"), "timestamp": STAMP, "nonce": "42", **change}
        with pytest.raises(WrongSignature):
            check_signature(TOKEN, now=NOW, **given)

    def test_another_account_has_another_token(self):
        with pytest.raises(WrongSignature):
            check_signature("other", signature=self.sign(TOKEN, STAMP, "1"), timestamp=STAMP, nonce="1", now=NOW)

    @pytest.mark.parametrize("timestamp", ["", "x", "-1", "٣", "9" * 30, str(int(STAMP) - 601), str(int(STAMP) + 601)])
    def test_an_old_or_senseless_time(self, timestamp):
        signature = self.sign(TOKEN, timestamp, "1")
        with pytest.raises(WrongSignature, match="时间"):
            check_signature(TOKEN, signature=signature, timestamp=timestamp, nonce="1", now=NOW)

    def test_ten_minutes_are_allowed(self):
        for minutes in (-10, 10):
            now = NOW + timedelta(minutes=minutes)
            check_signature(TOKEN, signature=self.sign(TOKEN, STAMP, "1"), timestamp=STAMP, nonce="1", now=now)

    def test_without_a_token_nobody_is_believed(self):
        with pytest.raises(WrongSignature, match="Token"):
            check_signature("", signature=self.sign("", STAMP, "1"), timestamp=STAMP, nonce="1", now=NOW)


class TestEvent:
    def test_published(self):
        job = read_event(event(PUBLISHED))
        assert job == Job(
            "2247503051",
            0,
            "zjMKVd1g66BkEkpetwml4J-4gNf4I1nsh-B-r_inemw",
            {1: "https://mp.weixin.qq.com/s?a=1&b=2", 2: "https://mp.weixin.qq.com/s/2"},
            (),
        )
        assert verdict(job, 2) == Accepted(f"{job.article_id}:2", "https://mp.weixin.qq.com/s/2", live=True)

    def test_refused(self):
        job = read_event(event(REFUSED))
        assert (job.status, job.failed) == (2, (1, 3))
        assert verdict(job, 3) == Rejected("原创声明未通过")
        assert verdict(job, 2) is None

    @pytest.mark.parametrize("listed", ["<item>1</item><item>3</item>", "1,3", "[1, 3]", "1 3"])
    def test_refused_places_in_one_element(self, listed):
        info = REFUSED.replace("<fail_idx>1</fail_idx><fail_idx>3</fail_idx>", f"<fail_idx>{listed}</fail_idx>")
        assert read_event(event(info)).failed == (1, 3)

    @pytest.mark.parametrize("other", [event(PUBLISHED, "MASSSENDJOBFINISH"), event("", kind="text"), b"<xml/>"])
    def test_other_messages_are_not_wanted(self, other):
        assert read_event(other) is None

    @pytest.mark.parametrize(
        "info",
        [
            "",
            "<PublishEventInfo/>",
            "<PublishEventInfo><publish_id>1</publish_id></PublishEventInfo>",
            "<PublishEventInfo><publish_id></publish_id><publish_status>0</publish_status></PublishEventInfo>",
            "<PublishEventInfo><publish_id>1</publish_id><publish_status>x</publish_status></PublishEventInfo>",
        ],
    )
    def test_an_event_without_a_submission(self, info):
        with pytest.raises(UnreadableEvent):
            read_event(event(info))

    @pytest.mark.parametrize(
        "url",
        ["javascript:alert(1)", "ftp://a/1", "https://u:p@mp.weixin.qq.com/", "x" * 3000, "https://" + "a" * 2000],
    )
    def test_addresses_that_are_none(self, url):
        body = event(PUBLISHED.replace("https://mp.weixin.qq.com/s/2", url))
        assert list(read_event(body).urls) == [1]


class TestHostile:
    @pytest.mark.parametrize(
        "body",
        [
            b'<!DOCTYPE x [<!ENTITY a "b">]><xml><MsgType>&a;</MsgType></xml>',
            b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><xml/>',
            b'<!DOCTYPE x [<!ENTITY % p SYSTEM "http://evil.example/x">%p;]><xml/>',
            b'<!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><l>&b;</l>',
            b"<!DOCTYPE xml><xml/>",
            b"<xml>&unknown;</xml>",
            b'<?xml version="1.0" encoding="no-such"?><xml/>',
            b'<?xml version="1.0" encoding="gb18030"?><xml/>',
            "<xml/>".encode("utf-16")[:-1],
            b"<xml>",
            b"",
            b"\x00" * 64,
            b'{"publish_id": 1}',
            b"<xml>" + b"a" * MAX_BYTES + b"</xml>",
            b"<a>" * 20_000,
        ],
    )
    def test_is_refused(self, body):
        with pytest.raises(UnreadableEvent):
            read_event(body)

    def test_deep_nesting_is_only_deep(self):
        assert read_event(b"<a>" * 5000 + b"</a>" * 5000) is None

    @given(body=st.binary(max_size=200) | st.text(alphabet="<>&;!/x[]\"'? =1", max_size=120).map(str.encode))
    def test_anything_is_read_or_refused(self, body):
        with contextlib.suppress(UnreadableEvent):
            assert read_event(body) is None


def test_errors_are_for_people():
    with pytest.raises(BadInput, match="微信公众号的回调：内容不是微信发来的 XML"):
        read_event(b"")
