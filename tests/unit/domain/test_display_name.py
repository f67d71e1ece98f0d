"""Display names: any script is taken, and nothing that disturbs the page around the name."""

import pytest
from moderation.domain.display_name import LONGEST, display_name, display_name_in
from moderation.domain.ids import Malformed


@pytest.mark.parametrize(
    "name",
    [
        "Bob",
        "山田　太郎",
        "محمد العلي",
        "میخواهم\u200cعلی",
        "শ্রী রাম\u200dবাবু",
        "Łukasz O’Neill-Żółć (DB), 3. Semester",
        "Nguyễn Thị Minh Khai",
        "בְּרֵאשִׁ֖ית",
        "ผู้ใหญ่",
        "👩\u200d🏫 Ms. Frizzle",
        "❤️",
        "🇩🇪",
        "X",
        "<b>&amp;'\"",
        "名" * LONGEST,
        "👍" * LONGEST,
    ],
)
def test_taken_as_it_is(name: str) -> None:
    assert display_name(name) == name


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("  Bob \t\r\n", "Bob"),
        ("\u3000山田\u3000", "山田"),
        ("Zoe\u0308", "Zoë"),
        ("\u1100\u1161\u11a8", "각"),
        ("e\u0301" * LONGEST, "é" * LONGEST),
        (" " * 500 + "Bob", "Bob"),
    ],
)
def test_normalized_and_trimmed(given: str, stored: str) -> None:
    assert display_name(given) == stored


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "1 to 64"),
        (" \t ", "1 to 64"),
        ("名" * (LONGEST + 1), "1 to 64"),
        ("Bob\nAlice (host)", "control"),
        ("Bob\tAlice", "control"),
        ("Bob\x00", "control"),
        ("Bob\x1b[31m", "control"),
        ("Bob\x85Alice", "control"),
        ("Bob\u2028Alice", "line"),
        ("Bob\u2029Alice", "line"),
        ("Bob \u202egnp.exe", "direction"),
        ("\u202aBob\u202c", "direction"),
        ("\u2066Bob\u2069", "direction"),
        ("Bob\u200f", "direction"),
        ("Bob\u061c", "direction"),
        ("B\u200bob", "invisible"),
        ("\ufeffBob", "invisible"),
        ("B\u00adob", "invisible"),
        ("Bob\U000e0041", "invisible"),
        ("Bob\ud800", "control"),
        ("\u200d", "to see"),
        ("\u3164", "to see"),
        ("\u2800 \u2800", "to see"),
        ("\u0301", "before its combining marks"),
        ("\u0335Bob", "before its combining marks"),
        ("B" + "\u0335" * 5 + "ob", "4 at most"),
        ("B" + "\u20dd" * 5 + "ob", "4 at most"),
    ],
)
def test_refused_without_repeating_it(name: str, why: str) -> None:
    with pytest.raises(Malformed, match=why) as raised:
        display_name(name)
    assert str(raised.value).startswith("should have ")
    assert "Bob" not in str(raised.value)
    assert display_name_in(name) is None


def test_names_in_claims() -> None:
    assert display_name_in(" Zoe\u0308 ") == "Zoë"
    assert display_name_in(None) is None
