"""Reports about days: for each reader what concerns them, mailed once, reckoned again beside what was sent."""

from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from io import BytesIO
from pathlib import Path
from shutil import copyfile

import pytest
from openpyxl import load_workbook

from rongmei.clock import at_local
from rongmei.errors import BadInput, Refused, TryLater
from rongmei.ledger import Ledger, Mail, Report
from rongmei.mail import NotConnected
from rongmei.reports import entries, issue, occasions, post, send_unsent, unsent
from rongmei.reports.daily import files as daily_files
from rongmei.reports.daily import pages as daily_pages
from rongmei.reports.issuing import IssueSummary, PostSummary
from rongmei.reports.wrapup import files as wrapup_files
from rongmei.reports.wrapup import pages as wrapup_pages
from rongmei.settings import Settings

MONDAY = date(2026, 6, 8)
NOW = at_local(MONDAY, "09:05")


class Carrier:
    """A post office that may be closed, or refuse an address."""

    def __init__(self, trouble=None, refuses=()):
        self.trouble, self.refuses, self.sent = trouble, refuses, []

    def __call__(self):
        return self

    def send(self, message, recipient):
        if self.trouble:
            raise self.trouble
        if recipient in self.refuses:
            raise Refused("550 查无此人")
        self.sent.append((recipient, message_from_bytes(message.as_bytes(), policy=default)))


def clock():
    return NOW


@pytest.fixture(autouse=True)
def quickly(monkeypatch):
    """Charts and paper are looked at in the week's mails, which are made before this."""
    for pages in (daily_pages, wrapup_pages):
        monkeypatch.setattr(pages, "draw", lambda _: ())
    for files in (daily_files, wrapup_files):
        monkeypatch.setattr(files, "print_report", lambda *_, **__: b"%PDF-")


def text_of(message):
    return message.get_body(("plain",)).get_content()


def attachments(message):
    return {part.get_filename(): part.get_content() for part in message.iter_attachments()}


@pytest.fixture(scope="module")
def brief(house):
    return occasions.daily(house.cluster, MONDAY)


@pytest.fixture(scope="module")
def review(house):
    return occasions.weekly(house.cluster, MONDAY)


def test_a_brief_is_mailed_to_each_reader_once_and_to_leaders_without_the_desks_list(counted, house, settings, brief):
    made = issue(counted, house, brief, settings=settings, now=NOW)
    assert replace(made, folder="") == IssueSummary(
        "daily:dongguan:2026-06-07", "东莞融媒体集群 6月7日简报：新增阅读 21.4万｜6 件事待处理", "", False, False, 2
    )
    carrier = Carrier()
    told = post(counted, house, brief, transport=carrier, clock=clock)
    assert told == PostSummary("daily:dongguan:2026-06-07", sent=2)
    assert post(counted, house, brief, transport=carrier, clock=clock).sent == 2
    mails = dict(carrier.sent)
    assert sorted(mails) == ["chen-ce@example.com", "liu-ling@example.com"]
    desk, leader = text_of(mails["chen-ce@example.com"]), text_of(mails["liu-ling@example.com"])
    assert "【要处理的事】" in desk
    assert "【要处理的事】" not in leader
    assert "新增阅读 21.4万" in leader
    assert mails["chen-ce@example.com"]["Reply-To"] == "desk@example.com"
    with counted.read() as session:
        keys = [key for (key,) in session.query(Mail.key).filter(Mail.key.startswith("daily:"))]
    assert keys == ["daily:dongguan:2026-06-07:chen-ce", "daily:dongguan:2026-06-07:liu-ling"]


def test_what_was_sent_stays_and_what_is_reckoned_again_lies_beside_it(counted, house, settings, brief):
    first = issue(counted, house, brief, settings=settings, now=NOW)
    again = issue(counted, house, brief, settings=settings, now=NOW + timedelta(minutes=1))
    assert (again.frozen, again.folder) == (False, first.folder)
    post(counted, house, brief, transport=Carrier(), clock=clock)
    with counted.read() as session:
        sent = session.query(Report).filter_by(key=brief.key).one().message
    later = issue(counted, house, brief, settings=settings, now=NOW + timedelta(days=40))
    assert later.frozen
    assert later.folder == f"{first.folder}_revised"
    with counted.read() as session:
        assert session.query(Report).filter_by(key=brief.key).one().message == sent
        assert session.query(Report).filter_by(key=f"{brief.key}:revised").one().subject.endswith("（重算）")
    carrier = Carrier()
    post(counted, house, brief, transport=carrier, clock=lambda: NOW + timedelta(days=40), asked=True)
    assert carrier.sent == []


def test_a_past_report_is_mailed_to_nobody_unless_asked(counted, house, settings, brief):
    def much_later():
        return NOW + timedelta(days=7)

    issue(counted, house, brief, settings=settings, now=much_later())
    carrier = Carrier()
    assert post(counted, house, brief, transport=carrier, clock=much_later) == PostSummary(brief.key, held=True)
    assert carrier.sent == []
    assert post(counted, house, brief, transport=carrier, clock=much_later, asked=True).sent == 2


def test_mails_wait_for_a_server_that_is_away_and_a_refused_one_stops_nobody(counted, house, settings, brief):
    issue(counted, house, brief, settings=settings, now=NOW)
    with pytest.raises(TryLater, match="2 封邮件还没发出"):
        post(counted, house, brief, transport=Carrier(NotConnected("没有应答")), clock=clock)
    carrier = Carrier(refuses=("liu-ling@example.com",))
    told = post(counted, house, brief, transport=carrier, clock=clock)
    assert (told.sent, told.failed) == (1, 1)
    assert [recipient for recipient, _ in carrier.sent] == ["chen-ce@example.com"]


def test_what_waited_for_the_post_is_sent_by_whoever_comes_next(counted, house, settings, brief):
    plan = house.plans[0]
    issue(counted, house, brief, settings=settings, now=NOW)
    with pytest.raises(TryLater):
        post(counted, house, brief, transport=Carrier(NotConnected("没有应答")), clock=clock)
    waiting = unsent(counted, plan, rehearsal=False)
    assert waiting == ["daily:dongguan:2026-06-07:chen-ce", "daily:dongguan:2026-06-07:liu-ling"]
    assert unsent(counted, plan, rehearsal=True) == []
    assert send_unsent(counted, waiting, transport=Carrier(), clock=clock).sent == 2
    assert unsent(counted, plan, rehearsal=False) == []


def test_there_is_nothing_to_mail_before_a_report_is_made(counted, house, brief):
    with pytest.raises(BadInput, match="报告还没有生成"):
        post(counted, house, brief, transport=Carrier(), clock=clock)


def test_a_day_without_anything_is_one_line(counted, house, settings):
    quiet = occasions.daily(house.cluster, date(2026, 4, 2))
    made = issue(counted, house, quiet, settings=settings, now=at_local(date(2026, 4, 2), "08:30"))
    assert (made.subject, made.quiet) == ("东莞融媒体集群 4月1日简报：无事", True)
    carrier = Carrier()
    post(counted, house, quiet, transport=carrier, clock=lambda: quiet.due)
    ((_, message), *_) = carrier.sent
    assert "没有新的选题、稿件和发布" in text_of(message)
    assert attachments(message) == {}


@pytest.fixture(scope="module")
def weeks_mail(counted_file, house, review, tmp_path_factory):
    """The week's reports made and mailed: what was made, the settings, the ledger, mails by recipient."""
    folder = tmp_path_factory.mktemp("week")
    ledger = Ledger(f"sqlite:///{copyfile(counted_file, folder / 'ledger.db')}")
    settings = Settings(folder, "sqlite://", Path("include"), None, None, None)
    made = issue(ledger, house, review, settings=settings, now=NOW)
    carrier = Carrier()
    assert post(ledger, house, review, transport=carrier, clock=clock).sent == 6
    yield made, settings, ledger, dict(carrier.sent)
    ledger.close()


def test_every_outlet_gets_its_own_part_and_nothing_of_anothers(weeks_mail):
    made, settings, ledger, mails = weeks_mail
    assert made.reports == 6
    humen = mails["humen@example.com"]
    assert humen["Subject"] == "虎门融媒 6月1日—7日考核：第 2 名，71.2 分"
    (book,) = attachments(humen).values()
    cells = [str(cell) for sheet in load_workbook(BytesIO(book)).worksheets for row in sheet.values for cell in row]
    seen = text_of(humen) + humen.get_body(("html",)).get_content() + "".join(cells)
    for other in ("茶山", "石排", "东莞日报", "86.4", "66.5"):
        assert other not in seen
    # An archive's rooms know nothing of each other.
    rooms = settings.reports
    assert "humen" not in (rooms / "index.html").read_text()
    assert "虎门融媒 6月1日—7日考核" in (rooms / "outlets/humen/index.html").read_text()
    assert "茶山" not in (rooms / "outlets/humen/index.html").read_text()
    listed = entries(ledger, settings, kind="weekly")
    assert {entry.room for entry in listed} >= {".", "leader", "outlets/humen"}
    assert all("report.html" in entry.files for entry in listed)


def test_the_desk_and_leaders_get_the_whole_to_print_and_only_the_desk_quotas(weeks_mail):
    _, _, _, mails = weeks_mail
    assert [name.rpartition(".")[2] for name in attachments(mails["chen-ce@example.com"])] == ["xlsx", "pdf"]
    assert "额度使用" in text_of(mails["chen-ce@example.com"])
    assert "额度使用" not in text_of(mails["liu-ling@example.com"])


def test_the_workbooks_totals_are_formulas_over_their_rows(weeks_mail):
    path = f"{weeks_mail[0].folder}/figures.xlsx"
    formulas, values = load_workbook(path), load_workbook(path, data_only=True)
    for name in ("各渠道", "每天新增阅读"):
        *rows, total = list(values[name].iter_rows(min_row=2, values_only=True))
        written = [cell.value for cell in formulas[name][len(rows) + 2]]
        assert written[2] == f'=IF(COUNT(C2:C{len(rows) + 1})=0,"",SUM(C2:C{len(rows) + 1}))'
        assert total[2] == sum(row[2] or 0 for row in rows)
    ranked = list(values["考核排名"].iter_rows(min_row=2, values_only=True))
    assert [row[2] for row in ranked] == [86.4, 71.2, 66.5]


def test_a_wrap_up_tells_the_season_and_goes_to_recipients_and_leaders(counted, house, settings):
    campaign = house.plans[0].campaign
    occasion = occasions.wrapup(campaign, date(2026, 6, 7))
    moment = at_local(date(2026, 6, 7), "23:55")
    made = issue(counted, house, occasion, settings=settings, now=moment, campaign="cunchao")
    assert made.subject == "村超比赛日 活动总结：2 期，总阅读 26.4万"
    carrier = Carrier()
    told = post(counted, house, occasion, transport=carrier, clock=lambda: moment, campaign="cunchao")
    assert told.sent == 3
    mails = dict(carrier.sent)
    assert sorted(mails) == ["chen-ce@example.com", "liu-ling@example.com", "sun-zhong@example.com"]
    said = text_of(mails["liu-ling@example.com"])
    assert "- 总阅读：264,427" in said
    assert "5月1日—6月7日共 2 期，3 家媒体的稿件在 3 个渠道发布 10 次" in said
    assert "- 上热榜：1 条，最高微博热搜第 3 位，在榜合计约 95 分钟" in said
    assert mails["liu-ling@example.com"]["Reply-To"] == "chen-ce@example.com"
    with pytest.raises(BadInput, match="没有活动"):
        issue(counted, house, occasion, settings=settings, now=moment, campaign="nobody")


def test_a_rehearsals_reports_are_its_own(counted, house, settings):
    occasion = occasions.daily(house.cluster, MONDAY, rehearsal=True)
    made = issue(counted, house, occasion, settings=settings, now=NOW)
    assert made.subject.startswith("【彩排】")
    assert made.quiet
    assert made.key == "daily:dongguan/rehearsal:2026-06-07"
