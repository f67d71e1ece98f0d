"""What somebody may send and receive, and who has the floor."""

from ..routing import Route
from .kinds import bodies, command

ROUTES: tuple[Route, ...] = (
    *command(
        "PATCH",
        "/capabilities",
        "set-capabilities-of",
        "Make it so: each medium named is held as asked for, or the answer is an error",
        bodies.CapabilitiesPatch,
        "capability-unavailable",
        "content-needs-video",
    ),
    *command("POST", "/mute", "mute", "Withhold `send` of the media, until lifted or for a time", bodies.Mute),
    *command(
        "POST",
        "/unmute",
        "unmute",
        "Lift what withholds `send` of the media, as far as the caller may",
        bodies.Unmute,
        "capability-unavailable",
    ),
    *command("POST", "/hold", "hold", "Withhold everything, receiving too, until released", bodies.Hold),
    *command(
        "POST",
        "/release",
        "release",
        "Give back what was held before the hold",
        bodies.Release,
        "capability-unavailable",
    ),
    *command("PUT", "/hand", "raise-hand-of", "Raise the hand", bodies.RaiseHand),
    *command("DELETE", "/hand", "lower-hand-of", "Lower the hand", bodies.LowerHand),
    *command(
        "POST",
        "/floor",
        "grant-floor-to",
        "Give a turn to speak, through mute-alls and the mode; the hand is lowered",
        bodies.GrantFloor,
        "capability-unavailable",
    ),
    *command("DELETE", "/floor", "end-floor-of", "End the turn to speak", bodies.EndFloor),
    *command(
        "PUT",
        "/consent",
        "consent-of",
        "Answer a request to unmute: the person himself, or his back end for him",
        bodies.Consent,
        "no-request",
        "capability-unavailable",
    ),
)
