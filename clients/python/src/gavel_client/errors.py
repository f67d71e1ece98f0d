"""What the client raises. Catch `GavelError` for all of it; decide by class, or by the `code` of a `ProblemError`.

GavelError
├── ProblemError                  an answer that is a problem (RFC 9457)
│   ├── InvalidRequestError       400
│   ├── UnauthenticatedError      401
│   ├── NotPermittedError         403
│   │   ├── BannedError           `banned`
│   │   └── WaitingError          `waiting`: in the lobby
│   ├── NotFoundError             404
│   ├── ConflictError             409
│   │   ├── CapabilityUnavailableError    `capability-unavailable`, with `limits`
│   │   └── MeetingEndedError     `meeting-ended`
│   ├── RevisionError             412, 428: `If-Match` is outdated or missing
│   ├── TooManyError              429
│   └── ServerError               5xx
│       ├── ChimeRefusedError     502 `chime-refused`
│       └── OutcomeUnknownError   503 `outcome-unknown`, with `change_id`
├── UnreachableError              no answer came
├── UnexpectedAnswerError         an answer that Gavel does not give
├── TokenError                    no token could be fetched
├── StillPendingError             a change was pending when the time was up
├── NotOnTheBusError              EventBridge did not take a command
└── NotAGavelEventError           an event that Gavel did not send
"""

from typing import TYPE_CHECKING

from .models import FaultShown, Limit, Problem

if TYPE_CHECKING:
    from .models import Change


class GavelError(Exception):
    """The root of all that this package raises."""


class ProblemError(GavelError):
    """The answer is a problem. `code` tells which; `title` and `detail` are texts that may change."""

    def __init__(self, problem: Problem, retry_after: float | None = None) -> None:
        super().__init__(f"{problem.status} {problem.code}: {problem.detail}".removesuffix(": "))
        self.problem = problem
        self.retry_after = retry_after
        """Seconds after which the request may be sent again."""

    @property
    def code(self) -> str:
        return self.problem.code

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def title(self) -> str:
        return self.problem.title

    @property
    def detail(self) -> str:
        return self.problem.detail

    @property
    def instance(self) -> str:
        return self.problem.instance

    @property
    def limits(self) -> list[Limit]:
        """With `capability-unavailable`: what still withholds it."""
        return self.problem.limits or []

    @property
    def policies(self) -> list[str]:
        """With `not-permitted`: the policies that forbade it, or `no-permit`."""
        return self.problem.policies or []

    @property
    def errors(self) -> list[FaultShown]:
        """With `invalid-request`: what is wrong, and where."""
        return self.problem.errors or []

    @property
    def change_id(self) -> str | None:
        """With `chime-refused`: the change that was reverted. With `outcome-unknown`: the change to look at."""
        return self.problem.change_id


class InvalidRequestError(ProblemError):
    """400, 405, 413, 422: the request can never succeed as it is."""


class UnauthenticatedError(ProblemError):
    """401: the token is missing, expired, or of another issuer or audience."""


class NotPermittedError(ProblemError):
    """403: the policies forbid it, or do not permit it."""


class BannedError(NotPermittedError):
    """403 `banned`: the user is banned from the meeting."""


class WaitingError(NotPermittedError):
    """403 `waiting`: the user waits in the lobby."""


class NotFoundError(ProblemError):
    """404: there is no such meeting, attendee or change."""


class ConflictError(ProblemError):
    """409: the state of the meeting stands against it."""


class CapabilityUnavailableError(ConflictError):
    """409 `capability-unavailable`: see `limits`."""


class MeetingEndedError(ConflictError):
    """409 `meeting-ended`."""


class RevisionError(ProblemError):
    """412 or 428: `if_match` is outdated, or missing where it is needed."""


class TooManyError(ProblemError):
    """429: the user or the API has sent too many requests."""


class ServerError(ProblemError):
    """5xx, after all retries."""


class ChimeRefusedError(ServerError):
    """502 `chime-refused`: Chime does not allow it, and the change was reverted."""


class OutcomeUnknownError(ServerError):
    """503 `outcome-unknown`: `change_id` names the change to look at."""


class UnreachableError(GavelError):
    """No answer came. Whether a change was made is unknown: repeating it with `idempotency_key` is safe."""

    def __init__(self, tries: int, idempotency_key: str | None, cause: Exception) -> None:
        super().__init__(f"no answer in {tries} tries: {cause!r}")
        self.tries = tries
        self.idempotency_key = idempotency_key


class UnexpectedAnswerError(GavelError):
    """The answer is not one of Gavel's: the URL may lead elsewhere, or a proxy answers."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"unexpected answer {status}: {text[:200]}")
        self.status = status


class TokenError(GavelError):
    """The issuer gave no token."""


class StillPendingError(GavelError):
    """The change was still pending when the time was up. Gavel continues with it all the same."""

    def __init__(self, change: "Change") -> None:
        super().__init__(f"the change {change.change_id} is still pending")
        self.change = change


class NotOnTheBusError(GavelError):
    """EventBridge did not take the command."""


class NotAGavelEventError(GavelError):
    """The event is not one that Gavel sends."""


BY_CODE: dict[str, type[ProblemError]] = {
    "banned": BannedError,
    "waiting": WaitingError,
    "capability-unavailable": CapabilityUnavailableError,
    "meeting-ended": MeetingEndedError,
    "chime-refused": ChimeRefusedError,
    "outcome-unknown": OutcomeUnknownError,
}
BY_STATUS: dict[int, type[ProblemError]] = {
    401: UnauthenticatedError,
    403: NotPermittedError,
    404: NotFoundError,
    409: ConflictError,
    412: RevisionError,
    428: RevisionError,
    429: TooManyError,
}


def problem_error(problem: Problem, retry_after: float | None = None) -> ProblemError:
    """The exception for a problem. A code that this version does not know counts by its status."""
    by_status = ServerError if problem.status >= 500 else InvalidRequestError
    return BY_CODE.get(problem.code, BY_STATUS.get(problem.status, by_status))(problem, retry_after)
