"""`--curl`: the call as a command to copy."""

import shlex

import httpx
import typer

LEFT_OUT = {"host", "accept", "accept-encoding", "connection", "content-length", "user-agent", "authorization"}


class CurlTransport(httpx.BaseTransport):
    """Prints the request instead of sending it, and ends the command."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        typer.echo(curl(request))
        raise typer.Exit


def curl(request: httpx.Request) -> str:
    """With `$GAVEL_TOKEN` where the token stands."""
    words = ["curl", "-sS"] if request.method == "GET" else ["curl", "-sS", "-X", request.method]
    text = f'{shlex.join([*words, str(request.url)])} -H "Authorization: Bearer $GAVEL_TOKEN"'
    for name, value in request.headers.items():
        if name not in LEFT_OUT:
            text += f" -H {shlex.quote(f'{name.title()}: {value}')}"
    if request.content:
        text += f" -d {shlex.quote(request.content.decode())}"
    return text
