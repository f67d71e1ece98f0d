"""People by name on the pages: in any script, apart from the sentence around, with the id on demand."""

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import SCREENSHOTS
from tests.e2e.browser.visitor import Visitor, Visitors
from tests.e2e.caller import done
from tests.e2e.meeting import MUTED, ModeratedMeeting, ObservedStack

POOL_USER = "6a1b7c3e-5d2f-4e8a-9b10-0c1d2e3f4a5b"
"""What users of a Cognito pool are called, who have no display name here."""
NAMES = {
    "alice": "Alice Ångström",
    "hugo": "Hugo Ferreira 👩‍🏫",
    "bob": "بوب مراد",
    "carol": "田中 かおり",
    "victor": "Виктор Петров",
    "alina": "Alice Ångström",
}
FIRST = ("Ana", "Björn", "Chloé", "Deniz", "Grace", "Hiroshi", "Jürgen", "Kwame", "Nadia", "Oluwaseun", "Priya", "Zoë")
LAST = ("Müller", "García Márquez", "O'Neill", "Петров", "Yılmaz", "Schwarzenberger-Hohenlohe", "山田", "Li", "حداد")
POOL = "-5d2f-4e8a-9b10-0c1d2e3f4a5b"
MANY = {f"{n:08x}{POOL}": f"{FIRST[n % 12]} {LAST[n // 12 % 9]} {n // 108 + 1}" for n in range(249)}
"""User ids of a Cognito pool, and what their users are called."""
ROLES = {"alice": "host", "hugo": "cohost", **dict.fromkeys(("bob", "carol", "alina", POOL_USER), "participant")}


@pytest.fixture
def named(local_stack: ObservedStack, warm: None) -> ModeratedMeeting:
    """Seven people, six of them with names; two have the same."""
    meeting = local_stack.meeting(ROLES | {"victor": "viewer"})
    users = [{"externalUserId": user, "displayName": name} for user, name in NAMES.items()]
    done(meeting.admin.post("/admissions", {"users": users}))
    return meeting


def test_rows_dialogs_search_and_history_have_names(visitors: Visitors, named: ModeratedMeeting) -> None:
    alice, bob = visitors.host(named, "alice"), visitors.attendee(named, "bob")
    expect(alice.row("bob").locator(".name bdi")).to_have_text(NAMES["bob"])
    expect(alice.row("bob").locator(".name bdi")).to_have_attribute("title", "bob")
    expect(alice.row(POOL_USER).locator(".name bdi")).to_have_text("6a1b7c3e…")
    expect(alice.row(POOL_USER).locator(".name bdi")).to_have_attribute("title", POOL_USER)
    expect(alice.row("alina").locator(".id")).to_have_text("alina")
    expect(alice.row("carol").locator(".id")).to_have_count(0)
    done(named.caller("carol").put("/users/carol/hand", {}))
    expect(alice.page.locator('[data-hand="carol"]')).to_contain_text(NAMES["carol"])
    alice.button(f"Mute {NAMES['bob']}'s microphone").click()
    expect(alice.notice("applied")).to_contain_text(f"Mute {NAMES['bob']}: microphone")
    expect(bob.own("audio")).to_contain_text(f"blocked by {NAMES['alice']}")
    line = alice.line(f"{NAMES['alice']} muted {NAMES['bob']}'s microphone", "applied")
    expect(line.locator(".summary bdi")).to_have_text([NAMES["alice"], NAMES["bob"]])
    alice.page.screenshot(path=SCREENSHOTS / "names-of-seven.png")
    alice.button("More for 6a1b7c3e…").click()
    expect(alice.page.get_by_role("dialog").locator("code")).to_have_text(POOL_USER)
    alice.page.screenshot(path=SCREENSHOTS / "names-id-on-demand.png")
    alice.page.keyboard.press("Escape")
    find = alice.page.get_by_role("searchbox", name="Find people")
    for text, found in {
        "мир": [],
        "виктор": ["victor"],
        "かおり": ["carol"],
        "ARO": ["carol"],
        "5d2f": [POOL_USER],
    }.items():
        find.fill(text)
        expect(alice.page.locator("[data-person]")).to_have_count(len(found))
        for user in found:
            expect(alice.row(user)).to_be_visible()


def test_a_name_that_changes_is_shown_and_who_waits_has_one(visitors: Visitors, named: ModeratedMeeting) -> None:
    done(named.alice.patch("", {"lobby": True}))
    alice = visitors.host(named, "alice")
    done(named.admin.put(named.at("carol"), {"displayName": "Karen <b>"}))
    expect(alice.row("carol").locator(".name bdi")).to_have_text("Karen <b>")
    done(named.admin.post("/admissions", {"users": [{"externalUserId": "dora", "displayName": "Δώρα"}]}))
    expect(alice.page.locator('[data-waiting="dora"]')).to_contain_text("Δώρα")
    alice.button("Let in Δώρα").click()
    expect(alice.page.locator("[data-waiting]")).to_have_count(0)


def test_two_hundred_and_fifty_users_with_names(visitors: Visitors, local_stack: ObservedStack, warm: None) -> None:
    meeting_id = local_stack.simulator.create_meeting()
    meeting = local_stack.registered(meeting_id, {"alice": "host"} | dict.fromkeys(MANY, "participant"))
    users = [{"externalUserId": user, "displayName": name} for user, name in MANY.items()]
    for start in range(0, len(users), 100):
        done(meeting.admin.post("/admissions", {"users": users[start : start + 100]}))
    alice = visitors.host(meeting, "alice")
    page = alice.page
    expect(page.locator("#people .count")).to_have_text("250")
    names = page.locator("[data-person] .name bdi")
    shown = names.all_inner_texts()
    assert shown[0] == "alice"
    assert set(shown[1:]) <= set(MANY.values()), "no id stands where a name is known"
    assert shown[1:] == page.evaluate(
        "names => names.sort(new Intl.Collator('en', {numeric: true}).compare)", shown[1:]
    )
    find = page.get_by_role("searchbox", name="Find people")
    find.fill("MÜLL")
    expect(page.locator("#people .count")).to_have_text("36 of 250")
    _mute_all_found(alice, meeting)
    find.fill("")
    for user in list(MANY)[16:20:3]:
        done(meeting.caller(user).put(f"/users/{user}/hand", {}))
        expect(page.locator(f'[data-hand="{user}"]')).to_contain_text(MANY[user])
    page.screenshot(path=SCREENSHOTS / "names-of-250.png")
    find.fill("MÜLL")
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 360, "height": 740})
    page.locator('[data-tab="people"]').click()
    expect(names.first).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "names-of-250-phone-dark.png")


def _mute_all_found(alice: Visitor, meeting: ModeratedMeeting) -> None:
    """In one request, and nobody else."""
    found = [user for user, name in MANY.items() if "Müller" in name]
    alice.page.get_by_label("Select all").check()
    expect(alice.page.get_by_text(f"{len(found)} selected")).to_be_visible()
    alice.button("Mute").click()
    expect(alice.notice("applied")).to_contain_text(f"Mute {len(found)} people")
    expect(alice.line(f"and {len(found) - 1} more", "applied")).to_be_visible()
    expect(alice.page.locator('[data-medium="audio"]:not([data-state="blocked"])')).to_have_count(0)
    has = meeting.local_stack.simulator.have(meeting.meeting_id)
    assert {user for user in MANY if has[meeting.attendees[user]] == MUTED} == set(found)
