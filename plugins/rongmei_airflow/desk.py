"""Makes the desk of a task: the edition's key from the task that opened it, accounts and post from connections."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseHook, get_current_context
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

from rongmei import desk as product
from rongmei.accounts.credentials import official_address
from rongmei.channels import Credential, describe
from rongmei.clock import local_date
from rongmei.config import (
    Account,
    ConfigErrors,
    Outlet,
    Plan,
    campaign_files,
    connection_id,
    load_campaign,
    read_options,
)
from rongmei.desk import Desk
from rongmei.errors import CredentialRefused
from rongmei.mail import SmtpTransport, Transport
from rongmei.mail.smtp import DEFAULT_PORTS, Tls
from rongmei.settings import load_settings

if TYPE_CHECKING:
    from airflow.sdk import Context

OPEN_EDITION = "pitching.open_edition"
SMTP = "smtp_default"


def open_desk(context: Context | None = None) -> Desk:
    """The desk of the running task."""
    context = context or get_current_context()
    return desk_of(context["dag"].dag_id, context["ti"].xcom_pull(task_ids=OPEN_EDITION))


def desk_of(campaign: str, key: str) -> Desk:
    """The desk of an open edition, outside a task too (triggers)."""
    return product.desk_of(load_settings(), campaign, key, accounts=account_connection, post=smtp_connection)


def story_desk(story_id: int) -> Desk:
    """The desk of the edition that a story belongs to.

    Raises:
        BadInput: there is no such story.
    """
    return product.story_desk(load_settings(), story_id, accounts=account_connection, post=smtp_connection)


def campaign_desks(campaign: str) -> list[Desk]:
    """A campaign's desks without an edition: its real editions', and its rehearsals' where there is a sandbox."""
    settings = load_settings()
    plan = load_campaign(settings.config, campaign)
    kinds = (False, True) if settings.sandbox_url else (False,)
    return [Desk(settings, plan, "", rehearsal, account_connection, smtp_connection) for rehearsal in kinds]


def house_desks() -> list[tuple[Desk, list[Plan]]]:
    """One desk for all real editions and one for all rehearsals, each with the plans of every campaign that reads well.

    A broken campaign is `campaign_errors`' business and holds up no other; without any campaign there are no desks.
    """
    settings = load_settings()
    plans = []
    for file in campaign_files(settings.config):
        with suppress(ConfigErrors):
            plans.append(load_campaign(settings.config, file.stem))
    if not plans:
        return []
    sides = (False, True) if settings.sandbox_url else (False,)
    return [(Desk(settings, plans[0], "", side, account_connection, smtp_connection), plans) for side in sides]


def new_desk(context: Context) -> tuple[Desk, date, dict[str, Any]]:
    """The desk before its edition is open, the edition's day and its options.

    The day is the one chosen in the form, else the newsroom's day of the moment the run stands for; a rehearsal
    without a chosen day takes the sandbox's today.
    """
    settings = load_settings()
    plan = load_campaign(settings.config, context["dag"].dag_id)
    options = read_options(dict(context["params"]))
    desk = Desk(settings, plan, "", options.rehearsal, account_connection, smtp_connection)
    day = options.edition_date
    if day is None:
        planned = context["dag_run"].logical_date or context["dag_run"].run_after
        day = local_date(desk.now() if options.rehearsal else planned.astimezone(UTC))
    return desk, day, options.model_dump(mode="json", exclude={"edition_date", "rehearsal"})


def account_connection(outlet: Outlet, account: Account) -> Credential:
    """The credential of an account from its Airflow connection.

    The host is the platform's address, the extra holds the platform's fields as `rongmei.channels` names them; login
    and password may hold the two main ones instead (appid and secret, uid and access_token, username and password).

    Raises:
        CredentialRefused: there is no such connection.
    """
    name = connection_id(outlet, account)
    try:
        there = BaseHook.get_connection(name)
    except (AirflowNotFoundException, AirflowException):
        raise CredentialRefused(f"没有账号连接 {name}（{outlet.name}）：请管理员在“连接”页添加") from None
    login, password = describe(account.channel).capabilities.login
    fields = {key: str(value) for key, value in there.extra_dejson.items()}
    if there.login:
        fields.setdefault(login, there.login)
    if there.password:
        fields.setdefault(password, there.password)
    return Credential(base_url=(there.host or official_address(account.channel)).rstrip("/"), fields=fields)


def smtp_connection() -> Transport:
    """The post, by Airflow's connection `smtp_default`; its switches mean what Airflow's own SMTP hook means."""
    there = BaseHook.get_connection(SMTP)
    extra = there.extra_dejson
    tls: Tls = "ssl" if not extra.get("disable_ssl") else "none" if extra.get("disable_tls") else "starttls"
    return SmtpTransport(
        there.host or "localhost",
        there.port or DEFAULT_PORTS[tls],
        user=there.login or None,
        password=there.password or None,
        tls=tls,
        timeout=float(extra.get("timeout", 30)),
    )
