"""Fills in the templates of the reports: HTML pages that survive mail programs, and the same as plain text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from rongmei.reports import words

if TYPE_CHECKING:
    from rongmei.reports.charts import Chart

MAX_ON_PAGE = 12
"""Rows of a list that a page shows; the workbook has them all."""


@dataclass(frozen=True)
class Picture:
    """A chart on the page: `src` is a `cid:` address in a mail, a `data:` address in the file."""

    name: str
    title: str
    src: str
    alt: str
    width: int
    height: int

    @classmethod
    def of(cls, chart: Chart, src: str) -> Picture:
        """A drawn chart at an address."""
        return cls(chart.name, chart.title, src, chart.alt, chart.width, chart.height)


def compile_templates(template: str) -> None:
    """Have a report's templates ready, for processes that are forked from this one."""
    for side in ("html", "txt"):
        _templates().get_template(f"{template}.{side}.j2")


def render_page(template: str, pictures: Sequence[Picture] = (), **values: Any) -> str:
    """One HTML document with its styles inlined; it reads well without its pictures.

    The rules for dark mode and for phones stay in a style sheet in the head, where they belong.

    Args:
        template: its name without ending, e.g. `daily`.
    """
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False)
    inlined: str = inliner.inline(fill_page(template, pictures, **values))
    return inlined


def fill_page(template: str, pictures: Sequence[Picture] = (), **values: Any) -> str:
    """The document as the template has it, its styles in a sheet."""
    by_name = {picture.name: picture for picture in pictures}
    return _templates().get_template(f"{template}.html.j2").render(pictures=by_name, **_helpers(), **values)


def render_plain(template: str, **values: Any) -> str:
    """The plain-text side, for those who read mail without HTML."""
    return _templates().get_template(f"{template}.txt.j2").render(**_helpers(), **values).strip() + "\n"


def _helpers() -> Mapping[str, Any]:
    return {
        "count": words.count,
        "short_count": words.short_count,
        "on_board": words.on_board,
        "change_text": words.change_text,
        "day_text": words.day_text,
        "days_text": words.days_text,
        "moment_text": words.moment_text,
        "shown": MAX_ON_PAGE,
    }


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("rongmei.reports", "templates"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
