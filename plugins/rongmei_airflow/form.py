"""The trigger form: Airflow's params made from the pydantic model of the run options, so that they cannot drift."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Param

from rongmei.config import CHANNEL_NAMES, Campaign, RunOptions
from rongmei.settings import rehearsal_by_default


def params_of(campaign: Campaign) -> dict[str, Param]:
    """The params of a campaign's DAG, with Chinese labels and the campaign's own choices as defaults.

    They name no section: Airflow's form opens its own one only, and whether it is a rehearsal must be seen at once.
    """
    schema = RunOptions.model_json_schema()["properties"]
    defaults: dict[str, Any] = {
        "channels": list(campaign.publishing.channels),
        "stories": campaign.pitching.accept_at_most,
        "rehearsal": rehearsal_by_default(),
    }
    params = {name: _param(field, defaults.get(name, field.get("default"))) for name, field in schema.items()}
    channels = params["channels"].schema
    channels["examples"] = list(campaign.publishing.channels)
    channels["items"] = {"type": "string", "enum": list(campaign.publishing.channels)}
    channels["values_display"] = {name: CHANNEL_NAMES[name] for name in campaign.publishing.channels}
    return params


def _param(field: dict[str, Any], default: Any) -> Param:
    """One field of the form; pydantic's `anyOf` with null becomes Airflow's list of types.

    What is empty by default may stay empty: Airflow's form wants every field filled whose type does not allow null.
    """
    kept = {key: value for key, value in field.items() if key not in {"default", "description", "anyOf"}}
    for choice in field.get("anyOf", ()):
        kept.update({key: value for key, value in choice.items() if key != "type"})
    if "anyOf" in field:
        kept["type"] = [choice["type"] for choice in field["anyOf"]]
    if isinstance(kept.get("items"), dict):
        kept["items"] = {"type": "string"}
    if field.get("default") in ("", []):
        kept["type"] = [field["type"], "null"]
    return Param(default, description=field.get("description"), **kept)
