"""What all models share: frozen, strict, and the words several of them use."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from rongmei.channels import all_channels
from rongmei.config.fields import Fault, Faults

OutletKind = Literal["city", "park", "town"]
Role = Literal["producer", "editor", "leader", "admin"]
BoardName = Literal["weibo", "zhihu", "douyin", "toutiao", "baidu", "bilibili"]
Accounts = Literal["author", "city", "author_and_city"]
CHANNEL_NAMES: dict[str, str] = {name: channel.label for name, channel in all_channels().items()}
"""What a reader sees for a channel, for every channel there is."""
CHANNELS: tuple[str, ...] = tuple(CHANNEL_NAMES)


def _channel(name: str) -> str:
    if name not in CHANNEL_NAMES:
        raise Faults(Fault(f"没有渠道“{name}”", f"可用的有：{'、'.join(CHANNELS)}"))
    return name


Channel = Annotated[str, AfterValidator(_channel), WithJsonSchema({"type": "string", "enum": list(CHANNELS)})]
"""The name of a channel that some module under `rongmei.channels.platforms` offers."""
Points = Annotated[float, Field(strict=True, ge=0, le=200)]
"""What a reason weighs when work is handed out."""


class Model(BaseModel):
    """Frozen, and a key that nobody knows is an error rather than a silent typo."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False, str_max_length=4000)
