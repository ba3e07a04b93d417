"""`python -m rongmei_airflow.people`: gives the people of the cluster files their logins in Airflow (FAB).

Passwords come from `RONGMEI_PASSWORDS`, a JSON object by person id. A login that exists keeps its password and its
roles; people without a password get none.
"""

from __future__ import annotations

import json
import os
import sys

from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

from rongmei.config import Person, load_house
from rongmei.settings import load_settings

ROLES = {"producer": "User", "editor": "User", "leader": "Viewer", "admin": "Admin"}
"""Role in the cluster file → role in FAB. A user may trigger campaigns and answer; a viewer only looks."""


def read_passwords(text: str) -> dict[str, str]:
    """Passwords by person id; empty ones are left out.

    Raises:
        SystemExit: the text is not a JSON object of strings. It is not quoted, since it holds passwords.
    """
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(word, str) for word in found.values()):
        raise SystemExit('RONGMEI_PASSWORDS 不是 JSON 对象。改法：写成 {"chen-ce": "密码", …}')
    return {str(person): word for person, word in found.items() if word}


def sync(people: list[Person], passwords: dict[str, str]) -> list[str]:
    """Make the missing logins; returns Chinese lines about what was done."""
    done = []
    with get_application_builder() as builder:
        manager = builder.sm
        for person in people:
            if person.id not in passwords:
                done.append(f"{person.name}（{person.id}）没有给密码，不建账号")
            elif manager.find_user(username=person.id):
                done.append(f"{person.name}（{person.id}）已有账号")
            else:
                role = manager.find_role(ROLES[person.role])
                manager.add_user(
                    person.id, person.name, person.title, person.email, role, password=passwords[person.id]
                )
                done.append(f"{person.name}（{person.id}）账号已建，角色 {role.name}")
    return done


def main() -> None:
    """Read the cluster files and the environment, make the logins."""
    house = load_house(load_settings().config)
    people = {person.id: person for cluster in house.clusters.values() for person in cluster.people}
    for line in sync(list(people.values()), read_passwords(os.environ.get("RONGMEI_PASSWORDS", ""))):
        sys.stdout.write(line + "\n")


if __name__ == "__main__":
    main()
