from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from rongmei.errors import BadInput, CredentialRefused, OutcomeUnknown, Refused, TryLater, WrongState
from rongmei.ledger import Edition, Mail
from rongmei.mail import DeliverySummary, NotConnected, confirm_sent, deliver, message, queue, retry_unknown


class Carrier:
    """Remembers what it carried; `trouble` maps a recipient to the error to raise."""

    def __init__(self, **trouble: Exception) -> None:
        self.trouble = {f"{name}@example.com": error for name, error in trouble.items()}
        self.sent: list[str] = []
        self.messages = []

    def send(self, message, recipient):
        if recipient in self.trouble:
            raise self.trouble[recipient]
        self.sent.append(recipient)
        self.messages.append(message)


def put(ledger, now, *people: str, edition_id: int | None = None, subject: str = "简报") -> list[str]:
    keys = [f"report:cunchao/2026-06-06:{person}" for person in people]
    with ledger.begin() as session:
        for key, person in zip(keys, people, strict=True):
            to = f"{person}@example.com"
            mail = message(subject, "<p>正文</p>", "正文", sender="desk@example.com", to=to)
            assert queue(session, key=key, recipient=to, message=mail, edition_id=edition_id, now=now)
    return keys


def row(ledger, key: str) -> Mail:
    with ledger.read() as session:
        mail = session.scalars(select(Mail).where(Mail.key == key)).one()
        session.expunge(mail)
        return mail


def clock_at(moment) -> Callable:
    return lambda: moment


def test_a_mail_goes_out_once_however_often_it_is_delivered(ledger, now):
    keys = put(ledger, now, "lin", "chen")
    carrier = Carrier()
    for _ in range(2):
        assert deliver(ledger, carrier, keys=keys, clock=clock_at(now)) == DeliverySummary(sent=2)
    assert carrier.sent == ["lin@example.com", "chen@example.com"]
    assert row(ledger, keys[0]).sent_at == now
    assert deliver(ledger, carrier, clock=clock_at(now)) == DeliverySummary()


def test_the_same_occasion_is_queued_once(ledger, now):
    (key,) = put(ledger, now, "lin")
    with ledger.begin() as session:
        other = message("别的", "", "别的", sender="a@example.com", to="b@example.com")
        assert not queue(session, key=key, recipient="b@example.com", message=other, now=now)
    assert row(ledger, key).recipient == "lin@example.com"


def test_the_message_id_is_the_same_for_the_same_occasion(ledger, now):
    (key,) = put(ledger, now, "lin")
    first = row(ledger, key)
    with ledger.begin() as session:
        session.delete(session.get_one(Mail, first.id))
    put(ledger, now + timedelta(days=1), "lin")
    assert row(ledger, key).message_id == first.message_id
    assert message_from_bytes(first.message, policy=default)["Message-ID"] == first.message_id


def test_the_date_is_the_newsrooms(ledger, now):
    (key,) = put(ledger, now, "lin")
    assert message_from_bytes(row(ledger, key).message, policy=default)["Date"] == "Sat, 06 Jun 2026 20:00:00 +0800"


@pytest.mark.parametrize(("rehearsal", "subject"), [(False, "简报"), (True, "【彩排】简报")])
def test_a_rehearsals_mail_says_so(ledger, now, rehearsal, subject):
    with ledger.read() as session:
        edition_id = session.scalars(select(Edition.id).where(Edition.rehearsal == rehearsal)).one()
    (key,) = put(ledger, now, "lin", edition_id=edition_id)
    carrier = Carrier()
    deliver(ledger, carrier, keys=[key], clock=clock_at(now))
    assert carrier.messages[0]["Subject"] == subject
    assert row(ledger, key).subject == subject


def test_a_marked_subject_is_not_marked_twice(ledger, now):
    with ledger.read() as session:
        edition_id = session.scalars(select(Edition.id).where(Edition.rehearsal)).one()
    (key,) = put(ledger, now, "lin", edition_id=edition_id, subject="【彩排】简报")
    assert row(ledger, key).subject == "【彩排】简报"


@pytest.mark.parametrize(
    ("error", "state", "summary"),
    [
        (TryLater("稍后"), "pending", DeliverySummary(sent=1, pending=1)),
        (Refused("查无此人"), "failed", DeliverySummary(sent=1, failed=1)),
        (OutcomeUnknown("断了"), "unknown", DeliverySummary(sent=1, unknown=1)),
        (BadInput("不是地址"), "failed", DeliverySummary(sent=1, failed=1)),
    ],
)
def test_one_mails_trouble_is_its_own(ledger, now, error, state, summary):
    keys = put(ledger, now, "lin", "chen")
    assert deliver(ledger, Carrier(lin=error), keys=keys, clock=clock_at(now)) == summary
    mail = row(ledger, keys[0])
    assert (mail.state, mail.last_error, mail.sent_at) == (state, str(error), None)


def test_when_the_server_is_away_the_rest_is_not_tried(ledger, now):
    keys = put(ledger, now, "lin", "chen")
    carrier = Carrier(lin=NotConnected("连不上"))
    assert deliver(ledger, carrier, keys=keys, clock=clock_at(now)) == DeliverySummary(pending=2)
    assert row(ledger, keys[1]).attempts == 0
    assert deliver(ledger, Carrier(), keys=keys, clock=clock_at(now)) == DeliverySummary(sent=2)


def test_a_refused_credential_is_raised_and_nothing_is_lost(ledger, now):
    keys = put(ledger, now, "lin", "chen")
    with pytest.raises(CredentialRefused):
        deliver(ledger, Carrier(lin=CredentialRefused("密码不对")), keys=keys, clock=clock_at(now))
    assert [row(ledger, key).state for key in keys] == ["pending", "pending"]


def test_unknown_is_sent_again_only_when_a_person_says_so(ledger, now):
    (key,) = put(ledger, now, "lin")
    deliver(ledger, Carrier(lin=OutcomeUnknown("断了")), keys=[key], clock=clock_at(now))
    carrier = Carrier()
    assert deliver(ledger, carrier, keys=[key], clock=clock_at(now)) == DeliverySummary(unknown=1)
    assert carrier.sent == []
    retry_unknown(ledger, key)
    assert deliver(ledger, carrier, keys=[key], clock=clock_at(now)) == DeliverySummary(sent=1)
    assert carrier.sent == ["lin@example.com"]


def test_a_person_may_say_that_an_unknown_mail_arrived(ledger, now):
    (key,) = put(ledger, now, "lin")
    deliver(ledger, Carrier(lin=OutcomeUnknown("断了")), keys=[key], clock=clock_at(now))
    confirm_sent(ledger, key, now=now)
    assert (row(ledger, key).state, row(ledger, key).sent_at) == ("sent", now)


def test_only_unknown_mails_are_settled_by_hand(ledger, now):
    (key,) = put(ledger, now, "lin")
    with pytest.raises(WrongState, match="pending"):
        retry_unknown(ledger, key)
    with pytest.raises(BadInput, match="没有这封邮件"):
        retry_unknown(ledger, "report:none")


def test_a_crash_while_sending_becomes_unknown_after_a_while(ledger, now):
    class Crash(Exception):
        pass

    (key,) = put(ledger, now, "lin")
    with pytest.raises(Crash):
        deliver(ledger, Carrier(lin=Crash()), keys=[key], clock=clock_at(now))
    carrier = Carrier()
    soon, later = now + timedelta(minutes=9), now + timedelta(minutes=11)
    assert deliver(ledger, carrier, keys=[key], clock=clock_at(soon)) == DeliverySummary(pending=1)
    assert deliver(ledger, carrier, keys=[key], clock=clock_at(later)) == DeliverySummary(unknown=1)
    assert carrier.sent == []
    assert "程序中断" in row(ledger, key).last_error


def test_a_slow_attempt_may_still_report_what_the_sweep_called_unknown(ledger, now):
    (key,) = put(ledger, now, "lin")

    class Slow:
        def send(self, message, recipient):
            deliver(ledger, Carrier(), clock=clock_at(now + timedelta(hours=1)))
            assert row(ledger, key).state == "unknown"

    assert deliver(ledger, Slow(), keys=[key], clock=clock_at(now)) == DeliverySummary(sent=1)


def test_two_processes_do_not_send_the_same_mail(ledger, now):
    keys = put(ledger, now, *(f"p{number}" for number in range(8)))
    carrier, start = Carrier(), Barrier(3)

    def work():
        start.wait()
        deliver(ledger, carrier, keys=keys, clock=clock_at(now))

    workers = [Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(carrier.sent) == sorted(f"p{number}@example.com" for number in range(8))


def test_a_key_that_does_not_fit_is_refused(ledger, now):
    mail = message("简报", "", "", sender="a@example.com", to="b@example.com")
    with ledger.begin() as session, pytest.raises(BadInput, match="最多 200"):
        queue(session, key="k" * 201, recipient="b@example.com", message=mail, now=now)
