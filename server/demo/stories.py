"""What was said in the demo's shop before its owner came to look: data, and nothing else.

Seven conversations, one in each state that an agent meets. Times are minutes before the demo's
first start, so that the inbox looks as on a working day, whenever that day is.
"""

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["AGENTS", "GREETING", "SHOP", "STORIES", "Step", "Story"]

SHOP: Final = "Linden & Co."
GREETING: Final = (
    "Welcome to Linden & Co. Ask us about wood, sizes or delivery; we are in the workshop and "
    "answer here."
)
AGENTS: Final = ("Sam", "Noor")

HOUR: Final = 60
DAY: Final = 24 * HOUR

Does = Literal["writes", "notes", "assigns", "labels", "sets priority", "snoozes", "resolves"]


@dataclass(frozen=True, slots=True)
class Step:
    """Somebody does something, `ago` minutes before now.

    `text` is what is written; the agent who is assigned; labels, separated by spaces; a priority;
    or for how many hours from now it is snoozed.
    """

    ago: float
    who: str
    does: Does
    text: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One visitor's conversation. Without a name, nobody knows who it is."""

    steps: tuple[Step, ...]
    name: str | None = None
    email: str | None = None


STORIES: Final = (
    Story(
        name="Hanna Weiss",
        email="hanna.weiss@posteo.example",
        steps=(
            Step(6 * DAY, "visitor", "writes", "Do you still make the **Ansel** bookcase in ash?"),
            Step(6 * DAY - 9, "Noor", "writes", "We do, to order. Ash takes about three weeks."),
            Step(6 * DAY - 14, "visitor", "writes", "Three weeks is fine. How do I order?"),
            Step(
                6 * DAY - 21, "Noor", "writes",
                "Choose *Ansel*, then *Other wood* on the product page and write “ash” in the "
                "note. I will see it and confirm by e-mail.",
            ),
            Step(6 * DAY - 33, "visitor", "writes", "Done. Thank you, that was easy!"),
            Step(6 * DAY - 40, "Noor", "labels", "made-to-order"),
            Step(6 * DAY - 41, "Noor", "resolves"),
        ),
    ),
    Story(
        name="Tomás Rivera",
        email="tomas@riveraestudio.example",
        steps=(
            Step(4 * DAY, "visitor", "writes", "Hi, is there a trade price for architects?"),
            Step(4 * DAY - 25, "Sam", "assigns", "Sam"),
            Step(
                4 * DAY - 27, "Sam", "writes",
                "Hello! Yes: 12 % from five pieces, 18 % from twelve. What is the project?",
            ),
            Step(
                4 * DAY - 50, "visitor", "writes",
                "A reading room for a school in Valencia.\n\n- 14 chairs\n- 4 tables, 180 cm\n"
                "- 2 bookcases\n\nIt has to be there by the end of January.",
            ),
            Step(
                4 * DAY - 70, "Sam", "notes",
                "Twenty pieces, so 18 %. Jonas has oak for twelve chairs; the rest comes on the "
                "9th. Do not promise January before he has confirmed.",
            ),
            Step(
                4 * DAY - 74, "Sam", "writes",
                "That is a lovely job. I am asking the workshop about January and come back to "
                "you with a firm date.",
            ),
            Step(4 * DAY - 76, "Sam", "labels", "trade quote"),
            Step(4 * DAY - 77, "Sam", "sets priority", "high"),
            Step(4 * DAY - 78, "Sam", "snoozes", "20"),
        ),
    ),
    Story(
        name="Agnieszka Nowak",
        email="a.nowak@poczta.example",
        steps=(
            Step(
                2 * DAY, "visitor", "writes",
                "The table arrived today and one corner is dented. The box had a hole just there.",
            ),
            Step(2 * DAY - 6, "Noor", "assigns", "Noor"),
            Step(
                2 * DAY - 8, "Noor", "writes",
                "I am sorry, that must not happen. You need not send anything back yet. Is it the "
                "top or a leg?",
            ),
            Step(2 * DAY - 15, "visitor", "writes", "The top, about 2 cm. I have the box still."),
            Step(
                2 * DAY - 31, "Noor", "notes",
                "Second dented corner with this carrier this month. @Sam, can you raise it with "
                "them? Order `LC-20418`.",
            ),
            Step(
                2 * DAY - 36, "Noor", "writes",
                "A new top leaves the workshop on Thursday; the driver takes the old one with "
                "him. You only swap eight screws, and the key is in the parcel.",
            ),
            Step(2 * DAY - 37, "Noor", "labels", "damage carrier"),
            Step(2 * DAY - 38, "Noor", "sets priority", "urgent"),
            Step(1 * DAY, "visitor", "writes", "Thursday works. Thank you for the quick answer."),
        ),
    ),
    Story(
        steps=(
            Step(1 * DAY - 2 * HOUR, "visitor", "writes", "do u ship to norway"),
            Step(
                1 * DAY - 2 * HOUR - 4, "Sam", "writes",
                "We do. Oslo takes five working days; customs are already in the price.",
            ),
            Step(1 * DAY - 2 * HOUR - 6, "visitor", "writes", "perfect thx"),
            Step(1 * DAY - 2 * HOUR - 20, "Sam", "labels", "delivery"),
            Step(1 * DAY - 2 * HOUR - 21, "Sam", "resolves"),
        ),
    ),
    Story(
        name="Jules Moreau",
        email="jules.moreau@atelier-m.example",
        steps=(
            Step(3 * HOUR, "visitor", "writes", "Good morning! Can the Mira desk go up to 74 cm?"),
            Step(3 * HOUR - 3, "Sam", "assigns", "Sam"),
            Step(
                3 * HOUR - 5, "Sam", "writes",
                "Good morning! It is 72 cm as standard, and we make the legs to measure at no "
                "extra cost. Shall I note 74?",
            ),
            Step(3 * HOUR - 12, "visitor", "writes", "Yes please, 74. And the oil, not lacquer."),
            Step(
                3 * HOUR - 16, "Sam", "writes",
                "Noted: **Mira, 160 by 70, 74 cm high, oiled oak**. You will find it in your "
                "basket with the right price in a minute.",
            ),
            Step(22, "visitor", "writes", "It is there, thank you. One more thing:"),
            Step(
                21, "visitor", "writes",
                "Is the cable tray included, or do I order it as an extra?",
            ),
        ),
    ),
    Story(
        name="Priya Raman",
        steps=(
            Step(48, "visitor", "writes", "My order says “in the workshop” for nine days now."),
            Step(47, "visitor", "writes", "It is LC-20533. Is something wrong with it?"),
            Step(40, "Noor", "labels", "order-status"),
        ),
    ),
    Story(
        steps=(
            Step(
                7, "visitor", "writes",
                "Hello, I am looking for a bench for a narrow hallway, 30 cm deep at most. Do you "
                "have anything like that?",
            ),
        ),
    ),
)  # fmt: skip
