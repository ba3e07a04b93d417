import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from rongmei.errors import BadInput, OutcomeUnknown, Refused, TryLater
from rongmei.ledger import Mail, Report, StoryVersion, get_edition, open_edition
from rongmei.mail import NotConnected, message
from rongmei.reports import BuildSummary, EmailSummary, build, email

KEY = "cunchao/2026-06-06"
NOW = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)


class Carrier:
    def __init__(self, trouble: Exception | None = None) -> None:
        self.trouble = trouble
        self.sent = []

    def send(self, message, recipient):
        if self.trouble:
            raise self.trouble
        self.sent.append((recipient, message))


def clock() -> datetime:
    return NOW


def stored(ledger) -> tuple[str, bytes, datetime]:
    with ledger.read() as session:
        row = session.query(Report).one()
        return row.html, row.message, row.built_at


@pytest.fixture
def built(lively, plan, settings) -> BuildSummary:
    return build(lively, plan, KEY, settings=settings, now=NOW)


@pytest.fixture
def on_file(lively) -> None:
    """A short report that stands for the real one where only the mailing matters."""
    mail = message("村超 考核报告", "<p>报告</p>", "报告", sender="desk@example.com", to="desk@example.com")
    with lively.begin() as session:
        edition = get_edition(session, KEY)
        row = Report(key=f"edition:{KEY}", edition_id=edition.id, kind="edition", subject="村超 考核报告")
        row.html, row.text = "<p>报告</p>", "报告"
        row.message, row.folder, row.built_at = mail.as_bytes(), "somewhere", NOW
        session.add(row)


def test_everything_is_on_file(lively, plan, settings, built):
    folder = Path(built.folder)
    assert folder == settings.reports / "cunchao_2026-06-06"
    assert sorted(file.name for file in folder.iterdir()) == [
        "figures.xlsx",
        "outlet-scores.png",
        "reads-by-channel.png",
        "reads-by-story.png",
        "report.html",
        "report.pdf",
        "report.txt",
    ]
    assert (built.charts, built.tasks, built.frozen) == (3, 6, False)
    page = (folder / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 3
    assert stored(lively)[0] == page


def test_the_message_carries_its_pictures_and_the_workbook(lively, built):
    mail = message_from_bytes(stored(lively)[1], policy=default)
    assert mail["Subject"] == built.subject == "村超比赛日 6月6日 考核报告｜6 件事待处理"
    assert mail["Reply-To"] == "chen-ce@example.com"
    html = mail.get_body(("html",)).get_content()
    ids = [part["Content-ID"] for part in mail.walk() if part.get_content_type() == "image/png"]
    assert ids == ["<reads-by-channel>", "<reads-by-story>", "<outlet-scores>"]
    assert all(f'src="cid:{one.strip("<>")}"' in html for one in ids)
    assert "data:image" not in html
    assert [part.get_filename() for part in mail.iter_attachments()] == [
        "村超比赛日 2026-06-06.xlsx",
        "村超比赛日 2026-06-06.pdf",
    ]
    assert "【要处理的事】" in mail.get_body(("plain",)).get_content()


def test_building_again_gives_the_same_bytes(lively, plan, settings, built):
    first = stored(lively)
    build(lively, plan, KEY, settings=settings, now=NOW)
    assert stored(lively) == first


def test_before_the_first_mail_a_report_is_rebuilt(lively, plan, settings, built):
    with lively.begin() as session:
        session.query(StoryVersion).filter_by(title="村超背后的夜经济账本").one().title = "改过的标题"
    again = build(lively, plan, KEY, settings=settings, now=NOW + timedelta(hours=1))
    assert not again.frozen
    assert "改过的标题" in stored(lively)[0]


@pytest.mark.parametrize("carrier", [Carrier(), Carrier(NotConnected("连不上"))], ids=["sent", "waiting"])
def test_once_a_mail_is_queued_the_report_stays_as_it_is(lively, plan, settings, on_file, carrier):
    before = stored(lively)
    try:
        email(lively, plan, KEY, transport=carrier, clock=clock)
    except TryLater:
        assert carrier.trouble
    with lively.begin() as session:
        session.query(StoryVersion).first().title = "改过的标题"
    again = build(lively, plan, KEY, settings=settings, now=NOW + timedelta(hours=1))
    assert again.frozen
    assert (again.subject, again.folder) == ("村超 考核报告", "somewhere")
    assert stored(lively) == before


def test_each_reader_gets_the_report_once(lively, plan, on_file):
    carrier = Carrier()
    for _ in range(2):
        assert email(lively, plan, KEY, transport=carrier, clock=clock) == EmailSummary(2, 0, 0, 0)
    assert [recipient for recipient, _ in carrier.sent] == ["chen-ce@example.com", "sun-zhong@example.com"]
    assert [message["To"] for _, message in carrier.sent] == [
        "陈策 <chen-ce@example.com>",
        "孙终 <sun-zhong@example.com>",
    ]
    with lively.read() as session:
        keys = {mail.key for mail in session.query(Mail) if mail.key.startswith("report:")}
    assert keys == {f"report:{KEY}:chen-ce", f"report:{KEY}:sun-zhong"}


def test_without_a_server_the_report_waits_and_goes_out_once(lively, plan, on_file):
    with pytest.raises(TryLater, match="2 封邮件还没发出"):
        email(lively, plan, KEY, transport=Carrier(NotConnected("连不上")), clock=clock)
    carrier = Carrier()
    assert email(lively, plan, KEY, transport=carrier, clock=clock).sent == 2
    email(lively, plan, KEY, transport=carrier, clock=clock)
    assert len(carrier.sent) == 2


@pytest.mark.parametrize(
    ("trouble", "summary"),
    [(Refused("查无此人"), EmailSummary(0, 0, 2, 0)), (OutcomeUnknown("断了"), EmailSummary(0, 0, 0, 2))],
)
def test_what_retrying_cannot_mend_is_not_retried(lively, plan, on_file, trouble, summary):
    assert email(lively, plan, KEY, transport=Carrier(trouble), clock=clock) == summary
    assert email(lively, plan, KEY, transport=Carrier(), clock=clock) == summary


def test_a_title_cannot_smuggle_headers_into_the_mail(lively, plan, settings):
    campaign = plan.campaign.model_copy(update={"name": "村超\r\nBcc: thief@example.com"})
    hostile = plan._replace(campaign=campaign)
    build(lively, hostile, KEY, settings=settings, now=NOW)
    mail = message_from_bytes(stored(lively)[1], policy=default)
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("村超 Bcc: thief@example.com 6月6日")


def test_an_empty_edition_has_a_report_that_says_so(ledger, plan, settings):
    with ledger.begin() as session:
        open_edition(session, "cunchao", date(2026, 6, 6), rehearsal=True, options={}, now=NOW)
    key = f"{KEY}/rehearsal"
    summary = build(ledger, plan, key, settings=settings, now=NOW)
    assert summary.charts == 0
    assert summary.folder.endswith("cunchao_2026-06-06_rehearsal")
    carrier = Carrier()
    email(ledger, plan, key, transport=carrier, clock=clock)
    mail = carrier.sent[0][1]
    assert mail["Subject"] == "【彩排】村超比赛日 6月6日 考核报告"
    assert "本期还没有任何数据" in mail.get_body(("plain",)).get_content()


def test_a_chart_that_lost_its_numbers_leaves_the_folder(lively, plan, settings, built):
    newer = plan._replace(rules=plan.rules.model_copy(update={"version": "2"}))
    assert build(lively, newer, KEY, settings=settings, now=NOW).charts == 2
    assert not (Path(built.folder) / "outlet-scores.png").exists()


def test_mailing_before_building_says_what_to_do(lively, plan):
    with pytest.raises(BadInput, match="先运行生成报告"):
        email(lively, plan, KEY, transport=Carrier(), clock=clock)


def test_importing_the_reports_is_light():
    heavy = {"pandas", "altair", "vl_convert", "css_inline", "xlsxwriter", "jinja2"}
    code = "import sys, rongmei.reports, rongmei.mail, rongmei.appraisal; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert heavy.isdisjoint(modules)
