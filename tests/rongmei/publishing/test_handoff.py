"""Hand-off channels: the package lies ready at the slot, a person confirms, and nothing is laid out twice."""

import threading
from pathlib import Path

import pytest

from rongmei.channels import Slip
from rongmei.clock import at_local
from rongmei.errors import BadInput, Refused
from rongmei.ledger import Ledger, Publication
from rongmei.publishing import (
    cancel_handoff,
    confirm,
    hand_over,
    next_due,
    next_poll,
    plan_publications,
    publish,
    settle,
    sweep,
)
from rongmei.publishing.handoff import VOID, is_live_address

KEY = "cunchao/2026-06-06"
URL = "https://www.toutiao.com/article/7300000000000000001/"


@pytest.fixture
def house(newsroom, planned, connect, by_hand):
    """An outlet with an account on a hand-off channel, and one signed-off story planned for it."""

    class House:
        rules = planned(on=["toutiao"], accounts="author")

        def plan(self, count=1, **rules):
            if rules:
                self.rules = planned(on=["toutiao"], accounts="author", **rules)
            for number in range(count):
                newsroom.sign_off(f"第 {number + 1} 条")
            plan_publications(newsroom.ledger, self.rules, KEY, now=newsroom.time.now)
            return self

        def go(self, ledger=None):
            return publish(
                ledger or newsroom.ledger,
                self.rules,
                KEY,
                "toutiao",
                connect=connect,
                settings=newsroom.settings,
                clock=newsroom.time,
            )

    return House()


def test_the_package_lies_ready_at_the_slot(newsroom, house, by_hand):
    newsroom.time.now = at_local(newsroom.time.now.date(), "11:00")
    house.plan(slots={"toutiao": ["12:00"]})
    assert house.go().waiting == 1
    assert by_hand.packages == []
    newsroom.time.now = next_due(newsroom.ledger, KEY, "toutiao")
    summary = house.go()
    assert (summary.awaiting, summary.waiting) == (1, 0)
    row = newsroom.publications()[0]
    folder = newsroom.settings.home / "handoff" / "dongcheng/toutiao" / str(row.id)
    assert (row.state, row.progress["folder"], row.progress["files"]) == (
        "awaiting_operator",
        str(folder),
        ["正文.txt"],
    )
    assert row.progress["handed_at"] == newsroom.time.now.isoformat()
    assert (folder / "正文.txt").read_text(encoding="utf-8") == "第 1 条"
    assert by_hand.slips == [Slip(row.id, KEY)]
    assert newsroom.events(row.id)[-1] == ("scheduled", "awaiting_operator", "材料已备好，等人工发布")
    assert next_due(newsroom.ledger, KEY, "toutiao") is None
    assert house.go().awaiting == 0


def test_the_other_steps_have_nothing_to_do(newsroom, house, connect):
    house.plan().go()
    common = {"connect": connect, "clock": newsroom.time}
    assert settle(newsroom.ledger, house.rules, KEY, "toutiao", **common).unknown == 0
    assert confirm(newsroom.ledger, house.rules, KEY, "toutiao", **common).pending == 0
    assert next_poll(newsroom.ledger, KEY, "toutiao") is None
    newsroom.time.pass_(days=3)
    assert sweep(newsroom.ledger, house.rules, rehearsal=False, **common).editions == 0
    assert newsroom.states() == ["awaiting_operator"]


def test_what_no_person_could_mend_fails(newsroom, house, by_hand):
    by_hand.problems = ("要有图片或视频",)
    assert house.plan().go().failed == 1
    row = newsroom.publications()[0]
    assert (row.state, row.last_error) == ("failed", "dongcheng/toutiao：要有图片或视频")


def test_a_picture_that_is_gone_fails_too(newsroom, house, by_hand):
    by_hand.faults = [Refused("媒体文件夹里找不到图片“球场.jpg”")]
    assert house.plan().go().failed == 1


def test_a_full_disk_is_tried_again(newsroom, house, by_hand):
    by_hand.faults = [OSError(28, "No space left on device")]
    assert house.plan().go().postponed == 1
    assert "No space left on device" in newsroom.publications()[0].last_error
    newsroom.time.now = next_due(newsroom.ledger, KEY, "toutiao")
    assert house.go().awaiting == 1


def test_late_edited_and_embargoed_stories_are_not_laid_out(newsroom, planned, house, by_hand):
    story = newsroom.sign_off("要改的")
    newsroom.sign_off("还不能发的")
    house.plan(0)
    newsroom.edit(story)
    with newsroom.ledger.begin() as session:
        session.get_one(Publication, 2).version.extras = {"embargo": "2026-06-06T18:00:00+08:00"}
    summary = house.go()
    assert (summary.cancelled, summary.postponed, by_hand.packages) == (1, 1, [])
    assert next_due(newsroom.ledger, KEY, "toutiao") == at_local(newsroom.time.now.date(), "18:00")
    newsroom.time.pass_(hours=7)
    assert house.go().missed == 1


def test_an_embargo_that_nobody_understands_fails_it(newsroom, house, by_hand):
    house.plan()
    with newsroom.ledger.begin() as session:
        session.get_one(Publication, 1).version.extras = {"embargo": "改天"}
    assert house.go().failed == 1
    assert "改天" in newsroom.publications()[0].last_error
    assert by_hand.packages == []


def test_a_worker_that_dies_leaves_it_due_again(newsroom, house, by_hand):
    class Killed(BaseException):
        pass

    by_hand.faults = [Killed()]
    house.plan()
    with pytest.raises(Killed):
        house.go()
    # Somebody may still be writing it.
    assert house.go().awaiting == 0
    newsroom.time.pass_(minutes=15)
    assert house.go().awaiting == 1
    assert len(by_hand.packages) == 2


def test_a_story_cancelled_while_it_is_laid_out_is_marked(newsroom, house, by_hand, monkeypatch):
    house.plan()
    real = by_hand.package

    def package(article, folder, slip):
        made = real(article, folder, slip)
        with newsroom.ledger.begin() as session:
            session.get_one(Publication, 1).state = "cancelled"
        return made

    monkeypatch.setattr(by_hand, "package", package)
    assert house.go().awaiting == 0
    assert newsroom.states() == ["cancelled"]
    assert (by_hand.packages[0] / VOID).exists()


def test_two_workers_write_one_package(newsroom, house, by_hand):
    house.plan(6)
    ledgers = [Ledger(str(newsroom.ledger.engine.url)) for _ in range(3)]
    start = threading.Barrier(3)
    laid = []

    def work(ledger):
        start.wait()
        laid.append(house.go(ledger).awaiting)

    threads = [threading.Thread(target=work, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ledger in ledgers:
        ledger.close()
    assert (sum(laid), len(by_hand.packages), len(set(by_hand.packages))) == (6, 6, 6)


class TestHandOver:
    @pytest.fixture
    def awaiting(self, newsroom, house):
        house.plan(2).go()
        return newsroom.publications()

    def over(self, newsroom, number=1, url=URL):
        return hand_over(newsroom.ledger, number, url=url, by="lin-chu", now=newsroom.time.now)

    def test_a_persons_address_makes_it_live(self, newsroom, awaiting):
        newsroom.time.pass_(minutes=20)
        assert self.over(newsroom, url=f"  {URL}\n") == "live"
        row = newsroom.publications()[0]
        assert (row.url, row.external_id, row.live_at) == (URL, URL, newsroom.time.now)
        assert newsroom.events(1)[-1] == ("awaiting_operator", "live", "人工发布")

    def test_a_long_address_has_a_short_id(self, newsroom, awaiting):
        url = URL + "?" + "x" * 500
        self.over(newsroom, url=url)
        row = newsroom.publications()[0]
        assert (row.url, len(row.external_id)) == (url, 64)

    def test_one_address_is_one_posts(self, newsroom, awaiting):
        self.over(newsroom)
        with pytest.raises(BadInput, match="已登记给发布单 #1"):
            self.over(newsroom, 2)
        assert newsroom.states() == ["live", "awaiting_operator"]

    def test_only_what_waits_for_a_person(self, newsroom, awaiting):
        self.over(newsroom)
        for number in (1, 99):
            with pytest.raises(BadInput, match="不在等人工发布"):
                self.over(newsroom, number)

    def test_an_address_nobody_could_open_is_refused(self, newsroom, awaiting):
        with pytest.raises(BadInput, match="不像发布后的网址"):
            self.over(newsroom, url="javascript:alert(1)")
        assert newsroom.states() == ["awaiting_operator"] * 2

    def test_it_may_be_called_off(self, newsroom, awaiting):
        cancel_handoff(newsroom.ledger, 1, why="活动取消", by="chen-ce", now=newsroom.time.now)
        row = newsroom.publications()[0]
        assert (row.state, row.last_error) == ("cancelled", "活动取消")
        assert (Path(row.progress["folder"]) / VOID).read_text(encoding="utf-8") == "活动取消\n"
        with pytest.raises(BadInput, match="不在等人工发布"):
            cancel_handoff(newsroom.ledger, 1, why="再来", by="chen-ce", now=newsroom.time.now)

    def test_a_folder_that_is_gone_is_no_obstacle(self, newsroom, awaiting):
        with newsroom.ledger.begin() as session:
            row = session.get_one(Publication, 1)
            row.progress = {**row.progress, "folder": "/nowhere/at/all"}
        cancel_handoff(newsroom.ledger, 1, why="活动取消", by="chen-ce", now=newsroom.time.now)
        assert newsroom.states()[0] == "cancelled"


def test_an_edited_storys_package_is_withdrawn_and_the_new_version_planned(newsroom, house, by_hand):
    story = newsroom.sign_off("旧的")
    house.plan(0).go()
    newsroom.edit(story)
    house.plan(0)
    assert newsroom.states() == ["cancelled", "scheduled"]
    assert (by_hand.packages[0] / VOID).exists()
    assert house.go().awaiting == 1
    assert by_hand.packages[1] != by_hand.packages[0]


@pytest.mark.parametrize(
    ("url", "live"),
    [
        (URL, True),
        ("http://xhslink.com/a/1", True),
        ("https://东莞.中国/1", True),
        ("https://weixin", False),
        ("https://localhost/1", False),
        ("https://127.0.0.1/1", False),
        ("https://[::1]/1", False),
        ("https://1.2.3/1", False),
        ("https://a..b.com/1", False),
        ("https://-a.com/1", False),
        ("https://a_b.com/1", False),
        (f"https://{'x' * 64}.com/1", False),
        ("https://user:pw@toutiao.com/1", False),
        ("ftp://toutiao.com/1", False),
        ("https://toutiao.com/a b", False),
        ("https://toutiao.com:port/", False),
        ("https://toutiao.com:99999/", False),
        ("https://toutiao.com/\u202emoc", False),
        ("toutiao.com/1", False),
        ("", False),
        ("https://toutiao.com/" + "x" * 2000, False),
    ],
)
def test_plausible_addresses(url, live):
    assert is_live_address(url, rehearsal=False) is live


def test_in_a_rehearsal_the_sandbox_will_do():
    assert is_live_address("http://127.0.0.1:8123/p/1", rehearsal=True)
    assert not is_live_address("javascript:alert(1)", rehearsal=True)
