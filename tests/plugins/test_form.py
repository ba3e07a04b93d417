"""The trigger form shows what the run options validate."""

from __future__ import annotations

import pytest
from airflow.sdk import ParamsDict
from airflow.sdk.exceptions import ParamValidationError

from rongmei.config import RunOptions, load_campaign, read_options
from rongmei.settings import PACKAGE_CONFIG
from rongmei_airflow.form import params_of

CAMPAIGN = load_campaign(PACKAGE_CONFIG, "cunchao").campaign


def resolved(**chosen: object) -> dict[str, object]:
    params = ParamsDict(params_of(CAMPAIGN))
    params.update(chosen)
    return dict(params.validate())


def test_every_option_has_a_chinese_label_and_an_explanation() -> None:
    params = params_of(CAMPAIGN)
    assert set(params) == set(RunOptions.model_fields)
    for param in params.values():
        assert any("一" <= char <= "鿿" for char in param.schema["title"])
        assert param.description


def test_defaults_are_the_campaigns_own_and_valid() -> None:
    options = read_options(resolved())
    assert options.channels == CAMPAIGN.publishing.channels
    assert options.stories == CAMPAIGN.pitching.accept_at_most
    assert options.edition_date is None


def test_no_default_moves_with_the_clock() -> None:
    assert params_of(CAMPAIGN)["edition_date"].value is None


@pytest.mark.parametrize(
    "wrong", [{"stories": 0}, {"stories": "六"}, {"note": "字" * 501}, {"rehearsal": "是"}, {"channels": ["weixin"]}]
)
def test_airflow_refuses_what_the_model_refuses(wrong: dict[str, object]) -> None:
    with pytest.raises(ParamValidationError):
        resolved(**wrong)


@pytest.mark.parametrize(("said", "default"), [("1", True), ("0", False), (None, False)])
def test_rehearsal_is_the_default_where_the_stack_says_so(
    monkeypatch: pytest.MonkeyPatch, said: str | None, default: bool
) -> None:
    monkeypatch.delenv("RONGMEI_REHEARSAL", raising=False)
    if said is not None:
        monkeypatch.setenv("RONGMEI_REHEARSAL", said)
    assert params_of(CAMPAIGN)["rehearsal"].value is default


def test_channels_are_shown_by_name_and_limited_to_the_campaigns() -> None:
    schema = params_of(CAMPAIGN)["channels"].schema
    assert schema["examples"] == list(CAMPAIGN.publishing.channels)
    assert schema["values_display"]["wechat"] == "微信公众号"


def test_what_is_empty_by_default_may_be_left_empty() -> None:
    nullable = {name for name, param in params_of(CAMPAIGN).items() if "null" in param.schema["type"]}
    assert nullable == {"edition_date", "channels", "note"}
    assert read_options(resolved(channels=None, note=None)).note == ""
