"""What Airflow loads: the season timetable and the Chinese-first UI. Everything else is imported by the DAG files."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from rongmei_airflow.language import ChineseFirst
from rongmei_airflow.preload import preload
from rongmei_airflow.timetable import SeasonTimetable


class RongmeiPlugin(AirflowPlugin):
    """融媒 in Airflow."""

    name = "rongmei"
    timetables: ClassVar[list[Any]] = [SeasonTimetable]
    fastapi_root_middlewares: ClassVar[list[Any]] = [{"name": "中文界面", "middleware": ChineseFirst}]


preload(sys.argv)
