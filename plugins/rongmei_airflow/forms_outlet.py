"""The outlet's own pitch form: what it is asked, what it is told, and what became of its latest pitches."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rongmei.config import CHANNEL_NAMES, Outlet
from rongmei.pitches import forms, receiving
from rongmei.pitches.invitations import PITCH
from rongmei.pitches.receiving import Receipt, TooMany
from rongmei_airflow.forms_app import Entry, Later, Office, enter, form_age, new_form
from rongmei_airflow.uploads import read_fields
from rongmei_airflow.web import Turned, page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MAX_BYTES: Final = 128 * 1024
"""4,000 Chinese characters take 36 KB as a browser sends them."""
OPEN_FOR: Final = timedelta(days=7)
_FIELDS: Final = ("title", "body", "column", "place", "author", "url")

_logger = logging.getLogger(__name__)


async def show(office: Office, request: Request) -> Response:
    """The form, and the outlet's latest pitches."""
    entry = await enter(office, request, PITCH)
    return await _form(office, entry, {}, {})


async def take(office: Office, request: Request) -> Response:
    """Take a pitch in; the receipt, or the form again with what is to be mended."""
    entry = await enter(office, request, PITCH)
    outlet = _outlet(entry)
    values = await read_fields(request, MAX_BYTES)
    form_id = (values.get("form") or [""])[0]
    age = form_age(office, entry, form_id)
    if age is None or age > OPEN_FOR:
        told = "页面打开太久了，内容还在下面，请再按一次提交。"
        return await _form(office, entry, values, {"form": told}, 400)
    pitch, faults = forms.read_pitch(values, entry.plan.campaign)
    if faults:
        return await _form(office, entry, values, faults.by_field, 400, form_id)
    ref = receiving.form_ref(entry.link.id, form_id)
    now = await asyncio.to_thread(office.clock, entry.door.rehearsal)
    try:
        receipt = await asyncio.to_thread(
            receiving.send_pitch,
            office.ledger,
            entry.door,
            outlet.id,
            pitch,
            link_id=entry.link.id,
            ref=ref,
            now=now,
        )
    except TooMany as many:
        told = "今天报来的选题已经太多，请明天再报，或联系制片人。"
        raise Later(429, told, many.retry_after.total_seconds()) from None
    if receipt.first:
        _logger.info("%s 报来选题 #%d（%s）", outlet.id, receipt.number, entry.door.campaign)
    return await _receipt(office, entry, receipt)


def _outlet(entry: Entry) -> Outlet:
    if entry.outlet is None:
        raise Turned(403, "链接不对。请向发给您链接的人要新的。")
    return entry.outlet


async def _form(
    office: Office,
    entry: Entry,
    values: Mapping[str, Sequence[str]],
    faults: Mapping[str, str],
    status: int = 200,
    form_id: str = "",
) -> Response:
    shown: dict[str, Any] = {name: (values.get(name) or [""])[0] for name in _FIELDS}
    shown["channels"] = list(values.get("channels", ()))
    campaign = entry.plan.campaign
    return page(
        "pitch_form.html",
        status,
        **await _common(office, entry),
        values=shown,
        faults=faults,
        columns=[(column.id, column.name) for column in campaign.columns],
        channels=[(name, CHANNEL_NAMES[name]) for name in campaign.publishing.channels],
        form_id=form_id or new_form(office, entry),
        limits={"title": forms.PITCH_TITLE, "body": forms.PITCH_BODY, "place": forms.PLACE, "author": forms.AUTHOR},
    )


async def _receipt(office: Office, entry: Entry, receipt: Receipt) -> Response:
    return page("pitch_receipt.html", **await _common(office, entry), receipt=receipt)


async def _common(office: Office, entry: Entry) -> dict[str, Any]:
    outlet = _outlet(entry)
    plan = entry.plan
    return {
        "campaign": plan.campaign.name,
        "outlet": outlet.name,
        "owner": plan.cluster.person(plan.campaign.owner).name,
        "rehearsal": entry.door.rehearsal,
        "token": entry.token,
        "sent": await asyncio.to_thread(receiving.sent_by, office.ledger, entry.door, outlet.id),
    }
