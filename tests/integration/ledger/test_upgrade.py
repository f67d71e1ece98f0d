"""What was written by the version before is read by this one: an upgrade loses no meeting and no pending change."""

from typing import Any

from moderation.domain.meeting import MeetingRules, UserRules
from moderation.ports import ChangeKept, ChangeOpened, Due, MeetingRevised, SeatsNoted, UserRevised

from tests.integration.ledger.examples import SEATED, TOKEN, M, change, meeting, person, seconds, user
from tests.integration.ledger.table import Table

NOT_YET = {
    "MEETING": ("rules.turns",),
    "USER#bob": ("notes",),
    "CHANGE#c1": ("everybody", "awaitsConsent", "agreedAt"),
    "CHANGE#c2": ("replaced.meeting.turns", "made.meeting.turns"),
}
"""Item → attributes it didn't have. What a person doesn't have is not written today either."""


def written_before(table: Table) -> None:
    of_bob = change("c1", rules_before=UserRules("participant"), rules_after=UserRules("host"))
    of_all = change("c2", rules_before=MeetingRules(), rules_after=MeetingRules(mode="quiet"))
    table.ledger.transact([MeetingRevised(meeting(), 0), UserRevised(M, person("bob", 1, SEATED), 0)])
    table.ledger.transact([ChangeOpened(of_bob), ChangeOpened(of_all)])
    for image in table.items():
        kind = image["sk"]["S"]
        if kind in NOT_YET:
            table.client.put_item(TableName=table.name, Item=without(image, NOT_YET[kind]))


def without(image: dict[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    for path in paths:
        *way, last = path.split(".")
        place = image
        for step in way:
            place = place[step]["M"]
        place.pop(last, None)
    return image


def test_records_of_the_version_before_are_read_as_they_were(table: Table) -> None:
    written_before(table)

    assert table.ledger.load(M).meeting == meeting()
    assert user(table.ledger) == person("bob", 1, SEATED)
    of_bob = change("c1", rules_before=UserRules("participant"), rules_after=UserRules("host"))
    of_all = change("c2", rules_before=MeetingRules(), rules_after=MeetingRules(mode="quiet"))
    assert table.ledger.change(M, "c1") == of_bob
    due = table.ledger.due(seconds(45), 10)
    records = table.ledger.due_records(due)
    assert records == {Due(seconds(45), M, "c1"): of_bob, Due(seconds(45), M, "c2"): of_all}


def test_records_of_the_version_before_are_written_again(table: Table) -> None:
    written_before(table)

    table.ledger.transact([MeetingRevised(meeting(revision=2), 1), UserRevised(M, person(revision=2), 1)])
    table.ledger.transact([ChangeKept(change("c1", everybody=True, agreed_at=seconds(3)), TOKEN)])

    assert table.ledger.load(M, ["bob"]).users == {"bob": person("bob", 2, SEATED)}
    assert table.ledger.change(M, "c1") == change("c1", everybody=True, agreed_at=seconds(3))


def test_who_was_written_before_notes_were_counted_can_be_noted(table: Table) -> None:
    written_before(table)

    table.ledger.transact([SeatsNoted(M, "bob", 1, (SEATED,), 0)])
    table.ledger.transact([SeatsNoted(M, "bob", 1, (SEATED,), 1)])

    assert table.ledger.load(M, ["bob"]).users["bob"].notes == 2


def test_who_has_nothing_takes_no_room_for_it(table: Table) -> None:
    table.ledger.transact([UserRevised(M, person("bob", 1, SEATED), 0)])

    [image] = table.items()

    assert set(image["rules"]["M"]) == {"role", "grant", "given", "restrictions", "spares", "admitted"}
