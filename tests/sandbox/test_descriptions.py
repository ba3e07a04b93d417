"""The OpenAPI document: every call of every platform is in it, and nothing that there is not."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from sandbox.descriptions import DESCRIPTIONS, Description
from sandbox.platforms import PLATFORMS

# Alipay's calls share one address, which is not a route of its own.
EXTRA = {"alipay": {("POST", "/gateway.do")}}


@pytest.mark.parametrize("description", DESCRIPTIONS, ids=lambda description: description.platform)
def test_all_calls_are_described_and_no_others(description: Description) -> None:
    platform = next(platform for platform in PLATFORMS if platform.name == description.platform)
    answered = {(method, route.template) for route in platform.routes for method in route.handlers}
    described = [(call.method, call.path) for call in description.calls]
    assert len(described) == len(set(described))
    assert set(described) - answered == EXTRA.get(description.platform, set())
    assert answered - set(described) == set(), "describe these in sandbox/descriptions"


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform.name)
def test_calls_that_publish_exist(platform) -> None:
    answered = {f"{method} {route.template}" for route in platform.routes for method in route.handlers}
    assert platform.publishing
    assert platform.publishing <= answered
    assert set(platform.words) == {"duplicate", "sensitive", "quota"}


def test_the_document_has_both_interfaces(http: TestClient) -> None:
    document = http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    assert {"/_sandbox/faults", "/_sandbox/scenarios/{scenario_id}", "/_sandbox/clock"} <= set(paths)
    calls = sum(len(description.calls) for description in DESCRIPTIONS)
    at_root = [path for path in paths if path.startswith("/api/upload")]
    assert sum(len(operations) for path, operations in paths.items() if not path.startswith("/_sandbox")) == calls + 5
    assert len(at_root) == 5
    names = [operation["operationId"] for operations in paths.values() for operation in operations.values()]
    assert len(names) == len(set(names))
    assert {tag["name"] for tag in document["tags"]} == {platform.name for platform in PLATFORMS}
    assert http.get("/openapi.json").json() == document
    assert http.get("/_sandbox/docs").status_code == 200


def test_operations_name_their_parts(http: TestClient) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    draft = paths["/wechat/cgi-bin/draft/add"]["post"]
    assert draft["security"] == [{"wechat_token": []}]
    assert draft["requestBody"]["content"]["application/json"]["schema"]["required"] == ["articles"]
    share = paths["/weibo/2/statuses/share.json"]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert share["required"] == ["status", "rip"]
    assert share["properties"]["pic"]["format"] == "binary"
    info = paths["/bilibili/arcopen/fn/archive/view"]["get"]
    assert {"x-bili-timestamp", "resource_id"} <= {parameter["name"] for parameter in info["parameters"]}
    query = paths["/alipay/gateway.do/alipay.open.public.message.query"]["post"]["requestBody"]
    encoding = query["content"]["application/x-www-form-urlencoded"]["encoding"]
    assert encoding == {"biz_content": {"contentType": "application/json"}}
    assert paths["/wordpress/wp-json/wp/v2/posts"]["post"]["responses"].keys() >= {"201", "400", "401"}
