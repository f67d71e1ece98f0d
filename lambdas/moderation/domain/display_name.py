"""Display names, which pages show instead of ExternalUserIds. They identify nobody."""

from unicodedata import category, normalize

from .ids import Malformed

LONGEST = 64
MOST_MARKS = 4
"""The most combining marks on one letter: more of them would cover the lines above and below."""
JOINERS = "\u200c\u200d"
"""Invisible characters that Persian, the scripts of India and many emoji need."""
BLANKS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols without ink."""


def display_name(text: str) -> str:
    """The name in Unicode's normalization form C, without the spaces around it.

    Raises `Malformed` for names that could disturb the page: control characters, line separators, marks that turn the
    direction of the text, other invisible characters, many combining marks, and names without a visible character.
    """
    name = normalize("NFC", text).strip()
    if not 1 <= len(name) <= LONGEST:
        raise Malformed(f"should have 1 to {LONGEST} characters")
    if any(_is_refused(character) for character in name):
        raise Malformed("should have no control, direction, line or other invisible characters")
    if _most_marks(name) > MOST_MARKS or category(name[0]).startswith("M"):
        raise Malformed(f"should have a letter before its combining marks, {MOST_MARKS} at most on one")
    if not any(_is_visible(character) for character in name):
        raise Malformed("should have a character to see")
    return name


def display_name_in(claim: str | None) -> str | None:
    """The display name in a token's claim; `None` if there is none."""
    try:
        return display_name(claim) if claim is not None else None
    except Malformed:
        return None


def _is_refused(character: str) -> bool:
    """Whether the character is refused: control (Cc), surrogate (Cs), line and paragraph separators (Zl, Zp), and
    format characters (Cf) except joiners.
    """
    kind = category(character)
    return kind in ("Cc", "Cs", "Zl", "Zp") or (kind == "Cf" and character not in JOINERS)


def _is_visible(character: str) -> bool:
    return category(character)[0] in "LNPSC" and character not in BLANKS + JOINERS


def _most_marks(name: str) -> int:
    """The longest run of marks that take no room of their own (Mn, Me)."""
    most = run = 0
    for character in name:
        run = run + 1 if category(character) in ("Mn", "Me") else 0
        most = max(most, run)
    return most
