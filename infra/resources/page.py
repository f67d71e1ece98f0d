"""The console's files, and the origins that its pages may load from and connect to; for the stack and `make run`."""

from ..files import CONSOLE

PAGES = ("index.html", "attendee.html")
_HEAD = '<meta charset="utf-8">\n'


def origin_of(url: str) -> str:
    """The scheme, host and port of a URL."""
    return "/".join(url.split("/")[:3])


def content_security_policy(*origins: str) -> str:
    """The strictest policy with which the pages work: a page loads its own files only."""
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
    """The page with a policy of its own that names the origins it may connect to.

    The headers cannot name them: the origins are not known when the headers are made. A browser connects only where
    both policies allow it.
    """
    html = (CONSOLE / page).read_text()
    if _HEAD not in html:
        raise ValueError(f"{page} has no place for its policy")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{connect_sources(*origins)}">'
    return html.replace(_HEAD, f"{_HEAD}  {policy}\n", 1)
