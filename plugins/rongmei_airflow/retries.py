"""What Airflow does when a stage raises: Rongmei's typed errors decide, see `rongmei.errors`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        # The order matters: the first matching rule wins.
        RetryRule(exception="rongmei.errors.TryLater", action=RetryAction.RETRY, retry_delay=timedelta(minutes=1)),
        RetryRule(
            exception="rongmei.errors.CredentialRefused",
            action=RetryAction.FAIL,
            reason="账号凭据被平台拒绝，重试无用：请管理员改正连接后清除本任务",
        ),
        RetryRule(
            exception="rongmei.errors.OutcomeUnknown",
            action=RetryAction.FAIL,
            reason="平台没有给出明确结果，不能盲目重发：先看平台上是否已有，再清除本任务核实",
        ),
        RetryRule(exception="rongmei.errors.Refused", action=RetryAction.FAIL, reason="平台明确拒绝，重试无用"),
        RetryRule(exception="rongmei.errors.BadInput", action=RetryAction.FAIL, reason="输入有误，改正后清除本任务"),
        RetryRule(exception="rongmei.errors.WrongState", action=RetryAction.FAIL, reason="状态不符，请先查看日志"),
        RetryRule(
            exception="airflow.providers.standard.exceptions.HITLTimeoutError",
            action=RetryAction.FAIL,
            reason="到时无人处理。超时不等于同意：清除本任务可重新发起",
        ),
    ]
)

DEFAULT_ARGS: dict[str, Any] = {
    "retries": 5,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": True,
    "max_retry_delay": timedelta(minutes=15),
    "retry_policy": RETRY_POLICY,
}
"""Every DAG of the house starts from these; a test holds them to it."""
