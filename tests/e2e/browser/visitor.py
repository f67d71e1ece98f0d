"""Somebody who looks at a page of the console, and what he sees there."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, expect

from tests.e2e.scene import ModeratedMeeting

WITHIN = 60
"""Seconds in which something comes about on two busy cores, where nothing else is promised."""
REFUSALS = "Failed to load resource: the server responded with a status of"
"""What the browser says by itself of every answer that is no 2xx."""


class Visitor:
    """One person's page."""

    def __init__(self, name: str, page: Page) -> None:
        self.name = name
        self.page = page
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._heard)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(REFUSALS):
            self.errors.append(message.text)

    def enter(self, url: str, within: float) -> None:
        """By the form, as everybody does; then he waits until news come by themselves."""
        self.page.goto(url)
        self.page.get_by_label("Who are you?").or_(self.page.get_by_label("Somebody else")).fill(self.name)
        self.page.get_by_role("button", name="Enter").click()
        expect(self.page.locator(".link.live")).to_be_visible(timeout=within * 1000)

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

    def notice(self, status: str) -> Locator:
        """The newest answer of this kind."""
        return self.page.locator(f'.notice[data-status="{status}"]').last

    def line(self, text: str, fate: str) -> Locator:
        return self.page.locator(f'[data-fate="{fate}"]').filter(has_text=text)


class Visitors:
    def __init__(self, browser: Browser, url: str) -> None:
        self.url = url
        self._browser = browser
        self._all: list[Visitor] = []

    def host(self, scene: ModeratedMeeting, name: str, within: float = WITHIN, **context: Any) -> Visitor:
        """At the console."""
        return self._visit(scene, name, "", within, context)

    def attendee(self, scene: ModeratedMeeting, name: str, within: float = WITHIN, **context: Any) -> Visitor:
        """At the attendee's page."""
        return self._visit(scene, name, "attendee.html", within, context)

    def somebody(self) -> Visitor:
        """With an empty page."""
        visitor = Visitor("somebody", self._browser.new_context().new_page())
        self._all.append(visitor)
        return visitor

    def _visit(self, scene: ModeratedMeeting, name: str, path: str, within: float, context: dict[str, Any]) -> Visitor:
        opened = self._browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | context))
        opened.set_default_timeout(WITHIN * 1000)
        visitor = Visitor(name, opened.new_page())
        self._all.append(visitor)
        visitor.enter(f"{self.url}/{path}?meeting={scene.meeting_id}", within)
        return visitor

    def leave(self, directory: Path, name: str) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        for number, visitor in enumerate(self._all):
            visitor.page.screenshot(path=directory / f"{name}-{number}-{visitor.name}.png")
            visitor.page.context.close()
        assert {visitor.name: visitor.errors for visitor in self._all if visitor.errors} == {}
