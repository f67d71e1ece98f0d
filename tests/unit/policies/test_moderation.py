"""The shipped policies: every principal, every action, every kind of target."""

import pytest
from moderation.adapters.cedar import CedarPolicies

from .questions import PERSONS, PRINCIPALS, allows, question, refusal

# One line per action. `-` is nothing, `s` themselves, `p` a participant, `c` another cohost, `h` another host,
# `m` the meeting, `a` all meetings. `member` is any other role: presenter, participant, viewer.
TABLE = """
action           admin  host   cohost member trigger
mute             pch    spch   pc     -      pc
unmute           pch    spch   pc     -      pc
set-capabilities pch    spch   pc     -      pc
hold             pch    spch   pc     -      pc
release          pch    spch   pc     -      pc
remove           pch    spch   pc     -      pc
grant-floor      pch    spch   pc     -      pc
end-floor        pch    spch   pc     -      pc
lower-hand       pch    spch   pc     -      pc
admit            pch    spch   pc     -      pc
ban              pch    pch    pc     -      pc
unban            pch    pch    pc     -      pc
set-role         pch    spch   -      -      pc
mute-self        -      s      s      s      -
unmute-self      -      s      s      s      -
consent          -      s      s      s      -
leave-lobby      pch    -      -      -      -
raise-hand       pch    s      s      s      pch
lower-own-hand   pch    s      s      s      -
view-meeting     pchm   spchm  spchm  spchm  -
view-attendees   pchm   spchm  spchm  spchm  -
view-hands       pchm   spchm  spchm  spchm  -
live             pchm   spchm  spchm  spchm  -
view-limits      pchm   spchm  spchm  s      -
view-changes     pchm   spchm  spchm  s      -
view-roles       pchm   spchm  spchm  -      -
view-history     pchm   spchm  spchm  -      -
view-bans        pchm   spchm  spchm  -      -
view-lobby       pchm   spchm  spchm  -      -
mute-all         m      m      m      -      m
unmute-all       m      m      m      -      m
lower-all-hands  m      m      m      -      m
set-mode         m      m      m      -      m
freeze           m      m      m      -      m
unfreeze         m      m      m      -      m
undo             m      m      m      -      m
end              m      m      -      -      m
set-settings     m      m      -      -      -
register         pchm   -      -      -      -
admit-users      pchm   -      -      -      -
bind             pchm   -      -      -      -
list-meetings    a      -      -      -      -
"""
LETTERS = {"self": "s", "participant": "p", "cohost": "c", "host": "h", "meeting": "m", "all meetings": "a"}
MEMBERS = ("presenter", "participant", "viewer")
HEADINGS, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
COLUMNS = {**{name: name for name in PRINCIPALS}, **dict.fromkeys(MEMBERS, "member"), "command source": "trigger"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row[0]))
@pytest.mark.parametrize("principal", PRINCIPALS)
def test_which_role_may_do_what_to_which(shipped: CedarPolicies, principal: str, row: list[str]) -> None:
    """Nobody, and an event source that no policy names, may do nothing at all."""
    cells = dict(zip(HEADINGS, row, strict=True))
    is_person = principal not in {"admin", "trigger", "source", "command source"}
    targets = [target for target in LETTERS if target != "self" or is_person]
    permitted = "".join(LETTERS[target] for target in targets if allows(shipped, principal, row[0], target))
    assert (permitted or "-") == cells.get(COLUMNS[principal], "-")


def test_the_table_has_every_action_of_the_first_question(shipped: CedarPolicies) -> None:
    from moderation.adapters.cedar.validation import asked_about

    groups = {"by-event", "moderate-user", "moderate-meeting", "self", "in-person", "read", "oversee", "back-end"}
    second_question = {"send", "receive", *(d + m for d in ("send", "receive") for m in ("Audio", "Video", "Content"))}
    assert {row[0] for row in ROWS} == asked_about(shipped.schema) - groups - second_question


@pytest.mark.parametrize("principal", ["cohost", "participant", "nobody", "trigger", "source", "command source"])
def test_a_refusal_to_touch_a_host_names_the_policy(shipped: CedarPolicies, principal: str) -> None:
    assert refusal(shipped, principal, "mute", "host") == ("non-hosts-may-not-act-on-hosts",)
    assert refusal(shipped, principal, "set-role", "host") == ("non-hosts-may-not-act-on-hosts",)


def test_a_cohost_muted_by_a_host_cannot_unmute_themselves(shipped: CedarPolicies) -> None:
    for action in ("unmute", "release", "set-capabilities", "grant-floor"):
        assert refusal(shipped, "cohost", action, "self") == ("cohosts-may-not-moderate-themselves",)


def test_nobody_decides_on_their_own_ban(shipped: CedarPolicies) -> None:
    for principal in ("host", "participant", "nobody"):
        assert "own-ban" in refusal(shipped, principal, "unban", "self")


def test_nobody_acts_in_anothers_place(shipped: CedarPolicies) -> None:
    for principal in ("admin", "host", "trigger"):
        for action in ("consent", "mute-self", "unmute-self"):
            assert refusal(shipped, principal, action, "participant") == ("in-person-only",)


def test_where_nothing_permits_the_verdict_says_so(shipped: CedarPolicies) -> None:
    assert refusal(shipped, "participant", "mute", "participant") == ("no-permit",)
    assert refusal(shipped, "nobody", "view-meeting", "meeting") == ("no-permit",)
    assert refusal(shipped, "source", "end", "meeting") == ("no-permit",)


def test_what_is_allowed_names_the_policies_that_permitted(shipped: CedarPolicies) -> None:
    assert shipped.authorize(question("cohost", "mute", "participant")).policies == ("cohost-may-moderate",)
    both = ("host-may-moderate", "members-may-see-own-details")
    assert shipped.authorize(question("host", "view-limits", "self")).policies == both


@pytest.mark.parametrize("target", ["meeting", *PERSONS])
@pytest.mark.parametrize("action", ["", "fly", "Mute", "moderate-user", "sendAudio"])
def test_an_unknown_action_is_denied_even_to_an_admin(shipped: CedarPolicies, action: str, target: str) -> None:
    assert refusal(shipped, "admin", action, target) == ("no-permit",)


def test_an_action_on_the_wrong_kind_of_target_is_denied_even_to_an_admin(shipped: CedarPolicies) -> None:
    assert refusal(shipped, "admin", "mute", "meeting") == ("no-permit",)
    assert refusal(shipped, "admin", "mute-all", "participant") == ("no-permit",)
