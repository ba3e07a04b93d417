"""效果采集 and 考核报告 on the command line."""

from __future__ import annotations

from rongmei import appraisal, metrics, reports
from rongmei.cli.common import Key, at, each_channel, group, show

metric = group("效果采集")
score = group("考核计分")
report = group("考核报告")


@metric.command("collect")
def metrics_collect(key: Key, channel: str | None = None) -> None:
    """读各平台的数据。"""
    with at(key) as desk:
        each_channel(
            desk,
            channel,
            lambda one: metrics.collect(desk.ledger, desk.plan, key, one, connect=desk.connect, clock=desk.now),
        )


@score.command("score")
def appraisal_score(key: Key) -> None:
    """给各媒体计分。"""
    with at(key) as desk:
        show(appraisal.score(desk.ledger, desk.plan, key, now=desk.now()))


@report.command("render")
def report_render(key: Key) -> None:
    """生成报告：HTML、纯文本、图表与表格。"""
    with at(key) as desk:
        show(reports.build(desk.ledger, desk.plan, key, settings=desk.settings, now=desk.now()))


@report.command("email")
def report_email(key: Key) -> None:
    """把报告发给收件人；每人只发一次。"""
    with at(key) as desk:
        show(reports.email(desk.ledger, desk.plan, key, transport=desk.transport, clock=desk.now))
