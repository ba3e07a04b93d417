"""The platforms a story goes out on: one module each, behind the `Channel` protocol in `base`."""

from rongmei.channels.base import (
    AI_LABEL,
    Absent,
    Accepted,
    Article,
    Capabilities,
    Channel,
    Connect,
    Credential,
    Line,
    Numbers,
    Pending,
    Picture,
    Post,
    Posted,
    Progress,
    Rejected,
    open_line,
)
from rongmei.channels.credentials import FileCredentials, SandboxCredentials
from rongmei.channels.lines import open_account, posted
from rongmei.channels.registry import get_channel
from rongmei.channels.rendering import article, fingerprint

__all__ = [
    "AI_LABEL",
    "Absent",
    "Accepted",
    "Article",
    "Capabilities",
    "Channel",
    "Connect",
    "Credential",
    "FileCredentials",
    "Line",
    "Numbers",
    "Pending",
    "Picture",
    "Post",
    "Posted",
    "Progress",
    "Rejected",
    "SandboxCredentials",
    "article",
    "fingerprint",
    "get_channel",
    "open_account",
    "open_line",
    "posted",
]
