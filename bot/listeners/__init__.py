"""Slack's door: ordinary Bolt listeners that parse, call a service and render a view."""
