"""Recalls and corrections against the real wire: the platforms' stand-in over loopback."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from tests.rongmei.publishing import test_sandbox as wire

from rongmei.ledger import Story
from rongmei.publishing import amendments_of, carry_out, next_amendment, order_correction, order_recall

pytestmark = pytest.mark.net

sandbox, fresh_channels, house = wire.sandbox, wire.fresh_channels, wire.house
CHANNELS = ("wordpress", "wechat", "weibo")
DECISIVE = {
    "wechat": "/cgi-bin/freepublish/delete",
    "weibo": "/2/statuses/destroy.json",
    "wordpress": "/wp-json/wp/v2/posts/*",
}


@pytest.fixture
def desk(newsroom: Any, sandbox: Any, house: Any) -> Any:
    """A story that is out on three platforms of the sandbox."""

    class Desk:
        def __init__(self) -> None:
            self.rules = house.plan(*CHANNELS)
            self.story_id = newsroom.sign_off(key=house.key, picture=True)
            house.go()
            house.until_quiet()
            assert newsroom.states() == ["live"] * 3
            self.by = {"by": "chen-ce", "why": "比分写错", "now": sandbox()}

        def carry(self) -> Any:
            return carry_out(
                newsroom.ledger,
                self.rules,
                rehearsal=True,
                connect=house.connect,
                media=newsroom.settings.media,
                clock=sandbox,
            )

        def till_done(self) -> None:
            for _ in range(20):
                self.carry()
                if next_amendment(newsroom.ledger, self.story_id) is None:
                    return
                newsroom.time.pass_(minutes=61)
            raise AssertionError(amendments_of(newsroom.ledger, self.story_id))

        def lines(self) -> dict[str, Any]:
            return {one.account.rpartition("/")[2]: one for one in amendments_of(newsroom.ledger, self.story_id)}

        def revise(self) -> None:
            newsroom.edit(self.story_id, "东城队三比一战胜南城队")
            with newsroom.ledger.begin() as session:
                session.get_one(Story, self.story_id).state = "signed_off"

    return Desk()


def test_a_story_is_taken_down_everywhere(newsroom: Any, desk: Any) -> None:
    urls = [str(one.url) for one in newsroom.publications()]
    assert [requests.get(url, timeout=5).status_code for url in urls] == [200] * 3
    order_recall(newsroom.ledger, desk.rules, desk.story_id, **desk.by)
    assert desk.carry().done == 3
    assert newsroom.states() == ["recalled"] * 3
    for line in desk.lines().values():
        assert line.evidence["gone"] is True
        assert line.evidence["said"]
    # What the evidence says of the addresses is what a reader gets.
    seen = {one.url: one.evidence["gone_status"] for one in desk.lines().values()}
    assert seen == {url: requests.get(url, timeout=5).status_code for url in urls}
    assert desk.lines()["wordpress"].how == "hidden"
    assert desk.lines()["wechat"].how == "deleted"


@pytest.mark.parametrize("kind", ["refuse", "drop_after", "server_error_after"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_recall_without_an_answer_is_looked_at_and_made_again(
    newsroom: Any, sandbox: Any, desk: Any, channel: str, kind: str
) -> None:
    order_recall(newsroom.ledger, desk.rules, desk.story_id, **desk.by)
    sandbox.order(platform=channel, path=DECISIVE[channel], kind=kind, times=1)
    told = desk.carry()
    assert (told.done, told.waiting) == (2, 1)
    desk.till_done()
    assert newsroom.states() == ["recalled"] * 3
    assert {line.evidence["gone"] for line in desk.lines().values()} == {True}


def test_a_correction_is_edited_or_told_of(newsroom: Any, sandbox: Any, desk: Any) -> None:
    desk.revise()
    order_correction(newsroom.ledger, desk.rules, desk.story_id, **desk.by)
    desk.till_done()
    assert {name: line.how for name, line in desk.lines().items()} == {
        "wordpress": "edited",
        "wechat": "noted",
        "weibo": "noted",
    }
    titles = [f"{post['platform']} {post['title']}" for post in sandbox.published()]
    assert "wordpress 东城队三比一战胜南城队" in titles
    assert "wechat 【更正】东城队三比一战胜南城队" in titles
    assert len(titles) == 5
    page = next(str(one.url) for one in newsroom.publications("wordpress"))
    assert "东城队三比一战胜南城队" in requests.get(page, timeout=5).text
    with newsroom.ledger.read() as session:
        assert session.get_one(Story, desk.story_id).state == "corrected"
