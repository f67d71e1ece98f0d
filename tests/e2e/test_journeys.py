"""What happens in a lesson, told over HTTP: each test is a story with its people, and ends with what they see."""

from tests.e2e.caller import done, problem
from tests.e2e.deadline import until
from tests.e2e.meeting import EVERYTHING, MUTED, RECEIVING, ROLES, ModeratedMeeting, ObservedStack

SECONDS = 5


def summaries(meeting: ModeratedMeeting) -> list[str]:
    return [entry["summary"] for entry in meeting.alice.history()]


def test_a_noisy_participant(meeting: ModeratedMeeting) -> None:
    """The attendee is muted with a reason, sees why, cannot unmute themselves, and is unmuted."""
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"durationSeconds": 300, "reason": "noise"}))
    me = done(meeting.bob.get("/me"))
    assert (me["role"], me["attendee"]["capabilities"]) == ("participant", MUTED)
    [limit] = me["attendee"]["limits"]
    assert (limit["media"], limit["withholds"], limit["by"]) == (["audio"], "send", "restriction")
    assert (limit["actor"], limit["reason"], limit["liftableBy"]) == ("alice", "noise", "host")
    assert 290 <= limit["remainingSeconds"] <= 300
    stuck = problem(meeting.bob.post(meeting.at("bob", "/unmute")), 409, "capability-unavailable")
    assert [(limit["by"], limit["reason"]) for limit in stuck["limits"]] == [("restriction", "noise")]
    assert meeting.has("bob") == MUTED
    freed = done(meeting.alice.post(meeting.at("bob", "/unmute")))
    assert (freed["after"], freed["effects"]) == (EVERYTHING, ["audio-may-flow"])
    assert meeting.has("bob") == EVERYTHING
    assert done(meeting.bob.get("/me"))["attendee"]["limits"] == []
    assert [line for line in summaries(meeting) if "bob" in line] == [
        "alice muted bob's microphone for 5 min: noise",
        "bob can no longer speak: noise",
        "bob tried to unmute themselves, but another rule withholds it",
        "alice unmuted bob's microphone",
        "bob can now speak",
    ]


def test_ones_own_mute_is_ones_own_to_lift(meeting: ModeratedMeeting) -> None:
    muted = done(meeting.bob.post("/users/bob/mute"))
    [limit] = muted["attendee"]["limits"]
    assert (limit["liftableBy"], meeting.has("bob")) == ("self", MUTED)
    done(meeting.bob.post("/users/bob/unmute"))
    assert meeting.has("bob") == EVERYTHING


def test_the_same_mute_twice(meeting: ModeratedMeeting) -> None:
    """It is unchanged the second time; another reason replaces the first, and Chime hears of it all the same."""
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    calls = len(meeting.changes_of("bob"))
    again = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    assert (again["status"], again["changeId"], len(meeting.changes_of("bob"))) == ("unchanged", None, calls)
    other = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "exam"}))
    assert (other["status"], other["effects"]) == ("applied", ["content-audio-may-flow", "already-silent"])
    assert [limit["reason"] for limit in other["attendee"]["limits"]] == ["exam"]


def test_a_user_is_muted_before_joining(meeting: ModeratedMeeting) -> None:
    """The user is found by user and by attendee, and their rules apply once they join."""
    early = done(meeting.alice.post("/users/dora/mute", {"reason": "late again"}))
    assert (early["attendee"]["attendeeId"], early["after"]["audio"]) == (None, "Receive")
    attendee = meeting.join("dora")
    shown = done(meeting.alice.get(f"/attendees/{attendee}"))
    assert (shown["externalUserId"], shown["capabilities"]["audio"]) == ("dora", "Receive")
    assert [limit["reason"] for limit in shown["limits"]] == ["late again"]
    both = done(meeting.alice.post("/users/dora/mute", {"media": ["video"]}))
    assert (both["attendee"]["attendeeId"], both["status"]) == (attendee, "applied")
    wanted = {"audio": "Receive", "video": "Receive", "content": "SendReceive"}
    # Another function handles the event of the join, and may be calling Chime at this moment.
    until(
        lambda: meeting.local_stack.simulator.has(meeting.meeting_id, attendee) == wanted, SECONDS, "both are in force"
    )
    done(meeting.alice.post(f"/attendees/{attendee}/unmute", {"media": ["audio", "video"]}))
    until(
        lambda: meeting.local_stack.simulator.has(meeting.meeting_id, attendee) == EVERYTHING,
        SECONDS,
        "both are lifted",
    )


def test_two_attendees_of_one_user(meeting: ModeratedMeeting) -> None:
    """Rules bind the user: a tablet that joins later is muted like the telephone."""
    second = meeting.join("bob")
    done(meeting.alice.post(f"/attendees/{second}/mute"))
    assert meeting.has("bob") == MUTED == meeting.local_stack.simulator.has(meeting.meeting_id, second)
    done(meeting.alice.post("/users/bob/unmute"))
    assert meeting.has("bob") == EVERYTHING == meeting.local_stack.simulator.has(meeting.meeting_id, second)
    assert {
        done(meeting.alice.get(f"/attendees/{attendee}"))["status"] for attendee in (second, meeting.attendees["bob"])
    } == {"applied"}


def test_patch_makes_it_so_in_every_medium(meeting: ModeratedMeeting) -> None:
    steps = [
        {"audio": "None", "video": "Receive", "content": "Receive"},
        {"content": "None"},
        {"video": "Send", "audio": "SendReceive"},
        {"video": "None", "content": "Send"},
        {"audio": "Send"},
        EVERYTHING,
    ]
    has = dict(EVERYTHING)
    for step in steps:
        has |= step
        answer = done(meeting.alice.patch(meeting.at("bob", "/capabilities"), {**step, "reason": "test"}))
        assert (answer["after"], meeting.has("bob")) == (has, has)
    assert meeting.shown("bob")["limits"] == []


def test_video_takes_the_receiving_of_content_along(meeting: ModeratedMeeting) -> None:
    """Chime wants it so; `limits` tells, and it comes back with the video."""
    done(meeting.alice.patch(meeting.at("bob", "/capabilities"), {"video": "None"}))
    assert meeting.has("bob") == {"audio": "SendReceive", "video": "None", "content": "Send"}
    assert "content-needs-video" in {limit["by"] for limit in meeting.shown("bob")["limits"]}
    done(meeting.alice.patch(meeting.at("bob", "/capabilities"), {"video": "Receive"}))
    assert meeting.has("bob") == {"audio": "SendReceive", "video": "Receive", "content": "SendReceive"}


def test_the_back_end_acts_for_a_host(meeting: ModeratedMeeting) -> None:
    """The policies decide about the host, and the history shows the back end that acted for them."""
    done(meeting.on_behalf_of("alice").post(meeting.at("bob", "/mute"), {"reason": "by telephone"}))
    entry = next(entry for entry in meeting.alice.history() if entry["command"] == "mute")
    assert entry["actor"] == {"kind": "user", "id": "alice", "via": "back-end"}
    assert entry["policies"] == ["host-may-moderate"]
    assert entry["summary"] == "alice (through back-end) muted bob's microphone: by telephone"
    problem(meeting.on_behalf_of("bob").post(meeting.at("carol", "/mute")), 403, "not-permitted")
    problem(meeting.on_behalf_of("stranger").get(), 403, "not-permitted")
    pretender = meeting.bob.send("POST", meeting.at("carol", "/mute"), gavel_on_behalf_of="alice")
    problem(pretender, 403, "not-permitted")
    assert meeting.has("carol") == EVERYTHING


def test_another_mode_and_back(meeting: ModeratedMeeting) -> None:
    """Registering anew in mode `presentation` narrows everybody present who is not to present."""
    first = {"roles": ROLES}
    same = done(meeting.admin.put(body=first))
    assert same["mode"] == "open"
    problem(meeting.admin.put(body={**first, "mode": "presentation"}), 428, "revision-required")
    problem(meeting.admin.put(body={**first, "mode": "presentation"}, if_match='"m999"'), 412, "revision-mismatch")
    seen = meeting.alice.get().headers["ETag"]
    assert done(meeting.admin.put(body={**first, "mode": "presentation"}, if_match=seen))["mode"] == "presentation"
    assert {user: meeting.has(user) for user in ROLES} == {
        "alice": EVERYTHING,
        "bob": RECEIVING,
        "carol": RECEIVING,
        "victor": RECEIVING,
    }
    withheld = done(meeting.bob.get("/me"))["attendee"]["limits"]
    assert {limit["by"] for limit in withheld} == {"policy"}
    problem(meeting.alice.post(meeting.at("bob", "/unmute")), 409, "capability-unavailable")
    done(meeting.admin.put(body=first, if_match=meeting.alice.get().headers["ETag"]))
    assert (meeting.has("bob"), meeting.has("carol"), meeting.has("victor")) == (EVERYTHING, EVERYTHING, RECEIVING)


def test_a_mute_outlives_the_mode(meeting: ModeratedMeeting) -> None:
    """Each rule stays until it is lifted, whatever else has withheld the same."""
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    for mode in ("audience", "open"):
        seen = meeting.alice.get().headers["ETag"]
        done(meeting.admin.put(body={"roles": ROLES, "mode": mode}, if_match=seen))
    assert (meeting.has("bob"), meeting.has("carol")) == (MUTED, EVERYTHING)


def test_what_each_may_see(meeting: ModeratedMeeting) -> None:
    done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))
    assert done(meeting.alice.get())["roles"] == ROLES
    assert "roles" not in done(meeting.bob.get())
    carol = meeting.caller("carol")
    seen = done(carol.get(meeting.at("bob")))
    assert (seen["capabilities"], "limits" in seen) == (MUTED, False)
    assert done(meeting.bob.get(meeting.at("bob")))["limits"][0]["reason"] == "noise"
    problem(carol.get("/history"), 403, "not-permitted")
    assert {"mute", "unmute", "set-capabilities", "view-history"} <= set(done(meeting.alice.get("/me"))["may"])
    own = {"mute-self", "unmute-self", "raise-hand", "lower-own-hand", "consent", "view-hands"}
    assert set(done(meeting.bob.get("/me"))["may"]) == own


def test_a_change_can_be_looked_up_by_the_user_it_concerns(meeting: ModeratedMeeting) -> None:
    change_id = done(meeting.alice.post(meeting.at("bob", "/mute"), {"reason": "noise"}))["changeId"]
    change = meeting.change(change_id)
    assert (change["status"], change["command"], change["reason"]) == ("applied", "mute", "noise")
    assert (change["externalUserId"], change["after"]) == ("bob", MUTED)
    problem(meeting.caller("carol").get(f"/changes/{change_id}"), 403, "not-permitted")
    own = done(meeting.bob.post("/users/bob/mute", {"media": ["video"]}))["changeId"]
    assert done(meeting.bob.get(f"/changes/{own}"))["status"] == "applied"


def test_media_pipelines_are_nobody(local_stack: ObservedStack, meeting: ModeratedMeeting) -> None:
    """A recording is never moderated, by its attendee or by a name that begins with `aws:`."""
    added = local_stack.simulator.control(
        "POST", f"meetings/{meeting.meeting_id}/attendees", {"externalUserId": "aws:MediaPipeline-1"}
    )["attendee"]
    problem(meeting.alice.post(f"/attendees/{added['AttendeeId']}/mute"), 404, "attendee-not-found")
    problem(meeting.alice.post("/users/aws:MediaPipeline-1/mute"), 400, "invalid-request")
    seen = meeting.alice.get().headers["ETag"]
    done(meeting.admin.put(body={"roles": ROLES, "mode": "audience"}, if_match=seen))
    assert set(local_stack.simulator.has(meeting.meeting_id, added["AttendeeId"]).values()) == {"SendReceive"}
