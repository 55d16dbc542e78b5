# SPDX-License-Identifier: Apache-2.0
"""Makes up sentences for speech synthesisers: thousands of them, none taken from a text."""

import random

PEOPLE = (
    "the baker|my neighbour|a young doctor|the old sailor|her cousin|our teacher|the goalkeeper|"
    "a quiet stranger|the mayor|their daughter|a clumsy waiter|the engineer|his grandmother|"
    "the choir|a thirsty cyclist|the judge|two plumbers|three children|the whole village|"
    "an honest thief|the beekeeper|a nervous pilot|the librarian|Judith|Fergus|Zoe|Mister Hughes|"
    "Yolanda|George and Beth|the youngest boy|everyone upstairs|nobody in the office"
).split("|")
VERBS = (
    "found|painted|borrowed|dropped|measured|photographed|shook|carried|hid|repaired|ignored|"
    "swallowed|described|polished|weighed|chose|threw away|dug up|washed|folded|juggled|enjoyed|"
    "forgot|bought|sold|examined|broke|catalogued|sketched|unwrapped|warmed up|pushed aside"
).split("|")
THINGS = (
    "a yellow bicycle|the heavy suitcase|six fresh eggs|an orange umbrella|the wooden bridge|"
    "a jar of honey|the telephone|some thick rope|a cheap violin|the kitchen shelf|a map of Egypt|"
    "the garden gate|five smooth pebbles|the broken clock|a pair of gloves|the judge's hat|"
    "a cup of strong tea|the ship's anchor|an enormous pumpkin|a leather purse|the measuring tape|"
    "the last chapter|a bunch of keys|the vase by the window|an azure scarf|half a loaf of bread|"
    "a box of matches|the piano|the bath towel|a fishing net|the zinc bucket|a rare coin"
).split("|")
PLACES = (
    "near the harbour|behind the church|in the attic|under the bridge|at the edge of the forest|"
    "on the third floor|beside a frozen lake|in the middle of July|before breakfast|after the storm|"
    "on a Thursday|between two meetings|at half past eight|without saying a word|for the first time|"
    "during the long voyage|with great care|rather slowly|in spite of the weather|as usual|"
    "down at the quarry|all through the winter|outside the theatre|just beyond the village"
).split("|")
OPENINGS = (
    "Yesterday|To be fair|Oddly enough|As far as I know|This morning|Later on|They say that|"
    "I think|Please tell them that|You should know that|Without a doubt|Last spring|Perhaps|"
    "We were sure that|Once a year|If the train is late"
).split("|")
QUESTIONS = (
    "Did you hear that|Would it matter if|Are we certain that|Who told you that|"
    "How could it be that|Is it true that|Why should we think"
).split("|")
SHORT = (
    "Thank you very much.|Not at all!|Could you say that again?|Mind the step.|Exactly.|Oh, really?|"
    "That will be nine pounds fifty.|Turn left, then right.|What a pity.|Good morning.|Wait for me!|"
    "It's just around the corner.|No, the other one.|Hush.|Yes, of course.|See you on Wednesday."
).split("|")
NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen twenty "
    "thirty-six forty ninety hundred thousand"
).split()
ONSETS = "b d f g h j k l m n p r s t v w z sh ch th st br kl pr tr gr sp fl skr".split()
NUCLEI = "a e i o u ai ee oa ou ie a e i o u".split()
CODAS = ["", "", "", "n", "t", "s", "l", "r", "m", "k", "nd", "st", "x", "ng"]


def pseudo_word(rng: random.Random) -> str:
    return "".join(
        rng.choice(ONSETS) + rng.choice(NUCLEI) + rng.choice(CODAS) for _ in range(rng.randint(1, 3))
    )


def sentence(rng: random.Random) -> str:
    """One sentence of about two to six seconds."""
    kind = rng.random()
    if kind < 0.12:
        return " ".join(rng.choice(SHORT) for _ in range(rng.randint(1, 3)))
    if kind < 0.24:
        words = " ".join(rng.choice(NUMBERS) for _ in range(rng.randint(3, 8)))
        return f"{rng.choice(PEOPLE)} counted {words}.".capitalize()
    if kind < 0.45:
        return " ".join(pseudo_word(rng) for _ in range(rng.randint(4, 9))).capitalize() + "."
    clause = f"{rng.choice(PEOPLE)} {rng.choice(VERBS)} {rng.choice(THINGS)} {rng.choice(PLACES)}"
    if kind < 0.65:
        return f"{rng.choice(OPENINGS)}, {clause}."
    if kind < 0.78:
        return f"{rng.choice(QUESTIONS)} {clause}?"
    if kind < 0.9:
        return f"{clause}, and {rng.choice(PEOPLE)} {rng.choice(VERBS)} {rng.choice(THINGS)}."
    return f"{clause}.".capitalize()
