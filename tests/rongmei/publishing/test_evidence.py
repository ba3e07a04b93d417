"""The mail of what became of a recall or a correction: once a state, in words, and with nothing that could bite."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.rongmei.publishing.amending import Amending, Fault, credential_missing, walls
from tests.rongmei.publishing.conftest import Newsroom

from rongmei.errors import BadInput, CredentialRefused, Refused, TryLater
from rongmei.ledger import Mail, Publication, StoryVersion
from rongmei.publishing import evidence
from rongmei.publishing.amended import AmendmentLine, amendments_of
from rongmei.publishing.evidence import EvidenceSummary, mail_evidence, write

NASTY = '<script>alert("1")</script>\u202e<img src=x onerror=alert(2)>'


@dataclass
class Post:
    """Keeps what it carries."""

    sent: list[tuple[str, EmailMessage]] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    def send(self, message: EmailMessage, recipient: str) -> None:
        if self.faults:
            raise self.faults.pop(0)
        self.sent.append((recipient, message))

    @property
    def last(self) -> EmailMessage:
        return self.sent[-1][1]

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def text(self) -> str:
        return self._part("plain")

    def _part(self, kind: str) -> str:
        part = self.last.get_body((kind,))
        assert part is not None
        return str(part.get_content())


@pytest.fixture
def desk(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> Amending:
    return Amending(newsroom, *walls(monkeypatch))


@pytest.fixture
def post() -> Post:
    return Post()


def tell(desk: Amending, story_id: int, post: Post) -> EvidenceSummary:
    return mail_evidence(desk.ledger, desk.plan, story_id, transport=post, clock=desk.time)


def test_all_is_done(desk: Amending, post: Post) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    desk.carry()
    assert tell(desk, story_id, post) == EvidenceSummary(queued=1, sent=1)
    assert [recipient for recipient, _ in post.sent] == ["chen-ce@example.com"]
    assert post.last["Subject"] == "撤稿回执｜东城队二比一战胜南城队"
    for said in (post.html, post.text):
        assert "6 处全部处理完" in said
        assert "理由：当事人姓名写错" in said
        assert said.count("平台已删除") == 6
        assert said.count("平台说已看不到；网址已打不开（HTTP 404）") == 6
        assert "dongcheng编辑部　微信公众号" in said
        assert "6月6日 12:00" in said
        for publication in desk.of(story_id):
            assert str(publication.url) in said
    assert "待人工" not in post.text


def test_the_same_state_is_mailed_once(desk: Amending, post: Post) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    assert tell(desk, story_id, post).queued == 1
    assert tell(desk, story_id, post) == EvidenceSummary(sent=1)
    desk.carry()
    assert tell(desk, story_id, post).queued == 1
    assert tell(desk, story_id, post).queued == 0
    assert [message["Subject"].partition("｜")[0] for _, message in post.sent] == ["撤稿进展：还有 6 处", "撤稿回执"]


def test_states_of_many_accounts_are_told_apart(desk: Amending) -> None:
    """However many there are, a change in any of them is a new state."""
    story_id = desk.out(channels=("wechat",))
    desk.recall(story_id)
    (line, _) = amendments_of(desk.ledger, story_id)
    lines = [_with(line, id=number) for number in range(300)]
    seen = {evidence._stage(lines)}
    for number in (0, 150, 299):
        for change in ({"state": "done"}, {"state": "by_hand"}, {"last_error": "凭据失效"}, {"how": "gone"}):
            seen.add(evidence._stage([*lines[:number], _with(lines[number], **change), *lines[number + 1 :]]))
    assert len(seen) == 13


def _with(line: AmendmentLine, **changes: Any) -> AmendmentLine:
    return AmendmentLine(**{**line.__dict__, **changes})


def test_what_is_left_says_who_has_to_do_what(desk: Amending, post: Post) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    desk.wechat.recall_faults = [Fault(Refused("dongcheng/wechat：没有删除的权限")), Fault(TryLater("平台忙"))]
    desk.carry(connect=credential_missing("daily/weibo"))
    tell(desk, story_id, post)
    assert post.last["Subject"].startswith("撤稿进展：还有 3 处｜")
    by_hand = next(line for line in amendments_of(desk.ledger, story_id) if line.state == "by_hand")
    for said in (post.html, post.text):
        assert "还有 3 处没有处理完，其中 1 处要人工处理" in said.replace("<b>", "").replace("</b>", "")
        assert said.count("待人工处理") == 1
        assert said.count("处理中") == 2
        assert "没有删除的权限" in said
        assert "平台忙" in said
        assert "没有账号连接 daily/weibo" in said
        assert f"rongmei publish amended {by_hand.id} --by" in said


def test_a_person_is_named_with_what_they_said(desk: Amending, post: Post) -> None:
    story_id = desk.out(channels=("wechat",))
    desk.recall(story_id)
    desk.wechat.recall_faults = [Fault(Refused("不能删"))] * 2
    desk.carry()
    desk.by_hand(story_id)
    tell(desk, story_id, post)
    for said in (post.html, post.text):
        assert said.count("人工处理") == 2
        assert said.count("lin-chu：在后台处理了") == 2


def test_a_correction(desk: Amending, post: Post) -> None:
    story_id = desk.out(channels=("wordpress", "wechat"))
    desk.revise(story_id, "东城队三比一战胜南城队")
    desk.correct(story_id)
    desk.carry_till_done(story_id)
    tell(desk, story_id, post)
    assert post.last["Subject"] == "更正回执｜东城队三比一战胜南城队"
    note = desk.of(story_id, "wechat")[-1]
    for said in (post.html, post.text):
        assert said.count("已改成新版本") == 2
        assert said.count("已发更正说明") == 2
        assert f"更正说明：{note.url}" in said
        assert "理由：比分写错" in said


def test_only_the_last_order_of_a_post_is_told(desk: Amending, post: Post) -> None:
    story_id = desk.out(channels=("wordpress",))
    desk.revise(story_id)
    desk.correct(story_id)
    desk.carry()
    desk.recall(story_id)
    desk.carry()
    tell(desk, story_id, post)
    assert post.last["Subject"].startswith("撤稿回执")
    assert "2 处全部处理完" in post.text
    assert "更正" not in post.text.partition("\n")[2].replace("更正：东城队", "")


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"gone": True, "gone_status": 404}, "平台说已看不到；网址已打不开（HTTP 404）"),
        ({"gone": True, "gone_status": 200}, "平台说已看不到；网址仍有应答（HTTP 200），请打开看一眼"),
        ({"gone": None, "gone_status": 410}, "平台不能查；网址已打不开（HTTP 410）"),
        ({"gone": None, "gone_status": None}, "平台不能查；网址没有应答，请打开看一眼"),
        ({"gone": None}, "平台不能查"),
        ({}, ""),
    ],
)
def test_what_was_checked(found: dict[str, Any], said: str, desk: Amending) -> None:
    story_id = desk.out(channels=("wechat",))
    desk.recall(story_id)
    (line, _) = amendments_of(desk.ledger, story_id)
    assert evidence._checked(_with(line, evidence=found)) == said


def test_every_word_of_the_ledger_has_one_of_the_newsroom(desk: Amending, post: Post) -> None:
    story_id = desk.out(channels=("wordpress",))
    desk.revise(story_id)
    desk.correct(story_id)
    (line, _) = amendments_of(desk.ledger, story_id)
    for how, said in evidence.HOW.items():
        done = _with(line, state="done", how=how, done_at=desk.time())
        _, html, text = write(desk.plan, "cunchao/2026-06-06", "题目", [done], desk.time())
        assert said in html
        assert said in text
    _, html, _ = write(desk.plan, "k", "题", [_with(line, state="done", how="never_public")], desk.time())
    assert "新版本照发布计划发" in html


class Reader(HTMLParser):
    """Collects what a mail reader would run or load."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "iframe", "object", "form", "link", "a"):
            self.bad.append(tag)
        self.bad += [name for name, _ in attrs if name.startswith("on")]


def test_hostile_words_stay_words(desk: Amending, post: Post) -> None:
    story_id = desk.out()
    with desk.ledger.begin() as session:
        session.execute(update(StoryVersion).where(StoryVersion.story_id == story_id).values(title=f"{NASTY}\n二"))
        session.execute(update(Publication).where(Publication.story_id == story_id).values(url=f"https://x/{NASTY}"))
    desk.recall(story_id, NASTY)
    desk.wechat.recall_faults = [Fault(Refused(f"{NASTY}\nBcc: all@example.com"))] * 2
    desk.carry()
    tell(desk, story_id, post)
    reader = Reader()
    reader.feed(post.html)
    assert reader.bad == []
    assert "&lt;script&gt;" in post.html
    assert "\u202e" not in post.html + post.text
    assert "\nBcc:" not in post.text
    assert post.last["Bcc"] is None
    assert "\n" not in str(post.last["Subject"])


def test_long_answers_are_cut(desk: Amending, post: Post) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    desk.wechat.recall_faults = [Fault(Refused("长" * 5000))] * 2
    desk.carry()
    tell(desk, story_id, post)
    assert "长" * evidence.MAX_SAID not in post.text
    assert "长" * (evidence.MAX_SAID - 1) + "…" in post.text


def test_an_outlet_that_left_the_cluster_is_named_by_its_id(desk: Amending, post: Post) -> None:
    story_id = desk.out(channels=("wechat",))
    for one in desk.of(story_id, "wechat"):
        desk.put(one.id, account=f"houjie/{one.id}")
    desk.recall(story_id)
    tell(desk, story_id, post)
    assert "houjie" in post.text


def test_a_rehearsals_mail_says_so(desk: Amending, post: Post) -> None:
    key = desk.newsroom.open(rehearsal=True)
    story_id = desk.out(key)
    desk.recall(story_id)
    tell(desk, story_id, post)
    assert post.last["Subject"].startswith("【彩排】撤稿进展")


def test_nothing_was_ordered(desk: Amending, post: Post) -> None:
    story_id = desk.out()
    for wanted in (story_id, 999):
        with pytest.raises(BadInput, match=f"稿件 #{wanted} 没有撤稿或更正"):
            tell(desk, wanted, post)
    desk.recall(story_id)
    other = desk.plan.campaign.model_copy(update={"id": "zhumeng"})
    plan = type(desk.plan)(other, desk.plan.cluster, desk.plan.rules)
    with pytest.raises(BadInput, match="没有撤稿或更正"):
        mail_evidence(desk.ledger, plan, story_id, transport=post, clock=desk.time)
    assert post.sent == []


def test_a_post_office_that_is_shut(desk: Amending, post: Post) -> None:
    story_id = desk.out()
    desk.recall(story_id)
    post.faults = [TryLater("邮件服务器忙")]
    assert tell(desk, story_id, post) == EvidenceSummary(queued=1, pending=1)
    assert tell(desk, story_id, post) == EvidenceSummary(sent=1)
    desk.carry()
    post.faults = [CredentialRefused("密码不对")]
    with pytest.raises(CredentialRefused):
        tell(desk, story_id, post)
    assert tell(desk, story_id, post) == EvidenceSummary(sent=1)
    with desk.ledger.read() as session:
        assert {mail.state for mail in session.scalars(select(Mail))} == {"sent"}
