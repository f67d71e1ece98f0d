"""A user of the console, and what the page shows them."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.e2e.meeting import ModeratedMeeting

WITHIN = 60
"""Seconds in which something comes about on two busy cores, where nothing else is promised."""
UNANSWERED = ("Failed to load resource: ", "WebSocket connection to ")
"""What the browser says by itself of every answer that is no 2xx, and of those that do not come."""


class Visitor:
    """One person's page."""

    def __init__(self, name: str, page: Page) -> None:
        self.name = name
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(UNANSWERED):
            self.errors.append(message.text)

    def enter(self, url: str, within: float) -> None:
        """Signs in by the form and waits until live updates arrive."""
        self.sign_in(url)
        expect(self.page.locator(".link.live")).to_be_visible(timeout=within * 1000)

    def sign_in(self, url: str) -> None:
        self.page.goto(url)
        self.page.locator("[name=person]").fill(self.name)
        self.page.keyboard.press("Enter")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def row(self, person: str) -> Locator:
        return self.page.locator(f'[data-person="{person}"]')

    def medium(self, person: str, medium: str) -> Locator:
        """On the console."""
        return self.row(person).locator(f'[data-medium="{medium}"]')

    def own(self, medium: str) -> Locator:
        """On the attendee's page."""
        return self.page.locator(f'[data-medium="{medium}"]')

    def mode(self, label: str) -> Locator:
        return self.page.get_by_role("group", name="Mode").get_by_role("button", name=label, exact=True)

    def notice(self, status: str) -> Locator:
        """The newest answer of this kind."""
        return self.page.locator(f'.notice[data-status="{status}"]').last

    def line(self, text: str, outcome: str) -> Locator:
        return self.page.locator(f'[data-outcome="{outcome}"]').filter(has_text=text).first


class Visitors:
    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self._browser = browser
        self._all: list[Visitor] = []

    def host(self, meeting: ModeratedMeeting, name: str, within: float = WITHIN, **context: Any) -> Visitor:
        """At the console."""
        return self._visit(meeting, name, "", within, context)

    def attendee(self, meeting: ModeratedMeeting, name: str, within: float = WITHIN, **context: Any) -> Visitor:
        """At the attendee's page."""
        return self._visit(meeting, name, "attendee.html", within, context)

    def waiting(self, meeting: ModeratedMeeting, name: str) -> Visitor:
        """At the attendee's page, before a host has let them in."""
        visitor = self.somebody()
        visitor.name = name
        visitor.sign_in(f"{self.url}/attendee.html?meeting={meeting.meeting_id}")
        return visitor

    def somebody(self) -> Visitor:
        """With an empty page."""
        return self._opened("somebody", {})

    def _visit(
        self, meeting: ModeratedMeeting, name: str, path: str, within: float, context: dict[str, Any]
    ) -> Visitor:
        visitor = self._opened(name, {"viewport": {"width": 1280, "height": 800}} | context)
        visitor.enter(f"{self.url}/{path}?meeting={meeting.meeting_id}", within)
        return visitor

    def _opened(self, name: str, context: dict[str, Any]) -> Visitor:
        opened = self._browser.new_context(**context)
        opened.set_default_timeout(WITHIN * 1000)
        visitor = Visitor(name, opened.new_page())
        self._all.append(visitor)
        return visitor

    def leave(self, directory: Path, name: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        for number, visitor in enumerate(self._all):
            visitor.page.screenshot(path=directory / f"{name}-{number}-{visitor.name}.png")
            visitor.page.context.close()
        assert {visitor.name: visitor.errors for visitor in self._all if visitor.errors} == {}
