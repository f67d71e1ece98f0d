"""The models that routes name are looked up when a request needs them, so a misspelled one would be found late."""

from host_api.routes import ROUTES
from moderation.models import Body


def test_the_models_that_routes_name() -> None:
    assert all(issubclass(route.body(), Body) for route in ROUTES if route.body)
    assert all(route.query()() for route in ROUTES)
