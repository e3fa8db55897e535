"""What a visitor's browser may send: one record per frame type (PROTOCOL §4 and §5).

A record says what a frame means and how large it may be, never who may send it or when: that is the
connection's and identity's business.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final

from pydantic import Field

from protocol.frames.shared import (
    Attachments,
    DeleteMessage,
    EditMessage,
    Ping,
    Pong,
    Range,
    Read,
    VisitorCursors,
)
from protocol.frames.values import (
    ClientMessageId,
    CompanyTraits,
    Context,
    ContextValue,
    Data,
    Email,
    FormSchema,
    FreeForm,
    Id,
    Line,
    Name,
    OptionalBody,
    Proof,
    Text,
    Token,
    Url,
    UserId,
    WebUrl,
    fault,
)

__all__ = [
    "VISITOR",
    "ClearContext",
    "Client",
    "ContextEntry",
    "Conversations",
    "DeleteMessage",
    "EditMessage",
    "EndConversation",
    "FormCancel",
    "FormSchemaResult",
    "FormSubmit",
    "Hello",
    "History",
    "Identify",
    "IdentifyCompany",
    "Identity",
    "IdentityUpdate",
    "Message",
    "Opened",
    "Page",
    "Ping",
    "Pong",
    "PreChat",
    "Rate",
    "Read",
    "RequestHuman",
    "ResetUser",
    "SetContext",
    "ShowForm",
    "Track",
    "Typing",
]


class Identity(Data):
    """Who the page says is there, normalised (IDENTITY §5.1). All of it is a claim until proven."""

    user_id: UserId | None = None
    email: Email | None = None
    name: Name | None = None
    avatar_url: WebUrl | None = None
    phone: Name | None = None
    language: Name | None = None
    user_metadata: FreeForm | None = None
    bearer_token: Proof | None = None
    user_token: Proof | None = None
    external_id: UserId | None = None


class Page(Data):
    """The page that the visitor looks at."""

    url: WebUrl
    title: Text | None = None
    referrer: Url | None = None


class Client(Data):
    """The program at the other end."""

    name: Name | None = None
    version: Name | None = None


class Hello(Data):
    """The first frame: which workspace, which device, which session, and what is held already.

    `external_id` absent means unchanged, null means none: ask `model_fields_set`.
    """

    key: Token
    visitor_id: Token | None = None
    visitor_token: Token | None = None
    session_token: Token | None = None
    user_token: Proof | None = None
    identity: Identity | None = None
    external_id: UserId | None = None
    cursors: VisitorCursors = ()
    page: Page | None = None
    language: Name | None = None
    timezone: Name | None = None
    client: Client | None = None


class Opened(Data):
    """The panel was opened."""


class Identify(Identity):
    """Somebody is there."""


class IdentityUpdate(Identity):
    """The same person: a fresh proof, another scope, more metadata."""


class IdentifyCompany(Data):
    """The company that the person belongs to."""

    company_id: UserId
    traits: CompanyTraits | None = None


class ContextEntry(Data):
    """One thing worth knowing about this session."""

    label: Name | None = None
    type: Name | None = None
    value: ContextValue


class SetContext(Data):
    """Put one entry into the session's context, replacing what is there."""

    key: Line
    entry: ContextEntry


class ClearContext(Data):
    """Remove one entry from the session's context, or all of them."""

    key: Line | None = None


class ResetUser(Data):
    """Sign the person out; with `forget_device`, the device as well."""

    forget_device: bool = False


class Message(Data):
    """Something said. `body` is trimmed, and empty only beside attachments."""

    conversation_id: Id | None = None
    client_message_id: ClientMessageId
    body: OptionalBody
    attachments: Attachments = ()
    new_conversation: bool = False
    context: Context | None = None
    custom_data: FreeForm | None = None
    headers: FreeForm | None = None
    query_params: FreeForm | None = None
    body_properties: FreeForm | None = None

    def model_post_init(self, _context: object, /) -> None:
        if not self.body and not self.attachments:
            raise fault("body", "must not be empty without an attachment")
        if self.new_conversation and self.conversation_id is not None:
            raise fault("newConversation", "must not be given together with conversationId")


class Typing(Data):
    """The visitor is writing, or has stopped."""

    conversation_id: Id
    is_typing: bool
    preview: OptionalBody | None = None


class History(Range):
    """Ask for a page of a conversation."""


class Conversations(Data):
    """Ask for the list of conversations, from `cursor` on."""

    cursor: Token | None = None


class EndConversation(Data):
    """Resolve the conversation."""

    conversation_id: Id


class PreChat(Data):
    """The welcome form, filled in."""

    name: Name | None = None
    email: Email | None = None
    extra: FreeForm | None = None


class ShowForm(Data):
    """Put a form into the conversation: one the server knows by name, or this one."""

    conversation_id: Id | None = None
    name: Line | None = None
    # pydantic has an old method called `schema`, hence the other name here.
    form_schema: Annotated[FormSchema | None, Field(alias="schema")] = None

    def model_post_init(self, _context: object, /) -> None:
        if (self.name is None) == (self.form_schema is None):
            raise fault("name", "must be given, or else schema, and not both")


class FormSubmit(Data):
    """A form, filled in."""

    form_id: Id
    values: FreeForm


class FormCancel(Data):
    """A form, dismissed."""

    form_id: Id


class FormSchemaResult(Data):
    """The page's answer to `formSchemaRequest`."""

    request_id: Id
    form_schema: Annotated[FormSchema | None, Field(alias="schema")] = None
    error: Text | None = None


class Rate(Data):
    """How good the conversation was."""

    conversation_id: Id
    score: Annotated[int, Field(ge=1, le=5)]
    comment: OptionalBody | None = None


class RequestHuman(Data):
    """Ask for a person instead of the assistant."""

    conversation_id: Id


class Track(Data):
    """Something happened on the page."""

    event: Line
    data: FreeForm | None = None


VISITOR: Final[Mapping[str, type[Data]]] = MappingProxyType(
    {
        "hello": Hello,
        "opened": Opened,
        "identify": Identify,
        "identityUpdate": IdentityUpdate,
        "identifyCompany": IdentifyCompany,
        "setContext": SetContext,
        "clearContext": ClearContext,
        "resetUser": ResetUser,
        "message": Message,
        "editMessage": EditMessage,
        "deleteMessage": DeleteMessage,
        "read": Read,
        "typing": Typing,
        "history": History,
        "conversations": Conversations,
        "endConversation": EndConversation,
        "preChat": PreChat,
        "showForm": ShowForm,
        "formSubmit": FormSubmit,
        "formCancel": FormCancel,
        "formSchemaResult": FormSchemaResult,
        "rate": Rate,
        "requestHuman": RequestHuman,
        "page": Page,
        "track": Track,
        "ping": Ping,
        "pong": Pong,
    }
)
"""The frame types of the visitors' socket."""
