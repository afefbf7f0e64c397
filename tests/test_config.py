"""Settings: each function asks for what it uses, and says at once all that is missing."""

import os
from dataclasses import FrozenInstanceError

import pytest

from benchmarks import listing
from bot.alarms_config import AlarmsSettings
from bot.environment import FunctionSettings
from bot.errors import ConfigurationError
from bot.notary_config import NotarySettings
from bot.rest_config import AuditSettings, InstancesSettings
from bot.settings import SETTINGS
from bot.sign_in_config import AuthorizerSettings, LoginSettings, RefreshSettings
from bot.slack_config import DoorSettings
from bot.worker_config import SweepSettings, WorkerSettings
from playground.template import SAM_FUNCTION, Template
from tests.house import AUDIT, AUTHORIZER, DOOR, INSTANCES, LOGIN, REFRESH, WORKER, House

DOOR_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "JOBS_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs",
    "SLACK_TEAM_ID": "T1",
    "SLACK_APP_ID": "A1",
    "SLACK_SIGNING_SECRET": "sssh",
    "SLACK_BOT_TOKEN": "xoxb-sssh",
}
WORKER_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AUDIT_TABLE_NAME": "audit",
    "STATE_TABLE_NAME": "state",
    "COGNITO_USER_POOL_ID": "eu-west-1_x",
    "DIGEST_BUCKET_NAME": "digests",
    "DIGEST_KEY_ID": "0000",
    "PUBLIC_URL": "https://ops.example",
    "REBOOT_ROLE_ARN": "arn:aws:iam::123456789012:role/reboot",
    "ALARMS_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/alarms",
    "SLACK_TEAM_ID": "T1",
    "SLACK_BOT_TOKEN": "xoxb-sssh",
}


LOGIN_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AUDIT_TABLE_NAME": "audit",
    "STATE_TABLE_NAME": "state",
    "COGNITO_USER_POOL_ID": "eu-west-1_x",
    "COGNITO_CLIENT_ID": "client",
    "COGNITO_DOMAIN": "acme.auth.eu-west-1.amazoncognito.com",
    "PUBLIC_URL": "https://ops.example/",
    "SLACK_TEAM_ID": "T1",
    "SLACK_BOT_TOKEN": "xoxb-sssh",
}
SWEEP_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "ALARMS_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/alarms",
    "AUDIT_TABLE_NAME": "audit",
    "STATE_TABLE_NAME": "state",
    "SLACK_BOT_TOKEN": "xoxb-sssh",
}
ALARMS_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AUDIT_TABLE_NAME": "audit",
    "STATE_TABLE_NAME": "state",
    "ALARMS_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/alarms",
    "ALARM_ACCOUNT_ID": "123456789012",
    "ALERT_CHANNEL_ID": "C0ALERTS",
    "SLACK_BOT_TOKEN": "xoxb-sssh",
}
AUTHORIZER_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "COGNITO_USER_POOL_ID": "eu-west-1_x",
    "COGNITO_CLIENT_ID": "client",
}


RESOURCE_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AUDIT_TABLE_NAME": "audit",
    "STATE_TABLE_NAME": "state",
    "COGNITO_USER_POOL_ID": "eu-west-1_x",
}
INSTANCES_ENVIRONMENT = {**RESOURCE_ENVIRONMENT, "REBOOT_ROLE_ARN": "arn:aws:iam::123456789012:role/reboot"}
NOTARY_ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AUDIT_TABLE_NAME": "audit",
    "DIGEST_BUCKET_NAME": "digests",
    "DIGEST_KEY_ID": "0000",
}
ENVIRONMENTS: dict[type[FunctionSettings], dict[str, str]] = {
    DoorSettings: DOOR_ENVIRONMENT,
    WorkerSettings: WORKER_ENVIRONMENT,
    LoginSettings: LOGIN_ENVIRONMENT,
    SweepSettings: SWEEP_ENVIRONMENT,
    AlarmsSettings: ALARMS_ENVIRONMENT,
    AuthorizerSettings: AUTHORIZER_ENVIRONMENT,
    RefreshSettings: AUTHORIZER_ENVIRONMENT,
    AuditSettings: RESOURCE_ENVIRONMENT,
    InstancesSettings: INSTANCES_ENVIRONMENT,
    NotarySettings: NOTARY_ENVIRONMENT,
}


def test_one_error_names_everything_that_is_missing() -> None:
    with pytest.raises(ConfigurationError) as caught:
        WorkerSettings.from_env({"SLACK_TEAM_ID": "  "})
    assert caught.value.missing == (
        "ALARMS_QUEUE_URL",
        "AUDIT_TABLE_NAME",
        "AWS_REGION",
        "COGNITO_USER_POOL_ID",
        "DIGEST_BUCKET_NAME",
        "DIGEST_KEY_ID",
        "PUBLIC_URL",
        "REBOOT_ROLE_ARN",
        "SLACK_SECRET_ARN (or SLACK_BOT_TOKEN)",
        "SLACK_TEAM_ID",
        "STATE_TABLE_NAME",
    )


@pytest.mark.parametrize(
    ("settings", "name"), [(settings, name) for settings, environment in ENVIRONMENTS.items() for name in environment]
)
def test_each_function_needs_each_of_its_settings_and_no_other(settings: type[FunctionSettings], name: str) -> None:
    environment = ENVIRONMENTS[settings]
    settings.from_env(environment)
    with pytest.raises(ConfigurationError) as caught:
        settings.from_env({key: value for key, value in environment.items() if key != name})
    (missing,) = caught.value.missing
    assert name in missing
    assert caught.value.malformed == ()


@pytest.mark.parametrize("settings", ENVIRONMENTS)
def test_settings_of_the_same_environment_are_the_same_and_cannot_be_changed(settings: type[FunctionSettings]) -> None:
    read = settings.from_env(ENVIRONMENTS[settings])
    assert read == settings.from_env(ENVIRONMENTS[settings])
    assert read != settings.from_env({**ENVIRONMENTS[settings], "AWS_REGION": "eu-west-2"})
    with pytest.raises(FrozenInstanceError):
        read.region = "eu-west-2"  # type: ignore[misc]


def test_reboots_are_allowed_within_five_minutes_and_typed_unless_it_is_said_otherwise() -> None:
    settings = WorkerSettings.from_env(WORKER_ENVIRONMENT)
    assert (settings.reboots_enabled, settings.confirm_seconds, settings.default_protection) == (True, 300, "typed")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REBOOTS_ENABLED", "no"),
        ("CONFIRM_SECONDS", "0"),
        ("DEFAULT_PROTECTION", "none"),
        ("REBOOT_ROLE_ARN", "reboot"),
        ("PUBLIC_URL", "/"),
        ("PUBLIC_URL", "http://ops.example"),
    ],
)
def test_a_setting_of_the_worker_that_is_no_such_thing_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        WorkerSettings.from_env({**WORKER_ENVIRONMENT, name: value})
    assert caught.value.malformed == (name,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALERT_ROUTES", "prod-"),
        ("ALERT_ROUTES", "tag:Team=C0PAY"),
        ("ALERT_ROUTES", "prod-=not a channel"),
        ("ALERT_REMIND_MINUTES", "soon"),
        ("ALERT_FLAPPING_MINUTES", "0"),
    ],
)
def test_a_setting_of_alerts_that_is_no_such_thing_is_named(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        AlarmsSettings.from_env({**ALARMS_ENVIRONMENT, name: value})
    assert caught.value.malformed == (name,)


@pytest.mark.parametrize("value", ["yes", "True", "0", "falsE"])
def test_only_the_exact_word_relaxes_that_addresses_must_be_the_same(value: str) -> None:
    assert LoginSettings.from_env(LOGIN_ENVIRONMENT).require_same_email is True
    assert LoginSettings.from_env({**LOGIN_ENVIRONMENT, "REQUIRE_SAME_EMAIL": "false"}).require_same_email is False
    with pytest.raises(ConfigurationError, match="REQUIRE_SAME_EMAIL"):
        LoginSettings.from_env({**LOGIN_ENVIRONMENT, "REQUIRE_SAME_EMAIL": value})


def test_addresses_have_a_scheme_and_no_slash_at_the_end() -> None:
    settings = LoginSettings.from_env(LOGIN_ENVIRONMENT)
    assert settings.cognito_domain == "https://acme.auth.eu-west-1.amazoncognito.com"
    assert settings.public_url == "https://ops.example"


@pytest.mark.parametrize(
    "pool_id", ["eu-west-1", "eu-west-1_", "_x", "eu-west-1_x/../y", "eu-west-1_x?", "evil.example/eu-west-1_x"]
)
def test_what_is_no_pool_id_does_not_become_an_issuer(pool_id: str) -> None:
    for settings in (AuthorizerSettings, WorkerSettings):
        with pytest.raises(ConfigurationError) as caught:
            settings.from_env({**ENVIRONMENTS[settings], "COGNITO_USER_POOL_ID": pool_id})
        assert caught.value.malformed == ("COGNITO_USER_POOL_ID",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AUDIT_RETENTION_DAYS", "0"),
        ("AUDIT_RETENTION_DAYS", "-1"),
        ("AUDIT_RETENTION_DAYS", "30 days"),
        ("AUDIT_RETENTION_DAYS", "٣٠"),
        ("JOBS_MAX_RECEIVES", "many"),
        ("REGIONS", "eu-west-1;us-east-1"),
        ("REGIONS", ","),
        ("REGIONS", "moon"),
    ],
)
def test_a_malformed_value_is_named_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        WorkerSettings.from_env({**WORKER_ENVIRONMENT, name: value})
    assert caught.value.malformed == (name,)
    assert str(caught.value) == name


def test_defaults_are_the_functions_own_region_and_thirty_days() -> None:
    settings = WorkerSettings.from_env({**WORKER_ENVIRONMENT, "REGIONS": ""})
    assert settings.regions == ("eu-west-1",)
    assert settings.audit_retention_days == 30
    assert settings.slack_api_url == "https://slack.com/api/"


def test_regions_are_a_list_without_repetition() -> None:
    settings = WorkerSettings.from_env({**WORKER_ENVIRONMENT, "REGIONS": "eu-west-1, us-gov-west-1,eu-west-1,"})
    assert settings.regions == ("eu-west-1", "us-gov-west-1")


def test_K2_no_secret_shows_in_a_repr() -> None:
    for settings, environment in ENVIRONMENTS.items():
        assert "sssh" not in repr(settings.from_env(environment))


def test_the_template_gives_each_function_what_it_needs_and_nothing_unknown(house: House) -> None:
    for logical_id, settings in (
        (DOOR, DoorSettings),
        (WORKER, WorkerSettings),
        (LOGIN, LoginSettings),
        (AUTHORIZER, AuthorizerSettings),
        (REFRESH, RefreshSettings),
        (INSTANCES, InstancesSettings),
        (AUDIT, AuditSettings),
    ):
        with house.running_as(logical_id):
            settings.from_env(os.environ)
    known = {setting.name for setting in SETTINGS}
    for resource in Template.load().resources(SAM_FUNCTION).values():
        assert set(resource.properties.get("Environment", {}).get("Variables", {})) <= known


def test_the_benchmark_of_listing_starts_a_worker_with_all_that_it_needs() -> None:
    assert WorkerSettings.from_env(listing.WORKER_ENVIRONMENT).region == listing.REGION
