"""The URL table: every path that the server answers, on one page.

`OPERATIONS` is data: the gate enforces it, OpenAPI is written from it, and the tests walk it.
"""

from itertools import groupby
from typing import Any, Final

from starlette.routing import BaseRoute, Route, WebSocketRoute

from server.api import customer, documents, exposition, health, login, proofs
from server.api.operation import Access, Api, Operation, Resource
from server.api.sockets import Sockets
from server.api.static import pages
from server.api.v1 import conversations, settings, shapes
from server.workspace import WorkspaceSettings

__all__ = ["OPERATIONS", "routes"]

_V1: Final = "/api/v1"
_ONE: Final = f"{_V1}/conversations/{{conversation_id}}"
_CONTACT: Final = f"{_V1}/contacts/{{contact_id}}"
_MESSAGE: Final = f"{_ONE}/messages/{{seq:int}}"
_READ, _WRITE = "conversations:read", "conversations:write"

OPERATIONS: Final[tuple[Operation[Any], ...]] = (
    Operation(
        "GET", "/healthz", health.alive, "Whether the process lives",
        Access.EVERYONE, answer=health.Alive,
    ),
    Operation(
        "GET", "/readyz", health.ready, "Whether this node can serve; 503 if not",
        Access.EVERYONE, answer=health.Ready,
    ),
    Operation(
        "GET", "/metrics", exposition.metrics, "Counters, in Prometheus's text format",
        Access.EVERYONE, media="text/plain",
    ),
    Operation(
        "GET", "/openapi.json", documents.get_openapi, "This document", Access.EVERYONE,
    ),
    Operation(
        "GET", "/asyncapi.json", documents.get_asyncapi, "The sockets' contract, as AsyncAPI",
        Access.EVERYONE,
    ),
    Operation(
        "GET", "/api/customer/widget/settings", customer.get_widget_settings,
        "What a widget needs to know", Access.WIDGET, answer=customer.WidgetSettings,
        counted=False,
    ),
    Operation(
        "POST", "/widget/authenticate-user", proofs.authenticate_user,
        "Say who somebody is, and get a token for their page", scope="widget:write",
        input=proofs.AuthenticateUser, answer=proofs.Authenticated, status=201,
        gives_credential=True,
    ),
    Operation(
        "POST", "/widget/inspect-token", proofs.inspect_token, "Whether a contact token is good",
        scope="widget:write", input=proofs.InspectToken, answer=proofs.Inspected,
        gives_credential=True,
    ),
    Operation(
        "GET", f"{_CONTACT}/tokens", proofs.list_tokens, "A contact's tokens, never themselves",
        scope="contacts:read", answer=proofs.ContactTokenList,
    ),
    Operation(
        "DELETE", f"{_CONTACT}/tokens/{{token_id}}", proofs.revoke_token, "Withdraw one token",
        scope="contacts:write", status=204,
    ),
    Operation(
        "POST", f"{_CONTACT}/revoke-tokens", proofs.revoke_tokens,
        "Withdraw every proof of a contact", scope="contacts:write", answer=proofs.Revoked,
    ),
    Operation(
        "POST", f"{_V1}/auth/login", login.login, "Sign in", Access.EVERYONE,
        input=login.Login, answer=shapes.SignedIn, gives_credential=True,
    ),
    Operation(
        "POST", f"{_V1}/auth/logout", login.logout, "End the token that asks", status=204,
        gives_credential=True,
    ),
    Operation(
        "POST", f"{_V1}/setup", login.setup, "Make the first owner, by the set-up link",
        Access.EVERYONE, input=login.Setup, answer=shapes.SignedIn, status=201,
        gives_credential=True,
    ),
    Operation(
        "GET", f"{_V1}/conversations", conversations.list_conversations, "List conversations",
        scope=_READ, input=conversations.ListConversations, answer=shapes.ConversationList,
    ),
    Operation(
        "GET", _ONE, conversations.get_conversation, "One conversation",
        scope=_READ, answer=shapes.ConversationAnswer,
    ),
    Operation(
        "PATCH", _ONE, conversations.change_conversation, "Change how a conversation is filed",
        scope=_WRITE, input=conversations.ChangeConversation, answer=shapes.ConversationAnswer,
    ),
    Operation(
        "GET", f"{_ONE}/events", conversations.list_events, "A page of one of its logs",
        scope=_READ, input=conversations.ListEvents, answer=shapes.EventList,
    ),
    Operation(
        "POST", f"{_ONE}/messages", conversations.post_message, "Write to the visitor",
        scope=_WRITE, input=conversations.PostMessage, answer=shapes.EventAnswer, status=201,
    ),
    Operation(
        "POST", f"{_ONE}/notes", conversations.post_note, "Write to the other agents",
        scope=_WRITE, input=conversations.PostNote, answer=shapes.EventAnswer, status=201,
    ),
    Operation(
        "PATCH", _MESSAGE, conversations.edit_message, "Edit a message",
        scope=_WRITE, input=conversations.EditMessage, answer=shapes.EventAnswer,
    ),
    Operation(
        "DELETE", _MESSAGE, conversations.delete_message, "Blank a message",
        scope=_WRITE, answer=shapes.EventAnswer,
    ),
    Operation(
        "GET", f"{_V1}/settings", settings.get_settings, "The workspace's settings",
        scope="settings:read", answer=WorkspaceSettings,
    ),
    Operation(
        "PATCH", f"{_V1}/settings", settings.change_settings, "Change settings",
        scope="settings:write", input=WorkspaceSettings, answer=WorkspaceSettings,
    ),
)  # fmt: skip
"""Operations of one path stand together."""


def routes(*, sockets: Sockets, api: Api) -> list[BaseRoute]:
    return [
        WebSocketRoute("/ws/widget", sockets.widget),
        WebSocketRoute("/ws/console", sockets.console),
        *(
            Route(path, Resource(api, tuple(operations)))
            for path, operations in groupby(OPERATIONS, lambda operation: operation.path)
        ),
        *pages(),
    ]
