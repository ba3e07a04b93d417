"""A small client of Airflow's public REST API, as one of the newsroom's people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from stack.services import StackError


class AirflowUser:
    """One person's session.

    Args:
        base_url: where Airflow answers.
        name: user name.
        password: never part of an error text.
    """

    def __init__(self, base_url: str, name: str, password: str) -> None:
        self.base_url, self.name = base_url.rstrip("/"), name
        self._password = password
        self._session = requests.Session()
        # Reading may wait for a busy machine or a service that restarts; nothing is ever ordered twice.
        patience = Retry(total=4, backoff_factor=1, allowed_methods={"GET"}, raise_on_status=False)
        self._session.mount(f"{self.base_url}/", HTTPAdapter(max_retries=patience))

    def login(self) -> None:
        """Get a token.

        Raises:
            StackError: user name or password are refused.
        """
        answer = self._session.post(
            f"{self.base_url}/auth/token", json={"username": self.name, "password": self._password}, timeout=30
        )
        if answer.status_code != requests.codes.created:
            raise StackError(f"{self.name} 登录失败（HTTP {answer.status_code}）")
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, **kwargs: Any) -> Any:
        """One call of the API v2; logs in first, and again when the token has run out.

        Raises:
            StackError: Airflow said no; its words are quoted.
        """
        if "Authorization" not in self._session.headers:
            self.login()
        url = f"{self.base_url}/api/v2{path}"
        answer = self._session.request(method, url, timeout=60, **kwargs)
        if answer.status_code == requests.codes.unauthorized:
            self.login()
            answer = self._session.request(method, url, timeout=60, **kwargs)
        if not answer.ok:
            raise StackError(f"Airflow 拒绝了 {method} {path}：HTTP {answer.status_code} {answer.text[:400]}")
        return answer.json() if answer.content else None

    def trigger(self, dag: str, conf: Mapping[str, Any]) -> str:
        """Start a run and return its id."""
        run = self.call("POST", f"/dags/{dag}/dagRuns", json={"logical_date": None, "conf": dict(conf)})
        return str(run["dag_run_id"])

    def run_state(self, dag: str, run: str) -> str:
        """queued, running, success or failed."""
        return str(self.call("GET", f"/dags/{dag}/dagRuns/{run}")["state"])

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """Every task instance of the run."""
        found: list[dict[str, Any]] = self.call(
            "GET", f"/dags/{dag}/dagRuns/{run}/taskInstances", params={"limit": 200}
        )["task_instances"]
        return found

    def questions(self, dag: str, run: str) -> Iterator[dict[str, Any]]:
        """The human steps of the run that wait for an answer."""
        details = self.call("GET", f"/dags/{dag}/dagRuns/{run}/hitlDetails", params={"response_received": False})
        for detail in details["hitl_details"]:
            if detail["task_instance"]["state"] in {"awaiting_input", "deferred"}:
                yield detail

    def answer(self, detail: Mapping[str, Any], chosen: list[str], params: Mapping[str, Any]) -> None:
        """Answer a human step."""
        task = detail["task_instance"]
        path = (
            f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}"
            f"/taskInstances/{task['task_id']}/{task['map_index']}/hitlDetails"
        )
        self.call("PATCH", path, json={"chosen_options": chosen, "params_input": dict(params)})

    def clear(self, dag: str, run: str, tasks: list[str]) -> None:
        """Clear these tasks and everything after them, whatever their state, so that they run again."""
        self.call(
            "POST",
            f"/dags/{dag}/clearTaskInstances",
            json={
                "dag_run_id": run,
                "task_ids": tasks,
                "dry_run": False,
                "only_failed": False,
                "include_downstream": True,
                "reset_dag_runs": True,
            },
        )

    def log(self, dag: str, run: str, task: Mapping[str, Any]) -> str:
        """The last try's log of a task instance, as text."""
        path = f"/dags/{dag}/dagRuns/{run}/taskInstances/{task['task_id']}/logs/{task['try_number']}"
        body = self.call("GET", path, params={"map_index": task["map_index"], "full_content": True})
        events = body.get("content", [])
        return "\n".join(str(e.get("event", e)) if isinstance(e, dict) else str(e) for e in events)
