"""Who somebody is: signing in on the hosted UI's page, and what an administrator changes while they work."""

import base64
import hashlib
import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, Locator, Page, Request, expect

from playground.world import World
from tests.browser.test_playground import become, say

pytestmark = pytest.mark.browser

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


class Client:
    """An OAuth client: it reads the code off the address that the browser is sent back to."""

    def __init__(self, browser: Browser, world: World) -> None:
        environment = world.provisioned.environment
        self.client_id = environment["COGNITO_CLIENT_ID"]
        self.hosted_ui = environment["COGNITO_DOMAIN"]
        self.redirect_uri = f"{environment['PUBLIC_URL']}/auth/callback"
        self.page = browser.new_context(color_scheme="dark").new_page()
        self.sent_back: list[dict[str, str]] = []
        self.page.on("request", self._sent)

    def begin(self) -> None:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": "openid email profile",
            "state": "st4te",
            "nonce": "n0nce",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        self.page.goto(f"{self.hosted_ui}/oauth2/authorize?{urlencode(query)}")

    def email(self) -> str:
        """Whom the code that came last stands for."""
        self.page.wait_for_url(f"{self.redirect_uri}?*")
        said = self.sent_back[-1]
        assert said["state"] == "st4te"
        form = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "code": said["code"],
            "code_verifier": VERIFIER,
        }
        token = requests.post(f"{self.hosted_ui}/oauth2/token", data=form, timeout=10).json()["id_token"]
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        assert claims["nonce"] == "n0nce"
        return str(claims["email"])

    def _sent(self, request: Request) -> None:
        if request.url.startswith(self.redirect_uri):
            query = parse_qs(urlsplit(request.url).query)
            self.sent_back.append({name: values[0] for name, values in query.items()})


@pytest.fixture
def client(browser: Browser, world: World) -> Iterator[Client]:
    made = Client(browser, world)
    yield made
    made.page.context.close()


def test_dave_signs_in_with_one_click_and_is_remembered(client: Client) -> None:
    client.begin()
    expect(client.page.get_by_test_id("hosted-ui")).to_contain_text("Sign in to EC2 Ops")
    expect(client.page.locator("footer")).to_contain_text("playground stand-in for Cognito’s hosted UI")
    client.page.get_by_role("button", name="Dave Cutler").click()
    assert client.email() == "dave@playground.example"
    client.begin()
    client.page.get_by_role("button", name="Continue as dave@playground.example").click()
    assert client.email() == "dave@playground.example"


def test_somebody_else_signs_in_with_the_keyboard_alone(client: Client) -> None:
    client.begin()
    client.page.get_by_role("button", name="Dave Cutler").click()
    client.email()
    client.begin()
    client.page.get_by_role("link", name="Sign in as somebody else").press("Enter")
    client.page.get_by_text("Sign in with e-mail and password").press("Enter")
    client.page.get_by_label("E-mail").fill("carol@playground.example")
    client.page.get_by_label("Password").press("Enter")
    assert client.email() == "carol@playground.example"


def test_a_wrong_password_is_said_and_can_be_mended(client: Client) -> None:
    client.begin()
    client.page.get_by_text("Sign in with e-mail and password").click()
    client.page.get_by_label("E-mail").fill("dave@playground.example")
    client.page.get_by_label("Password").fill("guessed")
    client.page.get_by_test_id("sign-in").click()
    expect(client.page.get_by_role("alert")).to_have_text("Incorrect username or password.")
    client.page.get_by_role("button", name="Dave Cutler").click()
    assert client.email() == "dave@playground.example"


def panel(page: Page, user_id: str, testid: str) -> None:
    """Opens the administrators' panel; the control is then ready to be used."""
    page.get_by_test_id("administration").click()
    expect(control(page, user_id, testid)).to_be_visible()


def control(page: Page, user_id: str, testid: str) -> Locator:
    return page.locator(f"[data-testid=directory-row][data-user-id={user_id}]").get_by_test_id(testid)


@pytest.fixture
def restored(world: World) -> Iterator[None]:
    yield
    for call, body in (
        ("role", {"role": "admin"}),
        ("enabled", {"on": True}),
        ("slack", {"flag": "deleted", "on": False}),
    ):
        sent = {"user": "U0ADA", "person": "U0BOB", **body}
        requests.post(f"{world.url}/ui/directory/{call}", json=sent, timeout=10).raise_for_status()


def test_demoted_disabled_and_deactivated_somebody_learns_it_at_once(page: Page, world: World, restored: None) -> None:
    become(page, "U0BOB")
    bob = page.locator("[data-testid=person][data-user-id=U0BOB]")
    expect(say(page, "/ec2 whoami")).to_contain_text("admin")

    panel(page, "U0BOB", "role")
    control(page, "U0BOB", "role").select_option("readonly")
    expect(bob).to_contain_text("readonly")
    page.keyboard.press("Escape")
    expect(say(page, "/ec2 whoami")).to_contain_text("you may look, and change nothing")

    panel(page, "U0BOB", "enabled")
    control(page, "U0BOB", "enabled").press("Space")
    expect(bob).to_contain_text("disabled")
    page.get_by_test_id("directory-close").click()
    expect(say(page, "/ec2 whoami")).to_contain_text("disabled")

    panel(page, "U0BOB", "deleted")
    control(page, "U0BOB", "deleted").check()
    expect(bob).to_contain_text("deactivated")


def test_what_the_app_writes_to_one_person_is_marked_until_they_read_it(page: Page, world: World) -> None:
    become(page, "U0CAROL")
    channel, _ = world.slack.open_direct_message("U0CAROL")
    world.slack.board.post(channel.channel_id, "U0EC2BOT", "Good morning", app_id="A0EC2OPS")
    row = page.get_by_test_id("direct-message")
    expect(row).to_have_attribute("aria-label", "Messages from EC2 Ops, 1 unread")
    row.click()
    expect(page.get_by_test_id("messages")).to_contain_text("Good morning")
    expect(row).to_have_attribute("aria-label", "Messages from EC2 Ops")
    become(page, "U0BOB")
    expect(page.get_by_test_id("direct-message")).to_have_count(0)
