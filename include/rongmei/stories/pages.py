"""Fills in the templates beside this module: what the story stage writes to people, in mails and on paper."""

from __future__ import annotations

from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from rongmei.clock import local, spoken


def dated(moment: datetime) -> str:
    """`moment` on the newsroom's clock with its year, for papers that are kept: 2026-06-06 20:19:05."""
    return f"{local(moment):%Y-%m-%d %H:%M:%S}"


def spoken_length(seconds: float | None) -> str:
    """The length of a video or recording as a newsroom says it: 3.2 秒, 1 分 05 秒, 1 小时 02 分."""
    if seconds is None:
        return "时长不明"
    if seconds < 60:
        return f"{seconds:.3g} 秒"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} 分 {rest:02} 秒" if minutes < 60 else f"{minutes // 60} 小时 {minutes % 60:02} 分"


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
