"""Loads what every task needs before its process is forked: an import or a dictionary then costs a task nothing.

The scheduler (LocalExecutor) and Celery's worker fork a process for each task. What only their tasks need is loaded
there and nowhere else, so that the other components stay small.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence

from rongmei.text.words import vocabulary

EVERYWHERE = (
    "rongmei.appraisal",
    "rongmei.reports",
    "rongmei_airflow.form",
    "rongmei_airflow.operators",
    "rongmei_airflow.retries",
    "airflow.sdk.definitions.decorators",
    "airflow.providers.standard.decorators.python",
)
FOR_TASKS = (
    "rongmei.reports.charts",
    "rongmei.reports.edition.book",
    "rongmei.reports.edition.drawing",
    "rongmei.reports.edition.pages",
    "rongmei.reports.edition.printed",
    "openpyxl",
    "jieba",
    "PIL.ImageDraw",
    "PIL.ImageFont",
)
FORKING = frozenset({"scheduler", "celery"})
"""Commands of `airflow` whose processes fork tasks."""


def preload(command: Sequence[str]) -> None:
    """Load what the process started as `command` will be asked for.

    Args:
        command: the process's arguments, program first.
    """
    for module in EVERYWHERE:
        importlib.import_module(module)
    if FORKING.intersection(command[1:2]):
        from PIL import Image

        from rongmei.reports.render import compile_templates

        for module in FOR_TASKS:
            importlib.import_module(module)
        # jieba's dictionary: most of a second, and every source's first find needs it.
        vocabulary()
        # Pillow looks for its formats when the first picture is opened; the report's templates are compiled once.
        Image.init()
        compile_templates("edition")
