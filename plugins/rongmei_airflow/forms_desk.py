"""What the desk sees of what citizens sent: text and photographs, for those who decide about them; only to look at."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from rongmei.config import ConfigErrors, Plan
from rongmei.errors import BadInput
from rongmei.ledger import Submission
from rongmei.pitches import moderation
from rongmei.pitches.forms import AGES
from rongmei.pitches.invitations import Door, open_forms
from rongmei.pitches.receiving import CITIZEN, STATES
from rongmei_airflow.forms_app import Office
from rongmei_airflow.login import to_login
from rongmei_airflow.web import PLAIN, Turned, page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MOST: Final = 60
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_STATES: Final = {**STATES, "waiting": "等初筛"}


async def show(office: Office, request: Request) -> Response:
    """What waits for a look and what was decided lately, the newest first."""
    campaign = request.path_params["campaign"]
    try:
        plan = await _let_in(office, request, campaign)
    except Turned as turned:
        if turned.status == 401:
            return to_login(request)
        raise
    return page("submission_desk.html", **await asyncio.to_thread(_page, office, plan))


async def photo(office: Office, request: Request) -> Response:
    """One photograph."""
    from starlette.responses import FileResponse

    wanted = request.path_params
    await _let_in(office, request, wanted["campaign"])
    sha256 = await asyncio.to_thread(_sha256, office, wanted["campaign"], wanted["number"], wanted["photo"])
    file = office.media / sha256
    if not file.is_file():
        raise Turned(404, "照片不在了：没有采用的投稿，照片过期会删除。")
    headers = {**PLAIN, "Content-Security-Policy": "default-src 'none'", "Cross-Origin-Resource-Policy": "same-origin"}
    return FileResponse(file, media_type="image/jpeg", headers=headers)


async def _let_in(office: Office, request: Request, campaign: str) -> Plan:
    """The campaign's plan, for those who decide about its submissions.

    Raises:
        Turned: 401 for nobody, 403 for anybody else, 404 where there is no such campaign.
    """
    name = await office.who(request)
    try:
        plan = await asyncio.to_thread(office.plan_of, campaign)
        open_forms(plan.campaign, public=True)
    except (BadInput, ConfigErrors):
        raise Turned(404, "这个活动没有市民投稿。") from None
    allowed = {*moderation.moderators_of(plan), *plan.campaign.pitching.meeting, plan.campaign.owner}
    if name not in allowed:
        raise Turned(403, "这一页只给本活动的初筛人员、选题会成员和负责人看。")
    return plan


def _page(office: Office, plan: Plan) -> dict[str, Any]:
    with office.ledger.read() as session:
        rows = session.scalars(
            select(Submission)
            .where(Submission.campaign == plan.campaign.id, Submission.kind == CITIZEN)
            .order_by(Submission.id.desc())
            .limit(MOST)
        ).all()
        session.expunge_all()
    lists = office.lists(plan)
    again = {
        number: earlier
        for rehearsal in (False, True)
        for number, earlier in moderation.sent_before(
            office.ledger, Door(plan.campaign.id, rehearsal), [row for row in rows if row.rehearsal == rehearsal]
        ).items()
    }
    return {
        "campaign": plan.campaign.name,
        "campaign_id": plan.campaign.id,
        "rows": [
            {
                "row": row,
                "state": _STATES[row.state],
                "age": AGES.get(row.fields.get("age", ""), "未知"),
                "hints": moderation.hints(row, lists, again),
                "photos": range(1, len(row.media) + 1),
            }
            for row in rows
        ],
        "most": MOST,
    }


def _sha256(office: Office, campaign: str, number: int, place: int) -> str:
    with office.ledger.read() as session:
        row = session.get(Submission, number) if 0 < number < 2**31 else None
        named = row.media if row is not None and row.kind == CITIZEN and row.campaign == campaign else []
        found = str(named[place - 1].get("sha256", "")) if 0 < place <= len(named) else ""
    if not _SHA256.fullmatch(found):
        raise Turned(404, "没有这张照片。")
    return found
