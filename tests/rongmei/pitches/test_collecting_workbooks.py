import csv
import os
from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from rongmei.errors import BadInput
from rongmei.ledger import Pitch, PitchEvent, close_edition
from rongmei.pitches import CollectSummary, collect, record_decisions, shortlist
from rongmei.pitches.inbox import put_away, read_inbox

HEADER = ("媒体", "选题", "内容", "栏目", "渠道", "地点", "记者", "链接", "时间")


def drop(settings, name: str, *lines: tuple, rehearsal: bool = False):
    folder = settings.inbox(rehearsal=rehearsal) / "pitches" / "cunchao"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([HEADER, *lines])
    return path


def row(outlet: str, title: str, **cells: str) -> tuple:
    names = ("summary", "column", "channels", "place", "author", "url", "at")
    return (outlet, title, *(cells.get(name, "") for name in names))


def test_rows_become_pitches_and_the_file_is_put_away(ledger, plan, key, settings, now, rows):
    cells = {
        "summary": "三十支队伍",
        "column": "赛场直击",
        "channels": "微信、广播塔",
        "place": "东城",
        "author": "李明",
    }
    path = drop(settings, "东城.csv", row("东城", "东城村超揭幕战开赛", at="2026-06-06 09:00", **cells))
    summary = collect(ledger, plan, key, "workbooks", settings=settings, now=now)
    assert summary == CollectSummary("workbooks", new=1)
    (pitch,) = rows(Pitch)
    assert (pitch.outlet, pitch.column, pitch.channels, pitch.place) == ("dongcheng", "live", ["wechat"], "东城")
    assert pitch.submitted_at.isoformat() == "2026-06-06T01:00:00+00:00"
    (event,) = rows(PitchEvent)
    assert event.detail == {"unknown_channels": ["广播塔"]}
    assert not path.exists()
    assert (path.parent / "processed" / "cunchao_2026-06-06" / "东城.csv").exists()


def test_a_second_run_changes_nothing(ledger, plan, key, settings, now, dump):
    drop(settings, "a.csv", row("东城", "东城村超揭幕战开赛"))
    collect(ledger, plan, key, "workbooks", settings=settings, now=now)
    before = dump()
    assert collect(ledger, plan, key, "workbooks", settings=settings, now=now) == CollectSummary("workbooks")
    assert dump() == before


def test_a_file_left_behind_by_a_crash_adds_nothing(ledger, plan, key, settings, now, rows, monkeypatch):
    path = drop(settings, "a.csv", row("东城", "东城村超揭幕战开赛"))
    with monkeypatch.context() as patch:

        def crash(*_):
            raise KeyboardInterrupt

        patch.setattr("rongmei.pitches.from_workbooks.put_away", crash)
        with pytest.raises(KeyboardInterrupt):
            collect(ledger, plan, key, "workbooks", settings=settings, now=now)
    assert path.exists()
    assert len(rows(Pitch)) == 1
    summary = collect(ledger, plan, key, "workbooks", settings=settings, now=now)
    assert (summary.new, summary.known) == (0, 1)
    assert not path.exists()


def test_one_outlet_under_two_names_pitches_once(ledger, plan, key, settings, now, rows):
    drop(settings, "a.csv", row("东城", "东城村超揭幕战开赛"), row("东城融媒", "东城村超揭幕战开赛"))
    summary = collect(ledger, plan, key, "workbooks", settings=settings, now=now)
    assert (summary.new, summary.known) == (1, 1)


def test_an_unknown_outlet_is_rejected_with_near_names_and_the_list_lies_beside_the_file(
    ledger, plan, key, settings, now, rows
):
    path = drop(
        settings, "报题.csv", row("东成融媒体中心", "一条选题"), row("石龙", "石龙村超夜"), row("虎门", "", place="x")
    )
    summary = collect(ledger, plan, key, "workbooks", settings=settings, now=now)
    assert (summary.new, summary.rejected) == (1, 2)
    assert any("不认识媒体“东成融媒体中心”" in problem and "东城融媒体中心" in problem for problem in summary.problems)
    away = path.parent / "processed" / "cunchao_2026-06-06"
    listed = (away / "报题.csv.问题.txt").read_text(encoding="utf-8")
    assert "2 处没有采用" in listed
    assert "选题《一条选题》：不认识媒体" in listed
    assert "第 4 行：没有写选题" in listed
    assert [pitch.outlet for pitch in rows(Pitch)] == ["shilong"]
    assert sorted(file.name for file in away.iterdir()) == ["报题.csv", "报题.csv.问题.txt"]


def test_an_unusable_file_does_not_stop_the_others(ledger, plan, key, settings, now, rows):
    good = drop(settings, "b.csv", row("石龙", "石龙村超夜"))
    bad = good.with_name("a.xlsx")
    bad.write_bytes(b"not a workbook")
    os.utime(bad, (1, 1))
    summary = collect(ledger, plan, key, "workbooks", settings=settings, now=now)
    assert (summary.new, summary.rejected) == (1, 1)
    assert not bad.exists()
    assert (bad.parent / "processed" / "cunchao_2026-06-06" / "a.xlsx.问题.txt").exists()


def test_an_unusable_file_seconds_old_stays_for_it_may_still_be_copied(tmp_path):
    bad = tmp_path / "a.xlsx"
    bad.write_bytes(b"half a workboo")
    ((dropped,), more) = read_inbox(tmp_path, "workbooks")
    written = bad.stat().st_mtime
    assert not more
    assert not put_away(dropped, "k", dropped.reading.rejected, clock=lambda: written + 5)
    assert bad.exists()
    assert put_away(dropped, "k", dropped.reading.rejected, clock=lambda: written + 11)


def test_a_file_written_to_since_it_was_read_stays(settings):
    path = drop(settings, "a.csv", row("东城", "一"))
    ((dropped,), _) = read_inbox(path.parent, "workbooks")
    drop(settings, "a.csv", row("东城", "一"), row("石龙", "二"))
    assert not put_away(dropped, "k", ())
    assert path.exists()


def test_a_name_that_was_put_away_before_is_kept_beside_it(settings):
    for number in (1, 2):
        path = drop(settings, "a.csv", row("东城", f"第{number}份"))
        ((dropped,), _) = read_inbox(path.parent, "workbooks")
        assert put_away(dropped, "cunchao/2026-06-06", ())
    assert sorted(file.name for file in (path.parent / "processed" / "cunchao_2026-06-06").iterdir()) == [
        "a (2).csv",
        "a.csv",
    ]


def test_links_are_refused_and_temporary_files_passed_over(settings, tmp_path):
    path = drop(settings, "a.csv", row("东城", "一"))
    secret = tmp_path / "secret.csv"
    secret.write_text("媒体,选题\n东城,机密\n", encoding="utf-8")
    (path.parent / "link.csv").symlink_to(secret)
    for passing in ("~$a.csv", ".b.csv", "c.csv.part"):
        (path.parent / passing).write_text("x", encoding="utf-8")
    files, _ = read_inbox(path.parent, "workbooks")
    assert [file.name for file in files] == ["a.csv", "link.csv"]
    assert files[1].unusable
    assert not files[1].reading.pitches


def test_a_rehearsal_reads_its_own_folder(ledger, plan, open_day, settings, now):
    path = drop(settings, "a.csv", row("东城", "真的选题"))
    rehearsal = open_day(rehearsal=True)
    drop(settings, "b.csv", row("石龙", "彩排的选题"), rehearsal=True)
    assert collect(ledger, plan, rehearsal, "workbooks", settings=settings, now=now).new == 1
    assert path.exists()


def test_a_closed_edition_takes_nothing_from_the_next(ledger, plan, key, settings, now):
    with ledger.begin() as session:
        close_edition(session, key, now=now)
    path = drop(settings, "a.csv", row("东城", "下一期的选题"))
    summary = collect(ledger, plan, key, "workbooks", settings=settings, now=now)
    assert summary.new == 0
    assert "留给下一期" in summary.problems[0]
    assert path.exists()


def test_what_comes_after_the_meeting_is_left_for_the_next_edition(ledger, plan, key, settings, now, open_day):
    drop(settings, "a.csv", row("东城", "东城村超揭幕战开赛"))
    collect(ledger, plan, key, "workbooks", settings=settings, now=now)
    (chosen,) = shortlist(ledger, plan, key, now=now).shortlisted
    record_decisions(ledger, plan, key, accepted=[chosen], by="chen-ce", now=now)
    path = drop(settings, "b.csv", row("石龙", "石龙村超夜"))
    assert collect(ledger, plan, key, "workbooks", settings=settings, now=now).new == 0
    assert path.exists()
    tomorrow = open_day(date(2026, 6, 7))
    assert collect(ledger, plan, tomorrow, "workbooks", settings=settings, now=now).new == 1


def test_two_tasks_at_once_store_each_row_once(ledger, plan, key, settings, now, rows):
    for number in range(20):
        drop(settings, f"{number:02}.csv", row("东城", f"第{number}场村超的第{number}个故事"))
    barrier, failures, sums = Barrier(4), [], []

    def run() -> None:
        barrier.wait()
        try:
            sums.append(collect(ledger, plan, key, "workbooks", settings=settings, now=now))
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sum(one.new for one in sums) == len(rows(Pitch)) == 20


def test_an_unknown_source_names_the_known_ones(ledger, plan, key, settings, now):
    with pytest.raises(BadInput, match="workbooks、daily-feed、weibo-board"):
        collect(ledger, plan, key, "nobody", settings=settings, now=now)


def test_a_time_in_the_future_makes_no_pitch_fresher(ledger, plan, key, settings, now):
    drop(settings, "a.csv", row("东城", "东城村超揭幕战开赛", at="2030-01-01 08:00"))
    collect(ledger, plan, key, "workbooks", settings=settings, now=now)
    with ledger.read() as session:
        assert session.scalars(select(Pitch.submitted_at)).one() == now
