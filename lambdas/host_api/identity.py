"""Who calls: from a token's claims, which API Gateway has checked, to an actor."""

from collections.abc import Mapping
from urllib.parse import unquote

from moderation.domain.actor import Actor, ActorKind
from moderation.validation import Fault

from .ids import Malformed, external_user_id, written_user_id
from .incoming import Incoming
from .problems import invalid, not_permitted

ADMIN_SCOPE = "gavel/admin"
ON_BEHALF_OF = "Gavel-On-Behalf-Of"


def caller(incoming: Incoming, identity_claim: str) -> Actor:
    """Raises `Unanswerable`: 403 for a token that names nobody, 400 for a header that does."""
    claims, on_behalf_of = incoming.identity.claims, incoming.headers.get(ON_BEHALF_OF.lower())
    if not is_admin(claims, incoming.identity.scopes):
        if on_behalf_of is not None:
            raise not_permitted(f"only a token with the scope `{ADMIN_SCOPE}` may act on behalf of somebody")
        return _user(claims, identity_claim)
    admin = claims.get("sub") or claims.get("client_id")
    if not admin:
        raise not_permitted("the token names no caller: it has neither `sub` nor `client_id`")
    if on_behalf_of is None:
        return Actor(ActorKind.ADMIN, admin)
    return Actor(ActorKind.USER, _principal(on_behalf_of), via=admin)


def is_admin(claims: Mapping[str, str], scopes: tuple[str, ...]) -> bool:
    """The scope and no other that looks like it. `scope` is text (RFC 9068); of `scp`, which is an array where Okta
    issues tokens, the gateway makes the text `[a b]`.
    """
    said = (*claims.get("scope", "").split(" "), *_items(claims.get("scp", "")), *scopes)
    return ADMIN_SCOPE in said


def _items(claim: str) -> list[str]:
    if claim.startswith("[") and claim.endswith("]"):
        claim = claim[1:-1]
    return claim.split(" ")


def _user(claims: Mapping[str, str], identity_claim: str) -> Actor:
    try:
        return Actor(ActorKind.USER, external_user_id(claims.get(identity_claim, "")))
    except Malformed:
        raise not_permitted(f"the token's claim `{identity_claim}` is no ExternalUserId") from None


def _principal(header: str) -> str:
    """A header holds ASCII only, so the id is written as in a path."""
    try:
        return written_user_id(unquote(header))
    except Malformed as malformed:
        raise invalid(Fault(ON_BEHALF_OF, str(malformed))) from None
