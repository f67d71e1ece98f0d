"""The ways in that a deployed console has: Cognito's pages, played here by routes, and a token by hand."""

import base64
import hashlib
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.browser.visitor import Visitor, Visitors
from tests.e2e.meeting import ModeratedMeeting

CANCELLED = {"error": "access_denied", "error_description": "You cancelled."}


class Pool:
    """Cognito's pages: returns a code for a challenge, and a token for the code and its verifier."""

    def __init__(self, visitor: Visitor, token: str) -> None:
        self.asked: dict[str, str] = {}
        self.told: dict[str, str] = {}
        self.token = token
        self.next_token = ""
        self.is_cancelled = False
        visitor.page.route("**/pool/oauth2/authorize?*", self._authorize)
        visitor.page.route("**/pool/oauth2/token", self._exchange)

    def state(self) -> str:
        """What comes back with the code; an attacker would not know it."""
        return self.asked["state"]

    def _authorize(self, route: Route) -> None:
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(route.request.url).query).items()}
        said = CANCELLED if self.is_cancelled else {"code": "c0de"}
        back = f"{self.asked['redirect_uri']}?{urlencode({**said, 'state': self.state()})}"
        route.fulfill(content_type="text/html", body=f"<script>location.replace('{back}')</script>")

    def _exchange(self, route: Route) -> None:
        self.told = {name: values[0] for name, values in parse_qs(route.request.post_data or "").items()}
        if self.told["grant_type"] == "refresh_token":
            good = bool(self.next_token) and self.told["refresh_token"] == "r3fresh"
            given = {"access_token": self.next_token}
        else:
            digest = hashlib.sha256(self.told["code_verifier"].encode()).digest()
            good = base64.urlsafe_b64encode(digest).decode().rstrip("=") == self.asked["code_challenge"]
            given = {"access_token": self.token, "refresh_token": "r3fresh"}
        route.fulfill(status=200 if good else 400, json=given)


class Forger(Pool):
    def state(self) -> str:
        return "somebody else's"


@pytest.fixture
def visitor(visitors: Visitors, lesson: ModeratedMeeting) -> Visitor:
    visitor = visitors.somebody()
    configured = {
        "apiUrl": lesson.local_stack.stack.api_url,
        "hostedSignIn": {"domain": f"{visitors.url}/pool", "clientId": "page"},
    }
    visitor.page.route("**/config.json", lambda route: route.fulfill(json=configured))
    return visitor


def test_at_the_pools_pages(visitors: Visitors, visitor: Visitor, lesson: ModeratedMeeting) -> None:
    pool = Pool(visitor, lesson.local_stack.stack.token("alice"))
    visitor.page.goto(f"{visitors.url}/index.html?meeting={lesson.meeting_id}")
    visitor.button("Enter").click()
    expect(visitor.page.locator(".link.live")).to_be_visible()
    assert (pool.asked["code_challenge_method"], pool.asked["response_type"]) == ("S256", "code")
    assert pool.asked["redirect_uri"] == pool.told["redirect_uri"] == f"{visitors.url}/"
    assert urlsplit(visitor.page.url).query == f"meeting={lesson.meeting_id}"
    assert visitor.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]
    visitor.button("Sign out").click()
    expect(visitor.button("Enter")).to_be_visible()
    assert visitor.page.evaluate("sessionStorage.length") == 0


def test_a_token_is_renewed_without_the_user(visitors: Visitors, visitor: Visitor, lesson: ModeratedMeeting) -> None:
    stack = lesson.local_stack.stack
    pool = Pool(visitor, stack.token("alice", expires_in=59))  # a minute before its end it is renewed
    pool.next_token = stack.token("alice")
    visitor.page.goto(f"{visitors.url}/?meeting={lesson.meeting_id}")
    visitor.button("Enter").click()
    expect(visitor.page.locator(".link.live")).to_be_visible()
    assert pool.told == {"grant_type": "refresh_token", "refresh_token": "r3fresh", "client_id": "page"}
    visitor.button("Mute bob's microphone").click()
    expect(visitor.medium("bob", "audio")).to_have_attribute("data-state", "blocked")
    expect(visitor.page.locator(".strip")).to_have_count(0)


def test_a_sign_in_in_between_returns_to_the_same_place(
    visitors: Visitors, visitor: Visitor, lesson: ModeratedMeeting
) -> None:
    """The refresh token has ended, too. The user cancels at the pool's page first, and then signs in."""
    page = visitor.page
    pool = Pool(visitor, lesson.local_stack.stack.token("alice", expires_in=3600))
    page.clock.install()
    page.goto(f"{visitors.url}/?meeting={lesson.meeting_id}")
    visitor.button("Enter").click()
    expect(page.locator(".link.live")).to_be_visible()
    find, show = page.get_by_role("searchbox", name="Find people"), page.get_by_role("combobox", name="Show")
    find.fill("bo")
    show.select_option("May speak")
    page.clock.fast_forward(3_601_000)
    visitor.button("Mute bob's microphone").click(force=True)
    expect(page.locator(".strip.over")).to_contain_text("Your sign-in has ended. Sign in again to go on.")
    assert pool.told["grant_type"] == "refresh_token"
    expect(visitor.medium("bob", "audio")).to_be_visible()
    pool.is_cancelled = True
    visitor.button("Sign in again").click()
    page.get_by_role("dialog").get_by_role("button", name="Enter").click()
    expect(page.get_by_role("alert")).to_have_text("You cancelled.")
    expect(page.get_by_label("Meeting")).to_have_value(lesson.meeting_id)
    pool.is_cancelled = False
    pool.token = lesson.local_stack.stack.token("alice", expires_in=9000)
    visitor.button("Enter").click()
    expect(page.locator(".link.live")).to_be_visible()
    assert urlsplit(page.url).query == f"meeting={lesson.meeting_id}"
    expect(find).to_have_value("bo")
    expect(show.locator("option:checked")).to_have_text("May speak")
    expect(page.locator("[data-person]")).to_have_count(1)
    visitor.button("Mute bob's microphone").click()
    expect(visitor.notice("applied")).to_be_visible()


def test_a_code_that_nobody_asked_for_is_not_taken(
    visitors: Visitors, visitor: Visitor, lesson: ModeratedMeeting
) -> None:
    pool = Forger(visitor, lesson.local_stack.stack.token("mallory"))
    visitor.page.goto(f"{visitors.url}/?meeting={lesson.meeting_id}")
    visitor.button("Enter").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("The sign-in failed")
    assert pool.told == {}


def test_with_a_token_by_hand(visitors: Visitors, lesson: ModeratedMeeting) -> None:
    stack = lesson.local_stack.stack
    visitor = visitors.somebody()
    visitor.page.route("**/config.json", lambda route: route.fulfill(json={"apiUrl": stack.api_url}))
    visitor.page.goto(f"{visitors.url}/attendee.html?meeting={lesson.meeting_id}")
    visitor.page.get_by_label("Token").fill(stack.token("bob", expires_in=-60))
    visitor.button("Enter").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("expired")
    visitor.page.get_by_label("Token").fill(stack.token("bob"))
    visitor.button("Enter").click()
    expect(visitor.page.locator(".me")).to_contain_text("bob")
