"""What a workspace has to know of an app's manifest.

It takes no address from there: whoever delivers knows where the app is.
"""

from collections.abc import Mapping
from typing import Any


def settings(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `Workspace` that come from `slack-manifest.yaml`, once it is read."""
    features = manifest["features"]
    return {
        "scopes": manifest["oauth_config"]["scopes"]["bot"],
        "slash_commands": features["slash_commands"],
        "shortcuts": features.get("shortcuts", ()),
        "home_tab": features.get("app_home", {}).get("home_tab_enabled", False),
        "bot_events": manifest["settings"].get("event_subscriptions", {}).get("bot_events", ()),
    }
