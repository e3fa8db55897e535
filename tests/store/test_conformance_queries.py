"""The store's contract for rows and lists, over both databases."""

import pytest

from server.chat.model import (
    Author,
    AuthorKind,
    Decide,
    Decision,
    Draft,
    Existing,
    LogName,
    NewEvent,
    Rewrite,
    Status,
)
from server.identity.model import KeyRow, SessionRow, Trust, VisitorRow
from server.identity.visibility import criteria
from server.store.port import BadCursor, InboxFilter, Marks, Transaction
from tests.store.scenes import (
    AGENT,
    CONTACT,
    NOW,
    SESSION,
    VISITOR,
    WORKSPACE,
    FixedClock,
    agent_says,
    drafted,
    opened,
    row_of,
    says,
    write_to,
)

pytestmark = pytest.mark.adapter

ALL = InboxFilter("ws_1", "ag_1")


def files(**changes: object) -> Decide:
    told = NewEvent(LogName.STAFF, "assigned", Author(AuthorKind.AGENT, "ag_1"))
    return lambda rows, now: Decision((told,), changes=changes)


def resolves() -> Decide:
    told = NewEvent(LogName.PUBLIC, "statusChanged", Author(AuthorKind.AGENT, "ag_1"))
    return lambda rows, now: Decision((told,), status=Status.RESOLVED)


async def test_people_and_keys_come_back_as_they_were_stored(database_url: str) -> None:
    key = KeyRow("ws_1", "key_1", "secret", "Server", "hash", ("read", "write"), NOW)

    def store_more(tx: Transaction) -> None:
        tx.keys.insert(key)
        tx.agents.insert_token("hash-of-at", AGENT, created_at=NOW, expires_at=NOW + 10)
        tx.agents.insert_setup("hash-of-setup", "ws_1", NOW + 10)
        tx.contacts.update("ws_1", "co_1", {"name": "Jané", "metadata": {"plan": "pro"}})

    def check(tx: Transaction) -> None:
        assert tx.workspaces.all() == [WORKSPACE]
        assert tx.visitors.get("ws_1", "v_1") == VISITOR
        assert tx.sessions.by_token("ws_1", "hash-of-st1") == SESSION
        assert tx.agents.by_email("sam@acme.test") == [AGENT]
        assert tx.agents.by_token("hash-of-at", NOW) == AGENT
        assert tx.agents.by_token("hash-of-at", NOW + 10) is None
        assert tx.keys.secret("hash") == key
        contact = tx.contacts.get("ws_1", "co_1")
        assert contact is not None
        assert (contact.name, contact.metadata) == ("Jané", {"plan": "pro"})

    async with opened(database_url) as store:
        await store.write(store_more)
        await store.read(check)
        first = await store.write(lambda tx: tx.agents.take_setup("hash-of-setup", NOW))
        second = await store.write(lambda tx: tx.agents.take_setup("hash-of-setup", NOW))

    assert (first, second) == ("ws_1", None)


async def test_nothing_of_another_workspace_is_found(database_url: str) -> None:
    def foreign(tx: Transaction) -> list[object]:
        return [
            tx.visitors.get("ws_2", "v_1"),
            tx.sessions.get("ws_2", "se_1"),
            tx.sessions.by_token("ws_2", "hash-of-st1"),
            tx.contacts.get("ws_2", "co_1"),
            tx.agents.get("ws_2", "ag_1"),
            tx.conversations.get("ws_2", "cv_1"),
            *tx.conversations.summaries("ws_2", ["cv_1"]),
            *tx.conversations.inbox(InboxFilter("ws_2", "ag_1"), cursor=None, limit=9).items,
        ]

    async with opened(database_url) as store:
        await write_to(store, drafted(row_of("cv_1"), says("one")))
        found = await store.read(foreign)

    assert not any(found)


async def test_a_taken_visitor_id_is_not_written_over(database_url: str) -> None:
    thief = VisitorRow("ws_1", "v_1", "another hash", NOW, NOW)

    async with opened(database_url) as store:
        inserted = await store.write(lambda tx: tx.visitors.insert(thief))
        found = await store.read(lambda tx: tx.visitors.get("ws_1", "v_1"))

    assert not inserted
    assert found == VISITOR


async def test_a_changed_session_counts_up_and_leaves_a_change(database_url: str) -> None:
    def change(tx: Transaction) -> SessionRow:
        return tx.sessions.update("ws_1", "se_1", {"trust": Trust.VERIFIED, "external_id": "t"})

    async with opened(database_url) as store:
        row = await store.write(change)
        found = await store.read(lambda tx: tx.sessions.get("ws_1", "se_1"))
        (left,) = await store.read(lambda tx: tx.changes_after(0, 10))

    assert row == found
    assert (row.version, row.trust, row.external_id) == (2, Trust.VERIFIED, "t")
    assert (left.workspace_id, left.kind, left.ref) == ("ws_1", "session", "se_1")


async def test_an_answer_to_an_idempotency_key_is_kept_once(database_url: str) -> None:
    async with opened(database_url) as store:
        await store.write(lambda tx: tx.keep_answer("POST /x", "k", ("h1", 201, b"{}"), NOW))
        await store.write(lambda tx: tx.keep_answer("POST /x", "k", ("h2", 200, b""), NOW))
        found = await store.read(lambda tx: (tx.answered("POST /x", "k"), tx.answered("", "k")))

    assert found == (("h1", 201, b"{}"), None)


async def test_a_list_is_as_new_as_the_last_settled_draft(database_url: str) -> None:
    """The clock stands still here, so nothing but the reader can have brought it up to date."""
    clock = FixedClock()

    async with opened(database_url, clock=clock) as store:
        for name in ("cv_1", "cv_2", "cv_3"):
            clock.now += 1
            await write_to(store, drafted(row_of(name), says(f"of {name}")))
        clock.now += 1
        await write_to(store, drafted("cv_1", says("of cv_1 again")))
        page = await store.read(lambda tx: tx.conversations.inbox(ALL, cursor=None, limit=9))
        within = await store.write(lambda tx: tx.conversations.summaries("ws_1", ["cv_1"]))

    assert [one.conversation.id for one in page.items] == ["cv_1", "cv_3", "cv_2"]
    assert page.items[0].updated_at == clock.now
    assert page.items[0].last_message is not None
    assert page.items[0].last_message.body == "of cv_1 again"
    assert within[0].version == page.items[0].version == 2


async def test_a_visitors_list_is_what_the_criteria_allow(database_url: str) -> None:
    verified = SessionRow("ws_1", "se_2", "v_2", "co_1", Trust.VERIFIED, None, 1, NOW, NOW)

    async with opened(database_url) as store:
        await write_to(
            store,
            drafted(row_of("cv_1"), says("mine")),
            drafted(row_of("cv_2", visitor_id="v_2"), says("same person, other device")),
            drafted(row_of("cv_3", contact_id="co_2"), says("somebody else")),
        )
        lists = [
            await store.read(
                lambda tx, session=session: tx.conversations.visible_to(  # type: ignore[misc]
                    criteria(session, NOW), cursor=None, limit=9
                )
            )
            for session in (SESSION, verified)
        ]

    found = [sorted(one.conversation.id for one in page.items) for page in lists]
    assert found == [["cv_1"], ["cv_2"]]


async def test_pages_follow_one_another_without_gap_or_repeat(database_url: str) -> None:
    names = [f"cv_{n}" for n in range(7)]
    found: list[str] = []
    cursor: str | None = None

    async with opened(database_url) as store:
        await write_to(store, *[drafted(row_of(name), says(name)) for name in names])
        for _ in range(3):
            page = await store.read(
                lambda tx, at=cursor: tx.conversations.inbox(ALL, cursor=at, limit=3)  # type: ignore[misc]
            )
            found += [one.conversation.id for one in page.items]
            cursor = page.next_cursor
        with pytest.raises(BadCursor):
            await store.read(lambda tx: tx.conversations.inbox(ALL, cursor="nonsense!", limit=3))

    assert found == names[::-1]
    assert cursor is None


async def test_every_member_of_a_filter_narrows(database_url: str) -> None:
    asked = {
        "mine": InboxFilter("ws_1", "ag_1", view="mine"),
        "unassigned": InboxFilter("ws_1", "ag_1", view="unassigned"),
        "resolved": InboxFilter("ws_1", "ag_1", view="resolved"),
        "team": InboxFilter("ws_1", "ag_1", team_id="te_1"),
        "both labels": InboxFilter("ws_1", "ag_1", labels=('ve"ry', "vip")),
        "part of a label": InboxFilter("ws_1", "ag_1", labels=("vi",)),
        "name": InboxFilter("ws_1", "ag_1", query="jane SM"),
        "preview": InboxFilter("ws_1", "ag_1", query="100%"),
        "wildcard": InboxFilter("ws_1", "ag_1", query="_00%"),
        "id": InboxFilter("ws_1", "ag_1", query="cv_2"),
        "contact": InboxFilter("ws_1", "ag_1", contact_id="co_2"),
        "any status": InboxFilter("ws_1", "ag_9", view="any"),
        "somebody's": InboxFilter("ws_1", "ag_9", view="any", assignee_id="ag_1"),
        "nobody's": InboxFilter("ws_1", "ag_9", view="any", is_unassigned=True),
    }

    async with opened(database_url) as store:
        await write_to(
            store,
            drafted(row_of("cv_1"), says("hello")),
            drafted(row_of("cv_2", contact_id="co_2"), says("100% sure")),
            drafted(row_of("cv_3", contact_id=None), says("bye")),
            drafted("cv_1", files(assignee_id="ag_1", team_id="te_1", labels=('ve"ry', "vip"))),
            drafted("cv_3", resolves()),
        )
        pages = await store.read(
            lambda tx: {
                name: tx.conversations.inbox(one, cursor=None, limit=9)
                for name, one in asked.items()
            }
        )
        matched = await store.read(
            lambda tx: {
                name: tx.conversations.matching(one, ["cv_1", "cv_2", "cv_3", "cv_9"])
                for name, one in asked.items()
            }
        )
        counts = await store.read(lambda tx: tx.conversations.counts("ws_1", "ag_1"))

    found = {
        name: sorted(one.conversation.id for one in page.items) for name, page in pages.items()
    }
    assert found == {
        "mine": ["cv_1"],
        "unassigned": ["cv_2"],
        "resolved": ["cv_3"],
        "team": ["cv_1"],
        "both labels": ["cv_1"],
        "part of a label": [],
        "name": ["cv_1"],
        "preview": ["cv_2"],
        "wildcard": [],
        "id": ["cv_2"],
        "contact": ["cv_2"],
        "any status": ["cv_1", "cv_2", "cv_3"],
        "somebody's": ["cv_1"],
        "nobody's": ["cv_2", "cv_3"],
    }
    assert matched == {name: frozenset(ids) for name, ids in found.items()}
    assert counts == {"mine": 1, "unassigned": 1, "all": 2, "snoozed": 0, "resolved": 1}
    assert pages["mine"].items[0].assignee == AGENT
    assert pages["mine"].items[0].contact == CONTACT


async def test_unread_counts_the_other_sides_messages_after_the_mark(database_url: str) -> None:
    def erases(seq: int) -> Draft:
        decide: Decide = lambda rows, now: Decision(  # noqa: E731 a rule is a function of rows
            rewrite=Rewrite(LogName.PUBLIC, seq, "", deleted=True)
        )
        return Draft("ws_1", Existing("cv_1"), decide, wants_event=(LogName.PUBLIC, seq))

    def both(tx: Transaction) -> tuple[int, int, Marks]:
        (of_visitor,) = tx.conversations.summaries("ws_1", ["cv_1"])
        (of_agent,) = tx.conversations.summaries("ws_1", ["cv_1"], agent_id="ag_2")
        return of_visitor.unread, of_agent.unread, of_visitor.marks

    async with opened(database_url) as store:
        await write_to(
            store,
            drafted(row_of("cv_1"), says("1")),
            *[drafted("cv_1", agent_says(f"{n}")) for n in (2, 3, 4)],
        )
        before = await store.read(both)
        await write_to(store, erases(3))
        moved = await store.write(lambda tx: tx.conversations.mark_read("cv_1", "visitor", 2))
        again = await store.write(lambda tx: tx.conversations.mark_read("cv_1", "visitor", 1))
        beyond = await store.write(lambda tx: tx.conversations.mark_read("cv_1", "ag_2", 99))
        reached = await store.write(lambda tx: tx.conversations.mark_delivered("cv_1", 3))
        after = await store.read(both)

    # Agent ag_1, who wrote the newest message, has read everything up to it.
    assert before == (3, 1, Marks(visitor_read=1, agent_read=4))
    assert (moved, again, beyond, reached) == (2, None, 4, 3)
    assert after == (1, 0, Marks(visitor_read=2, visitor_delivered=3, agent_read=4))


async def test_history_pages_are_ascending_and_bounded(database_url: str) -> None:
    def pages(tx: Transaction) -> list[list[int]]:
        log = tx.conversations.events
        found = (
            log("cv_1", LogName.PUBLIC, limit=3),
            log("cv_1", LogName.PUBLIC, after=2, limit=3),
            log("cv_1", LogName.PUBLIC, before=5, limit=3),
            log("cv_1", LogName.PUBLIC, after=9, limit=3),
            log("cv_1", LogName.STAFF, limit=3),
        )
        return [[event.seq for event in page] for page in found]

    async with opened(database_url) as store:
        await write_to(
            store,
            drafted(row_of("cv_1"), says("1")),
            *[drafted("cv_1", says(f"{n}")) for n in range(2, 10)],
        )
        found = await store.read(pages)

    assert found == [[7, 8, 9], [3, 4, 5], [2, 3, 4], [], []]
