"""What happens in a lesson, told over HTTP: each test is a story with its people, and ends with what they see."""

from tests.e2e.caller import done, problem
from tests.e2e.deadline import until
from tests.e2e.scene import EVERYTHING, MUTED, RECEIVING, ROLES, ModeratedMeeting, Theatre

SECONDS = 5


def summaries(scene: ModeratedMeeting) -> list[str]:
    return [entry["summary"] for entry in scene.alice.history()]


def test_a_noisy_participant(scene: ModeratedMeeting) -> None:
    """He is muted with a reason, sees why, can't free himself, and is freed."""
    done(scene.alice.post(scene.at("bob", "/mute"), {"durationSeconds": 300, "reason": "noise"}))
    me = done(scene.bob.get("/me"))
    assert (me["role"], me["attendee"]["capabilities"]) == ("participant", MUTED)
    [limit] = me["attendee"]["limits"]
    assert (limit["media"], limit["withholds"], limit["by"]) == (["audio"], "send", "restriction")
    assert (limit["actor"], limit["reason"], limit["liftableBy"]) == ("alice", "noise", "host")
    assert 290 <= limit["remainingSeconds"] <= 300
    stuck = problem(scene.bob.post(scene.at("bob", "/unmute")), 409, "capability-unavailable")
    assert [(limit["by"], limit["reason"]) for limit in stuck["limits"]] == [("restriction", "noise")]
    assert scene.has("bob") == MUTED
    freed = done(scene.alice.post(scene.at("bob", "/unmute")))
    assert (freed["after"], freed["effects"]) == (EVERYTHING, ["audio-may-flow"])
    assert scene.has("bob") == EVERYTHING
    assert done(scene.bob.get("/me"))["attendee"]["limits"] == []
    assert [line for line in summaries(scene) if "bob" in line] == [
        "alice muted bob's audio for 5 min: noise",
        "bob now has audio Receive: noise",
        "bob was refused unmute on bob (capability-unavailable)",
        "alice unmuted bob's audio",
        "bob now has audio SendReceive",
    ]


def test_ones_own_mute_is_ones_own_to_lift(scene: ModeratedMeeting) -> None:
    muted = done(scene.bob.post("/users/bob/mute"))
    [limit] = muted["attendee"]["limits"]
    assert (limit["liftableBy"], scene.has("bob")) == ("self", MUTED)
    done(scene.bob.post("/users/bob/unmute"))
    assert scene.has("bob") == EVERYTHING


def test_the_same_mute_twice(scene: ModeratedMeeting) -> None:
    """It is unchanged the second time; another reason replaces the first, and Chime hears of it all the same."""
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    calls = len(scene.changes())
    again = done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    assert (again["status"], again["changeId"], len(scene.changes())) == ("unchanged", None, calls)
    other = done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "exam"}))
    assert (other["status"], other["effects"]) == ("applied", ["content-audio-may-flow", "already-silent"])
    assert [limit["reason"] for limit in other["attendee"]["limits"]] == ["exam"]


def test_somebody_muted_before_he_joins(scene: ModeratedMeeting) -> None:
    """He is found by his name and by his seat, and what was decided waits for him."""
    early = done(scene.alice.post("/users/dora/mute", {"reason": "late again"}))
    assert (early["attendee"]["attendeeId"], early["after"]["audio"]) == (None, "Receive")
    seat = scene.join("dora")
    shown = done(scene.alice.get(f"/attendees/{seat}"))
    assert (shown["externalUserId"], shown["capabilities"]["audio"]) == ("dora", "Receive")
    assert [limit["reason"] for limit in shown["limits"]] == ["late again"]
    both = done(scene.alice.post("/users/dora/mute", {"media": ["video"]}))
    assert (both["attendee"]["attendeeId"], both["status"]) == (seat, "applied")
    wanted = {"audio": "Receive", "video": "Receive", "content": "SendReceive"}
    # That he came is heard by another door, which may be ordering at this very moment.
    until(lambda: scene.theatre.simulator.has(scene.meeting_id, seat) == wanted, SECONDS, "both are in force")
    done(scene.alice.post(f"/attendees/{seat}/unmute", {"media": ["audio", "video"]}))
    until(lambda: scene.theatre.simulator.has(scene.meeting_id, seat) == EVERYTHING, SECONDS, "both are lifted")


def test_two_seats_of_one_person(scene: ModeratedMeeting) -> None:
    """Rules bind the person: the tablet that he joins with later is silenced together with the telephone."""
    second = scene.join("bob")
    done(scene.alice.post(f"/attendees/{second}/mute"))
    assert scene.has("bob") == MUTED == scene.theatre.simulator.has(scene.meeting_id, second)
    done(scene.alice.post("/users/bob/unmute"))
    assert scene.has("bob") == EVERYTHING == scene.theatre.simulator.has(scene.meeting_id, second)
    assert {done(scene.alice.get(f"/attendees/{seat}"))["status"] for seat in (second, scene.seats["bob"])} == {
        "applied"
    }


def test_patch_makes_it_so_in_every_medium(scene: ModeratedMeeting) -> None:
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
        answer = done(scene.alice.patch(scene.at("bob", "/capabilities"), {**step, "reason": "test"}))
        assert (answer["after"], scene.has("bob")) == (has, has)
    assert scene.shown("bob")["limits"] == []


def test_video_takes_the_receiving_of_content_along(scene: ModeratedMeeting) -> None:
    """Chime wants it so; `limits` tells, and it comes back with the video."""
    done(scene.alice.patch(scene.at("bob", "/capabilities"), {"video": "None"}))
    assert scene.has("bob") == {"audio": "SendReceive", "video": "None", "content": "Send"}
    assert "content-needs-video" in {limit["by"] for limit in scene.shown("bob")["limits"]}
    done(scene.alice.patch(scene.at("bob", "/capabilities"), {"video": "Receive"}))
    assert scene.has("bob") == {"audio": "SendReceive", "video": "Receive", "content": "SendReceive"}


def test_the_back_end_acts_for_a_host(scene: ModeratedMeeting) -> None:
    """The policies judge the host, and the history shows through whom he acted."""
    done(scene.on_behalf_of("alice").post(scene.at("bob", "/mute"), {"reason": "by telephone"}))
    entry = next(entry for entry in scene.alice.history() if entry["command"] == "mute")
    assert entry["actor"] == {"kind": "user", "id": "alice", "via": "back-end"}
    assert entry["policies"] == ["host-may-moderate"]
    assert entry["summary"] == "alice (through back-end) muted bob's audio: by telephone"
    problem(scene.on_behalf_of("bob").post(scene.at("carol", "/mute")), 403, "not-permitted")
    problem(scene.on_behalf_of("stranger").get(), 403, "not-permitted")
    pretender = scene.bob.send("POST", scene.at("carol", "/mute"), gavel_on_behalf_of="alice")
    problem(pretender, 403, "not-permitted")
    assert scene.has("carol") == EVERYTHING


def test_another_mode_and_back(scene: ModeratedMeeting) -> None:
    """Registering anew in mode `presentation` narrows everybody present who is not to present."""
    first = {"roles": ROLES}
    same = done(scene.admin.put(body=first))
    assert same["mode"] == "open"
    problem(scene.admin.put(body={**first, "mode": "presentation"}), 428, "revision-required")
    problem(scene.admin.put(body={**first, "mode": "presentation"}, if_match='"m999"'), 412, "revision-mismatch")
    seen = scene.alice.get().headers["ETag"]
    assert done(scene.admin.put(body={**first, "mode": "presentation"}, if_match=seen))["mode"] == "presentation"
    assert {user: scene.has(user) for user in ROLES} == {
        "alice": EVERYTHING,
        "bob": RECEIVING,
        "carol": RECEIVING,
        "victor": RECEIVING,
    }
    withheld = done(scene.bob.get("/me"))["attendee"]["limits"]
    assert {limit["by"] for limit in withheld} == {"policy"}
    problem(scene.alice.post(scene.at("bob", "/unmute")), 409, "capability-unavailable")
    done(scene.admin.put(body=first, if_match=scene.alice.get().headers["ETag"]))
    assert (scene.has("bob"), scene.has("carol"), scene.has("victor")) == (EVERYTHING, EVERYTHING, RECEIVING)


def test_a_mute_outlives_the_mode(scene: ModeratedMeeting) -> None:
    """Each rule stays until it is lifted, whatever else has withheld the same."""
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    for mode in ("audience", "open"):
        seen = scene.alice.get().headers["ETag"]
        done(scene.admin.put(body={"roles": ROLES, "mode": mode}, if_match=seen))
    assert (scene.has("bob"), scene.has("carol")) == (MUTED, EVERYTHING)


def test_what_each_may_see(scene: ModeratedMeeting) -> None:
    done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))
    assert done(scene.alice.get())["roles"] == ROLES
    assert "roles" not in done(scene.bob.get())
    carol = scene.person("carol")
    seen = done(carol.get(scene.at("bob")))
    assert (seen["capabilities"], "limits" in seen) == (MUTED, False)
    assert done(scene.bob.get(scene.at("bob")))["limits"][0]["reason"] == "noise"
    problem(carol.get("/history"), 403, "not-permitted")
    assert {"mute", "unmute", "set-capabilities", "view-history"} <= set(done(scene.alice.get("/me"))["may"])
    own = {"mute-self", "unmute-self", "raise-hand", "lower-own-hand", "consent", "view-hands"}
    assert set(done(scene.bob.get("/me"))["may"]) == own


def test_a_change_can_be_looked_up_by_whom_it_concerns(scene: ModeratedMeeting) -> None:
    change_id = done(scene.alice.post(scene.at("bob", "/mute"), {"reason": "noise"}))["changeId"]
    change = scene.change(change_id)
    assert (change["status"], change["command"], change["reason"]) == ("applied", "mute", "noise")
    assert (change["externalUserId"], change["after"]) == ("bob", MUTED)
    problem(scene.person("carol").get(f"/changes/{change_id}"), 403, "not-permitted")
    own = done(scene.bob.post("/users/bob/mute", {"media": ["video"]}))["changeId"]
    assert done(scene.bob.get(f"/changes/{own}"))["status"] == "applied"


def test_media_pipelines_are_nobody(theatre: Theatre, scene: ModeratedMeeting) -> None:
    """A recording is never moderated, by its seat or by a name that begins with `aws:`."""
    added = theatre.simulator.control(
        "POST", f"meetings/{scene.meeting_id}/attendees", {"externalUserId": "aws:MediaPipeline-1"}
    )["attendee"]
    problem(scene.alice.post(f"/attendees/{added['AttendeeId']}/mute"), 404, "attendee-not-found")
    problem(scene.alice.post("/users/aws:MediaPipeline-1/mute"), 400, "invalid-request")
    seen = scene.alice.get().headers["ETag"]
    done(scene.admin.put(body={"roles": ROLES, "mode": "audience"}, if_match=seen))
    assert set(theatre.simulator.has(scene.meeting_id, added["AttendeeId"]).values()) == {"SendReceive"}
