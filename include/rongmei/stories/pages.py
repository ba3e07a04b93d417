"""Fills in the templates beside this module: what the story stage writes to people, in mails and on paper."""

from __future__ import annotations

from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from rongmei.clock import local, spoken


def dated(moment: datetime) -> str:
    """`moment` on the newsroom's clock with its year, for papers that are kept: 2026-06-06 20:19:05."""
    return f"{local(moment):%Y-%m-%d %H:%M:%S}"


_templates = Environment(
    loader=PackageLoader("rongmei.stories"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters.update(spoken=spoken, dated=dated)


def render(template: str, **content: object) -> str:
    """A template filled in; in those whose name ends in .html everything is escaped."""
    return _templates.get_template(template).render(content)
