from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.errors import BadInput
from rongmei.mail.compose import DEFAULT_SENDER, message, one_line, sender_address

PNG = b"\x89PNG\r\n\x1a\n picture"


def build(subject: str = "村超简报", **changes) -> EmailMessage:
    arguments = {"sender": "东莞融媒 <desk@example.com>", "to": "林初 <lin@example.com>"} | changes
    html = arguments.pop("html", '<p>你好</p><img src="cid:reads">')
    return message(subject, html, arguments.pop("text", "你好"), **arguments)


def read_back(mail: EmailMessage) -> EmailMessage:
    return message_from_bytes(mail.as_bytes(), policy=default)


def test_a_full_message_reads_back_as_it_was_written():
    mail = read_back(
        build(
            reply_to="reply@example.com",
            inline=[("reads", PNG)],
            attachments=[("数据.xlsx", "application/vnd.ms-excel", b"PK")],
        )
    )
    assert (mail["Subject"], mail["To"], mail["Reply-To"]) == (
        "村超简报",
        "林初 <lin@example.com>",
        "reply@example.com",
    )
    assert mail.get_body(("plain",)).get_content().strip() == "你好"
    page = mail.get_body(("html",))
    assert page.get_content().startswith("<p>你好</p>")
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<reads>"
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content() == PNG
    assert [part.get_filename() for part in mail.iter_attachments()] == ["数据.xlsx"]


def test_the_same_arguments_give_the_same_bytes():
    first, second = (build(inline=[("reads", PNG)]).as_bytes() for _ in range(2))
    assert first == second
    assert build(inline=[("reads", PNG + b"!")]).as_bytes() != first


def test_everything_on_the_wire_is_ascii():
    build(text="长" * 500, html="<p>" + "段" * 500).as_bytes().decode("ascii")


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\u2028", "\x85", "\x00", "\x0b"])
def test_no_header_can_be_smuggled_in_by_the_subject(breaker):
    mail = read_back(build(f"好消息{breaker}Bcc: thief@example.com"))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "好消息 Bcc: thief@example.com"


@given(st.text(max_size=400))
def test_any_subject_survives_the_wire_as_its_one_line_form(subject):
    expected = one_line(subject, 200)
    assert len(expected) <= 200
    assert read_back(build(subject))["Subject"] == expected


@pytest.mark.parametrize(
    "to",
    [
        "lin@example.com\r\nBcc: thief@example.com",
        "林\n<lin@example.com>",
        "不是地址",
        "lin@",
        "@example.com",
        "a..b@example.com",
        "lin@例子.中国",
        "lin@example.com, thief@example.com",
        "",
    ],
)
def test_what_is_no_single_address_is_refused(to):
    with pytest.raises(BadInput, match="收件人"):
        build(to=to)


def test_a_hostile_display_name_stays_a_name():
    mail = read_back(build(to='"林, 初\\" <x@y.z>" <lin@example.com>'))
    assert [one.addr_spec for one in mail["To"].addresses] == ["lin@example.com"]


def test_a_picture_number_that_would_break_the_header_is_refused():
    with pytest.raises(BadInput, match="内嵌图片"):
        build(inline=[("a>\r\nX: y", PNG)])


def test_an_attachment_name_with_a_line_break_becomes_one_line():
    mail = read_back(build(attachments=[("a\r\nX-Evil: 1.csv", "text/csv", b"1")]))
    assert mail["X-Evil"] is None
    assert next(mail.iter_attachments()).get_filename() == "a X-Evil: 1.csv"


def test_the_sender_comes_from_the_environment(monkeypatch):
    monkeypatch.delenv("RONGMEI_MAIL_FROM", raising=False)
    assert sender_address() == DEFAULT_SENDER
    monkeypatch.setenv("RONGMEI_MAIL_FROM", "desk@example.com")
    assert sender_address() == "desk@example.com"
