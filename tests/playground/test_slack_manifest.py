"""The manifest's words reach the workspace, and what it leaves out is off."""

from collections.abc import Callable

from playground.slack import Workspace
from playground.slack.manifest import settings
from tests.house import MANIFEST


def test_a_workspace_is_what_the_manifest_says(make_slack: Callable[..., Workspace]) -> None:
    features = {
        **MANIFEST["features"],
        "app_home": {"home_tab_enabled": True},
        "shortcuts": [{"name": "EC2 instances", "type": "global", "callback_id": "ec2_open"}],
    }
    subscribed = {**MANIFEST["settings"], "event_subscriptions": {"bot_events": ["app_home_opened"]}}
    slack = make_slack(**settings({**MANIFEST, "features": features, "settings": subscribed}))

    assert slack.scopes == set(MANIFEST["oauth_config"]["scopes"]["bot"])
    assert list(slack.commands) == ["/ec2"]
    assert (list(slack.shortcuts), slack.home_tab) == (["ec2_open"], True)
    assert slack.bot_events == {"app_home_opened"}


def test_what_the_manifest_leaves_out_is_off(make_slack: Callable[..., Workspace]) -> None:
    features = {"slash_commands": MANIFEST["features"]["slash_commands"]}
    slack = make_slack(**settings({**MANIFEST, "features": features, "settings": {}}))

    assert (slack.shortcuts, slack.home_tab, slack.bot_events) == ({}, False, frozenset())
