"""The whole way, in processes and over HTTP: from `/ec2 login` over the hosted UI to the direct message."""

import html
import multiprocessing
import re

import requests

from playground.provision import PASSWORD
from playground.slack.messages import Message
from playground.world import World
from tests.house import wait_until


def say(world: World, text: str, user_id: str = "U0DAVE") -> Message:
    before = len(world.slack.ephemerals(user_id))
    world.slack.run_command(user_id, "C0OPS", text).join()
    wait_until(lambda: len(world.slack.ephemerals(user_id)) > before, 30)
    return world.slack.ephemerals(user_id)[-1]


def hidden(page: requests.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found, page.text
    return html.unescape(found[1])


def signed_in(browser: requests.Session, link: str, email: str) -> requests.Response:
    """What the browser shows after its person signed in at the hosted UI."""
    form = browser.get(link, timeout=30)
    assert "/cognito/login" in form.url
    typed = {"_csrf": hidden(form, "_csrf"), "username": email, "password": PASSWORD}
    return browser.post(form.url, data=typed, timeout=30)


def test_I6_dave_signs_in_while_a_second_browser_gets_nowhere_with_his_link() -> None:
    # In a process of its own: moto keeps one account a process, and its client would know another address.
    process = multiprocessing.get_context("spawn").Process(target=everything)
    process.start()
    process.join(120)
    process.kill()
    process.join()
    assert process.exitcode == 0


def everything() -> None:
    with World(port=0, log=lambda line: None) as world:
        daves_way(world)


def daves_way(world: World) -> None:
    assert "/ec2 login" in say(world, "list").text
    (button,) = [element for block in say(world, "login").blocks for element in block.get("elements", [])][:1]
    dave, other = requests.Session(), requests.Session()

    mistaken = signed_in(other, button["url"], "ada@playground.example")
    assert mistaken.status_code == 403
    assert "These two are not the same person." in mistaken.text

    question = signed_in(dave, button["url"], "dave@playground.example")
    assert question.status_code == 200
    assert "Dave Cutler" in question.text
    assert question.headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert other.get(question.url, timeout=30).status_code == 403
    stolen = {"token": hidden(question, "token")}
    assert other.post(f"{world.url}/auth/link", data=stolen, timeout=30).status_code == 403
    assert "/ec2 login" in say(world, "whoami").text

    done = dave.post(f"{world.url}/auth/link", data=stolen, timeout=30)
    assert "You are linked." in done.text
    assert "You are dave@playground.example, role readonly" in say(world, "whoami").text
    told = [args for method, args in world.slack.api_calls if method == "chat.postMessage"]
    assert [message["text"].startswith("You are now dave@playground.example") for message in told] == [True]
    assert other.get(button["url"], timeout=30).status_code == 403

    assert "no longer linked" in say(world, "logout").text
    assert "/ec2 login" in say(world, "whoami").text
