"""The REST API's page: the calls of each person as they are answered, and what the audit knows of them."""

import json
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_playground import become

pytestmark = pytest.mark.browser


def opened(page: Page, user_id: str) -> Locator:
    """The API's page of that person."""
    become(page, user_id)
    page.get_by_test_id("api-tab").click()
    expect(page.get_by_test_id("api-token")).to_be_visible()
    return page.get_by_test_id("api")


def run(page: Page, call: str) -> tuple[str, str, Any]:
    """Choose a call and run it: its status, its request's id and its body."""
    api = page.get_by_test_id("api")
    api.locator(f"[data-call={call}]").click()
    with page.expect_response(lambda answer: "/rest/" in answer.url):
        api.get_by_test_id("api-run").click()
    expect(api.get_by_test_id("api-run")).to_have_text("Run")
    status, request = api.get_by_test_id("api-status"), api.get_by_test_id("api-request-id")
    return status.inner_text(), request.inner_text(), json.loads(api.get_by_test_id("api-json").inner_text())


def test_an_admin_lists_instances_and_opens_one(page: Page) -> None:
    api = opened(page, "U0ADA")
    expect(api.get_by_test_id("api-token")).to_contain_text("Access token of Ada Byron")
    status, request, body = run(page, "list")
    assert status == "200 OK"
    assert len(request) == 36
    assert {instance["state"] for instance in body["instances"]} == {"running"}
    status, _, body = run(page, "get")
    assert (status, body["instance"]["name"]) == ("200 OK", "web-1")
    command = api.get_by_test_id("api-command").inner_text()
    assert f"/rest/v1/instances/{body['instance']['instanceId']}'" in command
    assert "$TOKEN" in command
    status, _, body = run(page, "metrics")
    assert (status, body["metrics"][0]["metric"]) == ("200 OK", "CPUUtilization")


def test_what_somebody_may_not_do_is_403_and_an_admin_sees_it_in_the_audit(page: Page) -> None:
    opened(page, "U0CAROL")
    status, request, body = run(page, "reboot")
    assert (status, body["error"]["code"]) == ("403 Forbidden", "FORBIDDEN")
    assert "needs admin" in body["error"]["message"]
    opened(page, "U0ADA")
    status, _, body = run(page, "denied")
    assert status == "200 OK"
    row = next(row for row in body["auditLogs"] if row["correlationId"] == request)
    assert (row["userEmail"], row["source"]) == ("carol@playground.example", "rest")
    assert row["details"]["operation"] == "REBOOT_INSTANCE"


def test_somebody_without_an_account_has_no_token_and_is_401(page: Page) -> None:
    api = opened(page, "U0GUEST")
    expect(api.get_by_test_id("api-token")).to_contain_text("No token for")
    status, _, body = run(page, "list")
    assert (status, body["error"]["code"]) == ("401 Unauthorized", "UNAUTHORIZED")


def test_a_call_is_edited_and_run_with_the_keyboard_alone(page: Page) -> None:
    api = opened(page, "U0BOB")
    api.locator("[data-call=list]").press("Enter")
    path = api.get_by_test_id("api-path")
    path.fill("/instances?sort=size")
    expect(api.get_by_test_id("api-command")).to_contain_text("sort=size")
    with page.expect_response(lambda answer: "/rest/" in answer.url and answer.status == 400):
        path.press("Enter")
    expect(api.get_by_test_id("api-status")).to_have_text("400 Bad Request")
    expect(api.get_by_test_id("api-json")).to_contain_text("query.sort")
