"""The outlets' accounts: their credentials, lines to their platforms, and how much of each quota is used."""

from rongmei.accounts.credentials import Connect, FileCredentials, SandboxCredentials
from rongmei.accounts.lines import open_account, posted
from rongmei.accounts.meter import LedgerMeter

__all__ = ["Connect", "FileCredentials", "LedgerMeter", "SandboxCredentials", "open_account", "posted"]
