"""From the frozen inputs of a period to the facts of each outlet and person that the formulas speak of.

Pure: the same inputs and rules always give the same facts, in the same order. Beside each row of facts stands where it
is from, so that a score opens down to publications, snapshots and entries.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from rongmei.clock import local_date
from rongmei.config.appraisal.facts import COUNTS, NUMBERS, ROWS
from rongmei.config.appraisal.measures import by_size
from rongmei.config.appraisal.rules import LEVELS, PeriodRules

DIGITS = 6
Row = Mapping[str, Any]


@dataclass
class Case:
    """A subject with its facts; `sources` holds for each kind of rows where each of them is from, in the same order."""

    kind: str
    id: str
    name: str
    outlet: str | None
    facts: dict[str, Any]
    sources: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in ROWS})

    def add(self, rows: str, source: Row, **facts: float | None) -> None:
        """One more row, and where it is from."""
        self.facts[rows].append(facts)
        self.sources[rows].append(source)


def cases(inputs: Mapping[str, Any], rules: PeriodRules, kind: str) -> list[Case]:
    """Every outlet (or, with `kind="person"`, everybody) of a period with its facts, by id."""
    if kind == "outlet":
        known = [(row["id"], row["name"], row["id"]) for row in inputs["outlets"]]
        share: Callable[[Row, str], float] = _outlet_share
    else:
        known = [(subject, row["name"], row["outlet"]) for subject, row in inputs["people"].items()]
        share = _person_share
    norm = _Norm(inputs, rules)
    works = _works(inputs["posts"], rules)
    made = [Case(kind, subject, name, outlet, _blank(inputs)) for subject, name, outlet in sorted(known)]
    by_id = {case.id: case for case in made}
    shares = _Shares(by_id, kind, share)
    for post in inputs["posts"]:
        for case, part in shares.of(post):
            case.add("posts", post, **norm.facts(post), part=part)
    for work in works:
        for case, part in shares.of(work):
            case.add("works", work, original=work["original"], part=part)
    _spans(inputs, made)
    _count(inputs, shares)
    _add_credits(inputs, rules, shares)
    return made


class _Shares:
    """Whose a thing is, and in what share."""

    def __init__(self, known: Mapping[str, Case], kind: str, share: Callable[[Row, str], float]) -> None:
        self._known, self._kind, self._share = known, kind, share

    def of(self, row: Row) -> list[tuple[Case, float]]:
        """The subjects that a row of the inputs belongs to, with the share of each."""
        return [(self._known[one], self._share(row, one)) for one in self._owners(row) if one in self._known]

    def case(self, subject: str) -> list[tuple[Case, float]]:
        """The subject of that id, if it is one of these, with the whole as its share."""
        return [(self._known[subject], 1.0)] if subject in self._known else []

    def _owners(self, row: Row) -> Sequence[str]:
        if self._kind == "outlet":
            return [row["outlet"]] if row["outlet"] is not None else []
        return list(dict.fromkeys([*row["authors"], *row.get("signers", ())]))


def _outlet_share(row: Row, subject: str) -> float:  # noqa: ARG001
    return 1.0


def _person_share(row: Row, subject: str) -> float:
    """Those who signed a work share it; those who passed an error share it in the same way, each group for itself."""
    groups = [group for group in (row["authors"], row.get("signers", ())) if subject in group]
    return round(min(1.0, sum(1 / len(group) for group in groups)), DIGITS)


def _blank(inputs: Mapping[str, Any]) -> dict[str, Any]:
    days = (date.fromisoformat(inputs["last_day"]) - date.fromisoformat(inputs["first_day"])).days + 1
    facts: dict[str, Any] = dict.fromkeys(NUMBERS, 0.0)
    facts.update({rows: [] for rows in ROWS}, days=float(days))
    return facts


class _Norm:
    """What a post is measured against, by the rules: platform, place in the bundle, followers, history."""

    def __init__(self, inputs: Mapping[str, Any], rules: PeriodRules) -> None:
        self._rules = rules
        self._history = inputs["history"]

    def facts(self, post: Row) -> dict[str, float | None]:
        """The facts of a post's row, but for whose it is."""
        said = self._rules.expected
        platform = said.platforms.get(post["channel"], said.other)
        followers = post["followers"]
        facts: dict[str, float] = {
            "base": platform.reads,
            "reference": platform.followers,
            "position": self._position(post["position"]),
            "followers": float(platform.followers if followers is None else followers),
            "original": getattr(self._rules.originality, post["origin"]),
        }
        facts["history"] = round(self._usual(post["account"], facts), DIGITS)
        return {**facts, **{name: post["figures"].get(name) for name in COUNTS}}

    def _position(self, place: int | None) -> float:
        """The coefficient of a place in the bundle; a post outside a bundle is its own headline."""
        coefficients = self._rules.expected.positions
        return coefficients[min(max(place or 1, 1), len(coefficients)) - 1]

    def _usual(self, account: str, facts: dict[str, float]) -> float:
        """What the account's posts had before, brought to this post's place; by size where there are too few."""
        before = self._history.get(account, ())
        if len(before) < self._rules.figures.history_posts:
            return by_size(self._rules, facts)
        return float(median(reads / self._position(place) for _, place, reads in before) * facts["position"])


def _works(posts: Iterable[Row], rules: PeriodRules) -> list[Row]:
    """The stories that came out, each once: since when, and with the best of its coefficients."""
    by_story: defaultdict[int, list[Row]] = defaultdict(list)
    for post in posts:
        by_story[post["story"]].append(post)
    found: list[Row] = []
    for story, theirs in sorted(by_story.items()):
        first = min(theirs, key=lambda post: (post["live_at"], post["id"]))
        original = max(getattr(rules.originality, post["origin"]) for post in theirs)
        found.append(
            {
                "story": story,
                "title": first["title"],
                "outlet": first["outlet"],
                "authors": first["authors"],
                "day": local_date(datetime.fromisoformat(first["live_at"])),
                "posts": [post["id"] for post in theirs],
                "original": original,
            }
        )
    return found


def _spans(inputs: Mapping[str, Any], made: Iterable[Case]) -> None:
    """The weeks and months of the period with the works that came out in each."""
    first, last = date.fromisoformat(inputs["first_day"]), date.fromisoformat(inputs["last_day"])
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    weeks = Counter(day - timedelta(days=day.weekday()) for day in days)
    months = Counter(day.replace(day=1) for day in days)
    for case in made:
        out = Counter(work["day"] - timedelta(days=work["day"].weekday()) for work in case.sources["works"])
        for monday, length in sorted(weeks.items()):
            row = {"from": max(first, monday), "to": min(last, monday + timedelta(days=6))}
            case.add("weeks", row, days=float(length), works=float(out[monday]))
        out = Counter(work["day"].replace(day=1) for work in case.sources["works"])
        for begin, length in sorted(months.items()):
            end = (begin.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
            row = {"from": max(first, begin), "to": min(last, end)}
            case.add("months", row, days=float(length), length=float(end.day), works=float(out[begin]))


def _count(inputs: Mapping[str, Any], shares: _Shares) -> None:
    """The facts that are mere counts."""
    for task in inputs["tasks"]:
        names = [task["filed"]] if task["filed"] in {"on_time", "late", "missing"} else []
        names += {True: ["answered"], False: ["unanswered"]}.get(task["answered"], [])
        _tally(shares.of(task), *names)
    for verdict in inputs["verdicts"]:
        fate = "rejected" if verdict["rejected"] else "returned" if verdict["returned"] else "passed"
        _tally(shares.of(verdict), fate)
    for pitch in inputs["pitches"]:
        _tally(shares.of(pitch), f"pitches_{pitch['fate']}")
    for amendment in inputs["amendments"]:
        _tally(shares.of(amendment), "recalled" if amendment["kind"] == "recall" else "corrected")
    _count_help(inputs, shares)


def _count_help(inputs: Mapping[str, Any], shares: _Shares) -> None:
    """What subjects did for works that are not their own."""
    carried = {(post["host"], post["story"]) for post in inputs["posts"] if post["host"] != post["outlet"]}
    for host, _ in sorted(carried):
        _tally(shares.case(host), "hosted")
    for task in inputs["tasks"]:
        for partner in task["partners"]:
            _tally(shares.case(partner), "partnered")
    for review in inputs["reviews"]:
        _tally(shares.case(review["person"]), "reviews")


def _tally(found: Iterable[tuple[Case, float]], *names: str) -> None:
    """One more of each of these for every subject."""
    for case, _ in found:
        for name in names:
            case.facts[name] += 1.0


def _add_credits(inputs: Mapping[str, Any], rules: PeriodRules, shares: _Shares) -> None:
    """Adoptions once at their highest level, awards, errors, and stays on boards once a board."""
    before: defaultdict[tuple[Any, ...], float] = defaultdict(float)
    levels = rules.points.adoption.model_dump()
    for row in inputs["adopted_before"]:
        before[_item(row)] = max(before[_item(row)], levels[row["level"]])
    adopted: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in inputs["credits"]:
        if row["kind"] == "adoption":
            adopted[_item(row)].append(row)
        elif row["kind"] == "award":
            for case, part in shares.of(row):
                case.add("awards", row, points=getattr(rules.points.award, row["level"]), part=part)
        else:
            points = getattr(rules.points.error, row["level"])
            for case, part in shares.of(row):
                case.add("errors", row, points=points, times=float(row["times"]), part=part)
    for item, rows in adopted.items():
        best = max(rows, key=lambda row: (list(LEVELS).index(row["level"]), -row["id"]))
        source = {**best, "all": [(row["id"], row["level"]) for row in rows]}
        for case, part in shares.of(best):
            case.add("adoptions", source, points=levels[best["level"]], before=before[item], part=part)
    _add_hits(inputs, rules, shares)


def _add_hits(inputs: Mapping[str, Any], rules: PeriodRules, shares: _Shares) -> None:
    stays: dict[tuple[str, int], Row] = {}
    for hit in inputs["hits"]:
        key = (hit["board"], hit["story"])
        if hit["best"] >= 1 and (key not in stays or hit["best"] < stays[key]["best"]):
            stays[key] = hit
    for hit in stays.values():
        points = next((step[1] for step in rules.points.hot_search if hit["best"] <= step[0]), 0.0)
        for case, part in shares.of(hit):
            case.add("hits", hit, points=points, part=part)


def _item(row: Row) -> tuple[Any, ...]:
    """What makes two adoptions one: the same story of ours, else the same title of the same outlet."""
    return ("story", row["story"]) if row["story"] is not None else ("title", " ".join(str(row["title"]).split()))
