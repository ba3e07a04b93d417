"""The form for everybody, 小记者·市民投稿: text, photographs, place; bounded, timed, counted, never shown unmasked."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from rongmei.errors import BadInput
from rongmei.pitches import forms, photos, purging, receiving
from rongmei.pitches.invitations import SUBMISSION
from rongmei.pitches.photos import Photo
from rongmei.pitches.receiving import CITIZEN, Receipt, TooMany
from rongmei_airflow.forms_app import Entry, Later, Office, enter, form_age, new_form
from rongmei_airflow.uploads import Bounds, read_upload
from rongmei_airflow.web import Turned, page, sender_address

if TYPE_CHECKING:
    from starlette.datastructures import UploadFile
    from starlette.requests import Request
    from starlette.responses import Response

BOUNDS: Final = Bounds(
    most=photos.MOST * photos.MAX_MB * 1024 * 1024 + 256 * 1024, files=photos.MOST, seconds=300.0, idle_seconds=20.0
)
OPEN_FOR: Final = timedelta(hours=24)
QUICKEST: Final = timedelta(seconds=3)
"""Nobody reads the form and fills it in faster; programs do."""
TRAP: Final = "website"
"""A field that people do not see and programs fill in."""
_FIELDS: Final = ("title", "body", "place", "nickname", "age", "contact")
_TICKS: Final = ("guardian", "consent", "may_contact")

_TOO_QUICK: Final = "提交得太快了，内容还在下面，请过几秒再按一次提交。"
_TOO_OLD: Final = "页面打开太久了，内容还在下面，请再按一次提交（照片要重新选）。"

_logger = logging.getLogger(__name__)


async def show(office: Office, request: Request) -> Response:
    """The form; where a limit is reached already, that, before somebody fills it in for nothing."""
    entry = await enter(office, request, SUBMISSION)
    await _within_limits(office, entry, request)
    return _form(office, entry, {}, {})


async def take(office: Office, request: Request) -> Response:
    """Take in what a citizen sends; the receipt, or the form again with what is to be mended."""
    entry = await enter(office, request, SUBMISSION)
    await _within_limits(office, entry, request)
    with office.uploads.taken(sender_address(request)) as free:
        if not free:
            raise Later(503, "现在投稿的人多，请过一分钟再按提交。", 60)
        async with read_upload(request, BOUNDS) as (values, files):
            return await _take(office, entry, _sender(office, request), values, files)


async def _take(
    office: Office, entry: Entry, sender: str, values: Mapping[str, Sequence[str]], files: Sequence[UploadFile]
) -> Response:
    if (values.get(TRAP) or [""])[0]:
        raise Turned(400, "没有收下：请返回上一页，把“请留空”的那一栏清空再交。")
    form_id = (values.get("form") or [""])[0]
    ref = receiving.form_ref(entry.link.id, form_id)
    known = await asyncio.to_thread(receiving.known_receipt, office.ledger, entry.door, CITIZEN, ref)
    if known is not None:
        return _receipt(entry, known)
    told = _mistimed(form_age(office, entry, form_id))
    if told:
        again = form_id if told == _TOO_QUICK else ""
        return _form(office, entry, values, {"form": told}, 400, again)
    idea, faults = await asyncio.to_thread(forms.read_idea, values)
    if faults:
        return _form(office, entry, values, _with_photos(faults.by_field, files), 400, form_id)
    try:
        taken = [await _photo(file, number) for number, file in enumerate(files, start=1)]
    except BadInput as problem:
        return _form(office, entry, values, {"photos": str(problem)}, 400, form_id)
    now = await asyncio.to_thread(office.clock, entry.door.rehearsal)
    try:
        receipt = await asyncio.to_thread(
            receiving.send_idea,
            office.ledger,
            entry.door,
            idea,
            taken,
            media=office.media,
            link_id=entry.link.id,
            ref=ref,
            sender=sender,
            now=now,
        )
    except TooMany as many:
        raise _too_many(many) from None
    if receipt.first:
        _logger.info("收到市民投稿 #%d（%s）", receipt.number, entry.door.campaign)
    return _receipt(entry, receipt)


def _mistimed(age: timedelta | None) -> str:
    if age is None or age > OPEN_FOR:
        return _TOO_OLD
    return _TOO_QUICK if age < QUICKEST else ""


def _with_photos(faults: Mapping[str, str], files: Sequence[UploadFile]) -> dict[str, str]:
    """A browser does not fill a file input in again: say so where photographs came along."""
    return {**faults, "photos": "请把照片重新选一遍"} if files else dict(faults)


async def _photo(file: UploadFile, number: int) -> Photo:
    data = await file.read(photos.MAX_MB * 1024 * 1024 + 1)
    return await asyncio.to_thread(photos.take_photo, data, number)


def _sender(office: Office, request: Request) -> str:
    return receiving.sender_name(office.sealer, sender_address(request), request.headers.get("user-agent", ""))


async def _within_limits(office: Office, entry: Entry, request: Request) -> None:
    sender = _sender(office, request)

    def check() -> None:
        now = office.clock(entry.door.rehearsal)
        with office.ledger.read() as session:
            receiving.check_limits(session, entry.door, sender, now=now)

    try:
        await asyncio.to_thread(check)
    except TooMany as many:
        raise _too_many(many) from None


def _too_many(many: TooMany) -> Later:
    minutes = max(1, round(many.retry_after.total_seconds() / 60))
    wait = f"{minutes} 分钟" if minutes < 90 else f"{round(minutes / 60)} 小时"
    return Later(429, f"这里交来的投稿太多了，请过大约 {wait}再来。谢谢！", many.retry_after.total_seconds())


def _form(
    office: Office,
    entry: Entry,
    values: Mapping[str, Sequence[str]],
    faults: Mapping[str, str],
    status: int = 200,
    form_id: str = "",
) -> Response:
    shown: dict[str, Any] = {name: (values.get(name) or [""])[0] for name in _FIELDS}
    shown |= {name: bool((values.get(name) or [""])[0]) for name in _TICKS}
    return page(
        "submission_form.html",
        status,
        **_common(entry),
        values=shown,
        faults=faults,
        ages=list(forms.AGES.items()),
        form_id=form_id or new_form(office, entry),
        trap=TRAP,
        limits={
            "title": forms.IDEA_TITLE,
            "body": forms.IDEA_BODY,
            "place": forms.PLACE,
            "nickname": forms.NICKNAME,
            "contact": forms.CONTACT,
            "photos": photos.MOST,
            "mb": photos.MAX_MB,
        },
        days={"contact": purging.CONTACT_KEPT.days, "refused": purging.REFUSED_KEPT.days},
    )


def _receipt(entry: Entry, receipt: Receipt) -> Response:
    return page("submission_receipt.html", **_common(entry), receipt=receipt)


def _common(entry: Entry) -> dict[str, Any]:
    plan = entry.plan
    return {
        "campaign": plan.campaign.name,
        "about": plan.campaign.description.strip(),
        "centre": plan.cluster.name,
        "rehearsal": entry.door.rehearsal,
        "token": entry.token,
    }
