"""One mail an outlet and edition tells what became of its pitches, exactly once, whatever the mail server does."""

from datetime import date, timedelta
from email import message_from_bytes, policy

import pytest

from rongmei.ledger import Lead, Mail, Pitch
from rongmei.mail import NotConnected
from rongmei.pitches import VETOED, mark_pitch, outcomes_due, record_decisions, shortlist, tell_outcomes


class Post:
    """Keeps what it carries; or is not there."""

    def __init__(self, *, away: bool = False) -> None:
        self.away, self.carried = away, []

    def send(self, message, recipient):
        if self.away:
            raise NotConnected("连不上")
        self.carried.append(recipient)


@pytest.fixture
def told(ledger, plan, now):
    def tell(key, carrier=None):
        return tell_outcomes(ledger, plan, key, transport=carrier or Post(), clock=lambda: now)

    return tell


@pytest.fixture
def decided(ledger, plan, key, pitch, now):
    """Accepted and merged, held, declined, vetoed, and two leads of a feed; recorded with a note."""
    ids = {
        "accepted": pitch(key, "村超揭幕战首次亮相，球迷 3 万人", outlet="shilong", author="李四"),
        "twin": pitch(
            key, "村超揭幕战首次亮相，球迷 3 万人", ref="b", outlet="humen", submitted_at=now + timedelta(minutes=1)
        ),
        "held": pitch(key, "龙舟少年逐梦<绿茵>决赛", outlet="shilong"),
        "vetoed": pitch(key, "村民合唱团走进看台", outlet="humen"),
    }
    with ledger.begin() as session:
        lead = Lead(
            campaign="cunchao",
            source="daily-feed",
            ref="x",
            title="x",
            evidence={},
            first_seen_at=now,
            last_seen_at=now,
        )
        session.add(lead)
        session.flush()
        lead_id = lead.id
    for n in range(3):
        pitch(key, f"村超订阅源第 {n} 条", source="daily-feed", outlet="dongguan-daily", lead_id=lead_id)
    mark_pitch(ledger, plan, ids["vetoed"], VETOED, by="zhou-dai", why="没有核实", now=now)
    shortlist(ledger, plan, key, now=now)
    record_decisions(ledger, plan, key, accepted=[ids["accepted"]], by="chen-ce", note="抓紧", now=now)
    return ids


def letters(rows):
    found = {}
    for mail in rows(Mail):
        message = message_from_bytes(mail.message, policy=policy.default)
        text, html = (part.get_content() for part in message.iter_parts())
        found[mail.recipient] = (str(message["Subject"]), text, html, mail.key)
    return found


def test_each_outlet_reads_what_became_of_its_own(key, decided, told, rows):
    told(key)
    found = letters(rows)
    assert set(found) == {"shilong@example.com", "humen@example.com", "dongguan-daily@example.com"}
    subject, text, html, mail_key = found["shilong@example.com"]
    assert (subject, mail_key) == ("报题结果：村超比赛日 06-06，采用 1 条，缓议 1 条", f"outcome:{key}:shilong")
    assert "【采用】村超揭幕战首次亮相，球迷 3 万人" in text
    assert "选题会采用：抓紧（chen-ce）" in text
    assert "联合报题：虎门融媒体中心" in text
    assert "【缓议】龙舟少年逐梦<绿茵>决赛" in text
    assert "下一期自动再上会一次，不用重报" in text
    assert "逐梦&lt;绿茵&gt;" in html
    _, text, _, _ = found["humen@example.com"]
    assert f"与 #{decided['accepted']}《村超揭幕战首次亮相，球迷 3 万人》（石龙融媒体中心报来） 是同一件事" in text
    assert "合并后的选题：采用" in text
    assert "联合报题：石龙融媒体中心（李四）" in text
    assert "编辑部否决：没有核实（zhou-dai）" in text


def test_what_a_feed_brought_by_itself_is_told_only_when_it_counts(key, decided, told, rows):
    told(key)
    _, text, _, _ = letters(rows)["dongguan-daily@example.com"]
    assert text.count("【缓议】") == 2
    assert "未采用" not in text


def test_each_goes_out_once_even_if_the_post_was_away(ledger, plan, key, decided, told, rows, now):
    def due(when=now, *, rehearsal=False):
        return outcomes_due(ledger, plan, rehearsal=rehearsal, now=when)

    assert due() == (key,), "decided, and nobody has told it"
    assert due(rehearsal=True) == ()
    away = told(key, Post(away=True))
    assert (away.queued, away.pending) == (3, 3)
    assert due(now + timedelta(days=30)) == (key,), "what lies in the outbox is never forgotten"
    carrier = Post()
    assert (told(key, carrier).queued, len(carrier.carried)) == (0, 3)
    assert told(key, carrier).sent == 0
    assert len(rows(Mail)) == len(carrier.carried) == 3
    assert due() == ()


def test_before_the_decision_nobody_is_told(ledger, plan, key, pitch, told, rows, now):
    pitch(key, "村超揭幕战首次亮相")
    shortlist(ledger, plan, key, now=now)
    assert outcomes_due(ledger, plan, rehearsal=False, now=now) == ()
    assert told(key).queued == 0
    assert rows(Mail) == []


def test_a_rehearsal_is_marked_and_a_returned_pitch_says_so(ledger, plan, open_day, pitch, told, rows, now):
    for day, accepted in ((date(2026, 6, 6), False), (date(2026, 6, 7), True)):
        key = open_day(day, rehearsal=True)
        if not accepted:
            pitch(key, "村超揭幕战首次亮相")
        listed = shortlist(ledger, plan, key, now=now).shortlisted
        record_decisions(ledger, plan, key, accepted=listed if accepted else (), by="chen-ce", now=now)
        told(key)
    mail = rows(Mail)[-1]
    assert mail.subject.startswith("【彩排】报题结果")
    assert "上一期缓议后再次上会" in message_from_bytes(mail.message, policy=policy.default).get_body().get_content()


def test_an_outlet_that_left_the_cluster_is_a_problem_for_a_person(ledger, plan, key, pitch, told, rows, now):
    pitch(key, "村超揭幕战首次亮相", outlet="gone")
    shortlist(ledger, plan, key, now=now)
    record_decisions(ledger, plan, key, accepted=(), by="chen-ce", now=now)
    assert told(key).problems == ("“gone”已不在集群文件里，它的 1 条报题结果无处可寄，请制片转告",)
    assert rows(Mail) == []
    assert [one.state for one in rows(Pitch)] == ["held"]
