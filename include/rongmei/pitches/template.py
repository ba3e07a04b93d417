"""Makes the sheet that outlets fill in: Chinese headers, drop-downs, notes, and an example that is no pitch."""

from __future__ import annotations

from rongmei.config import Plan


def pitch_sheet(plan: Plan, outlet_id: str | None = None) -> bytes:
    """The workbook (XLSX) for one campaign, which `sources.workbook` reads back.

    Args:
        outlet_id: whose sheet it is: its name stands in every row already; None lets it be chosen from a list.

    Raises:
        BadInput: there is no such outlet.
    """
    # openpyxl takes a quarter of a second to load, and every DAG file imports this package.
    from rongmei.pitches.template_book import write_sheet

    return write_sheet(plan, outlet_id)
