"""What newsrooms really send: Word documents, web pages and ninjs, read into the same draft as a Markdown text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rongmei.stories.documents.docx import MAX_MIB as MAX_DOCX_MIB
from rongmei.stories.documents.docx import read_docx
from rongmei.stories.documents.html import read_html
from rongmei.stories.documents.kinds import MIME, recognise
from rongmei.stories.documents.ninjs import read_ninjs
from rongmei.stories.draft import Draft, read_draft

MAX_MIB: Final = MAX_DOCX_MIB

__all__ = ["MAX_MIB", "Reading", "read_document"]


@dataclass(frozen=True)
class Reading:
    """A draft, and of what media type the file it was read from is."""

    draft: Draft
    content_type: str


def read_document(raw: bytes, name: str, beside: Sequence[str] = ()) -> Reading:
    """Read a filed story of any kind, told by its bytes.

    Args:
        name: its path in the drop folder, with forward slashes; an assignment's number may begin it.
        beside: names of files that lie beside it and belong to no other text.

    Raises:
        Unfit: it cannot be taken; with every reason, and how to mend it.
    """
    kind = recognise(raw)
    if kind == "markdown":
        return Reading(read_draft(raw), MIME[kind])
    readers = {"docx": read_docx, "html": read_html, "ninjs": read_ninjs}
    return Reading(readers[kind](raw, name, beside), MIME[kind])
