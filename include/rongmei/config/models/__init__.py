"""The frozen models of what an operator writes in YAML: clusters, campaigns and appraisal rule sets.

Every rule that one file can be held to stands here; rules between files are in `references`. Days and times of day are
in the cluster's time zone, Asia/Shanghai unless the cluster says otherwise.
"""

from rongmei.config.models.base import (
    CHANNEL_NAMES,
    CHANNELS,
    Accounts,
    BoardName,
    Channel,
    Model,
    OutletKind,
    Points,
    Role,
)
from rongmei.config.models.campaign import (
    Campaign,
    Column,
    Measurement,
    PublishingRules,
    Reporting,
    Schedule,
    Season,
    WrapUp,
)
from rongmei.config.models.cluster import (
    Account,
    Cluster,
    ClusterReports,
    DailyBrief,
    Deputy,
    Outlet,
    Person,
    Readers,
    WeeklyReview,
    account_key,
    connection_id,
)
from rongmei.config.models.duty import ROTA_DAYS, Rota, Swap
from rongmei.config.models.pitching import AssignmentRules, AssignmentWeights, Pitching, Recusal, ShortlistWeights
from rongmei.config.models.production import GradeRules, Grading, Production, Reviews
from rongmei.config.models.rules import RuleSet
from rongmei.config.models.sources import (
    OWN_SOURCE,
    BoardSource,
    FeedSource,
    MailboxSource,
    Source,
    SubmissionsSource,
    Watch,
    WorkbookSource,
    source_url,
)

__all__ = [
    "CHANNELS",
    "CHANNEL_NAMES",
    "OWN_SOURCE",
    "ROTA_DAYS",
    "Account",
    "Accounts",
    "AssignmentRules",
    "AssignmentWeights",
    "BoardName",
    "BoardSource",
    "Campaign",
    "Channel",
    "Cluster",
    "ClusterReports",
    "Column",
    "DailyBrief",
    "Deputy",
    "FeedSource",
    "GradeRules",
    "Grading",
    "MailboxSource",
    "Measurement",
    "Model",
    "Outlet",
    "OutletKind",
    "Person",
    "Pitching",
    "Points",
    "Production",
    "PublishingRules",
    "Readers",
    "Recusal",
    "Reporting",
    "Reviews",
    "Role",
    "Rota",
    "RuleSet",
    "Schedule",
    "Season",
    "ShortlistWeights",
    "Source",
    "SubmissionsSource",
    "Swap",
    "Watch",
    "WeeklyReview",
    "WorkbookSource",
    "WrapUp",
    "account_key",
    "connection_id",
    "source_url",
]
