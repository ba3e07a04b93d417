"""What one job says of each of its articles."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.channels import Accepted, Pending, Posted, Rejected
from rongmei.channels.platforms.wechat.jobs import (
    Job,
    article_of,
    external_id_of,
    is_confirmed,
    job_of,
    name_and_index,
    publish_id_of,
    verdict,
)

DETAIL = {
    "item": [{"idx": 1, "article_url": "https://mp/1"}, {"idx": 3, "article_url": "https://mp/3"}],
    "count": 2,
}


@pytest.mark.parametrize(
    ("answer", "index", "said"),
    [
        ({"publish_status": 1}, 1, Pending("平台正在发布")),
        ({}, 1, Pending("平台正在发布")),
        ({"publish_status": "x"}, 1, Pending("平台正在发布")),
        ({"publish_status": 0}, 1, Pending("平台说已发布，还没有给出文章标识")),
        ({"publish_status": 0, "article_id": "A"}, 2, Accepted("A:2", None, live=True)),
        (
            {"publish_status": 0, "article_id": "A", "article_detail": DETAIL},
            1,
            Accepted("A:1", "https://mp/1", live=True),
        ),
        (
            {"publish_status": 0, "article_id": "A", "article_detail": DETAIL},
            3,
            Accepted("A:3", "https://mp/3", live=True),
        ),
        (
            {"publish_status": 0, "article_id": "A", "article_detail": DETAIL},
            2,
            Pending("平台说已发布，没有列出这一篇，请到公众号后台核对"),
        ),
        (
            {"publish_status": 0, "article_id": "A", "article_detail": DETAIL, "fail_idx": [2]},
            2,
            Rejected("平台审核不通过"),
        ),
        (
            {"publish_status": 0, "article_id": "A", "article_detail": DETAIL, "fail_idx": ["2"]},
            1,
            Accepted("A:1", "https://mp/1", live=True),
        ),
        ({"publish_status": 4, "fail_idx": [1]}, 1, Rejected("平台审核不通过")),
        ({"publish_status": 2, "fail_idx": [1, 2]}, 2, Rejected("原创声明未通过")),
        ({"publish_status": 3, "fail_idx": [1]}, 1, Rejected("平台发布失败")),
        ({"publish_status": 4, "fail_idx": []}, 5, Rejected("平台审核不通过")),
        ({"publish_status": 4}, 5, Rejected("平台审核不通过")),
        ({"publish_status": 4, "fail_idx": [2]}, 1, None),
        (
            {"publish_status": 4, "article_id": "A", "article_detail": DETAIL, "fail_idx": [2]},
            1,
            Accepted("A:1", "https://mp/1", live=True),
        ),
        ({"publish_status": 5}, 1, Rejected("文章已被删除")),
        ({"publish_status": 6}, 1, Rejected("文章已被平台封禁")),
    ],
)
def test_verdicts(answer, index, said):
    assert verdict(job_of(answer), index) == said


WORDS = st.text("a1:-", max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.just("item"), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["publish_id", "publish_status", "article_id", "article_detail", "fail_idx"])


@given(answer=st.dictionaries(FIELDS, JSON | st.integers(0, 6)), index=st.integers(1, 8))
def test_any_answer_is_read(answer, index):
    job = job_of(answer)
    said = verdict(job, index)
    assert said is None or isinstance(said, Accepted | Pending | Rejected)
    if isinstance(said, Accepted):
        assert (job.article_id, index in job.failed) == (article_of(said.external_id)[0], False)
    if said is None:
        assert job.failed
        assert index not in job.failed


@given(name=st.text(min_size=1, max_size=40), index=st.integers(1, 8))
def test_external_ids_give_back_what_went_in(name, index):
    assert article_of(external_id_of(name, index)) == (name, index)


@pytest.mark.parametrize("old", ["A1", "2650177668", "A:", "A:x", "A:0", ":1", ""])
def test_an_id_without_a_place(old):
    assert article_of(old) == (old, 1)
    assert article_of(old, 4) == (old, 4)


def test_a_job_keeps_to_its_types():
    job = job_of(
        {"publish_id": 2650177668, "publish_status": "0", "article_id": ["A"], "fail_idx": [0, -1, "2", None, 2]}
    )
    assert job == Job("2650177668", 0, "", {}, (2,))


def test_the_place_comes_from_the_id_first(posted):
    waiting = posted("2650177668:3", publish_id="2650177668", index=3)
    assert (name_and_index(waiting), is_confirmed(waiting), publish_id_of(waiting)) == (
        ("2650177668", 3),
        False,
        "2650177668",
    )
    live = posted("A1:2", publish_id="2650177668", index=3)
    assert (name_and_index(live), is_confirmed(live)) == (("A1", 2), True)
    assert name_and_index(Posted("A1", None, "t", "f", live.accepted_at, live.accepted_at, {"index": 4})) == ("A1", 4)
