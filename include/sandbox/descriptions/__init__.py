"""All calls of the platforms in OpenAPI's terms: a module describes what its namesake in ``platforms`` answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.descriptions import alipay, bilibili, douyin, kuaishou, wechat, weibo, wordpress
from sandbox.descriptions.terms import Described, Description
from sandbox.wire import Platform

DESCRIPTIONS: tuple[Description, ...] = tuple(
    module.DESCRIPTION for module in (wechat, weibo, wordpress, douyin, kuaishou, bilibili, alipay)
)


def describe(document: dict[str, Any], platforms: Iterable[Platform]) -> None:
    """Add the platforms' calls to an OpenAPI document."""
    known = {description.platform: description for description in DESCRIPTIONS}
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    for platform in platforms:
        description = known[platform.name]
        schemes |= {f"{platform.name}_{name}": scheme for name, scheme in description.security.items()}
        document.setdefault("tags", []).append({"name": platform.name, "description": platform.title})
        for call in description.calls:
            for number, path in enumerate(_addresses(platform, call)):
                operation = description.operation(call)
                if number:
                    operation["operationId"] += "_at_root"
                document["paths"].setdefault(path, {})[call.method.lower()] = operation


def _addresses(platform: Platform, call: Described) -> Iterable[str]:
    """Where a call is answered: below the platform's name, and at the sandbox's root where the platform is too."""
    yield f"/{platform.name}{call.path}"
    if any(call.path.startswith(prefix) for prefix in platform.also_at):
        yield call.path
