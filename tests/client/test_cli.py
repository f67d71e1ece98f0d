"""The command line without a network: settings, calls as curl, tables, files, exit codes."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from botocore.exceptions import NoCredentialsError
from gavel_client import (
    BannedError,
    CapabilityUnavailableError,
    GavelError,
    NotFoundError,
    RevisionError,
    StillPendingError,
    UnreachableError,
)
from gavel_client.cli import forget, own_meeting
from gavel_client.cli.app import hints, run
from gavel_client.cli.exits import Exit, exit_of
from gavel_client.cli.look import moment, plain, row
from gavel_client.cli.session import Session
from gavel_client.cli.settings import NotConfiguredError, Settings, exported
from gavel_client.cli.show import (
    console,
    entry_line,
    how_long,
    local_time,
    printable,
    show_attendees,
    show_limits,
    show_meetings,
)
from gavel_client.models import Attendee, Change, Entry, Meeting, Problem

from tests.client.server import (
    ATTENDEE,
    CHANGE,
    MEETING,
    MUTED,
    URL,
    Json,
    Server,
    attendee,
    change,
    change_answer,
    entry,
    meeting,
    problem,
)
from tests.tracked import ROOT


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A Gavel that nobody reaches, and an empty directory."""
    for name in ("GAVEL_MEETING", "GAVEL_TOKEN_URL", "GAVEL_ISSUER_URL", "GAVEL_DEMO_MEETING"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"GAVEL_URL": URL, "GAVEL_TOKEN": "secret-token", "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)


def curl(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    """The words of the command that `--curl` prints."""
    assert run([*words, "--meeting", MEETING, "--curl"]) == 0
    return shlex.split(capsys.readouterr().out)


def test_a_mute_as_curl(capsys: pytest.CaptureFixture[str]) -> None:
    words = curl(capsys, "mute", "bob", "--for", "5m", "--reason", "it's loud", "--as", "alice")
    assert words[:5] == ["curl", "-sS", "-X", "POST", f"{URL}/meetings/{MEETING}/users/bob/mute"]
    assert {"Authorization: Bearer $GAVEL_TOKEN", "Gavel-On-Behalf-Of: alice"} <= set(words)
    assert json.loads(words[-1]) == {"media": ["audio"], "durationSeconds": 300, "reason": "it's loud"}


def test_no_token_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert "secret-token" not in " ".join(curl(capsys, "who"))


@pytest.mark.parametrize(
    ("words", "call"),
    [
        (["unmute", ATTENDEE], f"POST /attendees/{ATTENDEE}/unmute"),
        (["mute-all", "--media", "audio,content", "--except", "carol"], "POST /mute-all"),
        (["unmute-all"], "POST /unmute-all"),
        (["hold", "bob"], "POST /users/bob/hold"),
        (["release", "bob"], "POST /users/bob/release"),
        (["role", "bob", "presenter"], "PUT /users/bob/role"),
        (["remove", "bob", "--ban"], "POST /users/bob/remove"),
        (["unban", "bob"], "DELETE /bans/bob"),
        (["admit", "bob"], "PUT /lobby/bob"),
        (["mode", "presentation"], "PATCH "),
        (["freeze"], "PATCH "),
        (["undo", CHANGE], "POST /undo"),
        (["end"], "POST /end"),
    ],
)
def test_commands(capsys: pytest.CaptureFixture[str], words: list[str], call: str) -> None:
    method, _, path = call.partition(" ")
    assert curl(capsys, *words)[3:5] == [method, f"{URL}/meetings/{MEETING}{path}"]


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (["who"], "/attendees?limit=100"),
        (["why", "bob"], "/users/bob"),
        (["history", "--user", "bob", "--command", "mute"], "/history?command=mute&externalUserId=bob&limit=100"),
        (["change", CHANGE], f"/changes/{CHANGE}"),
        (["export", "--from", "2026-05-04T10:00:00Z"], "/history?from=2026-05-04T10%3A00%3A00Z&limit=100"),
    ],
)
def test_reads(capsys: pytest.CaptureFixture[str], words: list[str], path: str) -> None:
    assert curl(capsys, *words)[2] == f"{URL}/meetings/{MEETING}{path}"


def test_what_is_misspelled(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["mute", "bob", "--meeting", MEETING, "--media", "smell"]) == Exit.INVALID
    assert run(["mute", "bob", "--meeting", MEETING, "--for", "soon"]) == Exit.INVALID
    assert run(["history", "--meeting", MEETING, "--from", "soon"]) == Exit.INVALID
    assert run(["export", "--meeting", MEETING, "--output", "no/such/file"]) == Exit.FAILED
    assert run(["shout"]) == 2
    assert "gavel: `smell`: media are audio, video, content" in capsys.readouterr().err


def test_where_nothing_is_configured(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GAVEL_URL")
    assert run(["who", "--meeting", MEETING]) == Exit.FAILED
    assert len(capsys.readouterr().err.splitlines()) == 4, "how to set it"


def test_where_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hints(UnreachableError(5, None, OSError())) == [
        f"GAVEL_URL is {URL}: is it the output `ApiUrl` of the stack?"
    ]
    monkeypatch.setenv("GAVEL_URL", "http://127.0.0.1:4566/x")
    assert hints(UnreachableError(5, None, OSError()))[0].endswith("is `make run` up?")


def test_exit_codes() -> None:
    of_problem = [
        (BannedError, 403, Exit.REFUSED),
        (NotFoundError, 404, Exit.NOT_FOUND),
        (CapabilityUnavailableError, 409, Exit.CONFLICT),
        (RevisionError, 412, Exit.CONFLICT),
    ]
    for kind, status, code in of_problem:
        assert exit_of(kind(Problem.model_validate(problem(status, "x")[1]))) is code
    assert exit_of(UnreachableError(1, None, OSError())) is Exit.UNAVAILABLE
    assert exit_of(StillPendingError(Change.model_validate(change()))) is Exit.PENDING
    assert exit_of(GavelError()) is Exit.FAILED
    assert exit_of(NoCredentialsError()) is Exit.FAILED
    assert exit_of(KeyError()) is None, "a defect is shown as it is"


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("gavel mu", {"mute", "mute-all"}),
        ("gavel mute bob --me", {"--meeting", "--media"}),
        ("gavel policies t", {"test", "table"}),
    ],
)
def test_a_shell_completes_commands_and_options(typed: str, offered: set[str]) -> None:
    words = typed.split()
    environment = {"PATH": os.environ["PATH"], "_GAVEL_COMPLETE": "complete_bash", "COMP_WORDS": typed}
    environment["COMP_CWORD"] = str(len(words) - 1)
    program = [sys.executable, "-c", "import sys; sys.argv[0] = 'gavel'; from gavel_client.cli import main; main()"]
    found = subprocess.run(program, check=True, env=environment, capture_output=True, text=True, timeout=60).stdout
    assert set(found.split()) == offered


# ---- settings --------------------------------------------------------------------------------------------------------
def test_make_runs_file_is_found_above(tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "env").write_text(
        "export GAVEL_URL=http://127.0.0.1:4566/x\nexport GAVEL_BUS='gavel local'\n"
    )
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    found = Settings.find({}, below)
    assert (found.url, found.get("GAVEL_BUS"), found.is_local) == ("http://127.0.0.1:4566/x", "gavel local", True)


def test_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "env").write_text("export GAVEL_URL=http://127.0.0.1:1\nexport GAVEL_DEMO_MEETING=m\n")
    assert Settings.find({"GAVEL_URL": URL}, tmp_path).get("GAVEL_DEMO_MEETING") is None
    with pytest.raises(NotConfiguredError, match="GAVEL_TOKEN"):
        _ = Settings({"GAVEL_URL": URL}).token


def test_what_is_empty_counts_as_missing(tmp_path: Path) -> None:
    """`make smoke` passes on variables that may be empty."""
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "env").write_text("export GAVEL_URL=http://127.0.0.1:1\nexport GAVEL_ISSUER_URL=http://i\n")
    found = Settings.find({"GAVEL_URL": "", "GAVEL_TOKEN": "", "GAVEL_ISSUER_URL": ""}, tmp_path)
    assert (found.url, found.get("GAVEL_ISSUER_URL")) == ("http://127.0.0.1:1", "http://i")
    with pytest.raises(NotConfiguredError, match="expected the output `ApiUrl`"):
        _ = Settings({"GAVEL_URL": "api.example.com"}).url


def test_lines_of_exports() -> None:
    assert exported("export A=1\n# no\nexport B='x y'\n\n") == {"A": "1", "B": "x y"}


# ---- what is shown ---------------------------------------------------------------------------------------------------
def test_why(capsys: pytest.CaptureFixture[str]) -> None:
    until = (datetime.now(UTC) + timedelta(seconds=271)).isoformat()
    limit = {"media": ["audio"], "withholds": "send", "by": "restriction", "liftableBy": "host", "actor": "alice"}
    limit |= {"reason": "noise", "since": "2026-05-04T10:00:00.000Z", "until": until}
    policy = {"media": ["video"], "withholds": "send", "by": "policy", "policies": ["viewers-watch"]}
    show_limits("bob", Attendee.model_validate(attendee(limits=[limit, policy])))
    shown = capsys.readouterr().out
    for word in ("send audio", "muted or restricted", "alice", "noise", "4 min", "host", "viewers-watch"):
        assert word in shown
    show_limits("bob", Attendee.model_validate(attendee(limits=[])))
    assert "Nothing is withheld." in capsys.readouterr().out


def test_who_is_there_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    """A name is text: what looks like markup of a terminal library is shown."""
    named = Attendee.model_validate(attendee(displayName="[red]Zoë"))
    show_attendees([named, Attendee.model_validate(attendee(externalUserId="eve"))])
    out = capsys.readouterr().out
    assert ("name" in out, "[red]Zoë" in out, "eve" in out) == (True, True, True)
    show_limits("bob", named)
    assert "bob ([red]Zoë) is participant" in capsys.readouterr().out
    show_attendees([Attendee.model_validate(attendee())])
    assert "name" not in capsys.readouterr().out


def test_what_others_wrote_steers_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Reasons and ids may hold what a library or a terminal would take for a command."""
    foul = "[/b] \x1b[31m \u202e [red]x"
    seen = "[/b] \\x1b[31m \\u202e [red]x"
    limit = {"media": ["audio"], "withholds": "send", "by": "restriction", "actor": foul, "reason": foul}
    bob = Attendee.model_validate(attendee(externalUserId=foul, limits=[limit]))
    show_limits(foul, bob)
    show_attendees([bob])
    show_meetings([Meeting.model_validate(meeting(externalMeetingId=foul))])
    console().print(entry_line(Entry.model_validate(entry(1) | {"summary": foul})))
    shown = capsys.readouterr().out
    assert (shown.count(seen), "\x1b" in shown, "\u202e" in shown) == (6, False, False), shown
    assert printable("👩\u200d🏫 Zoë 田中") == "👩\u200d🏫 Zoë 田中"


def test_times_of_other_days_have_their_day() -> None:
    now = datetime.now(UTC)
    assert len(local_time(now)) == len("10:03:00")
    assert local_time(datetime(2026, 5, 4, 10, tzinfo=UTC)).startswith("2026-05-04 ")


def test_how_long() -> None:
    assert how_long(None) == "until lifted"
    assert "(0 s left)" in how_long(datetime(2026, 5, 4, tzinfo=UTC))


def test_a_row_of_the_export() -> None:
    document = entry(1) | {"reason": "=1+1", "attendees": [{"externalUserId": "bob", "attendeeId": None}]}
    exported_row = row(Entry.model_validate(document | {"verdict": "refused"}))
    assert exported_row["reason"] == "'=1+1", "no formula in a spreadsheet"
    assert (exported_row["users"], exported_row["actor"], exported_row["verdict"]) == ("bob", "alice", "refused")
    assert plain(None) is None
    assert "refused" in entry_line(Entry.model_validate(document | {"verdict": "refused"}))


def test_times() -> None:
    assert moment("2026-05-04T10:00:00Z") == datetime(2026, 5, 4, 10, tzinfo=UTC)
    assert abs((datetime.now(UTC) - moment("5m")).total_seconds() - 300) < 60
    assert moment("10:03").astimezone().strftime("%H:%M") == "10:03"
    with pytest.raises(ValueError, match="soon"):
        moment("soon")


# ---- policies --------------------------------------------------------------------------------------------------------
def test_shipped_policies(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policies", "check"]) == 0
    assert run(["policies", "table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    [mutes] = [line.split() for line in lines if line.split()[:1] == ["mute-all"]]
    assert mutes == ["mute-all", "yes", "yes", "yes", "yes"], "host, cohost, command source, admin"
    assert any(line.split()[:3] == ["presentation", "viewer", "Receive"] for line in lines)


def test_expectations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "expectations.yaml"
    file.write_text("""
- {who: cohost, may: [mute, mute-all], mayNot: [end]}
- {who: cohost, mayNot: [mute], target: host}
- {who: participant, may: [raise-hand], target: self}
- {who: "service:exam.app", mayNot: [mute-all]}
- {who: "command-source:school", may: [mute-all]}
- {who: admin, may: [register]}
- {who: viewer, mode: open, holds: {audio: Receive}}
""")
    assert run(["policies", "test", str(file)]) == 0
    assert "7 expectations are met" in capsys.readouterr().out
    file.write_text("""
- {who: viewer, may: [end, teleport], holds: {audio: SendReceive}}
""")
    assert run(["policies", "test", str(file)]) == Exit.FAILED
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("FAILED")[1].strip() for line in lines] == [
        "viewer may not `end` in mode `open`: no-permit",
        "`teleport` is not an action of the schema",
        "viewer has audio `Receive`, not `SendReceive` in mode `open`",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "is no YAML"),
        ("who: host", "expected a list of expectations"),
        ("- {who: host, may: [mute]}\n- {who: host, maay: [mute]}", "expectation 2: `maay`: Extra inputs"),
    ],
)
def test_expectations_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str) -> None:
    (tmp_path / "expectations.yaml").write_text(text)
    assert run(["policies", "test", str(tmp_path / "expectations.yaml")]) == Exit.INVALID
    assert said in capsys.readouterr().err


def test_policies_that_cannot_be_parsed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.cedar").write_text("permit (")
    assert run(["policies", "check", str(tmp_path)]) == Exit.FAILED
    assert capsys.readouterr().out


def test_without_gavels_code_it_is_told_where_to_get_it(tmp_path: Path) -> None:
    """The package `gavel-cdk` has it inside; it is not imported for it."""
    words = [sys.executable, "-m", "gavel_client", "policies", "check"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tmp_path)}

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )

    lacking = check()
    assert (lacking.returncode, lacking.stdout) == (Exit.FAILED, "")
    assert "install the package `gavel-cdk`" in lacking.stderr
    package = tmp_path / "gavel_cdk"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError")
    (package / "data" / "lambdas").symlink_to(ROOT / "lambdas")
    found = check()
    assert (found.returncode, found.stderr) == (0, "")


# ---- meetings by their names, and the checks -------------------------------------------------------------------------
OTHER = "2847961f-0a1b-4c2d-8e3f-5a6b7c8d0714"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Server]:
    """Sets what the API answers, one after the other."""

    def answering(*answers: tuple[int, Json]) -> Server:
        server = Server(*answers)
        transport = httpx.MockTransport(server)
        monkeypatch.setattr(Session, "_client", lambda _, other: httpx.Client(transport=other or transport))
        return server

    return answering


def listed(*meetings: Json) -> tuple[int, Json]:
    return 200, {"items": list(meetings), "nextToken": None}


def test_meetings_are_listed(api: Callable[..., Server], capsys: pytest.CaptureFixture[str]) -> None:
    since = "2026-05-04T10:00:00.000Z"
    server = api(listed(meeting(registeredAt=since), meeting(meetingId=OTHER, registeredAt=since, endedAt=since)))
    assert run(["meetings", "lesson-7", "--user", "bob", "--from", "2026-05-04T00:00:00Z", "--count", "2"]) == 0
    shown = capsys.readouterr().out
    assert [MEETING in shown, OTHER in shown, shown.count("2026-05-04")] == [True, True, 3]
    assert dict(server.last.url.params) == {
        "externalMeetingId": "lesson-7",
        "user": "bob",
        "from": "2026-05-04T00:00:00Z",
        "limit": "2",
    }
    assert run(["meetings", "--json", "--count", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["meetingId"] == MEETING


def test_a_meeting_may_be_named_by_its_external_id(
    api: Callable[..., Server], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of several, the one that has not ended; with `--as` the lookup is still the admin's."""
    server = api(listed(meeting(meetingId=OTHER, endedAt="2026-05-04T10:00:00.000Z"), meeting()))
    assert run(["who", "--meeting", "lesson-7", "--as", "alice", "--curl"]) == 0
    assert f"/meetings/{MEETING}/attendees" in capsys.readouterr().out
    assert dict(server.last.url.params)["externalMeetingId"] == "lesson-7"
    assert "Gavel-On-Behalf-Of" not in server.last.headers


def test_of_meetings_that_have_all_ended_the_last_is_meant(
    api: Callable[..., Server], capsys: pytest.CaptureFixture[str]
) -> None:
    ended = {"endedAt": "2026-05-04T10:00:00.000Z"}
    api(listed(meeting(meetingId=OTHER, **ended), meeting(**ended)))
    assert run(["export", "--meeting", "lesson-7", "--curl"]) == 0
    assert f"/meetings/{OTHER}/history" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (listed(meeting(), meeting(meetingId=OTHER)), Exit.FAILED, f"pass one of {MEETING}, {OTHER}"),
        (listed(), Exit.NOT_FOUND, "no meeting is called `lesson-7`"),
        (problem(403, "not-permitted", policies=["no-permit"]), Exit.FAILED, "only an admin may look up `lesson-7`"),
        (problem(400, "invalid-request", errors=[]), Exit.FAILED, "neither a MeetingId nor an ExternalMeetingId"),
    ],
)
def test_a_name_that_leads_nowhere(
    api: Callable[..., Server], capsys: pytest.CaptureFixture[str], answer: tuple[int, Json], code: Exit, said: str
) -> None:
    api(answer)
    assert run(["mute", "bob", "--meeting", "lesson-7"]) == code
    assert said in capsys.readouterr().err


def test_why_at_asks_for_no_entry_more_than_it_shows(
    api: Callable[..., Server], capsys: pytest.CaptureFixture[str]
) -> None:
    """Each page is full, so there could always be one more."""
    server = api(*((200, {"items": [entry(n) for n in range(10 * p, 10 * p + 10)], "cursor": "C"}) for p in range(2)))
    assert run(["why", "bob", "--at", "10:03", "--meeting", MEETING]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("entry 9"), "the oldest first"
    assert len(server.requests) == 1


HEALTHY: list[tuple[int, Json]] = [
    (200, {"status": "ok", "version": "1.2.3"}),
    (200, {"openapi": "3.1.0", "paths": {}}),
    (401, {"message": "Unauthorized"}),
    (401, {"message": "Unauthorized"}),
    problem(404, "meeting-not-found"),
    problem(404, "meeting-not-found"),
    problem(400, "invalid-request", errors=[]),
]


def test_a_check_of_a_user_that_fails_is_told(api: Callable[..., Server], capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody is muted in vain."""
    silent = (200, change_answer(status="dry-run", changeId=None, before=MUTED))
    for answer, said in ((problem(404, "attendee-not-found"), "attendee-not-found"), (silent, "nothing was changed")):
        server = api(*HEALTHY, answer)
        assert run(["doctor", "--mute", "bob", "--meeting", MEETING]) == Exit.FAILED
        output = capsys.readouterr().out
        assert [output.count("OK"), output.count("FAILED"), said in output] == [7, 1, True], output
        assert len(server.requests) == 8
        assert server.last.url.params["dryRun"] == "true"


@pytest.mark.parametrize(
    ("status", "answer", "said"),
    [
        (1, (404, {"message": "Not Found"}), "`GET /openapi.json` answers 404"),
        (2, problem(404, "meeting-not-found"), "404 meeting-not-found"),
        (4, (401, {"message": "Unauthorized"}), "the token is no JWT"),
        (5, problem(403, "not-permitted", policies=["no-permit"]), "the token lacks the scope `gavel/admin`"),
        (6, (200, meeting()), "a `InvalidRequestError` was expected"),
    ],
)
def test_each_check_of_a_deployment_can_fail(
    api: Callable[..., Server], capsys: pytest.CaptureFixture[str], status: int, answer: tuple[int, Json], said: str
) -> None:
    api(*HEALTHY[:status], answer, *HEALTHY[status + 1 :])
    assert run(["doctor"]) == Exit.FAILED
    output = capsys.readouterr().out
    assert [output.count("OK"), output.count("FAILED"), said in output] == [6, 1, True], output
    assert "SKIPPED" not in output, "no meeting is created for a deployment that does not work"


def test_a_deployment_that_does_not_answer_is_asked_once(
    api: Callable[..., Server], capsys: pytest.CaptureFixture[str]
) -> None:
    server = api((404, {"message": "Not Found"}))
    assert run(["doctor"]) == Exit.FAILED
    output = capsys.readouterr().out
    assert [output.count("OK"), output.count("FAILED"), len(server.requests)] == [0, 1, 1]


def test_the_meeting_of_the_check_is_created_where_the_api_is(
    api: Callable[..., Server], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is deleted, even if Gavel does not find it."""
    asked: list[tuple[str, str | None]] = []
    deleted: list[str] = []
    chime = SimpleNamespace(
        meta=SimpleNamespace(region_name="eu-central-1"),
        close=lambda: None,
        create_meeting=lambda **_: {"Meeting": {"MeetingId": MEETING}},
        create_attendee=lambda **_: {"Attendee": {"AttendeeId": ATTENDEE, "JoinToken": "secret"}},
        delete_meeting=lambda **about: deleted.append(about["MeetingId"]),
    )

    def aws_client(_: Settings, service: str, command: str, region: str | None) -> object:
        asked.append((service, region))
        return chime

    monkeypatch.setattr(own_meeting, "aws_client", aws_client)
    monkeypatch.setenv("GAVEL_URL", "https://a1b2c3.execute-api.eu-central-1.amazonaws.com")
    server = api(*HEALTHY, problem(404, "meeting-not-found"))
    assert run(["doctor"]) == Exit.FAILED
    assert "registered: 404 meeting-not-found" in capsys.readouterr().out
    assert len(server.requests) == 8
    assert (asked, deleted) == ([("chime-sdk-meetings", "eu-central-1")], [MEETING])


def test_without_boto3_no_meeting_is_created_for_the_check(
    api: Callable[..., Server], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    api(*HEALTHY)
    assert run(["doctor"]) == 0
    assert "SKIPPED a mute in Chime: `gavel doctor` needs boto3" in capsys.readouterr().out


def test_what_is_forgotten_is_named_once(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A meeting of the environment is none that was named."""
    monkeypatch.setenv("GAVEL_MEETING", MEETING)
    for words in ([], ["--user", "bob", "--meeting", MEETING]):
        assert run(["forget", "--yes", *words]) == Exit.FAILED
        assert "Pass either `--user` or `--meeting`" in capsys.readouterr().err


def test_a_meeting_to_forget_is_taken_as_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str | None] = []

    class Erasure:
        def __init__(self, *_: object, **__: object) -> None: ...

        def forget_meeting(self, meeting_id: str) -> None:
            asked.append(meeting_id)
            raise NotFound

    class NotFound(Exception): ...

    class NotOver(Exception): ...

    module = SimpleNamespace(Erasure=Erasure, MeetingNotFoundError=NotFound, MeetingNotOverError=NotOver)
    monkeypatch.setattr(forget, "adapter", lambda *_: module)
    monkeypatch.setattr(forget, "aws_client", lambda *_: SimpleNamespace(close=lambda: None))
    assert run(["forget", "--yes", "--table", "t", "--meeting", OTHER]) == Exit.NOT_FOUND
    assert asked == [OTHER]
