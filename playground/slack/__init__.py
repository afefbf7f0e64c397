"""A Slack workspace that lives in this process: people, channels, the Web API and the requests an app gets.

It refuses what Slack refuses, so that what works here works there; it never talks to slack.com.
"""

from playground.slack.messages import Message
from playground.slack.workspace import Workspace

__all__ = ["Message", "Workspace"]
