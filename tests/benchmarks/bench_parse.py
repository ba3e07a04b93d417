"""Bringing 200 campaigns into Airflow: `dags/` with 200 campaign files against 200 copies of an empty DAG file.

Both are read by the real DAG processor, once through, into an empty metadata database.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from stack.layout import REPO

LIMIT = 2.0
CAMPAIGNS = 200
EMPTY = "from airflow.sdk import DAG\n\nwith DAG('empty_{number}', schedule=None):\n    pass\n"


def run() -> dict[str, Any]:
    """Seconds of one pass of `airflow dag-processor` over each."""
    with tempfile.TemporaryDirectory(prefix="rongmei-bench-") as folder:
        root = Path(folder)
        house = root / "include"
        for name in ("campaigns", "clusters", "appraisal"):
            shutil.copytree(REPO / "include" / name, house / name)
        text = (house / "campaigns" / "cunchao.yaml").read_text(encoding="utf-8")
        for file in (house / "campaigns").glob("*.yaml"):
            file.unlink()
        empty = root / "empty"
        empty.mkdir()
        for number in range(CAMPAIGNS):
            name = f"campaign_{number}"
            (house / "campaigns" / f"{name}.yaml").write_text(text.replace("id: cunchao", f"id: {name}", 1))
            (empty / f"empty_{number}.py").write_text(EMPTY.format(number=number))
        ours = seconds(root / "home-ours", REPO / "dags", house)
        against = seconds(root / "home-empty", empty, house)
    return {
        "name": "parse_200_campaigns",
        "ours": round(ours, 1),
        "against": round(against, 1),
        "ratio": round(ours / against, 2),
        "limit": LIMIT,
    }


def seconds(home: Path, dags: Path, house: Path) -> float:
    """One pass over `dags`, in seconds; every DAG must have arrived."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "RONGMEI_"))}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "300",
        "RONGMEI_CONFIG": str(house),
    }
    airflow(env, "db", "migrate")
    began = time.monotonic()
    airflow(env, "dag-processor", "--num-runs", "1")
    took = time.monotonic() - began
    listed = airflow(env, "dags", "list", "--output", "plain").splitlines()
    arrived = sum(line.startswith(("campaign_", "empty_")) for line in listed)
    if arrived != CAMPAIGNS:
        raise RuntimeError(f"{arrived} of {CAMPAIGNS} DAGs arrived")
    return took


def airflow(env: dict[str, str], *arguments: str) -> str:
    """Run `airflow …` and return what it printed."""
    command = [sys.executable, "-m", "airflow", *arguments]
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout
