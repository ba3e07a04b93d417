"""How pitches become a shortlist and work is handed out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from rongmei.config.fields import Amount, Count, Fault, Ratio, Slug, Word, not_one, refuse, repeated
from rongmei.config.models.base import Model, Points


class ShortlistWeights(Model):
    """How much each aspect counts in a pitch's score; they add up to 1."""

    news_value: Ratio = 0.25
    heat: Ratio = 0.2
    fit: Ratio = 0.2
    local: Ratio = 0.15
    track_record: Ratio = 0.1
    freshness: Ratio = 0.1

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(not_one(self.model_dump()))
        return self


class Pitching(Model):
    """How pitches become a shortlist and who decides about it.

    Attributes:
        shortlist_size: pitches laid before the meeting.
        accept_at_most: pitches the meeting may accept.
        meeting: ids of the people who may decide.
        meeting_hours: how long the meeting is waited for.
        board_window_hours: how far back board entries count as heat.
    """

    shortlist_size: Annotated[Count, Field(le=100)] = 12
    accept_at_most: Annotated[Count, Field(le=100)] = 6
    meeting: Annotated[tuple[Slug, ...], Field(min_length=1)]
    meeting_hours: Annotated[Count, Field(le=168)] = 4
    weights: ShortlistWeights = ShortlistWeights()
    board_window_hours: Annotated[Count, Field(le=720)] = 24

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults = list(repeated(self.meeting, "选题会成员", ("meeting",)))
        if self.accept_at_most > self.shortlist_size:
            what = f"最多采用 {self.accept_at_most} 条，多于入围的 {self.shortlist_size} 条"
            faults.append(Fault(what, "调小 accept_at_most 或调大 shortlist_size", ("accept_at_most",)))
        refuse(faults)
        return self


class AssignmentWeights(Model):
    """What speaks for and against an outlet when work is handed out, in points from 0 to 200.

    Attributes:
        pitcher: the outlet proposed the pitch.
        region: it happens in the outlet's region; `region_city` for a city outlet, wherever it happens.
        beat: the outlet is good at all the pitch's subjects; less for some of them.
        rota: the outlet is on duty this week; `rota_joint` more when it leads joint coverage.
        fairness: lost at most by an outlet that had much more work per head than the others lately.
        load: lost by a further task when the outlet's day is full; less as long as it is not.
        travel: lost for each place away from home that the outlet goes to, once a day.
        partner_pitcher, partner_region, partner_beat: the like for an outlet that supports another.
        partner_effort: lost by supporting at all.
    """

    pitcher: Points = 50.0
    region: Points = 40.0
    region_city: Points = 8.0
    beat: Points = 30.0
    rota: Points = 10.0
    rota_joint: Points = 150.0
    fairness: Points = 20.0
    load: Points = 12.0
    travel: Points = 11.0
    partner_pitcher: Points = 14.0
    partner_region: Points = 16.0
    partner_beat: Points = 10.0
    partner_effort: Points = 4.0

    @property
    def channel_missed(self) -> float:
        """What a channel wanted and not covered costs: more than all reasons together."""
        points: list[float] = list(self.model_dump().values())
        return 1.0 + sum(points)

    @property
    def escalation(self) -> float:
        """What leaving a pitch to a person costs: more than missing every channel it may name (eight)."""
        return 10 * self.channel_missed


class Recusal(Model):
    """An outlet keeps out of pitches that name one of these words, e.g. a firm it belongs to."""

    outlet: Slug
    words: Annotated[tuple[Word, ...], Field(min_length=1)]


class AssignmentRules(Model):
    """How work is handed out.

    Attributes:
        answer_hours: how long an outlet has to accept or decline.
        extend_hours: how many hours more an outlet may give itself, once; 0 for none, None for half of the time to
            answer.
        remind_hours: how long before the end of its time an outlet that has not answered is reminded, once; 0 for
            never, None for a third of the time to answer.
        max_rounds: offers before a person is asked.
        desk_hours: how long the desk has to place what no outlet took; then the edition goes on without it.
        partners: further outlets that may support the one in charge.
        fairness_days: how far back the load of an outlet is looked at.
        recusals: who keeps out of what.
        opponents: sides, e.g. two teams; pitches about different ones of a group go to different outlets.
    """

    answer_hours: Annotated[Count, Field(le=168)] = 3
    extend_hours: Annotated[Amount, Field(le=168)] | None = None
    remind_hours: Annotated[Amount, Field(le=168)] | None = None
    max_rounds: Annotated[Count, Field(le=10)] = 3
    desk_hours: Annotated[Count, Field(le=168)] = 2
    partners: Annotated[Amount, Field(le=20)] = 1
    fairness_days: Annotated[Count, Field(le=366)] = 28
    weights: AssignmentWeights = AssignmentWeights()
    recusals: tuple[Recusal, ...] = ()
    opponents: tuple[Annotated[tuple[Word, ...], Field(min_length=2)], ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(
            [
                *repeated([recusal.outlet for recusal in self.recusals], "回避媒体", ("recusals",), ("outlet",)),
                *(
                    fault
                    for i, sides in enumerate(self.opponents)
                    for fault in repeated(sides, "对立的一方", ("opponents", i))
                ),
                *self._too_early(),
            ]
        )
        return self

    def _too_early(self) -> Iterator[Fault]:
        if self.remind_hours is not None and self.remind_hours >= self.answer_hours:
            what = f"截止前 {self.remind_hours} 小时提醒，不晚于派单（答复时限 {self.answer_hours} 小时）"
            yield Fault(what, f"写得比 {self.answer_hours} 小，或 0（不提醒）", ("remind_hours",))

    @property
    def extra_hours(self) -> int:
        """Hours that an outlet may add to its time to answer, once."""
        return -(-self.answer_hours // 2) if self.extend_hours is None else self.extend_hours

    @property
    def remind_before(self) -> timedelta | None:
        """How long before the end of its time an outlet is reminded; None for never."""
        if self.remind_hours is None:
            return timedelta(hours=self.answer_hours) / 3
        return timedelta(hours=self.remind_hours) if self.remind_hours else None
