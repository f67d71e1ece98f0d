"""The registry of commands: what else is derived from it has to be there."""

import re
from dataclasses import fields, is_dataclass
from unittest.mock import patch

import pytest
from moderation.adapters.cedar.directory import SHIPPED, Directory
from moderation.domain.actor import Actor, ActorKind
from moderation.domain.commands import COMMANDS, Command, Invoker, MeetingCommand, Target, UserCommand, registered
from moderation.domain.entry import DECIDED, Entry
from moderation.domain.summary import summary

from .cases import NOW

EVERY = list(dict.fromkeys(COMMANDS.values()))
ACTION = re.compile(r'"([a-z-]+)"')


def schema_actions(target: Target) -> set[str]:
    """The actions that the policies' schema lets be asked about a user, or about the meeting."""
    schema = Directory.read(SHIPPED).schema_text
    found = set()
    for names, resource in re.findall(
        r"^action ([^{;]*?)(?: in \[[^\]]*\])? appliesTo \{.*?resource: \[(.*?)\]", schema, re.MULTILINE | re.DOTALL
    ):
        if ("User" if target is Target.USER else "Meeting") in resource:
            found |= set(ACTION.findall(names))
    return found


@pytest.mark.parametrize("command", EVERY, ids=lambda c: c.__name__)
def test_a_command_is_a_frozen_value_with_a_reason_and_a_target(command: type[Command]) -> None:
    assert is_dataclass(command)
    assert "reason" in {field.name for field in fields(command)}
    assert issubclass(command, UserCommand if command.target is Target.USER else MeetingCommand)
    assert command().name in (command.names or (command.name,)) or not command().actions


def test_a_new_command_is_known_by_each_of_its_names() -> None:
    class Wave(UserCommand):
        name = "wave"

    class SetSeat(MeetingCommand):
        name = "set-seat"
        names = ("set-row", "set-seat")

    with patch.dict(COMMANDS):
        known = set(COMMANDS)
        assert (registered(Wave), registered(SetSeat)) == (Wave, SetSeat)
        added = {name: COMMANDS[name] for name in COMMANDS.keys() - known}
    assert added == {"wave": Wave, "set-row": SetSeat, "set-seat": SetSeat}


@pytest.mark.parametrize("command", EVERY, ids=lambda c: c.__name__)
def test_the_policies_schema_has_its_actions(command: type[Command]) -> None:
    assert set(command.policy_actions()) <= schema_actions(command.target)
    assert bool(command.policy_actions()) is (command.invoker is not Invoker.CLOCK)


def test_the_policies_schema_has_no_action_that_is_neither_a_command_nor_a_read() -> None:
    commands = {action for command in EVERY for action in command.policy_actions()}
    assert {a for a in schema_actions(Target.USER) | schema_actions(Target.MEETING) if not a.startswith("view-")} == (
        commands | {"live"}
    )


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("code", [None, "not-permitted"])
def test_the_history_has_a_sentence_for_it(name: str, code: str | None) -> None:
    command = COMMANDS[name]()
    attendees = [{"attendeeId": None, "externalUserId": "bob"}]
    said: dict[str, object] = {
        "verdict": "refused" if code else "accepted",
        "policies": [],
        "code": code,
        "parameters": command.parameters(),
    }
    entry = Entry(
        "e",
        DECIDED,
        "m",
        "standup",
        NOW,
        Actor(ActorKind.USER, "alice"),
        name,
        "m1",
        extra=said | {"attendees": attendees},
    )
    sentence = summary(entry)
    assert "{" not in sentence
    if code:
        assert sentence.startswith("alice is not permitted to ")
    else:
        assert sentence.startswith("alice " if COMMANDS[name].invoker is not Invoker.CLOCK else "bob's ")
        assert sentence != "alice changed what bob may do"


def test_what_comes_by_event_targets_a_user_or_the_meeting_and_is_permitted_under_the_same_name() -> None:
    for command in EVERY:
        assert set(command.event_names()) <= set(command.policy_actions())
