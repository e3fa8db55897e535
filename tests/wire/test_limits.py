"""Every limit of PROTOCOL §3 on one frame or one page, with what is still allowed beside what is
not. Rates and counts are in `test_rates.py`."""

import json
from typing import Any

import pytest

from tests.rawsocket import BINARY, CONT, TEXT, RawSocket, client_frame
from tests.wire.harness import HandClock, Running, Server

pytestmark = pytest.mark.adapter

FRAME = 131_072
EMOJI = "\U0001f600"


def raw(server: Server, **how: Any) -> Any:
    """A connection on which anything may be sent, in this server's codec."""
    return RawSocket.open(
        server.port, "/ws/widget", subprotocols=[server.speech.subprotocol], **how
    )


def opcode(server: Server) -> int:
    return TEXT if server.speech.kind is str else BINARY


def encoded(server: Server, value: object) -> bytes:
    text = server.speech.dumps(value)
    return text if isinstance(text, bytes) else text.encode()


async def answer(server: Server, socket: RawSocket) -> Any:
    """The next frame's value."""
    kind, payload = await socket.recv()
    assert kind == opcode(server), (kind, payload)
    return server.speech.loads(payload)


def sized(server: Server, size: int) -> bytes:
    """A frame of an unknown type, encoded in exactly `size` bytes."""
    empty = len(encoded(server, {"type": "none", "data": {"x": "y" * 70_000}})) - 70_000
    payload = encoded(server, {"type": "none", "data": {"x": "y" * (size - empty)}})
    assert len(payload) == size
    return payload


async def test_a_frame_of_128_kib_is_read_and_one_byte_more_closes_1009(serve: Running) -> None:
    async with serve() as server, raw(server) as socket:
        await socket.send_raw(client_frame(opcode(server), sized(server, FRAME)))
        read = await answer(server, socket)
        await socket.send_raw(client_frame(opcode(server), sized(server, FRAME + 1)))
        code, _ = await socket.recv_close()

        assert read["error"]["code"] == "unknown_type"
        assert code == 1009


async def test_64_fragments_are_joined_and_a_65th_closes_1009(serve: Running) -> None:
    async with serve() as server, raw(server) as socket:
        payload = encoded(server, {"type": "none", "id": "f", "data": {"x": "y" * 64}})

        def fragments(count: int) -> bytes:
            parts = [payload[i : i + 1] for i in range(count - 1)] + [payload[count - 1 :]]
            return b"".join(
                client_frame(opcode(server) if i == 0 else CONT, part, fin=i == count - 1)
                for i, part in enumerate(parts)
            )

        await socket.send_raw(fragments(64))
        joined = await answer(server, socket)
        await socket.send_raw(fragments(65))
        code, _ = await socket.recv_close()

        assert (joined["id"], joined["error"]["code"]) == ("f", "unknown_type")
        assert code == 1009


async def test_a_frame_of_the_other_kind_closes_1003(serve: Running) -> None:
    async with serve() as server, raw(server) as socket:
        other = BINARY if opcode(server) == TEXT else TEXT
        await socket.send_raw(client_frame(other, b"{}"))
        code, _ = await socket.recv_close()

        assert code == 1003


MALFORMED = {
    "not decodable": b"\xc1",
    "not a map": None,
    "no type": {"id": "1", "data": {}},
    "a type that is no string": {"type": 7, "id": "1"},
}


@pytest.mark.parametrize("broken", MALFORMED.values(), ids=MALFORMED.keys())
async def test_five_malformed_frames_in_a_minute_are_told_and_the_next_closes_4500(
    serve: Running, broken: Any
) -> None:
    clock = HandClock()
    async with serve(clock=clock) as server, raw(server) as socket:
        if broken == b"\xc1":
            payload = b"{" if opcode(server) == TEXT else broken
        else:
            payload = encoded(server, broken)
        bad = client_frame(opcode(server), payload)
        told = []
        for _ in range(5):
            await socket.send_raw(bad)
            told.append((await answer(server, socket))["error"]["code"])
        await socket.send_raw(bad)
        code, _ = await socket.recv_close()

        assert told == ["invalid_input"] * 5
        assert code == 4500


async def test_malformed_frames_of_more_than_a_minute_ago_are_forgotten(serve: Running) -> None:
    clock = HandClock()
    async with serve(clock=clock, hello_timeout=300) as server, raw(server) as socket:
        bad = client_frame(opcode(server), encoded(server, []))
        for _ in range(5):
            await socket.send_raw(bad)
            await answer(server, socket)
        clock.advance(61)
        await socket.send_raw(bad)
        told = await answer(server, socket)

        assert told["error"]["code"] == "invalid_input"


async def test_unknown_types_are_told_and_never_counted(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        told = [(await jane.refused("fromTheFuture"))["code"] for _ in range(30)]
        said = await jane.say()

        assert told == ["unknown_type"] * 30
        assert said["seq"] == 1


async def test_a_frame_before_hello_is_refused_and_hello_still_counts(serve: Running) -> None:
    async with serve() as server, server.stranger() as jane:
        told = await jane.refused("message", clientMessageId="c", body="Hello")
        await jane.hello({"key": server.acme.widget_key})

        assert told["code"] == "hello_required"
        assert jane.welcome["state"] == "anonymous"


async def test_after_five_frames_before_hello_the_connection_is_over(serve: Running) -> None:
    async with serve() as server, server.stranger() as jane:
        told = [(await jane.refused("conversations"))["code"] for _ in range(5)]
        await jane.send("conversations", named=False)
        code = await jane.closed()

        assert told == ["hello_required"] * 5
        assert code == 4001


async def test_silence_before_hello_closes_4001(serve: Running) -> None:
    async with serve(hello_timeout=0.1) as server, server.stranger() as jane:
        assert await jane.closed() == 4001


async def test_frames_before_hello_do_not_put_off_its_deadline(serve: Running) -> None:
    clock = HandClock()
    async with serve(clock=clock) as server, server.stranger() as jane:
        clock.advance(9)
        await jane.refused("conversations")
        clock.advance(2)
        code = await jane.closed()

        assert code == 4001


async def test_a_second_hello_is_a_conflict_and_changes_nothing(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        told = await jane.refused("hello", key=server.acme.widget_key)
        said = await jane.say()

        assert (told["code"], said["seq"]) == ("conflict", 1)


@pytest.mark.parametrize("body", ["x" * 10_000, EMOJI * 10_000, " \n" + "x" * 10_000 + "\t "])
async def test_a_body_has_up_to_10_000_code_points_after_trimming(
    serve: Running, body: str
) -> None:
    async with serve() as server, server.visitor() as jane:
        await jane.say(body)
        event = await jane.event(seq=1)

        assert event["body"] == body.strip()


@pytest.mark.parametrize("body", ["", " \n\t", "x" * 10_001, EMOJI * 10_001])
async def test_a_body_that_is_empty_or_longer_is_refused(serve: Running, body: str) -> None:
    async with serve() as server, server.visitor() as jane:
        told = await jane.refused("message", clientMessageId="c", body=body)

        assert (told["code"], told["details"][0]["path"]) == ("invalid_input", "body")


async def test_u_0000_is_refused_wherever_it_stands(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        told = [
            await jane.refused("message", clientMessageId="c", body="a\0b"),
            await jane.refused("message", clientMessageId="c\0", body="a"),
            await jane.refused("message", clientMessageId="c", body="a", customData={"k": "\0"}),
            await jane.refused("message", clientMessageId="c", body="a", customData={"\0": 1}),
            await jane.refused("page", url="https://a.test/\0"),
        ]
        said = await jane.say("a\u2400b")

        assert [error["code"] for error in told] == ["invalid_input"] * 5
        assert said["seq"] == 1


async def test_a_lone_surrogate_is_refused_and_a_pair_is_one_code_point(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        if server.speech.kind is str:
            frame = '{"type":"message","id":"s","data":{"clientMessageId":"c","body":"%s"}}'
            await jane.socket.send(frame % r"a\ud800")
        else:
            packed = jane.speech.dumps(
                {"type": "message", "id": "s", "data": {"clientMessageId": "c", "body": "a~~~"}}
            )
            assert isinstance(packed, bytes)
            await jane.socket.send(packed.replace(b"~~~", b"\xed\xa0\x80"))
        told = await jane.expect_error()
        await jane.say(EMOJI)
        event = await jane.event(seq=1)

        assert told["code"] == "invalid_input"
        assert event["body"] == EMOJI


async def test_bad_utf_8_in_a_text_frame_closes_1007(serve: Running) -> None:
    async with serve() as server, RawSocket.open(server.port, "/ws/widget") as socket:
        await socket.send_raw(client_frame(TEXT, b'{"type":"\xff"}'))
        code, _ = await socket.recv_close()

        assert code == 1007


@pytest.mark.parametrize(
    "user_id", ["undefined", "null", "NaN", "[object Object]", "anonymous", "", "u" * 256]
)
async def test_a_user_id_that_is_none_is_invalid(serve: Running, user_id: str) -> None:
    async with serve() as server, server.stranger() as jane:
        told = await jane.refused("hello", key=server.acme.widget_key, identity={"userId": user_id})
        await jane.hello({"key": server.acme.widget_key, "identity": {"userId": "u" * 255}})

        assert told["code"] == "invalid_input"
        assert jane.welcome["state"] == "identified"


LONG = {
    "name": {"identity": {"name": "n" * 201}},
    "email": {"identity": {"email": "e" * 250 + "@a.bc"}},
    "page url": {"page": {"url": "https://a.test/" + "p" * 2_048}},
    "metadata of 20 KB": {"identity": {"userId": "u", "userMetadata": {"k": "v" * 20_481}}},
}


@pytest.mark.parametrize("members", LONG.values(), ids=LONG.keys())
async def test_a_string_beyond_its_bound_is_refused(serve: Running, members: Any) -> None:
    large = "userMetadata" in str(members)
    async with serve() as server, server.stranger() as jane:
        told = await jane.refused("hello", key=server.acme.widget_key, **members)

        assert told["code"] == ("payload_too_large" if large else "invalid_input")


async def test_strings_at_their_bounds_are_taken(serve: Running) -> None:
    identity = {
        "name": "n" * 200,
        "email": "e" * 64 + "@" + ".".join(["d" * 60] * 3) + ".abc",
        "userMetadata": {"k": "v" * 20_000},
    }
    page = {"url": "https://a.test/" + "p" * (2_048 - 15)}
    async with serve() as server, server.visitor(identity=identity, page=page) as jane:
        assert jane.welcome["state"] == "identified"


@pytest.mark.parametrize("name", ["c", "c" * 64])
async def test_a_client_message_id_has_1_to_64_characters(serve: Running, name: str) -> None:
    async with serve() as server, server.visitor() as jane:
        told = [
            (await jane.refused("message", clientMessageId=wrong, body="x"))["code"]
            for wrong in ("", "c" * 65)
        ]
        await jane.say(name=name)
        event = await jane.event(seq=1)

        assert told == ["invalid_input"] * 2
        assert event["clientMessageId"] == name


DEEP: dict[str, Any] = {"a": 1}
for _ in range(7):
    DEEP = {"a": DEEP}


async def test_custom_data_is_8_deep_and_has_200_keys_and_20_kb(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        too_much = [{"a": DEEP}, {str(n): n for n in range(201)}, {"k": "v" * 20_481}]
        told = [
            (await jane.refused("message", clientMessageId="c", body="x", customData=data))["code"]
            for data in too_much
        ]
        taken = [
            await jane.say(name=f"c-{n}", customData=data)
            for n, data in enumerate([DEEP, {str(n): n for n in range(200)}, {"k": "v" * 20_000}])
        ]

        assert told == ["payload_too_large"] * 3
        assert [said["seq"] for said in taken] == [1, 2, 3]


async def test_numbers_are_finite_and_within_2_to_the_53rd(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        await jane.send("track", {"event": "e", "data": {"n": 2**53}}, named=False)
        await jane.send("track", {"event": "e", "data": {"n": 2**53 + 1}}, named=False)
        told = await jane.expect_error()

        assert told["code"] == "invalid_input"
        assert len([frame for frame in jane.seen if frame["type"] == "error"]) == 1


def cursors(count: int, log: str = "public") -> list[dict[str, Any]]:
    return [
        {"conversationId": f"cv_{n}", "log": log, "seq": 1, "eventId": "ev_1"} for n in range(count)
    ]


async def test_a_visitor_hands_in_20_cursors_and_not_21(serve: Running) -> None:
    async with serve() as server, server.stranger() as jane:
        told = await jane.refused("hello", key=server.acme.widget_key, cursors=cursors(21))
        await jane.hello({"key": server.acme.widget_key, "cursors": cursors(20)})
        pages = [await jane.expect("history") for _ in range(20)]

        assert told["code"] == "invalid_input"
        assert [page["conversationId"] for page in pages] == [f"cv_{n}" for n in range(20)]


async def test_an_agent_hands_in_100_cursors_and_not_101(serve: Running) -> None:
    async with serve() as server, server.console() as sam:
        token = server.acme.agents["Sam"].token
        told = await sam.refused("hello", agentToken=token, cursors=cursors(101))
        await sam.hello({"agentToken": token, "cursors": cursors(100)})
        pages = [await sam.expect("history") for _ in range(100)]

        assert told["code"] == "invalid_input"
        assert [page["conversationId"] for page in pages] == [f"cv_{n}" for n in range(100)]


async def test_two_cursors_of_one_log_are_refused(serve: Running) -> None:
    async with serve() as server, server.stranger() as jane:
        twice = cursors(1) * 2
        told = await jane.refused("hello", key=server.acme.widget_key, cursors=twice)

        assert told["code"] == "invalid_input"


async def test_a_frame_id_has_up_to_64_characters(serve: Running) -> None:
    async with serve() as server, server.visitor() as jane:
        await jane.send_value({"type": "ping", "id": "p" * 64})
        answered = await jane.answer("p" * 64)
        await jane.send_value({"type": "ping", "id": "p" * 65})
        told = await jane.expect_error()

        assert (answered["type"], told["code"]) == ("pong", "invalid_input")


async def test_a_page_of_history_ends_at_the_limit(serve: Running) -> None:
    async with serve(rate_limits="off") as server, server.visitor() as jane:
        for n in range(5):
            cv = (await jane.say(str(n), f"c-{n}"))["conversationId"]
        told = [
            (await jane.refused("history", conversationId=cv, limit=limit))["code"]
            for limit in (0, 201)
        ]
        page = await jane.request("history", conversationId=cv, limit=2)
        most = await jane.request("history", conversationId=cv, limit=200)

        assert told == ["invalid_input"] * 2
        assert [event["seq"] for event in page["events"]] == [4, 5]
        assert (page["hasMore"], most["hasMore"]) == (True, False)


async def test_a_page_of_history_ends_at_256_kib_and_has_at_least_one_event(
    serve: Running,
) -> None:
    async with serve(rate_limits="off") as server, server.visitor() as jane:
        for n in range(10):
            cv = (await jane.say(EMOJI * 10_000, f"c-{n}"))["conversationId"]
        seen, sizes, more = [1], [], True
        while more:
            page = await jane.request("history", conversationId=cv, afterSeq=seen[-1], limit=200)
            more = page["hasMore"]
            seen += [event["seq"] for event in page["events"]]
            sizes.append(len(json.dumps(page, ensure_ascii=False).encode()))

        assert seen == list(range(1, 11))
        assert len(sizes) > 1
        assert max(sizes) < 262_144 + 2_000
