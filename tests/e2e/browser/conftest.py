"""A real browser with a context for each user."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from infra.packaging.bundle import ROOT
from tests.e2e.browser.chromium import FLAGS, NoChromium, chromium
from tests.e2e.browser.visitor import WITHIN, Visitors
from tests.e2e.meeting import ModeratedMeeting, ObservedStack

SCREENSHOTS = ROOT / ".build" / "screenshots"
ROLES = {"alice": "host", "hugo": "host", "colin": "cohost", "bob": "participant", "carol": "participant"}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    try:
        found = chromium()
    except NoChromium as error:
        pytest.fail(str(error), pytrace=False)
    expect.set_options(timeout=WITHIN * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.path, args=list(FLAGS), env=dict(found.environment) if found.environment else None
        )
        yield browser
        browser.close()


@pytest.fixture
def visitors(browser: Browser, local_stack: ObservedStack, request: pytest.FixtureRequest) -> Iterator[Visitors]:
    """Pages to open. Each leaves a picture of how it looked at the end, and has had no error of its own."""
    visitors = Visitors(browser, local_stack.stack.console_url)
    yield visitors
    visitors.leave(SCREENSHOTS, request.node.name.removeprefix("test_"))


@pytest.fixture(scope="session")
def warm(browser: Browser, local_stack: ObservedStack) -> None:
    """What is seen within two seconds is seen by functions that have been called before."""
    meeting = local_stack.meeting(ROLES)
    visitors = Visitors(browser, local_stack.stack.console_url)
    page = visitors.host(meeting, "alice", within=60)
    meeting.alice.post(meeting.at("bob", "/mute"), {})
    expect(page.medium("bob", "audio")).to_have_attribute("data-state", "blocked", timeout=60_000)
    visitors.leave(SCREENSHOTS, "warm")


@pytest.fixture
def lesson(local_stack: ObservedStack, warm: None) -> ModeratedMeeting:
    """`alice` and `hugo` are hosts, `colin` is a cohost, `bob` and `carol` are participants."""
    return local_stack.meeting(ROLES)
