"""Many who are identified at one moment, on as many nodes as a database takes (leak test 11).

What makes it safe is the unique key in the database; what makes it pleasant is that whoever came
second is tried again, and finds the contact of who came first.
"""

import asyncio
from contextlib import AsyncExitStack

import pytest

from server.identity.linker import Asked
from server.identity.model import ContactRow, SessionRow, Statement, Trust, VisitorRow
from server.identity.service import IdentityService
from server.identity.visibility import Rules
from server.store.port import Transaction
from tests.store.scenes import FixedClock, opened

pytestmark = pytest.mark.adapter

WS, DEVICES = "ws_1", 30
JANE = Asked(Statement(email="jane@x.test"))


def _begin(transaction: Transaction) -> list[SessionRow]:
    sessions = []
    for number in range(DEVICES):
        visitor, contact = f"v_of_{number}", f"co_of_{number}"
        row = SessionRow(WS, f"se_of_{number}", visitor, contact, Trust.ANONYMOUS, None, 1, 1, 1)
        transaction.visitors.insert(VisitorRow(WS, visitor, "hash", 1, 1))
        transaction.contacts.insert(ContactRow(WS, contact, "anonymous", 1, 1))
        transaction.sessions.insert(row, f"hash-of-{number}")
        sessions.append(row)
    return sessions


async def test_thirty_devices_with_one_new_address_are_one_contact(database_url: str) -> None:
    nodes = 1 if database_url.startswith("sqlite") else 3
    clock = FixedClock()
    async with AsyncExitStack() as stack:
        stores = [
            await stack.enter_async_context(
                opened(database_url, clock=clock, furnished=number == 0, exclusive=False)
            )
            for number in range(nodes)
        ]
        services = [IdentityService(store, clock, str) for store in stores]
        sessions = await stores[0].write(_begin)

        found = await asyncio.gather(
            *(
                services[number % nodes].identify(session, JANE, Rules())
                for number, session in enumerate(sessions)
            )
        )

        key = await stores[0].read(lambda tx: tx.contacts.by_key(WS, "email", "jane@x.test"))
        assert key is not None
        assert {done.session.contact_id for done in found} == {key.contact_id}
