"""Shows text from outside on a Markdown page as exactly that text."""

from __future__ import annotations

import re

from rongmei.text.normalise import clean_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|~$^:=@/])")


def escape(text: str) -> str:
    """One line that shows the text: no markup, links, HTML or table cells come of it.

    HTML's own characters become entities, since Airflow's pages read some HTML in Markdown.
    """
    flat = clean_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", flat)
