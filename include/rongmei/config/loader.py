"""Loads and checks the configuration folder: clusters/, campaigns/, appraisal/ and lists/, one YAML file a thing.

Parsed files are kept per process until their inode, size or modification time change, so that a hundred campaigns of
one cluster read the cluster once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from rongmei.config import references
from rongmei.config.appraisal import PeriodRules, faults, sample
from rongmei.config.explain import dotted, explain
from rongmei.config.fields import Fault, is_slug, listing
from rongmei.config.lists import FILES, AnyList, Lists
from rongmei.config.models import Campaign, Cluster, Model, RuleSet
from rongmei.config.problems import ConfigErrors, Problem
from rongmei.config.yamlfile import Document, UnreadableError, read_yaml

CLUSTERS, CAMPAIGNS, APPRAISAL, LISTS = "clusters", "campaigns", "appraisal", "lists"

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class House:
    """Everything in the configuration folder, valid, by id."""

    clusters: Mapping[str, Cluster]
    campaigns: Mapping[str, Campaign]
    rules: Mapping[str, RuleSet]
    period_rules: Mapping[str, PeriodRules]


class Plan(NamedTuple):
    """What the stages need of the configuration: a campaign with the cluster and the rules it names.

    Attributes:
        folder: the configuration folder, for the lists (`load_lists`), which change while a plan is in use.
    """

    campaign: Campaign
    cluster: Cluster
    rules: RuleSet
    folder: Path | None = None


class ClusterPlan(NamedTuple):
    """What the reports about a cluster need of the configuration: the cluster, and its campaigns that read well."""

    cluster: Cluster
    plans: tuple[Plan, ...]

    @property
    def campaigns(self) -> dict[str, Campaign]:
        """The campaigns by id."""
        return {plan.campaign.id: plan.campaign for plan in self.plans}


@dataclass(frozen=True)
class _Parsed(Generic[M]):
    """One file: what could be made of it, and what is wrong with it on its own."""

    file: str
    stem: str
    document: Document | None
    model: M | None
    problems: tuple[Problem, ...]

    @property
    def id(self) -> str:
        """The id as written, "" where there is none."""
        found = references.names(self.document.data, "id") if self.document else []
        return found[0] if found else ""

    def problem(self, fault: Fault) -> Problem:
        """The fault as a problem with file and line."""
        line = self.document.line_of(fault.at) if self.document else 0
        return Problem(self.file, line, dotted(fault.at), fault.message, fault.mend)


def campaign_files(root: Path) -> list[Path]:
    """The campaign files under a configuration folder, sorted by name; empty when there is no such folder."""
    return _files(root, CAMPAIGNS)


def load_campaign(root: Path, campaign_id: str) -> Plan:
    """One campaign with its cluster and rule set; other campaigns' files are not opened.

    Raises:
        ConfigErrors: there is no such campaign, or one of the files needed has problems.
    """
    if not (is_slug(campaign_id) and (root / CAMPAIGNS / f"{campaign_id}.yaml").is_file()):
        mend = f"现有的活动：{listing(file.stem for file in campaign_files(root))}"
        raise ConfigErrors([Problem(_shown_name(root, CAMPAIGNS), 0, "", f"没有活动“{campaign_id[:60]}”", mend)])
    campaign = _parse(root, CAMPAIGNS, f"{campaign_id}.yaml", Campaign)
    clusters = [file.stem for file in _files(root, CLUSTERS)]
    wanted = references.names(campaign.document.data, "cluster") if campaign.document else []
    cluster = _parse(root, CLUSTERS, f"{wanted[0]}.yaml", Cluster) if wanted and wanted[0] in clusters else None
    all_rules = [found for found in _rule_sets(root) if not _for_periods(found)]
    wanted_rules = references.names(campaign.document.data, "reporting", "rules") if campaign.document else []
    rules = next((rule_set for rule_set in all_rules if rule_set.id in wanted_rules), None)

    problems = [*campaign.problems, *(cluster.problems if cluster else ()), *(rules.problems if rules else ())]
    problems += _between(campaign, cluster, clusters, [rule_set.id for rule_set in all_rules])
    if wanted_rules and rules is None:
        # The rule set wanted may be the one in a file that cannot be read.
        problems += chain.from_iterable(broken.problems for broken in all_rules if broken.document is None)
    if problems or not (campaign.model and cluster and cluster.model and rules and isinstance(rules.model, RuleSet)):
        raise ConfigErrors(problems)
    return Plan(campaign.model, cluster.model, rules.model, root)


def cluster_files(root: Path) -> list[Path]:
    """The cluster files under a configuration folder, sorted by name; empty when there is no such folder."""
    return _files(root, CLUSTERS)


def load_cluster(root: Path, cluster_id: str) -> ClusterPlan:
    """One cluster with its campaigns; a campaign whose files have problems is left out, not the others with it.

    Raises:
        ConfigErrors: there is no such cluster, or its file has problems.
    """
    if not (is_slug(cluster_id) and (root / CLUSTERS / f"{cluster_id}.yaml").is_file()):
        mend = f"现有的集群：{listing(file.stem for file in cluster_files(root))}"
        raise ConfigErrors([Problem(_shown_name(root, CLUSTERS), 0, "", f"没有集群“{cluster_id[:60]}”", mend)])
    found = _parse(root, CLUSTERS, f"{cluster_id}.yaml", Cluster)
    if found.problems or found.model is None:
        raise ConfigErrors(found.problems)
    plans = []
    for file in campaign_files(root):
        with suppress(ConfigErrors):
            plans.append(load_campaign(root, file.stem))
    return ClusterPlan(found.model, tuple(plan for plan in plans if plan.cluster.id == cluster_id))


def load_period_rules(root: Path, rules_id: str) -> PeriodRules:
    """One rule set for periods, proved sane; the other files are not checked.

    Raises:
        ConfigErrors: there is none of that id, or its file has problems.
    """
    known = [found for found in _rule_sets(root) if _for_periods(found)]
    wanted = next((found for found in known if found.id == rules_id), None)
    if wanted is None:
        unread = [problem for found in _rule_sets(root) if found.document is None for problem in found.problems]
        mend = f"现有的周期考核规则：{listing(found.id for found in known)}"
        where = _shown_name(root, APPRAISAL)
        raise ConfigErrors([Problem(where, 0, "", f"没有周期考核规则“{rules_id[:60]}”", mend), *unread])
    problems = [*wanted.problems, *_unproved([wanted])]
    if problems or not isinstance(wanted.model, PeriodRules):
        raise ConfigErrors(problems)
    return wanted.model


def load_house(root: Path) -> House:
    """Every file under the configuration folder.

    Raises:
        ConfigErrors: with every problem of every file.
    """
    if problems := check_house(root):
        raise ConfigErrors(problems)
    return House(
        clusters={found.model.id: found.model for found in _parse_all(root, CLUSTERS, Cluster) if found.model},
        campaigns={found.model.id: found.model for found in _parse_all(root, CAMPAIGNS, Campaign) if found.model},
        rules={found.model.id: found.model for found in _rule_sets(root) if isinstance(found.model, RuleSet)},
        period_rules={
            found.model.id: found.model for found in _rule_sets(root) if isinstance(found.model, PeriodRules)
        },
    )


def load_lists(root: Path | None) -> Lists:
    """The lists for the checks before review, as their files are now; without a folder there are none.

    A list that is not there or has errors leaves out its check, rather than keep stories from being reviewed.
    """
    made: dict[str, AnyList | None] = {}
    unread = []
    for stem, (model, name) in FILES.items():
        shown = f"{LISTS}/{stem}.yaml"
        found = _parse(root, LISTS, f"{stem}.yaml", model) if root and (root / shown).is_file() else None
        usable = found.model if found and not found.problems else None
        if usable is None:
            why = f"{shown} 有错，运行 rongmei check 可见" if found else f"没有 {shown}"
            unread.append(f"{name}（{why}）")
        made[stem] = usable
    return Lists(**made, unread=tuple(unread))  # type: ignore[arg-type]  # FILES ties each name to its model


def check_house(root: Path) -> list[Problem]:
    """Every problem of every file under the configuration folder, in order of file and line; empty when all is well."""
    clusters = list(_parse_all(root, CLUSTERS, Cluster))
    campaigns = list(_parse_all(root, CAMPAIGNS, Campaign))
    rules = list(_rule_sets(root))
    problems = [*_folder_problems(root), *_repeated_rules(rules), *_unproved(rules)]
    for found in chain[_Parsed[Cluster] | _Parsed[Campaign] | _Parsed[Any]](clusters, campaigns, rules):
        problems += found.problems
    by_name = {cluster.stem: cluster for cluster in clusters}
    rule_ids = [rule_set.id for rule_set in rules if not _for_periods(rule_set)]
    for campaign in campaigns:
        wanted = references.names(campaign.document.data, "cluster") if campaign.document else []
        cluster = by_name.get(wanted[0]) if wanted else None
        problems += _between(campaign, cluster, list(by_name), rule_ids)
    problems += _nobody_to_countersign(root, campaigns)
    people = [person for cluster in clusters for person in _people(cluster)]
    return sorted([*problems, *_list_problems(root, people)])


def _nobody_to_countersign(root: Path, campaigns: list[_Parsed[Campaign]]) -> Iterator[Problem]:
    """Campaigns that the centre's list may find a major topic in, and that name nobody for the fourth signature.

    Said here only: a change of the list must not take a campaign down that is running.
    """
    grades = load_lists(root).grades
    if grades is None or not any(entry.grade == "major" for entry in grades.words):
        return
    for campaign in campaigns:
        production = campaign.model.production if campaign.model else None
        if production and production.grading.centre and not production.reviews.countersign:
            what = f"{LISTS}/grades.yaml 会把稿件定为重大选题，这个活动却没有写签发的人"
            mend = "在 reviews 里加一行 countersign: [人员标识, 人员标识]；不用中心名单的，写 grading: {centre: false}"
            yield campaign.problem(Fault(what, mend, ("production", "reviews")))


def _people(cluster: _Parsed[Cluster]) -> list[str]:
    return references.names(cluster.document.data, "people", "*", "id") if cluster.document else []


def _list_problems(root: Path, people: list[str]) -> Iterator[Problem]:
    """What is wrong with the lists; a file that is not one of them would never be read."""
    for file in _files(root, LISTS):
        if file.stem not in FILES:
            mend = f"改成其中一个：{listing(f'{stem}.yaml' for stem in FILES)}，或删掉它"
            yield Problem(_shown_name(root, LISTS, file.name), 0, "", "没有这种名单，不会被读到", mend)
            continue
        found = _parse(root, LISTS, file.name, FILES[file.stem][0])
        yield from found.problems
        if found.document:
            for fault in references.name_faults(found.document.data, ("owner",), people, "人员"):
                yield found.problem(fault)


def _between(
    campaign: _Parsed[Campaign], cluster: _Parsed[Cluster] | None, clusters: list[str], rules: list[str]
) -> Iterator[Problem]:
    """What a campaign refers to that the other files do not have."""
    if campaign.document is None:
        return
    data = campaign.document.data
    faults = [
        *references.name_faults(data, ("cluster",), clusters, "集群"),
        *references.name_faults(data, ("reporting", "rules"), rules, "考核规则"),
    ]
    if cluster and cluster.document:
        faults += references.cluster_faults(data, cluster.document.data)
    for fault in faults:
        yield campaign.problem(fault)


def _rule_sets(root: Path) -> Iterator[_Parsed[Any]]:
    """The files of appraisal/: rule sets for editions (`weights`) and for periods (`powers`)."""
    yield from _parse_all(root, APPRAISAL, RuleSet)


def _for_periods(found: _Parsed[Any]) -> bool:
    return found.document is not None and _says_powers(found.document)


def _says_powers(document: Document) -> bool:
    """What tells the two kinds of rule sets apart."""
    return isinstance(document.data, dict) and "powers" in document.data


def _unproved(rules: list[_Parsed[Any]]) -> Iterator[Problem]:
    """What keeps rule sets for periods from being proved sane; and what trying them finds beyond the proof."""
    for found in rules:
        if isinstance(found.model, PeriodRules):
            yield from (found.problem(fault) for fault in _proof(found.model.model_dump_json(by_alias=True)))


@lru_cache(maxsize=64)
def _proof(rules: str) -> tuple[Fault, ...]:
    """The faults of a rule set, given as JSON since that can be remembered; trying it takes a tenth of a second."""
    made = PeriodRules.model_validate_json(rules)
    unsound = faults(made)
    tried = None if unsound else sample(made)
    return (*unsound, *((tried,) if tried else ()))


def _repeated_rules(rules: list[_Parsed[Any]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for rule_set in rules:
        if rule_set.id and rule_set.id in first:
            message = f"考核规则“{rule_set.id}”在 {first[rule_set.id]} 里已经有了"
            yield rule_set.problem(Fault(message, "新版本用新的 id，例如结尾改成 -v2", ("id",)))
        first.setdefault(rule_set.id, rule_set.file)


def _folder_problems(root: Path) -> Iterator[Problem]:
    for folder in (CLUSTERS, CAMPAIGNS, APPRAISAL):
        if not (root / folder).is_dir():
            mend = "建立这个文件夹，或检查 RONGMEI_CONFIG 是否指对了地方"
            yield Problem(_shown_name(root, folder), 0, "", "没有这个文件夹", mend)
    for folder in (CLUSTERS, CAMPAIGNS, APPRAISAL, LISTS):
        for stray in sorted((root / folder).glob("*.yml")):
            yield Problem(_shown_name(root, folder, stray.name), 0, "", "扩展名是 .yml，不会被读到", "改名为 .yaml")


def _files(root: Path, folder: str) -> list[Path]:
    return sorted(p for p in (root / folder).glob("*.yaml") if p.is_file() and not p.name.startswith("."))


def _shown_name(root: Path, *parts: str) -> str:
    return "/".join([root.name or root.resolve().name, *filter(None, parts)])


def _parse_all(root: Path, folder: str, model: type[M]) -> Iterator[_Parsed[M]]:
    for file in _files(root, folder):
        yield _parse(root, folder, file.name, model)


def _parse(root: Path, folder: str, name: str, model: type[M]) -> _Parsed[M]:
    file = root.absolute() / folder / name
    try:
        stat = file.stat()
    except OSError:
        # Gone since it was listed; reading it says so.
        version = (0, 0, 0)
    else:
        version = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
    parsed: _Parsed[M] = _parse_version(file, _shown_name(root, folder, name), model, version)
    return parsed


@lru_cache(maxsize=1024)
def _parse_version(file: Path, shown: str, model: type[M], version: tuple[int, int, int]) -> _Parsed[M]:
    """Parse a file; `version` only tells the cache when the file has changed."""
    del version
    try:
        document = read_yaml(file)
    except UnreadableError as error:
        wrong = error.mistake
        return _Parsed(shown, file.stem, None, None, (Problem(shown, wrong.line, "", wrong.message, wrong.mend),))
    if model is RuleSet and _says_powers(document):
        model = PeriodRules  # type: ignore[assignment]  # the readers of this folder ask which of the two they got
    made: M | None = None
    found: list[Fault] = []
    try:
        made = model.model_validate(document.data)
    except ValidationError as error:
        found += explain(error, document.data)
    draft = _Parsed(shown, file.stem, document, made, ())
    if model not in (RuleSet, PeriodRules) and draft.id and draft.id != file.stem:
        mend = f"把 id 改成 {file.stem}，或把文件改名为 {draft.id[:60]}.yaml"
        found.append(Fault(f"id“{draft.id[:60]}”与文件名“{file.name}”不一致", mend, ("id",)))
    problems = [Problem(shown, wrong.line, "", wrong.message, wrong.mend) for wrong in document.mistakes]
    problems += [draft.problem(fault) for fault in found]
    return _Parsed(shown, file.stem, document, made, tuple(problems))
