"""Which agents are there, and who looks at what: counted by socket, told by agent."""

from server.gateway.presence import AgentPresence, Viewer


def test_an_agent_is_online_from_the_first_socket_to_the_last() -> None:
    presence = AgentPresence()

    news = [presence.arrived("ws", "ag", None), presence.arrived("ws", "ag", None)]
    still = presence.left("ws", "ag")
    between = presence.state("ws", "ag")
    gone = presence.left("ws", "ag")

    assert news == [True, False]
    assert (still, between, gone) == (False, "online", True)
    assert presence.state("ws", "ag") == "offline"


def test_an_agent_who_comes_back_in_another_tab_keeps_the_state_unless_it_names_one() -> None:
    presence = AgentPresence()
    presence.arrived("ws", "ag", "away")

    kept = presence.arrived("ws", "ag", None)
    named = presence.arrived("ws", "ag", "online")

    assert (kept, named) == (False, True)


def test_only_agents_who_are_online_take_conversations() -> None:
    presence = AgentPresence()
    presence.arrived("ws", "one", None)
    presence.arrived("ws", "two", "away")
    presence.arrived("other", "three", None)

    news = [presence.set_state("ws", "one", "away"), presence.set_state("ws", "one", "away")]

    assert news == [True, False]
    assert presence.online("ws") == 0
    assert presence.states("ws") == {"one": "away", "two": "away"}


def test_an_agent_who_said_to_be_offline_is_no_news_when_gone() -> None:
    presence = AgentPresence()
    presence.arrived("ws", "ag", "offline")

    assert not presence.left("ws", "ag")


def test_a_viewer_is_shown_once_as_busy_as_in_the_busiest_tab() -> None:
    presence = AgentPresence()
    presence.view("cv", 1, Viewer("ag"))
    presence.view("cv", 2, Viewer("ag", typing=True))
    presence.view("cv", 3, Viewer("ag"))
    presence.view("cv", 4, Viewer("other"))

    viewers = presence.viewers("cv")

    assert viewers == (Viewer("ag", typing=True), Viewer("other"))


def test_looking_again_is_no_news_and_the_last_look_away_leaves_nothing() -> None:
    presence = AgentPresence()

    news = [
        presence.view("cv", 1, Viewer("ag")),
        presence.view("cv", 1, Viewer("ag")),
        presence.view("cv", 1, None),
        presence.view("cv", 1, None),
    ]

    assert news == [True, False, True, False]
    assert presence.viewers("cv") == ()
