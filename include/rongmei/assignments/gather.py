"""Reads from the ledger what the optimiser needs: the tasks of an edition and what every outlet has in hand."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from rongmei.assignments.model import HALVES, Newsroom, Task, names_place
from rongmei.config import Campaign, Cluster, Outlet, Plan
from rongmei.ledger import Assignment, Edition, Pitch, PitchEvent

HOLDING_STATES = ("offered", "accepted", "filed", "done")
"""An outlet in one of these states has the task; declined and expired offers weigh nothing."""
DROPPED = "dropped"
"""In the detail of a pitch's remark: the desk found nobody and let it go. What the meeting decided stands as it is."""


def newsrooms(session: Session, plan: Plan, edition: Edition) -> list[Newsroom]:
    """Every outlet of the cluster with its load on the edition's day and its tasks in the fairness period.

    Work of other campaigns counts, work of rehearsals only for rehearsals.

    Raises:
        BadInput: the campaign lets an outlet keep out of something that the cluster has not.
    """
    today = _load_on_day(session, edition)
    recent = _recent(session, edition, plan.campaign.assignment.fairness_days)
    on_duty = plan.cluster.rota.on_duty(edition.day)
    avoids = {plan.cluster.outlet(one.outlet).id: one.words for one in plan.campaign.assignment.recusals}
    return [
        _newsroom(outlet, today[outlet.id], recent[outlet.id], outlet.id == on_duty, avoids.get(outlet.id, ()))
        for outlet in plan.cluster.outlets
    ]


def _newsroom(outlet: Outlet, halves_used: int, recent_halves: int, on_duty: bool, avoids: tuple[str, ...]) -> Newsroom:
    return Newsroom(
        id=outlet.id,
        name=outlet.name,
        kind=outlet.kind,
        size=outlet.size,
        regions=outlet.regions,
        beats=outlet.beats,
        capacity_per_day=outlet.capacity_per_day,
        halves_used=halves_used,
        recent=recent_halves / HALVES,
        on_duty=on_duty,
        channels=frozenset(account.channel for account in outlet.accounts),
        avoids=avoids,
    )


def _load_on_day(session: Session, edition: Edition) -> Counter[str]:
    """Half tasks per outlet on the edition's day."""
    return _halves(session, edition, Edition.day == edition.day)


def _recent(session: Session, edition: Edition, days: int) -> Counter[str]:
    """Half tasks per outlet in the `days` days before the edition's."""
    return _halves(session, edition, and_(Edition.day >= edition.day - timedelta(days=days), Edition.day < edition.day))


def _halves(session: Session, edition: Edition, when: ColumnElement[bool]) -> Counter[str]:
    halves: Counter[str] = Counter()
    held = (
        select(Assignment.outlet, Assignment.partners)
        .join(Edition, Edition.id == Assignment.edition_id)
        .where(when, Edition.rehearsal == edition.rehearsal)
        .where(Assignment.state.in_(HOLDING_STATES))
    )
    for outlet, partners in session.execute(held).tuples():
        halves[outlet] += HALVES
        halves.update(partners)
    return halves


def unassigned(session: Session, edition: Edition, *, offered_before: bool) -> list[Pitch]:
    """Accepted pitches that no outlet holds and the desk has not dropped, by id.

    Args:
        offered_before: those that were offered to somebody who declined or did not answer; else those never offered.
    """
    offers = select(Assignment.pitch_id).where(Assignment.edition_id == edition.id)
    held = offers.where(Assignment.state.in_(HOLDING_STATES))
    wanted = Pitch.id.in_(offers) if offered_before else Pitch.id.not_in(offers)
    found = (
        select(Pitch)
        .where(Pitch.edition_id == edition.id, Pitch.state == "accepted", Pitch.id.not_in(held), wanted)
        .order_by(Pitch.id)
    )
    gone = dropped(session, edition)
    return [pitch for pitch in session.scalars(found) if pitch.id not in gone]


def remarks(session: Session, edition: Edition) -> list[tuple[int, dict[str, Any]]]:
    """What the logs of the edition's accepted pitches keep beside words: pitch id and detail, the oldest first."""
    found = (
        select(PitchEvent.thing_id, PitchEvent.detail)
        .join(Pitch, Pitch.id == PitchEvent.thing_id)
        .where(Pitch.edition_id == edition.id, Pitch.state == "accepted")
        .order_by(PitchEvent.id)
    )
    return [(pitch_id, detail) for pitch_id, detail in session.execute(found).tuples() if detail]


def dropped(session: Session, edition: Edition) -> set[int]:
    """Ids of the accepted pitches that the desk dropped because nobody was to do them; see `DROPPED`."""
    return {pitch_id for pitch_id, detail in remarks(session, edition) if detail.get(DROPPED)}


def tasks(session: Session, plan: Plan, edition: Edition, pitches: Collection[Pitch]) -> list[Task]:
    """The pitches as tasks, with what their merged twins add, and the tasks that outlets hold on that day already.

    A twin adds a further pitcher, or heat from a board. What other campaigns handed out on the day is held too.
    """
    family = _families(session, pitches)
    barred = _offered_to(session, [pitch.id for pitch in pitches])
    boards = {source.id for source in plan.campaign.sources if source.kind == "board"}
    made = [
        replace(
            _task(plan, pitch),
            pitchers=frozenset(member.outlet for member in family[pitch.id] if member.outlet),
            from_board=any(member.source in boards for member in family[pitch.id]),
            barred=frozenset(barred[pitch.id]),
            channels=_beyond_the_city(plan, edition, pitch),
        )
        for pitch in pitches
    ]
    return _kept_apart(plan, [*made, *_held(session, plan, edition)])


def _task(plan: Plan, pitch: Pitch) -> Task:
    text = " ".join(part for part in (pitch.title, pitch.summary, pitch.place) if part)
    return Task(
        pitch_id=pitch.id,
        title=pitch.title,
        place=_usable_place(plan.cluster, pitch.place),
        text=text,
        subjects=subjects(plan.campaign, plan.cluster, pitch.column, text),
    )


def _held(session: Session, plan: Plan, edition: Edition) -> list[Task]:
    """What outlets hold on the edition's day, in whichever campaign."""
    rows = session.execute(
        select(Assignment, Pitch)
        .join(Pitch, Pitch.id == Assignment.pitch_id)
        .join(Edition, Edition.id == Assignment.edition_id)
        .where(Edition.day == edition.day, Edition.rehearsal == edition.rehearsal)
        .where(Assignment.state.in_(HOLDING_STATES))
        .order_by(Pitch.id)
    ).tuples()
    return [
        replace(_task(plan, pitch), holder=assignment.outlet, held_partners=frozenset(assignment.partners))
        for assignment, pitch in rows
    ]


def _beyond_the_city(plan: Plan, edition: Edition, pitch: Pitch) -> tuple[str, ...]:
    """Channels the pitch wants, the edition publishes on, and no city outlet's account brings in anyway."""
    rules = plan.campaign.publishing
    if rules.accounts == "city":
        return ()
    published = set(edition.options.get("channels") or rules.channels) & set(rules.channels)
    city = {account.channel for outlet, account in plan.cluster.accounts() if outlet.kind == "city"}
    covered = city if rules.accounts == "author_and_city" else set[str]()
    return tuple(channel for channel in dict.fromkeys(pitch.channels) if channel in published - covered)


def _kept_apart(plan: Plan, made: Sequence[Task]) -> list[Task]:
    """The tasks, each with those that are about another side of the same dispute."""
    apart: defaultdict[int, set[int]] = defaultdict(set)
    for sides in plan.campaign.assignment.opponents:
        side = {task.pitch_id: found for task in made if (found := side_of(sides, task.text))}
        for one, its in side.items():
            apart[one].update(other for other, others in side.items() if others != its)
    return [replace(task, apart=frozenset(apart[task.pitch_id])) for task in made]


def side_of(sides: Iterable[str], text: str) -> str | None:
    """The side that the text is about; None when it names none of them, or more than one and so takes no side."""
    named = []
    for side in sorted(sides, key=len, reverse=True):
        if side in text:
            named.append(side)
            # 东城二队 is not 东城队 as well.
            text = text.replace(side, "\n")
    return named[0] if len(named) == 1 else None


def _usable_place(cluster: Cluster, place: str | None) -> str | None:
    """The place if it lies in some town's region; 东莞 or 贵州榕江 would only hide what the text says."""
    if place is None:
        return None
    towns = (outlet for outlet in cluster.outlets if outlet.kind != "city")
    return place if any(names_place(place, region) for outlet in towns for region in outlet.regions) else None


def subjects(campaign: Campaign, cluster: Cluster, column_id: str | None, text: str) -> tuple[str, ...]:
    """What a pitch is about: the beats of its column, or without one those of the cluster that its text names."""
    for column in campaign.columns:
        if column.id == column_id and column.beats:
            return column.beats
    known = {beat for outlet in cluster.outlets for beat in outlet.beats}
    return tuple(sorted(beat for beat in known if beat in text))


def _families(session: Session, pitches: Collection[Pitch]) -> dict[int, list[Pitch]]:
    """Each pitch with those merged into it."""
    family = defaultdict(list, {pitch.id: [pitch] for pitch in pitches})
    for member in session.scalars(select(Pitch).where(Pitch.merged_into_id.in_(list(family))).order_by(Pitch.id)):
        family[member.merged_into_id or member.id].append(member)
    return family


def _offered_to(session: Session, pitch_ids: Iterable[int]) -> defaultdict[int, set[str]]:
    offered: defaultdict[int, set[str]] = defaultdict(set)
    rows = select(Assignment.pitch_id, Assignment.outlet).where(Assignment.pitch_id.in_(list(pitch_ids)))
    for pitch_id, outlet in session.execute(rows).tuples():
        offered[pitch_id].add(outlet)
    return offered
