"""Says in tables how each score came about, what the desk said, what was ordered, and what leads rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rongmei.clock import spoken
from rongmei.config import Plan
from rongmei.ledger import Lead, Pitch
from rongmei.pitches.choosing import SAME_OUTLET, SAME_PLACE
from rongmei.pitches.directives import KIND
from rongmei.pitches.markdown import escape, link, table
from rongmei.pitches.marks import MARK_NAMES, Mark
from rongmei.pitches.score import TERM_NAMES
from rongmei.text.normalise import clean_line

MAX_TITLE = 80
REASONS_SHOWN = 3


def formula(plan: Plan) -> str:
    """How the score is made, in one paragraph, with this campaign's weights."""
    weights = plan.campaign.pitching.weights
    shares = " + ".join(f"{name} {100 * getattr(weights, key):g}" for key, name in TERM_NAMES.items())
    return (
        f"满分 100 = {shares}。排名按“得分 − 多样性扣分”：前面每有一条同一媒体或来源的扣 {SAME_OUTLET:g} 分，"
        f"每有一条同一地点的扣 {SAME_PLACE:g} 分，免得一家或一地占满名单；编辑部置顶的不扣分，排在最前。"
    )


def score_table(plan: Plan, pitches: Sequence[Pitch]) -> list[str]:
    """Each pitch's points term by term, each with its reason: the row adds up to what its place was decided by."""
    weights = plan.campaign.pitching.weights
    heads = [f"{name}（{100 * getattr(weights, key):g}）" for key, name in TERM_NAMES.items()]
    rows = [
        (
            f"#{pitch.id}",
            *(_term(pitch.score_terms.get(key)) for key in TERM_NAMES),
            f"**{pitch.score or 0.0:.1f}**",
            _variety(pitch.score_terms),
            f"**{(pitch.score or 0.0) + _penalty(pitch.score_terms):.1f}**",
        )
        for pitch in pitches
    ]
    return table(("编号", *heads, "得分", "多样性", "排名分"), rows, numbers=(7, 9))


def why_cell(pitch: Pitch, mark: Mark | None, people: Mapping[str, str]) -> str:
    """Every aspect's points, weightiest first, with the reasons of those that matter; before it the desk's word."""
    terms: Mapping[str, Any] = pitch.score_terms
    known = sorted((name for name in TERM_NAMES if name in terms), key=lambda name: -terms[name]["points"])
    told = [name for name in known if name in known[:REASONS_SHOWN] or "付费推广" in terms[name]["why"]]
    parts = [f"{_points(terms, name)}（{escape(terms[name]['why'])}）" for name in told]
    parts += [_points(terms, name) for name in known if name not in told]
    if _penalty(terms):
        parts.append(f"多样性 {_variety(terms)}")
    pinned = f"【{MARK_NAMES[mark.kind]}】{_said(mark, people)}；" if mark else ""
    return pinned + "，".join(parts)


def mark_table(vetoed: Sequence[Pitch], marks: Mapping[int, Mark], people: Mapping[str, str]) -> list[str]:
    """What the desk took off the list, and why."""
    rows = [
        (f"#{pitch.id}", escape(clean_line(pitch.title, MAX_TITLE)), f"{pitch.score or 0.0:.1f}", _said(mark, people))
        for pitch in vetoed
        if (mark := marks.get(pitch.id))
    ]
    return table(("编号", "选题", "得分", "谁，为什么"), rows, numbers=(2,))


def directive_table(ordered: Sequence[Pitch], outlets: Mapping[str, str], people: Mapping[str, str]) -> list[str]:
    """What was ordered from above, for information."""
    rows = []
    for pitch in ordered:
        said: Mapping[str, Any] = pitch.score_terms.get(KIND, {})
        outlet = str(said.get("outlet") or "")
        rows.append(
            (
                f"#{pitch.id}",
                escape(clean_line(pitch.title, MAX_TITLE)),
                escape(outlets.get(outlet, outlet) or "由求最优分工决定"),
                escape(people.get(str(said.get("by")), str(said.get("by", "")))),
                escape(str(said.get("why", ""))),
            )
        )
    note = "以下是自上而下的指令，不经选题会，不占采用条数，列在这里供排重。"
    return [note, "", *table(("编号", "选题", "指定媒体", "下达", "理由"), rows)] if rows else []


def evidence_table(plan: Plan, pitches: Sequence[Pitch], leads: Mapping[int, Lead]) -> list[str]:
    """For each listed pitch that a lead gave rise to: what it matched, and where it stood."""
    sources = {source.id: source.name for source in plan.campaign.sources}
    rows = [
        (
            f"#{pitch.id}",
            escape(clean_line(lead.title, MAX_TITLE)),
            escape(str(lead.evidence.get("matched", ""))),
            _where(lead, sources),
        )
        for pitch in pitches
        if (lead := leads.get(pitch.id))
    ]
    return table(("编号", "线索原题", "为什么认为与活动有关", "出处"), rows)


def _where(lead: Lead, sources: Mapping[str, str]) -> str:
    parts = [escape(sources.get(lead.source, lead.source))]
    if lead.best_position:
        parts.append(f"最高第 {lead.best_position} 位")
    parts.append(spoken(lead.last_seen_at))
    if address := link("原文", lead.url):
        parts.append(address)
    return "，".join(parts)


def _said(mark: Mark, people: Mapping[str, str]) -> str:
    return f"{escape(people.get(mark.by, mark.by))}：{escape(mark.why)}"


def _term(term: Mapping[str, Any] | None) -> str:
    return f"{term['points']:.1f}　{escape(term['why'])}" if term else "—"


def _points(terms: Mapping[str, Any], name: str) -> str:
    return f"{TERM_NAMES[name]} {terms[name]['points']:.1f}"


def _penalty(terms: Mapping[str, Any]) -> float:
    return float(terms.get("shortlist", {}).get("points", 0.0))


def _variety(terms: Mapping[str, Any]) -> str:
    listed: Mapping[str, Any] = terms.get("shortlist", {})
    points = _penalty(terms)
    return f"{points:+.0f}（{escape(str(listed.get('why', '')))}）" if points else escape(str(listed.get("why", "—")))
