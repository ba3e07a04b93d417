"""Other doors for stories, on the command line: tokens of the HTTP intake, and the mailbox that outlets mail to."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from rongmei import stories
from rongmei.access import PATHS, Sealer, link_key
from rongmei.cli.common import out, show, smtp, table
from rongmei.clock import utcnow
from rongmei.config import Cluster, load_house
from rongmei.errors import BadInput
from rongmei.ledger import Ledger
from rongmei.mail import LOOK_BACK, ImapMailbox
from rongmei.settings import Settings, load_settings
from rongmei.stories.tokens import MAX_DAYS, issue_token, revoke_tokens, token_state, tokens_of

SETTING = "RONGMEI_IMAP"


def stories_token(
    outlet: Annotated[str, typer.Argument(metavar="OUTLET", help="媒体标识，例如 humen")],
    by: Annotated[str, typer.Option("--by", help="谁发的（集群文件里的人员标识），发新令牌时必填")] = "",
    days: Annotated[int, typer.Option(help="有效几天", min=1, max=MAX_DAYS)] = 365,
    rehearsal: Annotated[bool, typer.Option("--rehearsal", help="彩排用的令牌")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="作废这家媒体的全部令牌，不发新的")] = False,
    listed: Annotated[bool, typer.Option("--list", help="只列出发过的令牌")] = False,
) -> None:
    """给一家媒体的系统发收稿令牌，用它可以通过网址交稿；令牌只显示这一次。"""
    settings, now = load_settings(), utcnow()
    cluster = _cluster_of(settings, outlet)
    with closing(Ledger(settings.ledger_url)) as ledger:
        if listed:
            rows = [
                (one.id[:8], "彩排" if one.rehearsal else "正式", one.issued_by, token_state(one, now))
                for one in tokens_of(ledger, outlet)
            ]
            table(["编号", "用途", "谁发的", "状态"], rows)
            return
        if revoke:
            taken = revoke_tokens(ledger, outlet, now=now, rehearsal=rehearsal)
            out.print(f"作废了 {taken} 个令牌", markup=False)
            return
        if not by:
            raise BadInput("没有写谁发的", where="--by", mend="写集群文件里的人员标识")
        sealer = Sealer(link_key(settings.home))
        token = issue_token(ledger, sealer, cluster, outlet, by=by, now=now, days=days, rehearsal=rehearsal)
    base = (settings.base_url or "http://主机").rstrip("/")
    out.print(f"令牌（只显示这一次，请当密码保管）：\n{token}", markup=False, soft_wrap=True)
    example = f"curl -T 稿件.docx -H 'Authorization: Bearer 令牌' {base}{PATHS['intake']}稿件.docx"
    out.print(f"用法：{example}", markup=False, soft_wrap=True)


def stories_mail(cluster: Annotated[str, typer.Argument(metavar="CLUSTER", help="集群标识，例如 dongguan")]) -> None:
    """读一遍收件邮箱：媒体邮件里的稿件放进它的收稿文件夹，并回执；同一封信只收一次，邮件不会被删。"""
    settings, now = load_settings(), utcnow()
    house = load_house(settings.config)
    if cluster not in house.clusters:
        raise BadInput(f"没有集群“{cluster[:60]}”", mend=f"现有的：{'、'.join(house.clusters)}")
    if settings.imap_url is None:
        raise BadInput("没有收件邮箱", mend=f"设置环境变量 {SETTING}，例如 imaps://用户:授权码@imap.example.com")
    campaigns = [one for one in house.campaigns.values() if one.cluster == cluster]
    mailbox = ImapMailbox.from_url(settings.imap_url, where=SETTING, flag=stories.MAIL_FLAG, since=now - LOOK_BACK)
    with closing(Ledger(settings.ledger_url)) as ledger, mailbox:
        show(stories.take_mail(ledger, house.clusters[cluster], campaigns, mailbox, settings=settings, now=now))
        if settings.smtp_url:
            stories.post_receipts(ledger, transport=smtp(), clock=utcnow)


def _cluster_of(settings: Settings, outlet: str) -> Cluster:
    """The cluster that the outlet is of.

    Raises:
        BadInput: there is none.
    """
    for cluster in load_house(settings.config).clusters.values():
        if any(one.id == outlet for one in cluster.outlets):
            return cluster
    raise BadInput(f"没有媒体“{outlet[:60]}”", mend="核对集群文件里的 outlets")
