"""Turns what feeds and hot boards say about the campaign's topic into leads, and each new lead into a pitch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from rongmei.clock import spoken
from rongmei.config import BoardSource, Campaign, FeedSource
from rongmei.ledger import BoardEntry, Edition, Lead, Pitch
from rongmei.pitches.sources.base import RawPitch, pitch_ref
from rongmei.pitches.store import TITLE_LIMIT, URL_LIMIT, insert_if_new, store_pitch
from rongmei.pitches.window import Window
from rongmei.text.normalise import clean_line, clean_text
from rongmei.text.topics import Match, TopicWatch

MOST_SIGHTINGS = 96
DESCRIPTION_LIMIT = 500


@dataclass
class Tally:
    """What became of the items of a source.

    Attributes:
        new: pitches written; known: those the edition had already.
        unmatched: items that are not on the topic.
        used_before: items that an earlier edition of the campaign has pitched.
        leads: leads seen, new or known.
    """

    new: int = 0
    known: int = 0
    unmatched: int = 0
    used_before: int = 0
    leads: int = 0


@dataclass(frozen=True)
class Finding:
    """A lead in the making.

    Attributes:
        raw: the pitch it becomes.
        sightings: {"at": ISO 8601 UTC, "position", "heat", "reads", "discussions"}, in order of time; feeds have none.
    """

    raw: RawPitch
    match: Match
    evidence: dict[str, Any]
    first_seen: datetime
    last_seen: datetime
    best_position: int | None = None
    peak_heat: int | None = None
    sightings: tuple[dict[str, Any], ...] = ()


def topic_watch(campaign: Campaign) -> TopicWatch:
    """The campaign's watch list."""
    watch = campaign.watch
    return TopicWatch(watch.keywords, watch.aliases, watch.places, watch.exclusions, watch.ambiguous)


def feed_findings(
    campaign: Campaign, items: Iterable[RawPitch], *, now: datetime, until: datetime, at_home: bool = False
) -> tuple[list[Finding], int]:
    """Items on the topic, and how many are not.

    Args:
        at_home: the feed is one of our own newsrooms'.
        until: what a feed dates later than this does not exist yet for the edition; it counts as not on the topic.
    """
    watch = topic_watch(campaign)
    findings: list[Finding] = []
    unmatched = 0
    for item in items:
        # A newsroom's clock may be ahead of ours; only a backfilled edition has a real "later".
        seen = min(item.submitted_at or now, now)
        match = watch.match(f"{item.title}\n{item.summary}", at_home=at_home)
        if match is None or seen > until:
            unmatched += 1
            continue
        evidence = {"matched": match.explain(), "summary": clean_text(item.summary, DESCRIPTION_LIMIT)}
        findings.append(Finding(item, match, evidence, seen, seen))
    return findings, unmatched


def board_findings(
    session: Session, campaign: Campaign, source: BoardSource, window: Window
) -> tuple[list[Finding], int]:
    """Titles on the topic among the stored lines of the board in the window, and how many titles are not.

    A line that was paid for says nothing about interest: where a title also stood there by itself, only those
    sightings count; where it never did, the lead is kept and marked `promoted`, without heat.
    """
    watch = topic_watch(campaign)
    by_title: defaultdict[str, list[BoardEntry]] = defaultdict(list)
    lines = (
        select(BoardEntry)
        .where(BoardEntry.board == source.board)
        .where(BoardEntry.observed_at > window.start, BoardEntry.observed_at <= window.end)
        .order_by(BoardEntry.observed_at, BoardEntry.position)
    )
    for line in session.scalars(lines):
        by_title[line.title].append(line)
    findings: dict[str, Finding] = {}
    unmatched = 0
    for title, sightings in by_title.items():
        match = watch.match(title)
        if match is None:
            unmatched += 1
        else:
            found = _board_finding(source, title, sightings, match)
            findings.setdefault(found.raw.ref, found)
    return list(findings.values()), unmatched


def _board_finding(source: BoardSource, title: str, lines: Sequence[BoardEntry], match: Match) -> Finding:
    unpaid = [line for line in lines if not line.is_ad]
    promoted = not unpaid
    counted = unpaid or lines
    heats = [line.heat for line in counted if line.heat is not None]
    peak = max(heats, default=None)
    # Position 0 is a pinned line, which has no rank.
    best = min((line.position for line in counted if line.position), default=None)
    first, last = counted[0].observed_at, counted[-1].observed_at
    description = next((line.description for line in reversed(counted) if line.description), None) or ""
    summary = clean_text(description, DESCRIPTION_LIMIT)
    raw = RawPitch(
        source_id=source.id,
        ref=pitch_ref(None, title),
        outlet=None,
        title=title,
        summary=summary,
        place=match.places[0] if match.places else None,
        # Still on the board is as good as said just now.
        submitted_at=last,
        heat=None if promoted or peak is None else float(peak),
    )
    evidence = {
        "matched": match.explain(),
        "board": source.board,
        "promoted": promoted,
        "category": next((line.category for line in reversed(counted) if line.category), None),
        "summary": summary,
    }
    return Finding(raw, match, evidence, first, last, best, peak, tuple(_sighting(line) for line in counted))


def _sighting(line: BoardEntry) -> dict[str, Any]:
    return {
        "at": line.observed_at.isoformat(),
        "position": line.position,
        "heat": line.heat,
        "reads": line.reads,
        "discussions": line.discussions,
    }


def take_in(
    session: Session,
    campaign: Campaign,
    edition: Edition,
    source: FeedSource | BoardSource,
    findings: Iterable[Finding],
    tally: Tally,
    *,
    now: datetime,
) -> None:
    """Write leads and their pitches, counting into `tally`; what an earlier edition pitched is not pitched again."""
    for finding in findings:
        tally.leads += 1
        lead = _keep_lead(session, campaign, source, finding)
        if _used_before(session, edition, lead):
            tally.used_before += 1
            continue
        pitch = store_pitch(
            session,
            edition,
            finding.raw,
            outlet=source.outlet if isinstance(source, FeedSource) else None,
            column=None,
            channels=[],
            lead_id=lead.id,
            why=_birth(source, finding),
            detail={"matched": finding.match.explain()},
            now=now,
        )
        if pitch is None:
            tally.known += 1
        else:
            tally.new += 1


def _birth(source: FeedSource | BoardSource, finding: Finding) -> str:
    if isinstance(source, FeedSource):
        return f"来自订阅源“{source.name}”"
    paid = "付费推广位，" if finding.evidence.get("promoted") else ""
    rank = f"最高第 {finding.best_position} 位" if finding.best_position else "置顶"
    return f"来自{source.name}：{paid}{rank}，{spoken(finding.last_seen)}"


def _keep_lead(session: Session, campaign: Campaign, source: FeedSource | BoardSource, finding: Finding) -> Lead:
    """The lead, made or brought up to date; a known one only ever learns more."""
    raw = finding.raw
    made = insert_if_new(
        session,
        Lead,
        ("campaign", "source", "ref"),
        campaign=campaign.id,
        source=source.id,
        ref=raw.ref,
        title=clean_line(raw.title, TITLE_LIMIT),
        url=raw.url if raw.url and len(raw.url) <= URL_LIMIT else None,
        evidence=_evidence(finding, {}),
        best_position=finding.best_position,
        peak_heat=finding.peak_heat,
        first_seen_at=finding.first_seen,
        last_seen_at=finding.last_seen,
    )
    if made is not None:
        return session.get_one(Lead, made)
    lead = session.scalars(
        select(Lead)
        .where(Lead.campaign == campaign.id, Lead.source == source.id, Lead.ref == raw.ref)
        .with_for_update()
    ).one()
    _learn(lead, finding)
    return lead


def _learn(lead: Lead, finding: Finding) -> None:
    was_promoted = bool(lead.evidence.get("promoted"))
    is_promoted = bool(finding.evidence.get("promoted"))
    if was_promoted and not is_promoted:
        # Now that it stands there by itself, the paid sightings no longer count.
        lead.evidence, lead.best_position, lead.peak_heat = {}, None, None
    if is_promoted and not was_promoted and lead.evidence.get("sightings"):
        return
    lead.best_position = _least(lead.best_position, finding.best_position)
    lead.peak_heat = _most(lead.peak_heat, finding.peak_heat)
    lead.first_seen_at = min(lead.first_seen_at, finding.first_seen)
    lead.last_seen_at = max(lead.last_seen_at, finding.last_seen)
    evidence = _evidence(finding, lead.evidence)
    if evidence != lead.evidence:
        lead.evidence = evidence


def _evidence(finding: Finding, before: dict[str, Any]) -> dict[str, Any]:
    seen = {sighting["at"]: sighting for sighting in (*before.get("sightings", ()), *finding.sightings)}
    latest = [seen[at] for at in sorted(seen)][-MOST_SIGHTINGS:]
    return {**finding.evidence, "sightings": latest}


def _least(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _most(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _used_before(session: Session, edition: Edition, lead: Lead) -> bool:
    """Whether an earlier edition of the campaign (rehearsals among themselves) has a pitch from this lead."""
    earlier = (
        select(Pitch.id)
        .join(Edition, Edition.id == Pitch.edition_id)
        .where(Pitch.lead_id == lead.id, Edition.campaign == edition.campaign)
        .where(Edition.rehearsal == edition.rehearsal, Edition.day < edition.day)
    )
    return bool(session.scalar(select(exists(earlier))))
