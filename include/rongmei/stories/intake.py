"""Takes in what the outlets dropped: reads each text with its files, files it, keeps the original, puts them away.

The files move last, after the commit, so a crash only makes the next run read them again, and the content hash tells
that nothing is new. What cannot be taken goes to `refused/` with a note that says what is wrong and how to mend it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.clock import spoken
from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Edition, Ledger, Pitch, Story, StoryVersion, get_edition
from rongmei.settings import Settings
from rongmei.stories.attachments import Attachments, Known, StillWriting, known_files
from rongmei.stories.documents import MAX_MIB, read_document
from rongmei.stories.documents.filing import Enclosed, Original, record
from rongmei.stories.draft import Draft, Wanted
from rongmei.stories.dropbox import (
    PROCESSED,
    REFUSED,
    DropFolder,
    Stamp,
    drop_folders,
    read,
    stamp,
)
from rongmei.stories.extras import check_embargo
from rongmei.stories.grading import grade_story, rules_of
from rongmei.stories.head import Unfit
from rongmei.stories.markdown import count_chars
from rongmei.stories.stages import outlet_name
from rongmei.stories.versions import Content, Filing, PlacedPicture, PlacedSound, PlacedVideo, file_version

SETTLING: Final = timedelta(seconds=2)
_MAX_SOURCE_NAME: Final = 300
_CANNOT_FILE: Final = {
    "offered": ("任务还没有接受", "先在派单通知里接受任务，再交稿"),
    "declined": ("任务已经谢绝", "要写这条，请联系制片重新派单"),
    "expired": ("任务已经过期", "要写这条，请联系制片重新派单"),
}

_logger = logging.getLogger(__name__)

Fate = Literal["filed", "revised", "unchanged", "refused", "left"]


@dataclass(frozen=True)
class IntakeSummary:
    """What one intake did, in texts.

    Attributes:
        filed: new stories.
        revised: new versions of known stories.
        unchanged: texts that said nothing new.
        refused: texts put back with a note.
        left: texts not touched: still being written, or of another edition.
        stories: ids of the stories filed or revised.
    """

    filed: int = 0
    revised: int = 0
    unchanged: int = 0
    refused: int = 0
    left: int = 0
    stories: tuple[int, ...] = ()


class _Leave(Exception):
    """The text is not for this intake to judge: of another edition, gone, or not yet whole."""


@dataclass
class _Taken:
    """A text after its reading; `note` is what the outlet is told, `used` the files it needs beside it."""

    path: Path
    read_as: Stamp
    fate: Fate
    note: str = ""
    used: dict[Path, Stamp] = field(default_factory=dict)
    story_id: int | None = None


def waiting_files(plan: Plan, settings: Settings, *, rehearsal: bool) -> frozenset[str]:
    """The texts that wait in the drop folders, of whichever edition, each with its stamp; cheap enough for a sensor.

    A text that intake has left alone (unfinished, of another edition) has the same entry before and after, so what is
    in a later answer and not in an earlier one is new.
    """
    found = set()
    for folder in drop_folders(plan, settings, rehearsal=rehearsal):
        for path in folder.texts():
            with suppress(FileNotFoundError):
                found.add(f"{path} {stamp(path)}")
    return frozenset(found)


def intake(
    ledger: Ledger, plan: Plan, key: str, *, settings: Settings, now: datetime, wall: datetime | None = None
) -> IntakeSummary:
    """Take in every text of this edition that waits in the drop folders.

    Args:
        now: the edition's time, written into the ledger.
        wall: the disk's time. When given, files younger than `SETTLING` are left for the next run, for outlets that
            copy straight into the folder. A rehearsal's `now` is shifted and cannot be compared with a file's age.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        desk = _Desk(ledger, plan, key, edition.id, edition.rehearsal, settings, now, wall)
    taken: list[_Taken] = []
    for folder in drop_folders(plan, settings, rehearsal=desk.rehearsal):
        taken.extend(desk.clear(folder))
    counts = Counter(text.fate for text in taken)
    stories = tuple(dict.fromkeys(t.story_id for t in taken if t.story_id and t.fate in {"filed", "revised"}))
    return IntakeSummary(
        counts["filed"], counts["revised"], counts["unchanged"], counts["refused"], counts["left"], stories
    )


@dataclass(frozen=True)
class _Desk:
    """One intake at work."""

    ledger: Ledger
    plan: Plan
    key: str
    edition_id: int
    rehearsal: bool
    settings: Settings
    now: datetime
    wall: datetime | None

    def clear(self, folder: DropFolder) -> list[_Taken]:
        """Take every text of a folder, then put the files away, the texts last, so that a crash leaves them."""
        taken = [text for path in folder.texts() if (text := self._take(folder, path))]
        needed = {path for text in taken if text.fate == "left" for path in text.used}
        done = [text for text in taken if text.fate != "left"]
        for text in sorted(done, key=lambda text: text.fate == "refused"):
            for path, read_as in text.used.items():
                if path not in needed:
                    self._put_away(folder, path, read_as, text.fate)
        for text in done:
            self._put_away(folder, text.path, text.read_as, text.fate, text.note)
        return taken

    def _put_away(self, folder: DropFolder, path: Path, read_as: Stamp, fate: Fate, note: str = "") -> None:
        try:
            folder.put_away(path, read_as, REFUSED if fate == "refused" else PROCESSED, self.key, note)
        except (OSError, BadInput) as error:
            # The ledger has it already; a file that cannot be moved is read again and found unchanged.
            _logger.error("%s：%s 没能移走：%s", folder.outlet, path.name, error)

    def _take(self, folder: DropFolder, path: Path) -> _Taken | None:
        try:
            text = _Taken(path, stamp(path), "left")
        except OSError:
            return None
        if self.wall is not None and text.read_as.modified > self.wall - SETTLING:
            return text
        try:
            filing = self._file(folder, text)
        except Unfit as error:
            text.fate, text.note = "refused", self._note(path, error.problems)
        except BadInput as error:
            text.fate, text.note = "refused", self._note(path, (error,))
        except StillWriting as error:
            _logger.info("%s：%s 暂不处理：%s 还在写", folder.outlet, path.name, error)
        except (_Leave, OSError) as error:
            _logger.info("%s：%s 暂不处理：%s", folder.outlet, path.name, error)
        else:
            text.fate, text.story_id = filing.outcome, filing.story_id
        return text

    def _note(self, path: Path, problems: Iterable[BadInput]) -> str:
        reasons = "\n".join(f"{number}. {problem}" for number, problem in enumerate(problems, 1))
        head = f"退回说明\n\n文件：{path.name}\n期次：{self.key}\n时间：{spoken(self.now)}（北京时间）\n"
        return f"{head}\n这份文稿没有收下，原因：\n{reasons}\n\n改好后连同图片、视频、音频重新放回收稿文件夹即可。\n"

    def _file(self, folder: DropFolder, text: _Taken) -> Filing:
        name = text.path.relative_to(folder.root).as_posix()
        raw = read(text.path, MAX_MIB)
        reading = read_document(raw, name, folder.beside(text.path))
        draft = reading.draft
        original = Original(name[:_MAX_SOURCE_NAME], reading.content_type, raw)
        with self.ledger.read() as session:
            assignment = self._assignment(session, folder, text, draft)
            column = self._column(session, assignment, draft)
            known = known_files(_current_version(session, assignment))
        enclosed = Enclosed(self.plan.campaign.production)
        pictures, videos, sounds, notes = self._attachments(folder, text, draft, known, enclosed)
        original.keep(self.settings.media)
        content = Content(
            title=draft.title,
            author=draft.author,
            digest=draft.digest,
            body=draft.body,
            column=column,
            tags=draft.tags,
            ai_generated=draft.ai_generated,
            pictures=pictures,
            videos=videos,
            sounds=sounds,
            extras=draft.extras,
        )
        with self.ledger.begin() as session:
            assignment = self._assignment(session, folder, text, draft)
            filing = file_version(
                session,
                assignment,
                content,
                source_name=original.name,
                notes=(*draft.notes, *notes),
                now=self.now,
                correction=draft.correction,
            )
            if filing.outcome != "unchanged":
                record(session, filing.story_id, original)
                grade_story(session, session.get_one(Story, filing.story_id), rules_of(self.plan), now=self.now)
            return filing

    def _assignment(self, session: Session, folder: DropFolder, text: _Taken, draft: Draft) -> Assignment:
        """The assignment a draft answers.

        Raises:
            BadInput: unknown, another outlet's, not accepted, or of an edition that takes nothing any more.
            _Leave: of another edition that is open or whose story is to be corrected; its own intake will see it.
        """
        where = f"任务 #{draft.assignment}"
        assignment = session.get(Assignment, draft.assignment)
        if assignment is None:
            raise BadInput("没有这个任务", where=where, mend="核对派单通知里的任务编号")
        if assignment.edition_id != self.edition_id:
            other = session.get_one(Edition, assignment.edition_id)
            takes_more = other.state == "open" or bool(draft.correction)
            if other.rehearsal != self.rehearsal or not takes_more:
                kind = "彩排" if other.rehearsal else "已结束" if other.state != "open" else "正式"
                raise BadInput(
                    f"这是{kind}期次 {other.key} 的任务，不在这里收稿", where=where, mend="核对任务编号和收稿文件夹"
                )
            text.used.update(_present(folder, text.path, (*draft.pictures, *draft.videos, *draft.audios)))
            raise _Leave(f"属于期次 {other.key}")
        if assignment.outlet != folder.outlet:
            name = outlet_name(self.plan, assignment.outlet)
            raise BadInput(
                f"这个任务派给的是“{name}”", where=where, mend="核对任务编号；稿件放进承接媒体自己的收稿文件夹"
            )
        if assignment.state in _CANNOT_FILE:
            what, mend = _CANNOT_FILE[assignment.state]
            raise BadInput(what, where=where, mend=mend)
        return assignment

    def _column(self, session: Session, assignment: Assignment, draft: Draft) -> str | None:
        """The column's id; the pitch's when the draft names none.

        Raises:
            BadInput: the campaign has no such column.
        """
        if not draft.column:
            return session.get_one(Pitch, assignment.pitch_id).column
        columns = self.plan.campaign.columns
        for column in columns:
            if draft.column in {column.id, column.name}:
                return column.id
        mend = f"可用的栏目：{'、'.join(column.name for column in columns)}"
        raise BadInput(f"没有栏目“{draft.column[:40]}”", where="栏目", mend=mend)

    def _attachments(
        self, folder: DropFolder, text: _Taken, draft: Draft, known: Known, enclosed: Enclosed
    ) -> tuple[tuple[PlacedPicture, ...], tuple[PlacedVideo, ...], tuple[PlacedSound, ...], tuple[str, ...]]:
        """The draft's pictures, videos and recordings, kept in the media folder, and remarks for the log.

        Raises:
            Unfit: with every file that cannot be taken, a text that is too short, and an embargo that cannot be meant.
        """
        rules = self.plan.campaign.production
        files = Attachments(folder, text.path, rules, enclosed.known_with(known, draft.embedded), text.used)
        length, shortest = count_chars(draft.body), rules.min_chars
        if length < shortest:
            files.problems.append(
                BadInput(f"正文 {length} 字，少于 {shortest} 字", where="正文", mend=f"写到 {shortest} 字以上")
            )
        if draft.extras.embargo:
            try:
                files.notes.append(check_embargo(draft.extras.embargo, self.now))
            except BadInput as error:
                files.problems.append(error)
        broken = {problem.where for problem in enclosed.problems}
        inside = {one.name for one in draft.embedded if one.where in broken}
        pictures = files.pictures([one for one in draft.pictures if one.name not in inside])
        videos = files.videos(draft.videos)
        sounds = files.sounds(draft.audios)
        problems = [*files.problems, *enclosed.problems]
        if problems:
            raise Unfit(*{str(problem): problem for problem in problems}.values())
        files.keep(self.settings.media)
        enclosed.keep(self.settings.media)
        return pictures, videos, sounds, tuple(dict.fromkeys(note for note in files.notes if note))


def _current_version(session: Session, assignment: Assignment) -> StoryVersion | None:
    return session.scalar(
        select(StoryVersion)
        .join(Story, (Story.id == StoryVersion.story_id) & (Story.current_hash == StoryVersion.content_hash))
        .where(Story.assignment_id == assignment.id)
    )


def _present(folder: DropFolder, text: Path, wanted: Iterable[Wanted]) -> dict[Path, Stamp]:
    """The files of a draft that are there, whatever is in them."""
    found: dict[Path, Stamp] = {}
    for file in wanted:
        with suppress(BadInput, OSError):
            path = folder.find(text, file.name)
            if path is not None:
                found[path] = stamp(path)
    return found
