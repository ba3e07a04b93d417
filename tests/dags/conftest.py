"""Airflow for unit tests: a home of its own, no examples, no plugins loaded twice."""

from __future__ import annotations

import os
import tempfile

# Airflow reads its environment when it is first imported, so this stands before any test module.
os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp(prefix="rongmei-airflow-"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")
os.environ.setdefault("AIRFLOW__CORE__UNIT_TEST_MODE", "False")
