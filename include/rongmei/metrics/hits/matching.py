"""Which entries of a hot board concern which campaign: by its topic watch, or because they are about what it published.

A campaign's topic watch is asked about the boards that the campaign names as sources; what it has published is looked
for on every board, whatever the words. A publication is what an entry is about when

* one of its topic tags says the same as the entry, or
* the entry's words stand in its title, or the two titles are alike: by `rongmei.text.similarity`, and with at least
  `LEAST_RUN` characters in one piece in common, for characters in any order make many short titles look contained.
  Titles that are less alike than `CLEARLY` need `MOST_OF` the shorter one in that piece: 羽毛球男单决赛 is not 男双.

Of 194 pairs that this finds between 8,406 real Weibo titles and other platforms' headlines of the same days, judged by
hand, about one in twenty shares the wider subject only (乒乓球混双决赛 and 半决赛); none is about another one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from rongmei.config import BoardSource, Campaign
from rongmei.text.candidates import Candidates
from rongmei.text.keys import story_key
from rongmei.text.similarity import compare
from rongmei.text.topics import TopicWatch, plain

LEAST_RUN = 4
LEAST_TAG = 4
"""Characters of a tag's key; 村超 or 东莞 alone say too little."""
CLEARLY = 0.4
MOST_OF = 0.6


@dataclass(frozen=True)
class Published:
    """What a campaign has out.

    Attributes:
        tags: its topics, with or without hash signs.
        live_at: since when, aware UTC.
    """

    id: int
    campaign: str
    channel: str
    title: str
    tags: tuple[str, ...]
    live_at: datetime


@dataclass(frozen=True)
class Concern:
    """Why an entry concerns a campaign: `evidence` is JSON data with `words` in Chinese."""

    campaign: str
    publication_id: int | None
    evidence: Mapping[str, Any]


@dataclass(frozen=True)
class _Likeness:
    published: Published
    score: float
    words: str


class Matcher:
    """Campaigns and what they have out, made once a run and asked about whole boards.

    Args:
        campaigns: those that are watched for.
        published: what is live, of these campaigns.
        places: names that tell two stories apart (the clusters' regions).
    """

    def __init__(
        self, campaigns: Iterable[Campaign], published: Iterable[Published] = (), places: Iterable[str] = ()
    ) -> None:
        self._watches: dict[str, list[tuple[Campaign, TopicWatch]]] = defaultdict(list)
        for campaign in campaigns:
            watch = campaign.watch
            topics = TopicWatch(watch.keywords, watch.aliases, watch.places, watch.exclusions, watch.ambiguous)
            for board in {source.board for source in campaign.sources if isinstance(source, BoardSource)}:
                self._watches[board].append((campaign, topics))
        # The newest first: of two that fit equally well an entry is about the newer one.
        self._published = sorted(published, key=lambda one: (one.live_at, one.id), reverse=True)
        self._places = tuple(dict.fromkeys(places))
        self._tags: defaultdict[str, list[Published]] = defaultdict(list)
        for one in self._published:
            for key in {story_key(tag.strip("#＃ ")) for tag in one.tags}:
                if len(key) >= LEAST_TAG:
                    self._tags[key].append(one)

    def concerns(self, board: str, titles: Sequence[str]) -> dict[str, list[Concern]]:
        """Whom each title concerns, campaigns in order of their ids; titles that concern nobody are left out."""
        wanted = list(dict.fromkeys(titles))
        about = self._publications(board, wanted)
        found: dict[str, list[Concern]] = {}
        for title in wanted:
            topics = self._topics(board, title)
            mine = about.get(title, {})
            concerned = [_concern(name, topics.get(name), mine.get(name)) for name in sorted({*topics, *mine})]
            if concerned:
                found[title] = concerned
        return found

    def _topics(self, board: str, title: str) -> dict[str, str]:
        """By campaign, how its topic watch explains the match."""
        lowered = plain(title)
        found = {}
        for campaign, watch in self._watches.get(board, ()):
            if any(term in lowered for term in watch.terms):
                match = watch.match(title)
                if match is not None:
                    found[campaign.id] = match.explain()
        return found

    def _publications(self, board: str, titles: Sequence[str]) -> dict[str, dict[str, _Likeness]]:
        """By title and campaign, the publication it is most likely about; of equals the one on the board's platform."""
        found: dict[str, dict[str, _Likeness]] = {}
        if not self._published:
            return found
        candidates = Candidates(titles, [one.title for one in self._published])
        for number, title in enumerate(titles):
            alike = [self._alike(title, self._published[place]) for place in candidates.of(number)]
            tagged = [
                _Likeness(one, 1.0, f"发布单 #{one.id} 的话题与之相同") for one in self._tags.get(story_key(title), ())
            ]
            best: dict[str, _Likeness] = {}
            for one in (*tagged, *(like for like in alike if like is not None)):
                known = best.get(one.published.campaign)
                if known is None or _rank(one, board) > _rank(known, board):
                    best[one.published.campaign] = one
            if best:
                found[title] = best
        return found

    def _alike(self, title: str, published: Published) -> _Likeness | None:
        verdict = compare(title, published.title, places=self._places)
        if verdict is None:
            return None
        one, other = story_key(title), story_key(published.title)
        run = longest_run(one, other)
        if run < LEAST_RUN or (verdict.score < CLEARLY and run < MOST_OF * min(len(one), len(other))):
            return None
        return _Likeness(published, verdict.score, f"与发布单 #{published.id}《{published.title}》{verdict.reason}")


def _rank(one: _Likeness, board: str) -> tuple[float, bool]:
    return one.score, one.published.channel == board


def longest_run(one: str, other: str) -> int:
    """Characters of the longest piece that stands in both."""
    return SequenceMatcher(None, one, other, autojunk=False).find_longest_match().size


def _concern(campaign: str, topic: str | None, about: _Likeness | None) -> Concern:
    how = [*(["topic"] if topic else []), *(["publication"] if about else [])]
    said = [*([topic] if topic else []), *([about.words] if about else [])]
    evidence: dict[str, Any] = {"how": how, "words": "；".join(said)}
    if about:
        evidence |= {"publication_title": about.published.title, "likeness": about.score}
        evidence["published_at"] = about.published.live_at.isoformat()
    return Concern(campaign, about.published.id if about else None, evidence)
