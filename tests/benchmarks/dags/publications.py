"""Two ways to publish an edition: a mapped task for each channel, as the campaigns do it, or one for each publication.

Triggered with `home` (the folder of `newsrooms.lay_out`), `sandbox`, and `over`: the edition's key and the channel of
each mapped task. Both do the same with it.
"""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, get_current_context, task


@task
def listed() -> list[dict[str, str]]:
    """What the tasks are mapped over."""
    return list(get_current_context()["dag_run"].conf["over"])


@task(retries=0)
def publish(key: str, channel: str) -> dict[str, Any]:
    """Everything of the edition that is due on the channel."""
    from rongmei import publishing
    from rongmei.accounts import SandboxCredentials
    from rongmei.config import Campaign, Cluster, Plan, RuleSet
    from rongmei.ledger import Ledger
    from rongmei.settings import Settings

    conf = get_current_context()["dag_run"].conf
    home = Path(conf["home"])
    campaign, cluster, rules = json.loads((home / "plan.json").read_text(encoding="utf-8"))
    plan = Plan(Campaign.model_validate(campaign), Cluster.model_validate(cluster), RuleSet.model_validate(rules))
    settings = Settings(home, f"sqlite:///{home / 'ledger.db'}", home, conf["sandbox"], None, None)
    with closing(Ledger(settings.ledger_url)) as ledger:
        summary = publishing.publish(
            ledger,
            plan,
            key,
            channel,
            connect=SandboxCredentials(conf["sandbox"], home / "exports"),
            settings=settings,
            clock=lambda: datetime.now(UTC),
        )
    return {"out": summary.accepted + summary.live, "waiting": summary.waiting}


for name in ("publish_by_channel", "publish_one_by_one"):
    with DAG(name, schedule=None, max_active_tasks=16):
        publish.expand_kwargs(listed())
