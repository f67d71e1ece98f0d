"""Display names over HTTP: given by the back end or by the token, shown to people, and left out of the history."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from local.aws import client
from tests.e2e.caller import done, problem
from tests.e2e.meeting import ModeratedMeeting, ObservedStack
from tests.e2e.page import LivePage
from tests.e2e.test_live import PROMISED

ZOE = "Zoë 山田 محمد"
SETTING = "GAVEL_DISPLAY_NAMES_IN_EVENTS"


def test_a_name_that_the_back_end_gives_is_shown_everywhere_but_in_the_history(meeting: ModeratedMeeting) -> None:
    """The stack of these tests has `displayNamesInEvents` on."""
    attendee = meeting.attendees["bob"]
    with LivePage(meeting.caller("carol"), "carol") as page:
        given = done(meeting.admin.put(meeting.at("bob"), {"displayName": f"  {ZOE}\n"}))
        assert given["displayName"] == ZOE
        assert page.shows(lambda shown: shown.attendees[attendee].get("displayName") == ZOE, PROMISED)
    assert meeting.shown("bob")["displayName"] == ZOE
    listed = {each["externalUserId"]: each for each in done(meeting.alice.get("/attendees"))["items"]}
    assert [user for user, attendee in listed.items() if "displayName" in attendee] == ["bob"]
    assert done(meeting.bob.get("/me"))["attendee"]["displayName"] == ZOE
    done(meeting.bob.put(meeting.at("bob", "/hand")))
    assert done(meeting.alice.get("/hands"))["items"][0]["displayName"] == ZOE

    change_id = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))["changeId"]
    events = meeting.local_stack.bus_events.until_changed(meeting.meeting_id, change_id)
    assert {event["detail"]["attendees"][0]["displayName"] for event in events} == {ZOE}
    assert "displayName" not in json.dumps(meeting.alice.history())


def test_without_the_setting_answers_have_names_and_events_have_none(meeting: ModeratedMeeting) -> None:
    done(meeting.admin.put(meeting.at("bob"), {"displayName": ZOE}))
    done(meeting.admin.put(meeting.at("alice"), {"displayName": "Alice"}))
    with _without_names_in_events(meeting.local_stack):
        muted = done(meeting.alice.post(meeting.at("bob", "/mute")))
        events = meeting.local_stack.bus_events.until_changed(meeting.meeting_id, muted["changeId"])
    assert muted["attendee"]["displayName"] == ZOE
    assert [each["externalUserId"] for event in events for each in event["detail"]["attendees"]] == ["bob", "bob"]
    assert "displayName" not in json.dumps(events)


@contextmanager
def _without_names_in_events(local_stack: ObservedStack) -> Iterator[None]:
    """`displayNamesInEvents` as it is by default, in the function that is deployed."""
    functions = client("lambda", local_stack.stack.aws_endpoint_url)
    try:
        [publisher] = [f for f in functions.list_functions()["Functions"] if SETTING in f["Environment"]["Variables"]]
        name, variables = publisher["FunctionName"], publisher["Environment"]["Variables"]
        off = variables | {SETTING: "false"}
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": off})
        try:
            yield
        finally:
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    finally:
        functions.close()


def test_who_is_admitted_is_named_before_they_join(local_stack: ObservedStack) -> None:
    meeting = local_stack.meeting(registration={"lobby": True})
    done(meeting.admin.post("/admissions", {"users": [{"externalUserId": "dora", "displayName": ZOE}]}))
    assert [each["displayName"] for each in done(meeting.alice.get("/lobby"))["items"]] == [ZOE]
    assert done(meeting.alice.put("/lobby/dora", {"admit": True}))["attendee"]["displayName"] == ZOE


def test_a_token_names_a_user_without_a_name(meeting: ModeratedMeeting) -> None:
    def named(name: str) -> str | None:
        token = meeting.local_stack.stack.issuer.token("carol", name=name)
        found: str | None = done(meeting.with_token(token).get("/me"))["attendee"].get("displayName")
        return found

    assert named("Carol \u202e(host)") is None
    assert named(ZOE) == ZOE
    assert named("Alice") == ZOE
    assert meeting.shown("carol")["displayName"] == ZOE


def test_a_name_that_disturbs_a_page_is_refused(meeting: ModeratedMeeting) -> None:
    for name in ("Bob\u202e", "Bob\nAlice", "", "b" * 65, 7):
        refused = problem(meeting.admin.put(meeting.at("bob"), {"displayName": name}), 400, "invalid-request")
        assert [error["pointer"] for error in refused["errors"]] == ["/displayName"]
    assert "displayName" not in meeting.shown("bob")
