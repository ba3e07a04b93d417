"""What is remembered of a call whose answer was lost, and what a later refusal then means."""

import pytest

from rongmei.channels.attempts import attempt, has_attempts, upload_refused
from rongmei.errors import OutcomeUnknown, Refused, TryLater


def tried(progress, error):
    """Whether an earlier attempt was known of when a call ended with `error`."""
    with attempt(progress) as earlier:
        assert has_attempts(progress)
        error.args = (earlier,)
        raise error


@pytest.mark.parametrize("error", [Refused, TryLater])
def test_a_clear_answer_leaves_no_trace(kept, error):
    progress = kept()
    with pytest.raises(error) as caught:
        tried(progress, error(""))
    assert caught.value.args == (False,)
    assert not has_attempts(progress)


@pytest.mark.parametrize("error", [OutcomeUnknown, KeyboardInterrupt])
def test_anything_else_is_remembered(kept, error):
    progress = kept()
    with pytest.raises(error):
        tried(progress, error(""))
    with pytest.raises(Refused) as caught:
        tried(progress, Refused(""))
    assert caught.value.args == (True,)
    assert has_attempts(progress)


def forget(progress):
    progress.forget("upload")


def refused(progress, **more):
    values = {"earlier": False, "surely": True, "forget_upload": forget, **more}
    upload_refused(progress, "平台拒绝", **values)


def test_an_upload_that_a_lost_call_may_have_used_is_not_replaced_at_once(kept):
    progress = kept(upload="u", unclear=True)
    with pytest.raises(OutcomeUnknown):
        refused(progress, earlier=True, surely=False)
    assert progress.get("upload") == "u"
    # The platform was read again meanwhile and does not have the post.
    with pytest.raises(TryLater):
        refused(progress, earlier=True, surely=False)
    assert progress.get("upload") is None
    assert not has_attempts(progress)


def test_an_upload_that_is_gone_is_replaced_once(kept):
    progress = kept(upload="u")
    with pytest.raises(TryLater):
        refused(progress)
    assert progress.get("upload") is None
    refused(progress)


def test_a_refusal_that_means_another_thing_is_left_to_the_caller(kept):
    progress = kept(upload="u")
    refused(progress, surely=False)
    assert progress.get("upload") == "u"
