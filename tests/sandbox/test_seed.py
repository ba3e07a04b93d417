"""The seed file: the shipped cluster, derivation, and listed accounts."""

from __future__ import annotations

import hashlib
import json

import pytest

from sandbox.__main__ import main
from sandbox.seed import (
    DERIVATIONS,
    build_seed,
    load_seed,
    wechat_credentials,
    weibo_credentials,
    wordpress_credentials,
)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_derivation_is_what_is_documented() -> None:
    assert wechat_credentials("humen") == {
        "appid": "wx" + digest("wechat:humen")[:16],
        "secret": digest("wechat-secret:humen")[:32],
    }
    assert weibo_credentials("humen") == {
        "uid": str(int(digest("weibo:humen")[:10], 16)),
        "access_token": "2.00" + digest("weibo-token:humen")[:28],
    }
    found = wordpress_credentials("humen")
    assert found["username"] == "humen"
    assert found["password"].replace(" ", "") == digest("wordpress:humen")[:24]
    assert [len(group) for group in found["password"].split(" ")] == [4] * 6


def test_shipped_seed_has_the_cluster_of_38_on_every_platform() -> None:
    seed = load_seed()
    ids = [outlet.id for outlet in seed.outlets]
    assert len(ids) == len(set(ids)) == 38
    for platform in DERIVATIONS:
        assert set(seed.platform(platform).accounts) == set(ids)
    assert seed.platform("wechat").accounts["dongguan-daily"].followers == 1_000_000


def test_a_listed_account_wins_and_keeps_what_it_does_not_say() -> None:
    seed = build_seed(
        {
            "derive": True,
            "ids": ["humen"],
            "wechat": {"accounts": [{"id": "humen", "appid": "wx1", "followers": 5}, {"id": "extra", "secret": "s"}]},
        }
    )
    humen, extra = seed.platform("wechat").accounts["humen"], seed.platform("wechat").accounts["extra"]
    assert humen.credentials == {"appid": "wx1", "secret": wechat_credentials("humen")["secret"]}
    assert humen.followers == 5
    assert extra.credentials["secret"] == "s"


def test_without_derive_only_listed_accounts_exist() -> None:
    assert build_seed({"ids": ["humen"]}).platform("weibo").accounts == {}


@pytest.mark.parametrize(
    "document",
    [
        {"wechat": {"accounts": [{"id": "a"}, {"id": "a"}]}},
        {"wechat": {"acounts": []}},
        {"idz": ["humen"]},
    ],
)
def test_a_seed_that_makes_no_sense_is_refused(document: dict) -> None:
    with pytest.raises(ValueError, match=r"listed twice|accounts and limits"):
        build_seed(document)


def test_credentials_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["credentials", "humen"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed == {name: derived("humen") for name, derived in DERIVATIONS.items()}
    assert printed["weibo"] == weibo_credentials("humen")
    assert main(["credentials", "nowhere"]) == 1
