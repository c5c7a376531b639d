"""What a client gets of what it asks for: one resource, and scopes of it."""

from __future__ import annotations

from trunkline.auth.scopes import read_scope
from trunkline.auth.urls import is_resource
from trunkline.issuer.answers import Refusal
from trunkline.issuer.clients import Client
from trunkline.issuer.forms import Form

__all__ = ["permitted"]


def permitted(client: Client, form: Form) -> tuple[str, str]:
    """Return the resource and the scope of the token that a client asks for.

    A token is for one resource, so that no API can use it at another (RFC 9068 §5). Scopes that
    are not asked for are all that the client has there. Raises ``Refusal``.
    """
    if not client.grants:
        raise Refusal("unauthorized_client", "The client may have no tokens.")
    asked = _asked_scopes(form)
    resource = _resource(client, form.resources, asked)
    granted = client.grants[resource]
    if asked is None:
        return resource, " ".join(granted)
    if not set(asked) <= set(granted):
        raise Refusal("invalid_scope", "The client may not have these scopes at this resource.")
    return resource, " ".join(asked)


def _asked_scopes(form: Form) -> tuple[str, ...] | None:
    text = form.get("scope")
    if text is None:
        return None
    try:
        return read_scope(text)
    except ValueError:
        raise Refusal("invalid_scope", "The scope breaks the grammar of RFC 6749.") from None


def _resource(client: Client, named: tuple[str, ...], asked: tuple[str, ...] | None) -> str:
    """Find the resource: the one that was named, or the only one that can be meant."""
    if len(named) > 1:
        raise Refusal("invalid_target", "A token is for one resource: ask for each by itself.")
    if named:
        if not is_resource(named[0]) or named[0] not in client.grants:
            raise Refusal("invalid_target", "The client may not call this resource.")
        return named[0]
    fitting = [
        resource
        for resource, granted in client.grants.items()
        if asked is None or set(asked) <= set(granted)
    ]
    if not fitting:
        raise Refusal("invalid_scope", "No resource of the client has these scopes.")
    if len(fitting) > 1:
        raise Refusal("invalid_target", "The client may call several resources: name one.")
    return fitting[0]
