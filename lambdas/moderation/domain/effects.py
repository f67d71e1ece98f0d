"""What a change does to a person, by what Chime held on each seat before it: in answer, history and event. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .capability import NOTHING, SEND, Capabilities, Medium
from .meeting import Seat

ALREADY_SILENT = "already-silent"
EFFECTS = ("audio-may-flow", "content-audio-may-flow", "renegotiation-needed", "receive-removed", ALREADY_SILENT)
"""The contract's words, in its order."""
NOBODY_PRESENT = "nobody-present"
"""The one effect of a rule for a person who is not in the meeting: it is kept for when they join."""
RECEIVING = Capabilities.RECEIVE_AUDIO | Capabilities.RECEIVE_VIDEO | Capabilities.RECEIVE_CONTENT


@dataclass(frozen=True, slots=True)
class SeatChange:
    """One seat, from what Chime held to what it holds."""

    attendee_id: str
    before: Capabilities
    after: Capabilities
    effects: tuple[str, ...]


def effects(
    before: Capabilities, after: Capabilities, withholding: Capabilities = NOTHING, seats: Iterable[Seat] = ()
) -> tuple[str, ...]:
    """What a front end has to know of a change, over all seats. `before` stands for a seat of which Chime hasn't told:
    such a seat is never called silent.
    """
    held = [None if seat.not_taken else seat.known for seat in seats] or [before]
    return together(
        effects_on_seat(before if known is None else known, after, withholding, is_seen=known is not None)
        for known in held
    )


def effects_on_seat(
    before: Capabilities, after: Capabilities, withholding: Capabilities, *, is_seen: bool = True
) -> tuple[str, ...]:
    """`withholding`: what the command names to be taken away, whether or not it was there."""
    gained, lost = after & ~before, before & ~after
    audio, content = SEND[Medium.AUDIO], SEND[Medium.CONTENT]
    holds = {
        "audio-may-flow": audio in gained,
        "content-audio-may-flow": audio in withholding and content in after,
        "renegotiation-needed": bool(gained & (SEND[Medium.VIDEO] | content)),
        "receive-removed": bool(lost & RECEIVING),
        ALREADY_SILENT: bool(withholding) and is_seen and not gained and not withholding & before,
    }
    return tuple(effect for effect in EFFECTS if holds[effect])


def together(each: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Over several seats: what happens on any of them; silent is a person who was silent on all."""
    seats = list(each)
    found = {effect for effects in seats for effect in effects}
    if not all(ALREADY_SILENT in effects for effects in seats):
        found.discard(ALREADY_SILENT)
    return tuple(effect for effect in EFFECTS if effect in found)


def seat_changes(
    was: Iterable[Seat], now: Iterable[Seat], before: Capabilities | None, withholding: Capabilities
) -> tuple[SeatChange, ...]:
    """Seat by seat, for those that are still there. `before` stands for what was not known of a seat."""
    known = {seat.attendee_id: None if seat.not_taken else seat.known for seat in was}
    found = []
    for seat in now:
        had = known.get(seat.attendee_id)
        held = before if had is None else had
        if seat.gone or held is None or seat.known is None:
            continue
        shown = effects_on_seat(held, seat.known, withholding, is_seen=had is not None)
        found.append(SeatChange(seat.attendee_id, held, seat.known, shown))
    return tuple(found)
