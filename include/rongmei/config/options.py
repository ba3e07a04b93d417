"""What a producer may choose when triggering an edition; the trigger form in Airflow is generated from this model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationError

from rongmei.config.explain import explain
from rongmei.config.fields import Day, Fault, Faults, Note, refuse, repeated
from rongmei.config.models import CHANNEL_NAMES, CHANNELS, Channel, Model
from rongmei.errors import BadInput

SCENARIOS: dict[str, str] = {
    "calm": "风平浪静",
    "flaky": "平台抽风",
    "lost-receipts": "丢回执",
    "expired-tokens": "令牌过期",
    "rejected": "审核退回",
    "slow-review": "慢审核",
    "quota-gone": "额度用完",
    "sensitive-words": "敏感词",
    "duplicates": "误判重复",
    "web-pages": "返回网页",
    "wrong-clock": "时钟走偏",
}
"""What the sandbox can put a rehearsal through, by the names it knows them by."""


def _known(scenario: str) -> str:
    if scenario not in SCENARIOS:
        raise Faults(Fault(f"没有彩排场景“{scenario}”", f"可用的有：{'、'.join(SCENARIOS)}"))
    return scenario


def _distinct(channels: tuple[Channel, ...]) -> tuple[Channel, ...]:
    refuse(repeated(channels, "渠道"))
    return channels


class RunOptions(Model):
    """The options of one run of a campaign.

    Attributes:
        edition_date: day of the edition in the cluster's time zone; None means the day the run is for.
        channels: channels to publish on; empty means all of the campaign's.
        stories: at most so many pitches are accepted.
        note: a word from the producer, shown in mails and the report.
        rehearsal: nothing reaches real readers.
        scenario: what goes wrong on the sandbox's platforms during a rehearsal; means nothing to a real edition.
    """

    model_config = ConfigDict(title="本期选项")

    edition_date: Day | None = Field(
        default=None,
        title="期次日期",
        description="不填就是本次运行对应的日期（北京时间）。",
        json_schema_extra={"format": "date"},
    )
    channels: Annotated[tuple[Channel, ...], AfterValidator(_distinct)] = Field(
        default=(),
        title="发布渠道",
        description="不选就发活动配置里的全部渠道。",
        json_schema_extra={
            "examples": list(CHANNELS),
            "values_display": {channel: CHANNEL_NAMES[channel] for channel in CHANNELS},
        },
    )
    stories: int = Field(
        default=6,
        ge=1,
        le=100,
        strict=True,
        title="采用条数",
        description="选题会最多采用几条选题，1–100。",
    )
    note: Note = Field(
        default="",
        title="制片留言",
        description="写进派单邮件和考核报告，最多 500 字。",
        json_schema_extra={"format": "multiline"},
    )
    rehearsal: bool = Field(
        default=False,
        strict=True,
        title="彩排",
        description="走完全部流程，但不向真实读者发布。",
    )
    scenario: Annotated[str, AfterValidator(_known)] = Field(
        default="calm",
        title="彩排场景",
        description="彩排时让沙箱里的平台出什么状况，只在打开“彩排”时有用。",
        json_schema_extra={"enum": list(SCENARIOS), "values_display": {**SCENARIOS}},
    )


def read_options(raw: Mapping[str, Any]) -> RunOptions:
    """The options that a run was triggered with; a field that the form sends empty (null) counts as not chosen.

    Raises:
        BadInput: in Chinese, naming every field that is wrong by the label in the trigger form.
    """
    try:
        return RunOptions.model_validate({name: value for name, value in raw.items() if value is not None})
    except ValidationError as error:
        faults = explain(error, raw)
    labels = {name: field.title or name for name, field in RunOptions.model_fields.items()}
    what = "；".join(f"{_label(fault, labels)}：{fault.message}" for fault in faults)
    mend = "；".join(f"{_label(fault, labels)}：{fault.mend}" for fault in faults if fault.mend)
    raise BadInput(what, where="本期选项", mend=mend)


def _label(fault: Fault, labels: Mapping[str, str]) -> str:
    """The title in the trigger form of the field a fault belongs to."""
    name = str(fault.at[0]) if fault.at else ""
    return labels.get(name, "选项")
