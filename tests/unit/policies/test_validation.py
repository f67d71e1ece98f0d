"""The problems of a policy directory that are found before it is deployed."""

import re
from pathlib import Path

import pytest
from moderation.adapters.cedar import SHIPPED, CedarPolicies
from moderation.adapters.cedar.__main__ import main
from moderation.adapters.cedar.validation import layered, problems

from .questions import allows, refusal

NOT_DECLARED = "is of an enumerated entity type, but"
PERMIT = "(principal, action, resource)"
FOUND = {
    "unknown role": (
        '@id("x") permit (principal in Role::"hots", action, resource);',
        [f'`own.cedar`: `x`: entity `Role::"hots"` {NOT_DECLARED} `"hots"` is not declared as a valid eid'],
    ),
    "unknown mode": (
        '@id("x") permit (principal is Role, action, resource == Mode::"opne");',
        [f'`own.cedar`: `x`: entity `Mode::"opne"` {NOT_DECLARED} `"opne"` is not declared as a valid eid'],
    ),
    "missing id": (
        f'@id("a") permit {PERMIT}; permit {PERMIT}; @id permit {PERMIT};',
        ["`own.cedar`: policy 2 has no `@id`", "`own.cedar`: policy 3 has no `@id`"],
    ),
    "duplicate id": (
        f'@id("host-sends") permit {PERMIT};',
        ["`host-sends` is the `@id` of 2 policies: `capabilities.cedar`, `own.cedar`"],
    ),
    "duplicate id in one file": (
        f'@id("x") permit {PERMIT}; @id("x") permit {PERMIT};',
        ["`x` is the `@id` of 2 policies: `own.cedar`"],
    ),
    "reserved id": (
        f'@id("no-permit") permit {PERMIT};',
        ["`own.cedar`: `no-permit` is reserved: it stands for authorizations that no policy decided"],
    ),
    "syntax error": ('@id("x") permit (principal', ["`own.cedar`, line 1: unexpected end of input"]),
    "syntax error further down": (
        f'@id("a") permit {PERMIT};\n// a comment with `}}`\n@id("b")\npermit {PERMIT}\nwhen {{ principal == }};',
        ["`own.cedar`, line 5: unexpected token `}`"],
    ),
    "word that Cedar does not know": (
        f'@id("a") permit {PERMIT};\n@id("b")\npermit (principal,\n  actoin,\n  resource);',
        ["`own.cedar`, line 4: found an invalid variable in the policy scope: actoin"],
    ),
    "template": (
        '@id("x") permit (principal == ?principal, action, resource);',
        ["`own.cedar`: templates decide nothing here: `policy0`"],
    ),
}


@pytest.mark.parametrize("mistake", FOUND)
def test_a_mistake_is_found(own: Path, mistake: str) -> None:
    text, expected = FOUND[mistake]
    (own / "own.cedar").write_text(text, encoding="utf-8")
    assert problems(own) == expected


@pytest.mark.parametrize(
    ("condition", "hint"),
    [("principal.age > 3", "`age`"), ("context.mood", "`mood`"), ("resource.banned", "`banned`")],
)
def test_attributes_that_the_schema_does_not_have_are_found(own: Path, condition: str, hint: str) -> None:
    text = f'@id("x") permit (principal is User, action == Action::"mute", resource) when {{ {condition} }};'
    (own / "own.cedar").write_text(text, encoding="utf-8")
    (problem,) = problems(own)
    assert problem.startswith("`own.cedar`: `x`: ")
    assert hint in problem


def test_an_unknown_action_is_found(own: Path) -> None:
    text = '@id("x") permit (principal, action == Action::"muet", resource);'
    (own / "own.cedar").write_text(text, encoding="utf-8")
    assert any('`Action::"muet"`' in problem for problem in problems(own))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('enum ["open", ', "enum [", "`gavel.cedarschema`: mode `open` is missing"),
        ('enum ["host", ', "enum [", "`gavel.cedarschema`: role `host` is missing"),
        ('"grant-floor", ', "", "`gavel.cedarschema`: action `grant-floor` is missing"),
        (
            "entity Role",
            "entity Role Role",
            "`gavel.cedarschema`, line 7: error parsing schema: unexpected token `Role`",
        ),
    ],
)
def test_what_the_service_needs_must_be_in_the_schema(own: Path, old: str, new: str, expected: str) -> None:
    schema = own / "gavel.cedarschema"
    schema.write_text(schema.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert expected in problems(own)


def test_the_shipped_policies_have_no_problem() -> None:
    assert problems(SHIPPED) == []


def test_all_files_are_looked_at(own: Path) -> None:
    (own / "one.cedar").write_text("gibberish", encoding="utf-8")
    (own / "two.cedar").write_text(f"permit {PERMIT};", encoding="utf-8")
    assert len(problems(own)) == 2


def test_a_directory_must_be_there_and_have_one_schema_at_most(tmp_path: Path, own: Path) -> None:
    assert problems(tmp_path / "nowhere") == [f"`{tmp_path / 'nowhere'}` is not a directory"]
    (own / "second.cedarschema").write_text("", encoding="utf-8")
    assert problems(own) == [f"`{own}`: expected one `*.cedarschema`, found 2"]


def test_policies_that_silence_every_meeting_are_a_mistake(own: Path) -> None:
    (own / "capabilities.cedar").write_text("// nothing\n", encoding="utf-8")
    assert problems(own) == [
        "no policy lets a host send or receive anything in mode `open`: `capabilities.cedar` is missing or empty"
    ]


def test_a_directory_adds_to_the_shipped_files(tmp_path: Path) -> None:
    assert problems(tmp_path) == []
    (tmp_path / "own.cedar").write_text(f'@id("x") permit {PERMIT};', encoding="utf-8")
    assert problems(tmp_path) == []
    policies = CedarPolicies(layered(tmp_path))
    assert allows(policies, "source", "mute", "participant")
    assert allows(policies, "host", "mute", "participant")


def test_a_file_of_a_shipped_name_takes_its_place(tmp_path: Path) -> None:
    (tmp_path / "moderation.cedar").write_text(f'@id("x") forbid {PERMIT};', encoding="utf-8")
    assert problems(tmp_path) == [
        "no policy lets a host send or receive anything in mode `open`: `capabilities.cedar` is missing or empty"
    ]
    (tmp_path / "moderation.cedar").write_text("// nobody moderates\n", encoding="utf-8")
    assert problems(tmp_path) == []
    assert refusal(CedarPolicies(layered(tmp_path)), "host", "mute", "participant") == ("no-permit",)


def test_bytes_that_are_no_text_are_a_problem_not_a_crash(own: Path) -> None:
    (own / "own.cedar").write_bytes(b"\xff\xfe")
    (problem,) = problems(own)
    assert problem.startswith(f"`{own}`: ")


def test_the_command_line(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own / "own.cedar").write_text(f'@id("x") permit {PERMIT};', encoding="utf-8")
    assert main([str(own)]) == 0
    assert re.match(
        r"\d+ policies in `capabilities.cedar`, `moderation.cedar`, `own.cedar`; added `own.cedar`; in place of the "
        r"shipped files `capabilities.cedar`, .*; roles `host`, .*, modes `audience`, .*; syntax, types, ids .* right$",
        capsys.readouterr().out,
    )
    (own / "own.cedar").write_text(f"permit {PERMIT};", encoding="utf-8")
    assert main([str(own)]) == 1
    assert capsys.readouterr().out == "`own.cedar`: policy 1 has no `@id`\n"
    assert main(["a", "b"]) == 2
