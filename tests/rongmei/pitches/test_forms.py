"""Whatever a browser sends is read without an error, bounded, and free of signs that nobody sees."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.config import Plan
from rongmei.pitches.forms import IDEA_BODY, IDEA_TITLE, PITCH_TITLE, read_idea, read_pitch, shown_author

FIELDS = ("title", "body", "place", "nickname", "author", "contact", "url", "column", "channels", "age")
ODD = st.text(st.sampled_from("题a1 \n\r\t\0\u202e\u200b\ufeff\ud800é１😀<>&\"'|`\\[]()=:/@-.3"), max_size=80)
ANY = st.dictionaries(st.sampled_from([*FIELDS, "consent", "guardian"]), st.lists(ODD, max_size=3))


@settings(max_examples=60, deadline=None)
@given(ANY)
def test_anything_is_read_and_bounded(values: dict[str, list[str]]) -> None:
    idea, faults = read_idea({**values, "age": ["adult"], "consent": ["1"]})
    assert faults or (idea.title and len(idea.title) <= IDEA_TITLE and len(idea.body) <= IDEA_BODY)
    for text in (idea.title, idea.place, idea.author):
        assert not set(text) & set("\n\r\0\u202e\u200b\ud800")
        text.encode()
    assert "\u202e" not in idea.body


def test_an_outlets_pitch_is_read_whatever_it_is(plan: Plan) -> None:
    @settings(max_examples=60, deadline=None)
    @given(ANY)
    def reads(values: dict[str, list[str]]) -> None:
        pitch, faults = read_pitch(values, plan.campaign)
        assert faults or pitch.title
        assert len(pitch.title) <= PITCH_TITLE
        assert pitch.column in {None, "live", "people"}
        assert set(pitch.channels) <= {"wechat"}
        assert pitch.url is None or pitch.url.startswith(("http://", "https://"))

    reads()


def test_how_people_are_called() -> None:
    assert shown_author("张小明", minor=True) == "小记者·张同学"
    assert shown_author("", minor=True) == "小记者"
    assert shown_author("阿强", minor=False) == "市民·阿强"
    assert shown_author("13812345678", minor=False) == "市民·138********"
