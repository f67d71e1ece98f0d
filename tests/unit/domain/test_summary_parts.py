"""Sentences in parts: users stand for themselves, whatever else their ids could be taken for."""

from dataclasses import replace
from typing import Any

import pytest
from moderation.domain.actor import CHIME, Actor, ActorKind
from moderation.domain.commands import Admit, Mute, MuteEverybody
from moderation.domain.entry import ADMISSION_REQUESTED, CAPABILITIES_CHANGED, DECIDED, Entry, concerning
from moderation.domain.summary import summary
from moderation.domain.summary_parts import summary_parts

from tests.unit.domain.cases import NOW

ALL = {"audio": "SendReceive", "video": "SendReceive", "content": "SendReceive"}


def entry(type_: str, actor: Actor, command: str, reason: str | None = None, **extra: Any) -> Entry:
    return Entry("01", type_, "m", "room", NOW, actor, command, "m1", "c1", reason, extra)


def decided(command: Any, actor: Actor, *users: str, reason: str | None = None) -> Entry:
    attendees = [concerning(None, user) for user in users]
    extra = {"verdict": "accepted", "parameters": command.parameters(), "attendees": attendees}
    return entry(DECIDED, actor, command.name, reason, **extra)


def user(name: str, via: str | None = None) -> Actor:
    return Actor(ActorKind.USER, name, via)


CASES = [
    (decided(Mute(), user("alice"), "bob", reason="bob is loud"), ["alice", "bob"]),
    (decided(Mute(), user("bob", "back-end"), "bob"), ["bob"]),
    (decided(Mute(), user("muted"), "microphone"), ["muted", "microphone"]),
    (decided(MuteEverybody(spared_users=("carol",)), user("alice")), ["alice", "carol"]),
    (decided(Admit({"dora": None, "emil": "host"}), Actor(ActorKind.ADMIN, "school"), "dora"), ["dora", "emil"]),
    (entry(ADMISSION_REQUESTED, CHIME, "admit-users", attendees=[concerning(None, "dora")]), ["dora"]),
    (
        entry(
            CAPABILITIES_CHANGED,
            user("alice"),
            "mute",
            attendees=[
                concerning(None, who) | {"before": ALL, "after": ALL | {"audio": "Receive"}} for who in ("x1", "x2")
            ],
        ),
        ["x1", "x2"],
    ),
]


@pytest.mark.parametrize(("told", "users"), CASES)
def test_the_parts_are_the_summary_and_name_its_users(told: Entry, users: list[str]) -> None:
    parts = summary_parts(told)
    assert "".join(value for part in parts for value in part.values()) == summary(told)
    assert [part["externalUserId"] for part in parts if "externalUserId" in part] == users
    assert all(len(part) == 1 and all(part.values()) for part in parts)


def test_a_reason_is_text_whatever_it_holds() -> None:
    told = replace(CASES[0][0], reason="\ue000eve\ue001")
    assert summary_parts(told)[-1] == {"text": ": \ue000eve\ue001"}
