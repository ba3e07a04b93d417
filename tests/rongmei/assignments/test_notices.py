import re
from datetime import timedelta

import pytest

from rongmei.assignments import NotifySummary, answer, assign, notify, reassign
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Mail

HOSTILE = "<script>alert(1)</script>&\"'"


@pytest.fixture
def tell(ledger, plan, carrier, now):
    def run(key, when=None) -> NotifySummary:
        return notify(ledger, plan, key, transport=carrier, clock=lambda: when or now)

    return run


def sides(message) -> tuple[str, str]:
    return (
        message.get_body(("html",)).get_content(),
        message.get_body(("plain",)).get_content(),
    )


def test_one_mail_an_outlet_with_everything_it_needs(ledger, plan, open_day, pitch, carrier, tell, now):
    key = open_day(note="今晚下雨，注意安全")
    pitch(key, "石龙夜赛", place="石龙", outlet="shilong", column="live", summary="两队争冠")
    pitch(key, "石龙龙舟", outlet="shilong")
    assign(ledger, plan, key, now=now)
    assert tell(key) == NotifySummary(queued=1, sent=1, pending=0, failed=0, unknown=0)
    (message,) = carrier.sent["shilong@example.com"]
    assert message["Subject"] == "派单：村超比赛日 06-06，2 条任务请在 6月6日 23:00 前答复"
    for side in sides(message):
        assert "今晚下雨，注意安全" in side
        assert "任务 #1　石龙夜赛" in side
        assert "栏目：赛场直击" in side
        assert "内容：两队争冠" in side
        assert "接受后 8 小时内，最迟 6月7日 07:00" in side
        assert "选题是它报的（+50）" in side
        assert "rongmei assignments answer 2 accept" in side
        assert re.search(r"rongmei assignments answer 1 decline --reason (\"|&#34;)写明理由", side)


def test_telling_again_sends_nothing(ledger, plan, key, pitch, carrier, tell, dump, now):
    pitch(key, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, key, now=now)
    tell(key)
    before = dump()
    assert tell(key) == NotifySummary(queued=0, sent=1, pending=0, failed=0, unknown=0)
    assert dump() == before
    assert len(carrier.sent["shilong@example.com"]) == 1


def test_what_could_not_go_out_goes_out_later(ledger, plan, key, pitch, carrier, tell, now):
    pitch(key, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, key, now=now)
    carrier.away = True
    assert tell(key).pending == 1
    carrier.away = False
    assert tell(key) == NotifySummary(queued=0, sent=1, pending=0, failed=0, unknown=0)


def test_each_round_has_its_own_mail_even_to_the_same_outlet(ledger, plan, key, pitch, carrier, tell, rows, now):
    pitch(key, "南城体育", outlet="nancheng", column="live")
    pitch(key, "石龙夜赛", outlet="shilong", column="live")
    pitch(key, "石龙早赛", outlet="shilong", column="live")
    assign(ledger, plan, key, now=now)
    tell(key)
    for assignment_id in (2, 3):
        answer(ledger, assignment_id, accept=False, by="李", reason="忙", now=now)
        reassign(ledger, plan, key, now=now)
        tell(key)
    mails = [mail.key for mail in rows(Mail)]
    assert mails == sorted(set(mails), key=mails.index)
    assert f"assignment:{key}:nancheng:1" in mails
    offered = {(one.outlet, one.round) for one in rows(Assignment)}
    assert {f"assignment:{key}:{outlet}:{number}" for outlet, number in offered} == set(mails)


def test_partners_are_told_without_being_asked(ledger, plan, key, pitch, carrier, tell, now):
    pitch(key, "石龙夜赛", place="石龙", outlet="nancheng", column="live")
    for n in range(2):
        pitch(key, f"石龙赛事{n}", place="石龙", outlet="nancheng", column="live")
    assign(ledger, plan, key, now=now)
    tell(key)
    (lead,) = carrier.sent["nancheng@example.com"]
    (support,) = carrier.sent["shilong@example.com"]
    assert "协同：石龙融媒体中心" in sides(lead)[1]
    assert "承担：南城融媒体中心" in sides(support)[1]


def test_hostile_text_is_escaped_in_html_and_kept_in_text(ledger, plan, open_day, pitch, carrier, tell, now):
    key = open_day(note=HOSTILE)
    pitch(key, f"村超{HOSTILE}", outlet="shilong", place=HOSTILE, summary=HOSTILE)
    assign(ledger, plan, key, now=now)
    tell(key)
    html, text = sides(carrier.sent["shilong@example.com"][0])
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 4
    assert text.count("<script>") == 4


def test_a_rehearsal_says_so(ledger, plan, open_day, pitch, carrier, tell, now):
    key = open_day(rehearsal=True)
    pitch(key, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, key, now=now)
    tell(key)
    assert carrier.sent["shilong@example.com"][0]["Subject"].startswith("【彩排】派单：")


def test_who_has_answered_is_not_asked(ledger, plan, key, pitch, carrier, tell, now):
    pitch(key, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, key, now=now)
    answer(ledger, 1, accept=True, by="李", reason="", now=now)
    assert tell(key, now + timedelta(hours=1)) == NotifySummary(0, 0, 0, 0, 0)
    assert carrier.sent == {}


def test_an_unknown_edition_says_so(tell):
    with pytest.raises(BadInput, match="没有期次"):
        tell("cunchao/1999-01-01")
