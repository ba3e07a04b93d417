"""Airflow's FAB user management, told that a human step is put to people by user name."""

from __future__ import annotations

from airflow.providers.fab.auth_manager.fab_auth_manager import FabAuthManager
from airflow.providers.fab.auth_manager.models import User


class NewsroomAuthManager(FabAuthManager):
    """People are the ids of the cluster file, which are their user names; FAB would compare its own numbers."""

    def is_authorized_hitl_task(self, *, assigned_users: set[str], user: User) -> bool:
        """Whether `user` is among the people a human step was put to."""
        return user.username in assigned_users
