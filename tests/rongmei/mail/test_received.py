"""Mails as real programs write them, and as nobody should."""

import base64
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.mail.received import MAX_ATTACHMENTS, MAX_TEXT_CHARS, parse_mail, plain_lines


def raw(*headers: str, body: bytes = b"", encoding: str = "ascii") -> bytes:
    return b"\r\n".join(header.encode(encoding) for header in headers) + b"\r\n\r\n" + body


def word(text: str, charset: str) -> str:
    return f"=?{charset}?B?{base64.b64encode(text.encode('gb18030' if charset == 'gb2312' else charset)).decode()}?="


def test_an_ordinary_mail_with_a_file() -> None:
    mail = EmailMessage()
    mail["From"], mail["To"] = "石龙融媒 <ShiLong@Example.com>", "desk@example.com"
    mail["Subject"], mail["Date"], mail["Message-ID"] = (
        "报题：醒狮",
        "Sat, 6 Jun 2026 09:00:00 +0800",
        "<a1@example.com>",
    )
    mail.set_content("标题：醒狮少年\n地点：石龙")
    mail.add_alternative("<p>标题：醒狮少年</p>", subtype="html")
    mail.add_attachment(b"PK..", "application", "zip", filename="../../报题表.xlsx")
    received = parse_mail(mail.as_bytes(), uid=7)
    assert (received.uid, received.message_id, received.sender) == (7, "<a1@example.com>", "shilong@example.com")
    assert (received.sender_name, received.subject) == ("石龙融媒", "报题：醒狮")
    assert received.sent_at == datetime(2026, 6, 6, 1, tzinfo=UTC)
    assert received.text.splitlines() == ["标题：醒狮少年", "地点：石龙"]
    assert [(a.name, a.content) for a in received.attachments] == [("报题表.xlsx", b"PK..")]
    assert (received.automatic, received.authentic, received.problems) == (False, None, ())


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (word("龍獅㑇朱镕基", "gb2312"), "龍獅㑇朱镕基"),
        (f"{word('村超', 'utf-8')} {word('开赛', 'utf-8')}", "村超开赛"),
        (f"Re: {word('村超', 'utf-8')}", "Re: 村超"),
        ("=?utf-8?B?6L?= broken", "\ufffd broken"),
        (word("村超", "utf-8").replace("utf-8", "no-such-charset"), "村超"),
    ],
)
def test_encoded_subjects(subject: str, said: str) -> None:
    assert parse_mail(raw("From: a@b.cn", f"Subject: {subject}")).subject == said


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_bare_bytes_in_headers_and_text_without_a_charset(encoding: str) -> None:
    mail = raw("From: 石龙 <a@b.cn>", "Subject: 醒狮少年登场", body="正文：龙舟".encode(encoding), encoding=encoding)
    received = parse_mail(mail)
    assert (received.sender, received.sender_name) == ("a@b.cn", "石龙")
    assert (received.subject, received.text) == ("醒狮少年登场", "正文：龙舟")


def test_gbk_that_calls_itself_gb2312_and_html_alone() -> None:
    html = "<style>p{}</style><div>标题：朱镕基路&amp;醒狮</div><p>地点：石龙<br>栏目：赛场</p><script>x()</script>"
    mail = raw("From: a@b.cn", "Content-Type: text/html; charset=gb2312", body=html.encode("gbk"))
    received = parse_mail(mail)
    assert [line for line in received.text.split("\n") if line] == ["标题：朱镕基路&醒狮", "地点：石龙", "栏目：赛场"]
    assert "<script>" in received.html


@pytest.mark.parametrize(
    "sender", ["", "a@b.cn, c@d.cn", "nobody", "<>", '"a@b.cn" <x>', "a@b.cn\r\nFrom: c@d.cn", "a b@c.cn"]
)
def test_a_sender_that_is_not_exactly_one_address_is_none(sender: str) -> None:
    assert parse_mail(raw(f"From: {sender}", "Subject: x")).sender == ""


@pytest.mark.parametrize(
    "header", ["Auto-Submitted: auto-replied", "Precedence: bulk", "Return-Path: <>", "List-Id: <x.example>"]
)
def test_what_no_person_wrote_to_us(header: str) -> None:
    assert parse_mail(raw("From: a@b.cn", header)).automatic
    assert not parse_mail(raw("From: a@b.cn", "Auto-Submitted: no")).automatic


@pytest.mark.parametrize(
    ("headers", "authentic"),
    [
        (("Authentication-Results: mx.us.cn; dmarc=pass header.from=b.cn",), True),
        (("Authentication-Results: mx.us.cn; spf=pass; dmarc=fail",), False),
        (("Authentication-Results: mx.us.cn; dmarc=none",), None),
        (("Authentication-Results: mx.evil.cn; dmarc=pass",), None),
        (("Authentication-Results: mx.us.cn; dmarc=fail", "Authentication-Results: mx.us.cn; dmarc=pass"), False),
        ((), None),
    ],
)
def test_only_the_own_servers_verdict_on_the_sender_counts(headers: tuple[str, ...], authentic: bool | None) -> None:
    assert parse_mail(raw("From: a@b.cn", *headers), authserv="mx.us.cn").authentic is authentic
    assert parse_mail(raw("From: a@b.cn", *headers)).authentic is None


def test_everything_is_bounded_and_said() -> None:
    mail = EmailMessage()
    mail["From"] = "a@b.cn"
    mail.set_content("长" * (MAX_TEXT_CHARS + 5))
    for n in range(MAX_ATTACHMENTS + 3):
        mail.add_attachment(b"x", "image", "png", filename=f"{n}.png")
    received = parse_mail(mail.as_bytes())
    assert len(received.text) == MAX_TEXT_CHARS
    assert len(received.attachments) == MAX_ATTACHMENTS
    assert len(received.problems) == 4
    assert received.message_id.endswith("@no-message-id>")
    assert received.message_id == parse_mail(mail.as_bytes()).message_id


def test_mail_nested_without_end_is_refused_or_read_but_never_breaks_the_reader() -> None:
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(250))
    assert parse_mail(b"From: a@b.cn\r\n" + nested).attachments == ()


def test_the_quoted_mail_below_is_no_part_of_the_answer() -> None:
    text = "标题：醒狮\n> 旧\n地点：石龙\n\n------------------ 原始邮件 ------------------\n标题：旧的"
    assert plain_lines(text, 4000) == "标题：醒狮\n地点：石龙"


@settings(max_examples=30, deadline=None)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"From: ", b"Content-Type: multipart/mixed; boundary=", b"Subject: =?"]),
)
def test_noise_never_raises(noise: bytes, opening: bytes) -> None:
    assert parse_mail(opening + noise).message_id.startswith("<")
