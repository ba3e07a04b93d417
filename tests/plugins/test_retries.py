"""What Airflow does with Rongmei's typed errors."""

from __future__ import annotations

from datetime import timedelta

import pytest
from airflow.sdk import RetryAction

from rongmei import errors
from rongmei_airflow.retries import RETRY_POLICY


def decision(error: Exception) -> tuple[RetryAction, timedelta | None]:
    made = RETRY_POLICY.evaluate(error, try_number=1, max_tries=5)
    return made.action, made.retry_delay


@pytest.mark.parametrize(
    "error",
    [
        errors.CredentialRefused("x"),
        errors.OutcomeUnknown("x"),
        errors.Refused("x"),
        errors.BadInput("x"),
        errors.WrongState("x"),
    ],
)
def test_what_a_second_try_cannot_mend_fails_at_once(error: Exception) -> None:
    assert decision(error)[0] is RetryAction.FAIL


def test_what_may_pass_is_tried_again_later() -> None:
    assert decision(errors.TryLater("x")) == (RetryAction.RETRY, timedelta(minutes=1))


def test_a_timeout_of_a_human_step_never_goes_on_by_itself() -> None:
    from airflow.providers.standard.exceptions import HITLTimeoutError

    assert decision(HITLTimeoutError("x"))[0] is RetryAction.FAIL


def test_anything_else_takes_the_usual_retries() -> None:
    assert decision(RuntimeError("x"))[0] is RetryAction.DEFAULT
