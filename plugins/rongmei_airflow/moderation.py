"""投稿初筛 as a human step: which of the citizens' submissions may go to the pitch meeting."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context, Param
from airflow.sdk.exceptions import AirflowSkipException

from rongmei import pitches
from rongmei.desk import Desk
from rongmei_airflow.operators import HumanStep


class Moderation(HumanStep):
    """Choose what passes, say why something does not; the rest waits for the next edition.

    An edition never waits longer than the time it was given, and nothing passes by default.
    """

    def ask(self, desk: Desk) -> dict[str, Any]:
        """All that waits for a look, on one page."""
        sheet = pitches.moderation_sheet(desk.ledger, desk.plan, desk.key, now=desk.now())
        if not sheet.options:
            return {}
        self.subject, self.body = sheet.subject, sheet.body
        self.assign(desk, sheet.moderators)
        self.form(
            reasons=Param(
                "",
                title="退稿理由",
                description="不用的投稿每行写一条：编号 理由，如“12 广告”；其余全退写“其余 理由”。没写的留到下一期。",
                type=["string", "null"],
                format="multiline",
                maxLength=8000,
            )
        )
        return {option.label: option.submission_id for option in sheet.options}

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Take the answer; without one the edition goes on, and what waits goes on waiting."""
        if event.get("error_type") == "timeout":
            raise AirflowSkipException(
                "没有人在时限内初筛，投稿留到下一期；随时可用 rongmei submissions pass / refuse 处理"
            )
        return super().execute_complete(context, event)

    def record(self, desk: Desk, asked: dict[str, Any], chosen: list[str], params: dict[str, Any], by: str) -> Any:
        """Write the decisions down.

        Raises:
            BadInput: a reason cannot be read, or is about one that was chosen.
        """
        known = {int(number) for number in asked.values()}
        passed = {int(asked[label]) for label in chosen}
        refused = pitches.parse_refusals(str(params.get("reasons") or ""), known=known, passed=passed)
        door = pitches.Door(desk.plan.campaign.id, desk.rehearsal)
        return pitches.moderate(desk.ledger, door, passed=passed, refused=refused, asked=known, by=by, now=desk.now())
