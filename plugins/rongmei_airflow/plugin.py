"""What Airflow loads: the season timetable, the Chinese-first UI, the house's own addresses on the web server.

Everything else is imported by the DAG files.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from rongmei_airflow import archive_app, callbacks
from rongmei_airflow.language import ChineseFirst
from rongmei_airflow.preload import preload
from rongmei_airflow.timetable import SeasonTimetable


class RongmeiPlugin(AirflowPlugin):
    """融媒 in Airflow."""

    name = "rongmei"
    timetables: ClassVar[list[Any]] = [SeasonTimetable]
    fastapi_apps: ClassVar[list[Any]] = [
        {"name": "平台回调", "app": callbacks.callbacks(), "url_prefix": callbacks.PREFIX},
        {"name": "报告", "app": archive_app.archive(), "url_prefix": archive_app.PREFIX},
    ]
    external_views: ClassVar[list[Any]] = [
        # With the slash: without it the address is the UI's own and not the app's.
        {"name": "报告", "href": f"{archive_app.PREFIX}/", "destination": "nav", "url_route": "reports"},
    ]
    fastapi_root_middlewares: ClassVar[list[Any]] = [{"name": "中文界面", "middleware": ChineseFirst}]


preload(sys.argv)
