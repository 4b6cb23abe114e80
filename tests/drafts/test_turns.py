"""The turns that hurt are found in both languages, wherever they stand; and good sentences are left alone."""

from __future__ import annotations

import pytest

from kepthour.drafts.turns import misshapen, turns

EN = (
    "I am sorry if this upset you.",
    "I am sorry, if that was hard.",
    "I apologise if you felt forgotten.",
    "Sorry that you feel that way.",
    "We apologize for any inconvenience.",
    "This will never again be the case.",
    "It won't happen again.",
    "I promise to be there.",
    "You must have been angry.",
    "You were waiting, and you surely felt let down.",
    "I am sorry, but I was ill.",
    "I'm sorry. But there was a lot going on.",
    "My apologies, however it was a long day.",
    "My calendar has lost the appointment.",
    "The system did not remind me.",
    "The phone was broken.",
    "Unfortunately you could not be reached.",
    "You could have called me.",
    "You didn't write.",
    "Please forgive me.",
    "I hope you understand.",
    "These things happen.",
    "It was only a session.",
    "I am so sorry!!",
    "Sorry! I was late!",
)
DE = (
    "Es tut mir leid, wenn Sie das verletzt hat.",
    "Ich entschuldige mich, falls Sie gewartet haben.",
    "Falls Ihnen Unannehmlichkeiten entstanden sind, bedaure ich das.",
    "Das wird nie wieder geschehen.",
    "Das wird nicht wieder vorkommen.",
    "So etwas kommt nicht noch einmal vor.",
    "Ich verspreche es Ihnen.",
    "Sie müssen sich verlassen gefühlt haben.",
    "Da müssen Sie wütend gewesen sein.",
    "Sie waren sicher enttäuscht.",
    "Es tut mir leid, aber ich war krank.",
    "Es tut mir leid. Aber es war viel los.",
    "Ich bedauere das, allerdings war ich krank.",
    "Mein Kalender hat den Termin verloren.",
    "Das System hat mich nicht erinnert.",
    "Der Computer war kaputt.",
    "Leider waren Sie nicht zu erreichen.",
    "Sie hätten mich anrufen können.",
    "Sie haben sich nicht gemeldet.",
    "Verzeihen Sie mir bitte.",
    "Ich bitte um Verständnis.",
    "Das kann ja mal passieren.",
    "Es war nur eine Sitzung.",
    "Es tut mir so leid!!",
)
GOOD_EN = (
    "I am sorry that I kept you waiting.",
    "If you would like another appointment, I can offer you these times.",
    "I would like to say that I am sorry. If you ask me why, I will tell you.",
    "You will have time for it. You could have one of these times.",
    "My reminder is set to a quarter of an hour from now on.",
    "Thank you for telling me!",
)
GOOD_DE = (
    "Es tut mir leid, dass ich Sie habe warten lassen.",
    "Wenn Sie möchten, können Sie es mir sagen.",
    "Sie müssen nichts erwidern. Sie hätten auch am Montag Zeit?",
    "Meine Erinnerung ist jetzt auf eine Viertelstunde vorher gestellt.",
    "Danke, dass Sie es mir gesagt haben!",
)


@pytest.mark.parametrize(
    ("language", "sentence"), [*(("en", one) for one in EN), *(("de", one) for one in DE)]
)
def test_a_planted_turn_is_found_on_its_line(language: str, sentence: str) -> None:
    text = f"A first line.\n{sentence}\nA last line."
    assert {turn.line for turn in turns(text, language)} == {2}
    assert turns(sentence.upper(), language), "in capitals, too"


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_turn_is_found_across_a_line_that_was_folded(language: str) -> None:
    sentence = {"en": "I am sorry\nif it was hard.", "de": "Es tut mir leid,\nwenn es schwer war."}[language]
    assert len(turns(sentence, language)) == 1


@pytest.mark.parametrize(
    ("language", "sentence"), [*(("en", one) for one in GOOD_EN), *(("de", one) for one in GOOD_DE)]
)
def test_a_good_sentence_is_left_alone(language: str, sentence: str) -> None:
    assert turns(sentence, language) == []


def test_a_turn_says_where_it_is_and_what_is_wrong_with_it() -> None:
    (turn,) = turns("One.\nI am sorry if it was.", "en")
    assert (
        str(turn)
        == "line 2, “sorry if”: an apology with a condition: it asks whether anything happened at all"
    )


def test_a_language_without_a_list_has_no_turns() -> None:
    assert turns("I am sorry if.", "fr") == []


FACT, OFFER = ("Monday", "14:00"), "[times]"
GOOD = "Dear you,\n\nI missed it on Monday at 14:00.\n\nThese times:\n[times]\n\n[your name]"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GOOD, []),
        (GOOD.replace("I missed", "Hello.\nI missed"), ["first line"]),
        (GOOD.replace(" at 14:00", ""), ["first line"]),
        (GOOD.replace("[times]", ""), ["no times"]),
        (GOOD.replace("[your name]", "And now to the reason, which is a long one."), ["last"]),
        (
            "Dear you,\n\nFirst of all: [times]\n\nI missed it on Monday at 14:00, and I am sorry.",
            ["first", "last"],
        ),
    ],
)
def test_a_text_out_of_shape_is_told(text: str, found: list[str]) -> None:
    told = list(misshapen(text, FACT, OFFER, spoken=False))
    assert len(told) == len(found)
    assert all(word in sentence for word, sentence in zip(found, told, strict=True))


SPOKEN = "For you alone.\n\nCall.\n\nSay\n– “I missed it on Monday at 14:00.”\n– Last:\n[times]\n\nHold back\n– All."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SPOKEN, []),
        (SPOKEN.replace("Say\n", "Say\n– “Hello.”\n"), ["first line"]),
        (SPOKEN.replace("[times]\n", "[times]\n– “And one thing more.”\n"), ["last"]),
    ],
)
def test_notes_for_a_call_out_of_shape_are_told(text: str, found: list[str]) -> None:
    told = list(misshapen(text, FACT, OFFER, spoken=True))
    assert len(told) == len(found)
    assert all(word in sentence for word, sentence in zip(found, told, strict=True))
