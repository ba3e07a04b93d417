"""Brings files to partners: into a folder, over SFTP, or to an HTTP endpoint, whole or not at all."""

from __future__ import annotations

from rongmei.channels.base import Credential, Line
from rongmei.delivery.addresses import folder_of, server_of
from rongmei.delivery.goods import Goods, Presence, Receipt, Target
from rongmei.delivery.http import HttpTarget, method_of, readback_of
from rongmei.errors import CredentialRefused

__all__ = ["Goods", "Presence", "Receipt", "Target", "folder_uri", "open_target", "problem_with", "takes_folders"]


def open_target(line: Line) -> Target:
    """Where the line's credential says, by the scheme of its address; to be used in a `with`.

    Raises:
        CredentialRefused: the address is none we can deliver to.
    """
    kind = _scheme(line.credential)
    if kind == "sftp":
        # Loads slowly, and most newsrooms have no such partner.
        from rongmei.delivery.sftp import SftpTarget

        return SftpTarget(line)
    if kind == "file":
        from rongmei.delivery.folder import FolderTarget

        return FolderTarget(line)
    return HttpTarget(line)


def takes_folders(credential: Credential) -> bool:
    """Whether files can lie side by side there; otherwise several go as one ZIP."""
    return _scheme(credential) in {"file", "sftp"}


def folder_uri(credential: Credential) -> str:
    """The folder or server that files are delivered to, as a URI that any document can carry.

    Raises:
        CredentialRefused: the address is no folder's.
    """
    if _scheme(credential) == "sftp":
        return server_of(credential.base_url).uri
    return folder_of(credential.base_url).as_uri()


def problem_with(credential: Credential) -> str:
    """Why nothing can be delivered by this credential, seen without a call; "" when nothing speaks against it."""
    kind = _scheme(credential)
    try:
        if kind == "file":
            folder_of(credential.base_url)
        elif kind == "sftp":
            server_of(credential.base_url)
        elif kind in {"http", "https"}:
            method_of(credential)
            readback_of(credential)
        else:
            return "账号连接里的交付地址要以 file://、sftp:// 或 http(s):// 开头"
    except CredentialRefused as error:
        return str(error)
    return ""


def _scheme(credential: Credential) -> str:
    return credential.base_url.partition(":")[0].lower()
