"""When editions begin: only on days of the campaign, and never because somebody switched it on."""

from __future__ import annotations

from datetime import date

import pendulum
import pytest
import time_machine
from airflow.timetables.base import TimeRestriction

from rongmei_airflow.timetable import SeasonTimetable, spoken_cron

ANY = TimeRestriction(earliest=None, latest=None, catchup=False)
SPRING = (date(2026, 3, 28), date(2026, 5, 31))
AUTUMN = (date(2026, 9, 1), date(2026, 10, 31))


def timetable(**more: object) -> SeasonTimetable:
    return SeasonTimetable("0 18 * * *", timezone="Asia/Shanghai", seasons=[AUTUMN, SPRING], **more)


def next_day(table: SeasonTimetable) -> str | None:
    info = table.next_dagrun_info(last_automated_data_interval=None, restriction=ANY)
    return info and info.run_after.in_timezone("Asia/Shanghai").to_datetime_string()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-04-10T05:00:00Z", "2026-04-10 18:00:00"),
        ("2026-04-10T10:00:01Z", "2026-04-11 18:00:00"),
        ("2026-01-01T00:00:00Z", "2026-03-28 18:00:00"),
        ("2026-05-31T10:00:01Z", "2026-09-01 18:00:00"),
        ("2026-10-31T10:00:01Z", None),
    ],
)
def test_next_edition_is_the_next_day_of_a_season(now: str, expected: str | None) -> None:
    with time_machine.travel(now, tick=False):
        assert next_day(timetable()) == expected


def test_match_days_narrow_the_season() -> None:
    with time_machine.travel("2026-04-01T00:00:00Z", tick=False):
        assert next_day(timetable(matchdays=[date(2026, 4, 18)])) == "2026-04-18 18:00:00"


def test_without_seasons_it_runs_all_year() -> None:
    table = SeasonTimetable("0 9 * * 1", timezone="Asia/Shanghai", seasons=[])
    with time_machine.travel("2026-12-30T00:00:00Z", tick=False):
        assert next_day(table) == "2027-01-04 09:00:00"


def test_runs_follow_each_other_without_the_days_between_seasons() -> None:
    table = timetable()
    with time_machine.travel("2026-05-30T12:00:00Z", tick=False):
        first = table.next_dagrun_info(last_automated_data_interval=None, restriction=ANY)
        assert first is not None
        second = table.next_dagrun_info(last_automated_data_interval=first.data_interval, restriction=ANY)
    assert second is not None
    assert [info.run_after for info in (first, second)] == [
        pendulum.datetime(2026, 5, 31, 18, tz="Asia/Shanghai"),
        pendulum.datetime(2026, 9, 1, 18, tz="Asia/Shanghai"),
    ]


def test_scheduler_gets_back_what_it_stored() -> None:
    table = timetable(matchdays=[date(2026, 4, 18)])
    again = SeasonTimetable.deserialize(table.serialize())
    assert again.serialize() == table.serialize()
    assert again.plays_on(date(2026, 4, 18))
    assert not again.plays_on(date(2026, 4, 19))


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("0 18 * * *", "每天 18:00"),
        ("5 9 * * 1", "每周一 09:05"),
        ("30 7 * * 0,4,7", "每周日、四、日 07:30"),
        ("*/10 8-22 * * 1-5", "*/10 8-22 * * 1-5"),
        ("0 9 1 * *", "0 9 1 * *"),
        ("0 9 * * 1-5", "0 9 * * 1-5"),
    ],
)
def test_schedule_is_told_in_the_newsrooms_words(cron: str, said: str) -> None:
    assert spoken_cron(cron) == said


def test_description_names_what_limits_the_schedule() -> None:
    assert timetable().summary == "每天 18:00"
    assert timetable().description == "每天 18:00，限活动期"
    assert timetable(matchdays=[date(2026, 4, 18)]).description == "每天 18:00，限活动期内的比赛日"
    assert SeasonTimetable("0 9 * * 1", timezone="Asia/Shanghai", seasons=[]).description == "每周一 09:00"
