"""What Airflow loads: the season timetable, the Chinese-first UI, the platforms' callbacks.

Everything else is imported by the DAG files.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from rongmei_airflow.callbacks import PREFIX, Callbacks
from rongmei_airflow.language import ChineseFirst
from rongmei_airflow.preload import preload
from rongmei_airflow.timetable import SeasonTimetable


class RongmeiPlugin(AirflowPlugin):
    """融媒 in Airflow."""

    name = "rongmei"
    timetables: ClassVar[list[Any]] = [SeasonTimetable]
    fastapi_apps: ClassVar[list[Any]] = [{"name": "平台回调", "app": Callbacks(), "url_prefix": PREFIX}]
    fastapi_root_middlewares: ClassVar[list[Any]] = [{"name": "中文界面", "middleware": ChineseFirst}]


preload(sys.argv)
