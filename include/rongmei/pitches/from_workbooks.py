"""Takes in the sheets that outlets drop into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from rongmei.config import WorkbookSource
from rongmei.ledger import Edition, lock_edition
from rongmei.pitches.directory import Directory
from rongmei.pitches.harvest import Harvest
from rongmei.pitches.inbox import Dropped, put_away, read_inbox
from rongmei.pitches.merge import merge_duplicates
from rongmei.pitches.sources.base import RawPitch, Rejected, pitch_ref
from rongmei.pitches.store import store_pitch


def take_workbooks(harvest: Harvest, source: WorkbookSource) -> int:
    """Store the rows of every file in the folder and put the files away; how many pitches were merged."""
    edition, now = harvest.edition, harvest.now
    folder = harvest.settings.inbox(rehearsal=edition.rehearsal) / "pitches" / source.inbox
    files, more = read_inbox(folder, source.id)
    if more:
        reason = f"文件太多，这次只读了前 {len(files)} 个"
        harvest.rejected.append(Rejected(source.id, source.name, reason, "再收一次，读余下的文件"))
    directory = Directory(harvest.plan.campaign, harvest.plan.cluster)
    problems: dict[str, list[Rejected]] = {}
    with harvest.ledger.begin() as session:
        locked = lock_edition(session, edition.key)
        for file in files:
            refused = list(_store_rows(session, locked, file, directory, harvest))
            harvest.rejected += [*file.reading.rejected, *refused]
            problems[file.name] = [*file.reading.rejected, *refused, *file.reading.notes]
        merged = merge_duplicates(session, harvest.plan, locked, now=now)
    for file in files:
        put_away(file, edition.key, problems[file.name])
    return merged


def _store_rows(
    session: Session, edition: Edition, file: Dropped, directory: Directory, harvest: Harvest
) -> Iterator[Rejected]:
    """Write the rows of one file; what cannot be written comes back as rejected."""
    for raw in file.reading.pitches:
        outlet = directory.outlet(raw.outlet or "")
        if outlet is None:
            yield _unknown_outlet(file, raw, directory)
            continue
        channels, strange = directory.channels(raw.channels)
        pitch = store_pitch(
            session,
            edition,
            # The row's own key has the outlet as written; 东城 and 东城融媒 must not make two pitches of one.
            replace(raw, ref=pitch_ref(outlet, raw.title)),
            outlet=outlet,
            column=directory.column(raw.column),
            channels=channels,
            why=f"来自工作簿“{file.name}”",
            detail=_left_out(raw, directory, strange),
            now=harvest.now,
        )
        if pitch is None:
            harvest.tally.known += 1
        else:
            harvest.tally.new += 1


def _unknown_outlet(file: Dropped, raw: RawPitch, directory: Directory) -> Rejected:
    near = "、".join(directory.near(raw.outlet or ""))
    mend = f"写集群里的媒体名称，相近的有：{near}" if near else "写集群里的媒体名称，例如 东城融媒体中心"
    return Rejected(raw.source_id, f"{file.name} 选题《{raw.title}》", f"不认识媒体“{raw.outlet}”", mend)


def _left_out(raw: RawPitch, directory: Directory, strange: Sequence[str]) -> dict[str, object]:
    """What the sender wrote and the house does not know, kept in the log."""
    left: dict[str, object] = {}
    if raw.column and directory.column(raw.column) is None:
        left["unknown_column"] = raw.column
    if strange:
        left["unknown_channels"] = list(strange)
    return left
