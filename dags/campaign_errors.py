"""Shows every broken campaign, cluster or rule file as an import error with file and line; it defines no DAG.

It stands apart from `campaigns.py` because an import error switches off all DAGs of the file it happens in.
"""

from __future__ import annotations

from rongmei.config import ConfigErrors, check_house
from rongmei.settings import load_settings

# Airflow only looks into files that speak of a DAG in airflow.
problems = check_house(load_settings().config)
if problems:
    raise ConfigErrors(problems)
