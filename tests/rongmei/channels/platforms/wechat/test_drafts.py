"""Bundles: one draft for several publications, taken up again after a crash, settled one by one."""

import pytest
from requests.exceptions import ReadTimeout

from rongmei.channels import Absent, Accepted, Parcel, Pending
from rongmei.errors import OutcomeUnknown, TryLater

NOW_TEXT = "2026-06-06T04:00:00+00:00"


class Lost(Exception):
    """The claim is another worker's."""


class TestAssembly:
    def test_one_draft_in_the_order_of_the_parcels(self, account, line, channel, parcels, print_of):
        bundle = parcels([3, 1, 2])
        channel.assemble(line("wechat"), bundle)
        assert [article["title"] for article in account.drafts["D1"]] == ["第 3 条", "第 1 条", "第 2 条"]
        assert [article["thumb_media_id"] for article in account.drafts["D1"]] == ["C3", "C1", "C2"]
        together = [print_of(number) for number in (3, 1, 2)]
        for index, parcel in enumerate(bundle, start=1):
            kept = {name: parcel.progress.get(name) for name in ("draft", "index", "together", "laid")}
            assert kept == {"draft": "D1", "index": index, "together": together, "laid": NOW_TEXT}
            assert len(parcel.progress.commits) == 1

    def test_the_same_again_changes_nothing(self, account, wire, line, channel, parcels):
        bundle = parcels([1, 2, 3])
        for _ in range(3):
            channel.assemble(line("wechat"), bundle)
        assert list(account.drafts) == ["D1"]
        assert [len(parcel.progress.commits) for parcel in bundle] == [1, 1, 1]
        assert wire.paths().count("/cgi-bin/draft/add") == 1

    def test_a_crash_among_the_commits_takes_the_draft_up_again(self, account, line, channel, parcels):
        first = parcels([1, 2, 3])
        channel.assemble(line("wechat"), first)
        resumed = parcels([1, 2, 3])
        # Only the first one's commit had come through.
        resumed[0] = Parcel(first[0].article, first[0].progress)
        channel.assemble(line("wechat"), resumed)
        assert list(account.drafts) == ["D1"]
        assert [parcel.progress.get("draft") for parcel in resumed] == ["D1"] * 3
        assert [parcel.progress.get("index") for parcel in resumed] == [1, 2, 3]

    @pytest.mark.parametrize("numbers", [[1, 2], [2, 1, 3], [1, 2, 4], [1, 2, 3, 4], [3]])
    def test_another_company_or_order_is_another_draft(self, account, line, channel, parcels, numbers):
        first = {parcel.article.fingerprint: parcel for parcel in parcels([1, 2, 3, 4])}
        channel.assemble(line("wechat"), list(first.values())[:3])
        changed = [first[parcel.article.fingerprint] for parcel in parcels(numbers)]
        channel.assemble(line("wechat"), changed)
        assert [parcel.progress.get("draft") for parcel in changed] == ["D2"] * len(changed)
        assert [article["title"] for article in account.drafts["D2"]] == [f"第 {number} 条" for number in numbers]
        assert [article["title"] for article in account.drafts["D1"]] == ["第 1 条", "第 2 条", "第 3 条"]

    @pytest.mark.parametrize(
        "edit", [{"title": "别的标题"}, {"content_source_url": "https://x.example/?rm=rmffffffffffffffffff"}]
    )
    def test_a_draft_that_somebody_changed_is_not_taken_up(self, account, line, channel, parcels, edit):
        bundle = parcels([1, 2])
        channel.assemble(line("wechat"), bundle)
        account.drafts["D1"][1].update(edit)
        channel.assemble(line("wechat"), bundle)
        assert {parcel.progress.get("draft") for parcel in bundle} == {"D2"}

    def test_a_deleted_draft_is_laid_again(self, account, line, channel, parcels):
        bundle = parcels([1, 2])
        channel.assemble(line("wechat"), bundle)
        account.drafts.clear()
        channel.assemble(line("wechat"), bundle)
        assert {parcel.progress.get("draft") for parcel in bundle} == {"D2"}

    @pytest.mark.parametrize("numbers", [[], range(1, 10), [1, 1]])
    def test_what_is_no_message(self, account, wire, line, channel, parcels, numbers):
        with pytest.raises(ValueError, match="fingerprints"):
            channel.assemble(line("wechat"), parcels(numbers))
        assert wire.paths() == []

    def test_eight_are_one(self, account, line, channel, parcels):
        channel.assemble(line("wechat"), parcels(range(1, 9)))
        assert [len(articles) for articles in account.drafts.values()] == [8]

    @pytest.mark.parametrize("answer", [{"news_item": []}, b"", {"errcode": -1}])
    def test_a_draft_that_cannot_be_read_waits(self, account, wire, line, channel, parcels, answer):
        bundle = parcels([1])
        channel.assemble(line("wechat"), bundle)
        wire.on("/cgi-bin/draft/get", answer)
        with pytest.raises(TryLater):
            channel.assemble(line("wechat"), bundle)
        assert account.laid == 1


class TestSending:
    def test_one_submission_and_an_id_for_each(self, account, wire, line, channel, parcels):
        bundle = parcels([1, 2, 3])
        channel.assemble(line("wechat"), bundle)
        accepted = channel.send_together(line("wechat"), bundle)
        assert [answer.external_id for answer in accepted] == ["2650177001:1", "2650177001:2", "2650177001:3"]
        assert [answer.keep["index"] for answer in accepted] == [1, 2, 3]
        assert {answer.keep["publish_id"] for answer in accepted} == {"2650177001"}
        assert wire.paths().count("/cgi-bin/freepublish/submit") == 1
        assert len(account.messages) == 1

    def test_a_lost_claim_stops_all_before_the_call(self, account, wire, line, channel, parcels):
        bundle = parcels([1, 2, 3])
        channel.assemble(line("wechat"), bundle)

        def lost(*_):
            raise Lost

        bundle[1].progress._commit = lost
        with pytest.raises(Lost):
            channel.send_together(line("wechat"), bundle)
        assert "/cgi-bin/freepublish/submit" not in wire.paths()

    def test_confirmed_each_with_its_own_address(self, account, line, channel, parcels, posted):
        bundle = parcels([1, 2])
        channel.assemble(line("wechat"), bundle)
        posts = [posted(answer.external_id, **answer.keep) for answer in channel.send_together(line("wechat"), bundle)]
        confirmed = [channel.confirm(line("wechat"), post) for post in posts]
        assert [answer.external_id for answer in confirmed] == ["A1:1", "A1:2"]
        assert [answer.url.partition("&")[2] for answer in confirmed] == ["idx=1", "idx=2"]

    def test_taking_one_down_leaves_the_others(self, account, line, channel, parcels, posted):
        bundle = parcels([1, 2, 3])
        channel.assemble(line("wechat"), bundle)
        channel.send_together(line("wechat"), bundle)
        channel.recall(line("wechat"), posted("A1:2", publish_id="2650177001"))
        gone = [channel.is_gone(line("wechat"), posted(f"A1:{index}", publish_id="2650177001")) for index in (1, 2, 3)]
        assert gone == [False, True, False]


class TestUnknown:
    """The submission's answer was lost: every publication of the bundle is settled for itself."""

    @pytest.fixture
    def lost(self, account, wire, line, channel, parcels):
        """A bundle whose submission got no answer; `done` says whether the platform had taken it."""

        def make(*, done):
            bundle = parcels([1, 2, 3])
            channel.assemble(line("wechat"), bundle)
            account.faults = ["lost"]
            if not done:
                answers = wire.answers["/cgi-bin/freepublish/submit"]
                wire.on("/cgi-bin/freepublish/submit", ReadTimeout())
            with pytest.raises(OutcomeUnknown):
                channel.send_together(line("wechat"), bundle)
            if not done:
                wire.answers["/cgi-bin/freepublish/submit"] = answers
            account.faults = []
            return bundle

        return make

    def look(self, line, channel, parcel):
        now = line("wechat").clock()
        return channel.find(line("wechat"), parcel.article.fingerprint, now, parcel.progress.values)

    def test_each_finds_itself(self, account, line, channel, lost):
        bundle = lost(done=True)
        found = [self.look(line, channel, parcel) for parcel in bundle]
        assert [answer.external_id for answer in found] == ["A1:1", "A1:2", "A1:3"]
        assert all(answer.live for answer in found)

    def test_under_review_none_is_decided(self, account, line, channel, lost):
        account.delays = [100]
        assert all(isinstance(self.look(line, channel, parcel), Pending) for parcel in lost(done=True))

    def test_not_taken_and_all_back_together_use_the_same_draft(self, account, line, channel, lost):
        bundle = lost(done=False)
        assert all(isinstance(self.look(line, channel, parcel), Absent) for parcel in bundle)
        channel.assemble(line("wechat"), bundle)
        channel.send_together(line("wechat"), bundle)
        assert account.laid == 1
        assert len(account.messages) == 1

    def test_not_taken_and_settled_one_by_one(self, account, line, channel, lost, print_of):
        """The first goes out anew while the others are still unknown; their draft stays their proof."""
        first, *others = lost(done=False)
        assert isinstance(self.look(line, channel, first), Absent)
        channel.assemble(line("wechat"), [first])
        channel.send_together(line("wechat"), [first])
        assert all(isinstance(self.look(line, channel, parcel), Absent) for parcel in others)
        channel.assemble(line("wechat"), others)
        channel.send_together(line("wechat"), others)
        assert account.marks() == [[print_of(1)], [print_of(2), print_of(3)]]
        assert list(account.drafts) == ["D1"], "the first draft is submitted by nobody"

    def test_a_late_submission_of_a_dead_worker_does_nothing(self, account, line, channel, lost):
        bundle = lost(done=False)
        channel.assemble(line("wechat"), bundle)
        channel.send_together(line("wechat"), bundle)
        with pytest.raises(OutcomeUnknown, match="已不在草稿箱"):
            channel.send_together(line("wechat"), bundle)
        assert len(account.messages) == 1

    def test_taken_late_after_it_was_thought_absent(self, account, line, channel, lost):
        """The draft leaves the box between the look and the next try: no second draft is laid."""
        bundle = lost(done=False)
        assert isinstance(self.look(line, channel, bundle[0]), Absent)
        account.publish("D1", hidden=100)
        channel.assemble(line("wechat"), bundle[:1])
        with pytest.raises(OutcomeUnknown):
            channel.send_together(line("wechat"), bundle[:1])
        assert account.laid == 1
        assert isinstance(self.look(line, channel, bundle[0]), Pending)
        account.messages[0].hidden = 0
        assert isinstance(self.look(line, channel, bundle[0]), Accepted)

    def test_a_newcomer_in_such_company_is_free_again(self, account, line, channel, lost, parcels):
        old, (new,) = lost(done=False)[0], parcels([9])
        account.publish("D1", hidden=100)
        channel.assemble(line("wechat"), [old, new])
        with pytest.raises(OutcomeUnknown):
            channel.send_together(line("wechat"), [old, new])
        assert isinstance(self.look(line, channel, old), Pending)
        assert isinstance(self.look(line, channel, new), Absent)
        channel.assemble(line("wechat"), [new])
        channel.send_together(line("wechat"), [new])
        assert account.laid == 2


class TestByHand:
    """An editor presses 发表 in the console before the machine does."""

    @pytest.fixture
    def laid(self, account, line, channel, parcels):
        bundle = parcels([1, 2])
        channel.assemble(line("wechat"), bundle)
        return bundle

    def settled(self, line, channel, bundle):
        now = line("wechat").clock()
        return [channel.find(line("wechat"), one.article.fingerprint, now, one.progress.values) for one in bundle]

    def test_between_draft_and_submission(self, account, line, channel, laid):
        account.publish("D1")
        with pytest.raises(OutcomeUnknown):
            channel.send_together(line("wechat"), laid)
        assert [answer.external_id for answer in self.settled(line, channel, laid)] == ["A1:1", "A1:2"]

    def test_before_a_worker_comes_back(self, account, line, channel, laid):
        account.publish("D1")
        channel.assemble(line("wechat"), laid)
        with pytest.raises(OutcomeUnknown):
            channel.send_together(line("wechat"), laid)
        assert account.laid == 1
        assert [answer.external_id for answer in self.settled(line, channel, laid)] == ["A1:1", "A1:2"]

    def test_it_comes_before_a_draft_that_fits(self, account, line, channel, laid, parcels, print_of):
        """The second was drafted alone since, and published by hand: the draft of both must not go out any more."""
        channel.assemble(line("wechat"), laid[1:])
        account.publish("D2")
        channel.assemble(line("wechat"), laid)
        with pytest.raises(OutcomeUnknown):
            channel.send_together(line("wechat"), laid)
        one, two = self.settled(line, channel, laid)
        assert (type(one), two.external_id) == (Absent, "A1:1")
        channel.assemble(line("wechat"), laid[:1])
        channel.send_together(line("wechat"), laid[:1])
        assert account.marks() == [[print_of(2)], [print_of(1)]]

    def test_deleted_instead(self, account, line, channel, laid):
        account.drafts.clear()
        with pytest.raises(OutcomeUnknown):
            channel.send_together(line("wechat"), laid)
        assert all(isinstance(answer, Absent) for answer in self.settled(line, channel, laid))
        channel.assemble(line("wechat"), laid)
        channel.send_together(line("wechat"), laid)
        assert len(account.messages) == 1
