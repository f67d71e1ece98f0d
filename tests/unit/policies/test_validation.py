"""What is found wrong with a directory before it is deployed, word by word."""

from pathlib import Path

import pytest
from moderation.adapters.cedar import SHIPPED
from moderation.adapters.cedar.__main__ import main
from moderation.adapters.cedar.validation import problems

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
        ["`own.cedar`: `no-permit` is reserved: it stands for verdicts that no policy decided"],
    ),
    "syntax error": ('@id("x") permit (principal', ["`own.cedar`: unexpected end of input"]),
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
        ("entity Role", "entity Role Role", "`gavel.cedarschema`: error parsing schema: unexpected token `Role`"),
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


def test_a_directory_must_be_there_and_hold_policies_and_one_schema(tmp_path: Path, own: Path) -> None:
    assert problems(tmp_path / "nowhere") == [f"`{tmp_path / 'nowhere'}` is not a directory"]
    (own / "second.cedarschema").write_text("", encoding="utf-8")
    assert problems(own) == [f"`{own}`: expected one `*.cedarschema`, found 2"]
    (own / "second.cedarschema").unlink()
    for file in own.glob("*.cedar"):
        file.unlink()
    assert problems(own) == [f"`{own}` has no `*.cedar`"]


def test_bytes_that_are_no_text_are_a_problem_not_a_crash(own: Path) -> None:
    (own / "own.cedar").write_bytes(b"\xff\xfe")
    (problem,) = problems(own)
    assert problem.startswith(f"`{own}`: ")


def test_the_command_line(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(own)]) == 0
    assert capsys.readouterr().out == ""
    (own / "own.cedar").write_text(f"permit {PERMIT};", encoding="utf-8")
    assert main([str(own)]) == 1
    assert capsys.readouterr().out == "`own.cedar`: policy 1 has no `@id`\n"
    assert main(["a", "b"]) == 2
