"""Reads the ledger for the edition report, one question a method."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from rongmei.config import CHANNEL_NAMES, SCENARIOS
from rongmei.ledger import (
    Assignment,
    Edition,
    Ledger,
    Mail,
    Pitch,
    PitchEvent,
    Publication,
    Review,
    Score,
    Snapshot,
    Story,
    StoryVersion,
    get_edition,
)
from rongmei.ledger.anomalies import counted_figures, exclusions
from rongmei.ledger.numbers import holding
from rongmei.mail.compose import one_line
from rongmei.reports.edition.context import (
    ChannelLine,
    Decision,
    EditionReport,
    PitchLine,
    PostLine,
    Previous,
    ReviewLine,
    StoryLine,
)
from rongmei.reports.lines import Moment, RankLine, Step, Task
from rongmei.reports.stretch.scores import index_line, term_line
from rongmei.reports.words import (
    DECISION_NAMES,
    PITCH_NAMES,
    PUBLICATION_NAMES,
    STAGE_NAMES,
    moment_text,
    total,
    web_address,
)

if TYPE_CHECKING:
    from rongmei.config import Plan

TITLE, WORDS, REASON = 120, 60, 160
MEANT_TO_GO_OUT = Publication.state != "cancelled"
SHORTLISTED = ("shortlisted", "accepted", "held")
HELD_BY_AN_OUTLET = ("offered", "accepted", "filed", "done")
COUNTS = ("reads", "likes", "comments", "shares", "watching")
_Published: TypeAlias = tuple[Publication, Snapshot | None, dict[str, int | None]]
PUBLICATION_TASKS = {
    "unknown": ("结果不明", "到平台核对有没有发出，再在发布页登记", True),
    "failed": ("发布失败", "", True),
    "missed": ("错过时段", "决定补发还是放弃", True),
    "awaiting_operator": ("待人工发布", "按交接单发布后登记链接", False),
    "scheduled": ("还没发布", "", False),
    "sending": ("正在发送", "", False),
    "accepted": ("平台处理中", "等平台审核结果", False),
}
REVIEW_OF = {
    "filed": "first",
    "first_review": "first",
    "second_review": "second",
    "final_review": "final",
    "countersign": "countersign",
}
REVIEW_NAMES = {"first": "初审", "second": "复审", "final": "终审", "countersign": "签发"}


def report_mails(key: str) -> str:
    """What the keys of the mails of an edition's report begin with."""
    return f"report:{key}:"


def gather(ledger: Ledger, plan: Plan, key: str, *, now: datetime) -> EditionReport:
    """The report's content as the ledger stands at `now`.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        return Gathering(session, plan, key, now).report()


class Gathering:
    """One reading of the ledger for one edition.

    Args:
        now: numbers observed later do not count; overdue is judged by it.
    """

    def __init__(self, session: Session, plan: Plan, key: str, now: datetime) -> None:
        self.session, self.plan, self.now = session, plan, now
        self.edition = get_edition(session, key)
        self._outlets = {outlet.id: outlet.name for outlet in plan.cluster.outlets}
        self._people = {person.id: person for person in plan.cluster.people}
        self._columns = {column.id: column.name for column in plan.campaign.columns}
        self._handles = {f"{outlet.id}/{one.channel}": one.handle for outlet, one in plan.cluster.accounts()}

    def _scenario(self) -> str:
        chosen = str(self.edition.options.get("scenario") or "")
        return SCENARIOS.get(chosen, "") if self.edition.rehearsal and chosen != "calm" else ""

    def report(self) -> EditionReport:
        """Everything the report says."""
        return EditionReport(
            key=self.edition.key,
            campaign=self.plan.campaign.name,
            cluster=self.plan.cluster.name,
            day=self.edition.day,
            rehearsal=self.edition.rehearsal,
            scenario=self._scenario(),
            note=one_line(str(self.edition.options.get("note") or ""), 500),
            rules=f"{self.plan.rules.name} {self.plan.rules.version}" if self._scores else "",
            made_at=self.now,
            previous=self._previous(),
            channels=tuple(self._channels([post for of_story in self._posts.values() for post in of_story])),
            stories=tuple(self._story_line(story, version) for story, version in self._stories),
            ranking=tuple(self._rank_line(score) for score in self._scores),
            pitches=tuple(self._pitch_line(pitch) for pitch in self._pitches),
            funnel=tuple(self._funnel()),
            tasks=tuple(sorted(self.tasks(), key=lambda task: not task.urgent)),
            reviews=tuple(self._reviews()),
            timeline=tuple(self._timeline()),
        )

    # ── what the ledger holds ────────────────────────────────────────────────────────────────────────────────────

    def _all(self, statement: Select[Any]) -> list[Any]:
        return list(self.session.scalars(statement).unique())

    @cached_property
    def _pitches(self) -> list[Pitch]:
        return self._all(select(Pitch).where(Pitch.edition_id == self.edition.id).order_by(Pitch.id))

    @cached_property
    def _assignments(self) -> list[Assignment]:
        return self._all(select(Assignment).where(Assignment.edition_id == self.edition.id).order_by(Assignment.id))

    @cached_property
    def _stories(self) -> list[tuple[Story, StoryVersion | None]]:
        current = (StoryVersion.story_id == Story.id) & (StoryVersion.content_hash == Story.current_hash)
        statement = select(Story, StoryVersion).outerjoin(StoryVersion, current)
        rows = self.session.execute(statement.where(Story.edition_id == self.edition.id).order_by(Story.id))
        return [(story, version) for story, version in rows.unique().tuples()]

    @cached_property
    def _scores(self) -> list[Score]:
        rules = f"{self.plan.rules.id}@{self.plan.rules.version}"
        mine = (Score.edition_id == self.edition.id, Score.rules == rules)
        return self._all(select(Score).where(*mine).order_by(Score.rank, Score.outlet))

    @cached_property
    def _posts(self) -> dict[int, list[PostLine]]:
        """By story id."""
        found: dict[int, list[PostLine]] = defaultdict(list)
        for line in self._publications(self.edition.id, self.now):
            found[line[0].story_id].append(self._post_line(*line))
        return found

    def _publications(self, edition_id: int, until: datetime) -> list[_Published]:
        """With the figures that count: what a person excluded does not."""
        rows = self.session.execute(
            select(Publication, Snapshot)
            .outerjoin(Snapshot, holding(Publication.id, until=until))
            .where(Publication.edition_id == edition_id, MEANT_TO_GO_OUT)
            .order_by(Publication.id)
        )
        found = list(rows.unique().tuples())
        excluded = exclusions(self.session, [publication.id for publication, _ in found])
        return [
            (publication, snapshot, counted_figures(snapshot, excluded.get(publication.id, ())))
            for publication, snapshot in found
        ]

    # ── names ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _outlet(self, outlet_id: str | None) -> str:
        if outlet_id is None:
            return "—"
        return self._outlets.get(outlet_id) or one_line(outlet_id, WORDS)

    def _person(self, person_id: str) -> str:
        person = self._people.get(person_id)
        return f"{person.name}（{person.title}）" if person else one_line(person_id, WORDS)

    @property
    def _owner(self) -> str:
        return self._person(self.plan.campaign.owner)

    def _account(self, account: str) -> str:
        return self._handles.get(account) or self._outlet(account.partition("/")[0])

    def _titles(self) -> dict[int, str]:
        return {story.id: self._title(version) for story, version in self._stories}

    def _title(self, version: StoryVersion | None) -> str:
        return (one_line(version.title, TITLE) if version else "") or "（无题稿件）"

    # ── lines ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _post_line(
        self, publication: Publication, snapshot: Snapshot | None, figures: Mapping[str, int | None]
    ) -> PostLine:
        return PostLine(
            channel=publication.channel,
            channel_name=_channel_name(publication.channel),
            account=publication.account,
            account_name=self._account(publication.account),
            state=publication.state,
            state_name=PUBLICATION_NAMES[publication.state],
            url=web_address(publication.url),
            live_at=publication.live_at,
            observed_at=snapshot.observed_at if snapshot else None,
            error=one_line(publication.last_error or "", REASON),
            **{name: figures[name] for name in COUNTS},
        )

    def _story_line(self, story: Story, version: StoryVersion | None) -> StoryLine:
        column = version.column if version else None
        return StoryLine(
            title=self._title(version),
            outlet=self._outlet(story.outlet),
            column=self._columns.get(column, one_line(column, WORDS)) if column else "",
            state=story.state,
            posts=tuple(self._posts.get(story.id, ())),
        )

    def _rank_line(self, score: Score) -> RankLine:
        terms = score.terms
        return RankLine(
            rank=score.rank,
            outlet=self._outlet(score.outlet),
            total=score.total,
            complete=bool(terms.get("complete", True)),
            summary=str(terms.get("summary", "")),
            terms=tuple(term_line(one) for one in terms.get("dimensions", ())),
            indexes=tuple(index_line(one, self._account(str(one["account"]))) for one in terms.get("indexes", ())),
        )

    def _pitch_line(self, pitch: Pitch) -> PitchLine:
        holders = [
            one.outlet for one in self._assignments if one.pitch_id == pitch.id and one.state in HELD_BY_AN_OUTLET
        ]
        return PitchLine(
            title=one_line(pitch.title, TITLE),
            outlet=self._outlet(pitch.outlet) if pitch.outlet else one_line(pitch.author or "", WORDS) or "线索",
            source=one_line(pitch.source, WORDS),
            state=PITCH_NAMES[pitch.state],
            score=pitch.score,
            submitted_at=pitch.submitted_at,
            assigned_to=self._outlet(holders[0]) if holders else "",
        )

    # ── figures ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _channels(self, posts: Sequence[PostLine]) -> Iterator[ChannelLine]:
        # In the order of the campaign's file; what has left it since comes last.
        listed = {channel: place for place, channel in enumerate(self.plan.campaign.publishing.channels)}
        for channel in sorted({post.channel for post in posts}, key=lambda one: (listed.get(one, len(listed)), one)):
            ours = [post for post in posts if post.channel == channel]
            live = [post for post in ours if post.state == "live"]
            yield ChannelLine(
                name=_channel_name(channel),
                planned=len(ours),
                live=len(live),
                reads=total([post.reads for post in live]),
                interactions=total([post.interactions for post in live]),
                silent=sum(1 for post in live if post.reads is None),
            )

    def _previous(self) -> Previous | None:
        """The edition before, with its numbers when it was as old as this one is now."""
        edition = self.session.scalars(
            select(Edition)
            .where(
                Edition.campaign == self.edition.campaign,
                Edition.rehearsal == self.edition.rehearsal,
                Edition.day < self.edition.day,
            )
            .order_by(Edition.day.desc())
            .limit(1)
        ).first()
        if edition is None:
            return None
        ours, theirs = self._first_live(self.edition.id), self._first_live(edition.id)
        age = self.now - ours if ours else timedelta(0)
        until = min(self.now, theirs + age) if ours and theirs else self.now
        rows = self._publications(edition.id, until)
        posts = [self._post_line(*line) for line in rows]
        live = [post for post in posts if post.state == "live"]
        return Previous(
            day=edition.day,
            live=len(live),
            reads=total([post.reads for post in live]),
            interactions=total([post.interactions for post in live]),
            channels=tuple(self._channels(posts)),
        )

    def _first_live(self, edition_id: int) -> datetime | None:
        live = (Publication.edition_id == edition_id, Publication.live_at.is_not(None))
        return self.session.scalar(select(Publication.live_at).where(*live).order_by(Publication.live_at).limit(1))

    def _funnel(self) -> Iterator[Step]:
        shortlisted = set(
            self.session.scalars(
                select(PitchEvent.thing_id)
                .join(Pitch, Pitch.id == PitchEvent.thing_id)
                .where(Pitch.edition_id == self.edition.id, PitchEvent.to_state == "shortlisted")
            )
        ) | {pitch.id for pitch in self._pitches if pitch.state in SHORTLISTED}
        yield Step("报题", len(self._pitches))
        yield Step("入围", len(shortlisted))
        yield Step("通过", sum(1 for pitch in self._pitches if pitch.state == "accepted"))
        yield Step("派单", len({one.pitch_id for one in self._assignments}))
        yield Step("交稿", len(self._stories))
        yield Step("签发", sum(1 for story, _ in self._stories if story.signed_off_at is not None))
        live = {story_id for story_id, posts in self._posts.items() if any(post.state == "live" for post in posts)}
        yield Step("发布", len(live))

    # ── who must act ─────────────────────────────────────────────────────────────────────────────────────────────

    def tasks(self) -> Iterator[Task]:
        """What failed or is stuck in the edition, and who must act."""
        yield from self._publication_tasks()
        yield from self._pitch_tasks()
        yield from self._story_tasks()
        yield from self._mail_tasks()

    def _publication_tasks(self) -> Iterator[Task]:
        titles = self._titles()
        for story_id, posts in self._posts.items():
            for post in posts:
                if post.state not in PUBLICATION_TASKS:
                    continue
                kind, advice, urgent = PUBLICATION_TASKS[post.state]
                what = f"《{titles.get(story_id, '')}》→ {post.channel_name}“{post.account_name}”"
                why = "；".join(piece for piece in (post.error, advice) if piece)
                host = self._outlet(post.account.partition("/")[0])
                who = host if post.state in {"failed", "awaiting_operator"} else self._owner
                yield Task(kind, what, why, who, urgent)

    def _pitch_tasks(self) -> Iterator[Task]:
        for pitch in self._pitches:
            if pitch.state != "accepted":
                continue
            offers = [one for one in self._assignments if one.pitch_id == pitch.id]
            if any(one.state in HELD_BY_AN_OUTLET for one in offers):
                yield from self._overdue(pitch, offers)
            elif offers:
                tried = "、".join(self._outlet(one.outlet) for one in offers)
                why = f"{tried} 都没有接，请指定媒体"
                yield Task("无人接单", f"选题《{one_line(pitch.title, TITLE)}》", why, self._owner, urgent=True)
            else:
                yield Task("没有派出", f"选题《{one_line(pitch.title, TITLE)}》", "选题已通过，还没有派单", self._owner)

    def _overdue(self, pitch: Pitch, offers: Iterable[Assignment]) -> Iterator[Task]:
        for one in offers:
            what = f"选题《{one_line(pitch.title, TITLE)}》"
            if one.state == "accepted" and one.deadline_at < self.now:
                why = f"应在 {moment_text(one.deadline_at)} 前交稿"
                yield Task("逾期未交", what, why, self._outlet(one.outlet), urgent=True)
            elif one.state == "offered" and one.answer_by < self.now:
                why = f"应在 {moment_text(one.answer_by)} 前答复"
                yield Task("逾期未答", what, why, self._outlet(one.outlet))

    def _story_tasks(self) -> Iterator[Task]:
        opinions = self._opinions()
        reviews = self.plan.campaign.production.reviews
        for story, version in self._stories:
            what = f"《{self._title(version)}》"
            if story.state == "returned":
                yield Task("退回待改", what, opinions.get(story.id, ""), self._outlet(story.outlet))
            elif story.state in REVIEW_OF:
                stage = REVIEW_OF[story.state]
                who = "、".join(self._person(person) for person in getattr(reviews, stage))
                yield Task(f"待{REVIEW_NAMES[stage]}", what, "", who)

    def _opinions(self) -> dict[int, str]:
        """The latest opinion of a review that returned a story, by story id."""
        return {
            review.story_id: one_line(f"{self._person(review.reviewer)}：{review.opinion}", REASON)
            for review in self._review_rows
            if review.decision == "return"
        }

    def _mail_tasks(self) -> Iterator[Task]:
        kinds = {"pending": "邮件未发", "failed": "邮件被拒", "unknown": "邮件结果不明"}
        mails = self._all(
            select(Mail)
            .where(Mail.edition_id == self.edition.id, Mail.state.in_(kinds))
            .where(~Mail.key.startswith(report_mails(self.edition.key), autoescape=True))
            .order_by(Mail.id)
        )
        for mail in mails:
            what = f"“{one_line(mail.subject, TITLE)}”→ {one_line(mail.recipient, WORDS)}"
            why = one_line(mail.last_error or "", REASON)
            yield Task(kinds[mail.state], what, why, self._owner, urgent=mail.state != "pending")

    # ── the record ───────────────────────────────────────────────────────────────────────────────────────────────

    @cached_property
    def _review_rows(self) -> list[Review]:
        return self._all(
            select(Review)
            .join(Story, Story.id == Review.story_id)
            .where(Story.edition_id == self.edition.id)
            .order_by(Review.decided_at, Review.id)
        )

    def _reviews(self) -> Iterator[ReviewLine]:
        by_story: dict[int, list[Decision]] = defaultdict(list)
        for review in self._review_rows:
            by_story[review.story_id].append(
                Decision(
                    stage=STAGE_NAMES[review.stage],
                    reviewer=self._person(review.reviewer),
                    decision=DECISION_NAMES[review.decision],
                    opinion=one_line(review.opinion, REASON),
                    at=review.decided_at,
                )
            )
        for story_id, title in self._titles().items():
            if story_id in by_story:
                yield ReviewLine(title, tuple(by_story[story_id]))

    def _timeline(self) -> Iterator[Moment]:
        return iter(sorted(self._moments(), key=lambda moment: moment.at))

    def _moments(self) -> Iterator[Moment]:
        yield Moment(self.edition.opened_at, "开出本期")
        decided = self.session.scalar(
            select(PitchEvent.at)
            .join(Pitch, Pitch.id == PitchEvent.thing_id)
            .where(Pitch.edition_id == self.edition.id, PitchEvent.to_state == "accepted")
            .order_by(PitchEvent.at)
            .limit(1)
        )
        if decided:
            yield Moment(decided, "选题会定题")
        posts = [post for of_story in self._posts.values() for post in of_story]
        yield from _first_and_last("派单", [one.offered_at for one in self._assignments])
        yield from _first_and_last("交稿", [story.filed_at for story, _ in self._stories])
        yield from _first_and_last("签发", [story.signed_off_at for story, _ in self._stories])
        yield from _first_and_last("发布", [post.live_at for post in posts])
        observed = [post.observed_at for post in posts if post.observed_at]
        if observed:
            yield Moment(max(observed), "最近一次采集数据")


def _first_and_last(what: str, moments: Iterable[datetime | None]) -> Iterator[Moment]:
    known = sorted(moment for moment in moments if moment is not None)
    if not known:
        return
    if known[0] == known[-1]:
        yield Moment(known[0], f"{what}（共 {len(known)} 项）" if len(known) > 1 else what)
        return
    yield Moment(known[0], f"第一项{what}")
    yield Moment(known[-1], f"最后一项{what}（共 {len(known)} 项）")


def _channel_name(channel: str) -> str:
    return next((name for key, name in CHANNEL_NAMES.items() if key == channel), one_line(channel, WORDS))
