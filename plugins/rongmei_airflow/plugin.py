"""What Airflow loads: the season timetable, the Chinese-first UI, the house's own addresses on the web server.

Everything else is imported by the DAG files.
"""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from rongmei_airflow import answers_app, archive_app, callbacks, forms_app, intake_app, scores_app
from rongmei_airflow.language import ChineseFirst
from rongmei_airflow.preload import preload
from rongmei_airflow.timetable import SeasonTimetable


class RongmeiPlugin(AirflowPlugin):
    """融媒 in Airflow."""

    name = "rongmei"
    timetables: ClassVar[list[Any]] = [SeasonTimetable]
    fastapi_apps: ClassVar[list[Any]] = [
        {"name": "平台回调", "app": callbacks.callbacks(), "url_prefix": callbacks.PREFIX},
        {"name": "派单答复", "app": answers_app.answers(), "url_prefix": answers_app.PREFIX},
        {"name": "收稿口", "app": intake_app.intake(), "url_prefix": intake_app.PREFIX},
        {"name": "报题表", "app": forms_app.pitch_form(), "url_prefix": forms_app.PITCHES},
        {"name": "市民投稿", "app": forms_app.submission_form(), "url_prefix": forms_app.SUBMISSIONS},
        {"name": "考核成绩", "app": scores_app.scores(), "url_prefix": scores_app.PREFIX},
        {"name": "报告", "app": archive_app.archive(), "url_prefix": archive_app.PREFIX},
    ]
    external_views: ClassVar[list[Any]] = [
        # With the slash: without it the address is the UI's own and not the app's.
        {
            "name": "考核成绩",
            "href": f"{scores_app.PREFIX}/",
            "destination": "nav",
            "url_route": "scores",
            "nav_top_level": True,
        },
        {
            "name": "报告",
            "href": f"{archive_app.PREFIX}/",
            "destination": "nav",
            "url_route": "reports",
            "nav_top_level": True,
        },
    ]
    fastapi_root_middlewares: ClassVar[list[Any]] = [{"name": "中文界面", "middleware": ChineseFirst}]


preload(sys.argv)
