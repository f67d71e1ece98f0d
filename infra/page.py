"""The console's files, and what its pages may load and whom they may talk to; for the stack and for `make run`."""

from pathlib import Path

DIRECTORY = Path(__file__).resolve().parent.parent / "console"
PAGES = ("index.html", "attendee.html")
_HEAD = '<meta charset="utf-8">\n'


def content_security_policy(*origins: str) -> str:
    """Nothing but the page's own files: the strictest that it works with."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            connect_sources(*origins),
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def connect_sources(*origins: str) -> str:
    return " ".join(("connect-src 'self'", *origins))


def narrowed(page: str, *origins: str) -> str:
    """A page that says by itself whom it may talk to, where the headers can't know yet. Both have to allow it."""
    html = (DIRECTORY / page).read_text()
    if _HEAD not in html:
        raise ValueError(f"{page} has no place for its policy")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{connect_sources(*origins)}">'
    return html.replace(_HEAD, f"{_HEAD}  {policy}\n", 1)
