# SPDX-License-Identifier: Apache-2.0
"""Makes up songs: chords, patterns, melodies, arrangements, in the manner of some genres.

Times of patterns are sixteenths; times of finished notes are seconds.
"""

from dataclasses import dataclass, field

import numpy as np

MAJOR, MINOR = [0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10]
PROGRESSIONS = [
    [0, 4, 5, 3], [5, 3, 0, 4], [0, 5, 3, 4], [0, 3, 4, 4], [0, 3, 0, 4], [0, 5, 1, 4], [1, 4, 0, 0],
    [0, 6, 5, 6], [0, 5, 6, 4], [0, 0, 3, 3], [0, 2, 3, 4], [3, 4, 2, 5], [0, 3, 6, 2], [0, 0, 0, 0],
    [0, 6, 3, 0], [0, 4, 3, 3],
]  # fmt: skip

# tempo, kick, snare, hat (strings of sixteenths: strength 1 to 9), kinds of bass lines, swing
GENRES = {
    "rock": ((95, 165), ["9.......9.......", "9.....7.9.......", "9..7....9.7.....", "9.......9.9...7."], ["....9.......9...", "....9.......9..3"], ["8.5.8.5.8.5.8.5.", "9.6.9.6.9.6.9.6.", "6...6...6...6..."], ["eighths", "root", "riff"], 0.0),
    "pop": ((85, 130), ["9.....6.9.......", "9.......9..7....", "9...9...9...9...", "9..6....9..6...."], ["....9.......9...", "....8.......8.3."], ["7.5.7.5.7.5.7.5.", "7454745474547454", "..7...7...7...7."], ["eighths", "root", "syncopated"], 0.0),
    "funk": ((90, 120), ["9..5..9...6..5..", "9.9....6..9..5..", "9.....6.9.9....."], ["....9..3.3..9...", "..3.9..2.2.39..3"], ["8484848484848484", "8.4.844484.48.44"], ["syncopated", "riff", "octaves"], 0.08),
    "electronic": ((118, 142), ["9...9...9...9...", "9...9...9...9.5.", "9.....9...9....."], ["....9.......9...", "....7.......7...", "................"], ["..9...9...9...9.", "4494449444944494", "7.7.7.7.7.7.7.7."], ["offbeat", "sixteenths", "octaves"], 0.0),
    "ballad": ((60, 88), ["9.......9.......", "9.........6.....", "9.....5.8......."], ["....7.......7...", "........8......."], ["6...5...6...5...", "5.4.5.4.5.4.5.4.", "6..46..46..46..4"], ["root", "syncopated"], 0.0),
    "metal": ((110, 190), ["9.9.9.9.9.9.9.9.", "9..99..99..99.9.", "9999999999999999", "9...9.9.9...9.9."], ["....9.......9...", "..9...9...9...9.", "........9......."], ["9...9...9...9...", "9.7.9.7.9.7.9.7."], ["eighths", "riff", "sixteenths"], 0.0),
    "latin": ((85, 125), ["9..6..9.9..6..9.", "9.....7.9.....7.", "9...9...9...9..."], ["...5..5....5..5.", "....6..6..6.6...", "...7..7....7..7."], ["7474747474747474", "8.558.558.558.55"], ["syncopated", "riff", "octaves"], 0.0),
    "hiphop": ((70, 102), ["9.....7...9.....", "9..7......9.7...", "9.9....7..9....."], ["....9.......9...", "....9.......9..2"], ["7.5.7.5.7.5.7.55", "7575757777757575", "6.6.6.6.6.6.6.6."], ["root", "syncopated", "glide"], 0.12),
    "reggae": ((68, 92), ["........9.......", "9.......9.......", "9...9...9...9..."], ["........8.......", "........8..3...."], ["..7...7...7...7.", "7.4.7.4.7.4.7.4."], ["riff", "syncopated"], 0.1),
    "shuffle": ((90, 150), ["9.......9.......", "9.....6.9.....6."], ["....9.......9...", "....7.......7..4"], ["8...6..68...6..6", "7.....577.....57"], ["walking", "eighths"], 0.3),
}  # fmt: skip

# General MIDI programs by their part in an arrangement
KEYS = [0, 0, 1, 2, 3, 4, 4, 5, 5, 6, 7, 16, 17, 18, 18, 19, 21]
GUITARS = [24, 24, 25, 25, 26, 27, 27, 27, 28]
STRINGS = [40, 41, 42, 44, 45, 46, 48, 48, 49, 50, 51]
WINDS = [21, 22, 56, 57, 59, 60, 61, 61, 62, 63, 64, 65, 66, 67, 68, 70, 71, 72, 73, 75]
SYNTHS = [80, 81, 82, 83, 84, 86, 87]
PADS = [88, 89, 90, 92, 93, 94, 95]
MALLETS = [8, 9, 10, 11, 12, 13, 14, 15, 104, 105, 106, 107, 108, 114]
BASSES = [32, 33, 33, 33, 34, 34, 35, 36, 37, 38, 39]


@dataclass
class Part:
    """One instrument."""

    kind: str  # keys, guitar, distorted, strings, winds, lead, pad, mallets, synth
    notes: list = field(default_factory=list)


@dataclass
class Song:
    genre: str
    tempo: float
    seconds: float
    hits: list  # (start, role, strength)
    bass: list
    parts: list
    melodies: list  # of voices, each a list of phrases of notes


def compose(rng: np.random.Generator, seconds: float) -> Song:
    genre = rng.choice(list(GENRES))
    (low, high), kicks, snares, hats, bass_lines, swing = GENRES[genre]
    tempo = rng.uniform(low, high)
    sixteenth = 15 / tempo
    key = int(rng.integers(12))
    scale = MINOR if rng.random() < 0.5 else MAJOR
    bars = int(seconds / (16 * sixteenth)) + 1

    def at(position):
        late = swing * sixteenth if int(position) % 2 else 0
        return max(0.0, position * sixteenth + late + rng.normal(0, 0.004))

    def degree(d, octave):
        return key + scale[d % 7] + 12 * (d // 7) + 12 * octave

    verse = PROGRESSIONS[rng.integers(len(PROGRESSIONS))]
    chorus = PROGRESSIONS[rng.integers(len(PROGRESSIONS))]
    per_chord = int(rng.choice([8, 16, 16, 16, 32]))
    section_bars = int(rng.choice([4, 4, 8]))
    chords = []  # root degree of every half bar
    for half in range(2 * bars):
        progression = verse if (half // (2 * section_bars)) % 2 == 0 else chorus
        chords.append(progression[(half * 8 // per_chord) % 4])
    sections = [rng.random() for _ in range(bars // section_bars + 1)]

    return Song(
        genre, tempo, seconds,
        drums(rng, bars, kicks, snares, hats, at, section_bars, sections, genre),
        bass_notes(rng, rng.choice(bass_lines), chords, degree, at, sixteenth, kicks[0]),
        other_parts(rng, genre, chords, degree, at, sixteenth, bars, section_bars),
        melodies(rng, chords, degree, at, sixteenth, bars, seconds, genre),
    )  # fmt: skip


def drums(rng, bars, kicks, snares, hats, at, section_bars, sections, genre):
    hits = []
    percussion_pattern = "".join(rng.choice(list("...5.7"), 16))
    has_percussion = rng.random() < (0.7 if genre in ("latin", "reggae", "funk") else 0.2)
    snare_role = rng.choice(["snare", "snare", "snare", "clap", "rim"]) if genre in ("electronic", "hiphop", "pop", "latin", "ballad") else "snare"
    patterns = {}
    for bar in range(bars):
        section = bar // section_bars
        if section not in patterns:
            patterns[section] = (
                kicks[rng.integers(len(kicks))],
                snares[rng.integers(len(snares))],
                hats[rng.integers(len(hats))],
                rng.choice(["closed", "closed", "closed", "ride", "open"]),
            )
        kick, snare, hat, hat_role = patterns[section]
        quiet = sections[section] < 0.12
        is_last = bar % section_bars == section_bars - 1
        fill_from = int(rng.choice([8, 12, 12, 14])) if is_last and rng.random() < 0.7 else 16
        if bar % section_bars == 0 and rng.random() < 0.7:
            hits.append((at(16 * bar), "crash", rng.uniform(0.6, 1)))
        for step in range(16):
            position = 16 * bar + step
            strength = lambda pattern: int(pattern[step]) / 9 * rng.uniform(0.75, 1.1)
            if step >= fill_from:
                if rng.random() < 0.75:
                    role = rng.choice(["snare", "tom", "tom", "kick"])
                    hits.append((at(position), role, rng.uniform(0.5, 1)))
                continue
            if kick[step] != "." and not quiet:
                hits.append((at(position), "kick", strength(kick)))
            elif kick[step] == "." and rng.random() < 0.02:
                hits.append((at(position), "kick", 0.6))
            if snare[step] != "." and not quiet:
                role = snare_role if int(snare[step]) > 5 else "snare"
                hits.append((at(position), role, strength(snare)))
            if hat[step] != ".":
                role = "open" if hat_role == "closed" and rng.random() < 0.04 else hat_role
                hits.append((at(position), role, strength(hat)))
            if has_percussion and percussion_pattern[step] != ".":
                hits.append((at(position), "percussion", strength(percussion_pattern)))
    return hits


def bass_notes(rng, line, chords, degree, at, sixteenth, kick):
    notes = []
    octave = int(rng.choice([2, 2, 3]))
    riff = [(int(p), int(rng.choice([0, 0, 4, 2, 6, 7]))) for p in sorted(rng.choice(8, 4, replace=False))]
    riff[0] = (0, 0)
    for half, chord in enumerate(chords):
        start = 8 * half

        def add(step, d, length, strength=1.0):
            key = degree(chord + d, octave)
            key -= 12 * (key > 52) - 12 * (key < 28)
            notes.append((at(start + step), length * sixteenth * 0.95, key, 100 * strength * rng.uniform(0.8, 1.1)))

        if line == "eighths":
            for step in range(0, 8, 2):
                add(step, 0, 1.9, 0.9)
        elif line == "sixteenths":
            for step in range(8):
                add(step, 0, 0.8, 0.8)
        elif line == "root":
            add(0, 0, 7 if rng.random() < 0.6 else 4)
            if rng.random() < 0.3:
                add(6, 4, 2)
        elif line == "offbeat":
            for step in (2, 6):
                add(step, 0, 1.7)
        elif line == "octaves":
            for step in range(0, 8, 2):
                add(step, 7 if step % 4 else 0, 1.4)
        elif line == "walking":
            for step, d in ((0, 0), (4, int(rng.choice([2, 4, 1, 6])))):
                add(step, d, 3.8)
        elif line == "glide":
            add(0, 0, 6)
            if rng.random() < 0.4:
                add(int(rng.choice([5, 6, 7])), int(rng.choice([0, 4, 7])), 1)
        elif line == "riff":
            for index, (step, d) in enumerate(riff):
                end = riff[index + 1][0] if index + 1 < len(riff) else 8
                add(step, d, min(end - step, 3))
        else:
            for step in range(8):
                if kick[(step + 8 * (half % 2)) % 16] != "." or rng.random() < 0.2:
                    add(step, int(rng.choice([0, 0, 0, 4, 7])), rng.choice([1, 1.5, 2]))
    return notes


def voicing(rng, chord, degree, low, high, size):
    degrees = [chord, chord + 2, chord + 4] + ([chord + 6] if rng.random() < 0.3 else [])
    keys = sorted({k for d in degrees for o in range(2, 8) for k in [degree(d, o)] if low <= k <= high})
    first = rng.integers(max(1, len(keys) - size + 1))
    return keys[first : first + size]


def other_parts(rng, genre, chords, degree, at, sixteenth, bars, section_bars):
    choices = {
        "rock": ["distorted", "distorted", "guitar", "keys", "organ", "lead"],
        "metal": ["distorted", "distorted", "distorted", "lead", "strings"],
        "pop": ["keys", "guitar", "pad", "synth", "strings", "pluck", "winds", "mallets"],
        "funk": ["guitar", "keys", "winds", "synth", "guitar"],
        "electronic": ["synth", "pluck", "pad", "lead", "keys", "synth"],
        "ballad": ["keys", "strings", "guitar", "pad", "winds"],
        "latin": ["keys", "guitar", "winds", "mallets", "guitar"],
        "hiphop": ["keys", "pad", "strings", "pluck", "mallets", "synth"],
        "reggae": ["guitar", "keys", "winds", "keys"],
        "shuffle": ["guitar", "keys", "winds", "distorted", "keys"],
    }[genre]
    parts = []
    for index in range(int(rng.integers(2, 6))):
        kind = rng.choice(choices) if rng.random() < 0.85 else rng.choice(["keys", "guitar", "strings", "winds", "synth", "pad", "mallets", "distorted"])
        role = {
            "distorted": ["power", "power", "lead", "chug"], "guitar": ["strum", "arpeggio", "skank", "lead"],
            "keys": ["comp", "hold", "arpeggio", "strum"], "organ": ["hold", "comp"], "pad": ["hold"],
            "strings": ["hold", "hold", "line", "comp"], "winds": ["stabs", "line", "lead", "hold"],
            "lead": ["lead"], "synth": ["arpeggio", "comp", "lead", "hold"], "pluck": ["arpeggio"],
            "mallets": ["arpeggio", "line"],
        }[kind]  # fmt: skip
        part = Part(kind)
        role = rng.choice(role)
        low = int(rng.integers(48, 62))
        comp = sorted(rng.choice(8, int(rng.integers(2, 5)), replace=False))
        pause = rng.random()
        order = rng.permutation(5)
        speed = int(rng.choice([1, 2, 2]))
        previous = 60 + int(rng.integers(12))
        for half, chord in enumerate(chords):
            if index > 0 and pause < 0.5 and (half // (2 * section_bars)) % 2 == (pause < 0.25):
                continue
            start = 8 * half

            def add(step, keys, length, strength=0.8, spread=0.0):
                for k, key in enumerate(keys):
                    velocity = 100 * strength * rng.uniform(0.85, 1.15)
                    part.notes.append((max(0, at(start + step)) + k * spread, length * sixteenth, key, velocity))

            if role == "power":
                root = degree(chord, 3)
                root -= 12 * (root > 52)
                for step in comp if rng.random() < 0.7 else [0]:
                    add(step, [root, root + 7, root + 12], rng.choice([2, 4, 7]))
            elif role == "chug":
                root = degree(chord, 3)
                root -= 12 * (root > 50)
                for step in range(0, 8, speed):
                    add(step, [root, root + 7], 0.7 * speed, 0.9)
            elif role == "strum":
                keys = voicing(rng, chord, degree, low - 4, low + 22, 5)
                for step in comp:
                    add(step, keys, 2.5, 0.75, 0.008)
            elif role == "skank":
                keys = voicing(rng, chord, degree, 55, 76, 3)
                for step in (2, 6):
                    add(step, keys, 0.7, 0.9)
            elif role == "comp":
                keys = voicing(rng, chord, degree, low, low + 20, 4)
                for step in comp:
                    add(step, keys, rng.choice([1, 2, 3]), 0.75)
            elif role == "hold":
                if half % 2 == 0 or chords[half - 1] != chord:
                    add(0, voicing(rng, chord, degree, low, low + 24, 4), 15 if half + 1 < len(chords) and chords[half + 1] == chord else 7.6, 0.7)
            elif role == "stabs":
                keys = voicing(rng, chord, degree, 55, 79, 3)
                for step in comp[:2]:
                    add(step, keys, 1.0, 0.95)
            elif role == "arpeggio":
                keys = voicing(rng, chord, degree, low, low + 26, 5)
                for count, step in enumerate(range(0, 8, speed)):
                    if keys:
                        add(step, [keys[order[count % 5] % len(keys)]], speed * 1.2, 0.75)
            else:
                steps = comp if role == "lead" else [0, 4]
                if role == "lead" and rng.random() < 0.35:
                    continue
                for count, step in enumerate(steps):
                    keys = voicing(rng, chord, degree, 55, 86, 12) or [60]
                    near = sorted(keys, key=lambda k: abs(k - previous - rng.normal(0, 3)))
                    previous = near[0]
                    end = steps[count + 1] if count + 1 < len(steps) else 8
                    add(step, [previous], (end - step) * 0.95, 0.85)
        if part.notes:
            parts.append(part)
    return parts


def melodies(rng, chords, degree, at, sixteenth, bars, seconds, genre):
    """Phrases of a lead voice, and sometimes of voices in parallel."""
    phrases, position = [], int(rng.choice([0, 0, 16, 8, 4]))
    low = int(rng.choice([45, 47, 50, 53, 55, 57, 60]))
    previous = low + int(rng.integers(3, 10))
    density = rng.choice([1, 2, 2, 3, 4])
    while position < 16 * bars - 8:
        phrase = []
        longest = max(1, int(rng.choice([0.5, 0.9, 0.9, 2.5]) / sixteenth))
        end = position + int(rng.choice([12, 16, 24, 28]))
        while position < end and position < 16 * bars - 4:
            length = int(rng.choice([density, density, 2 * density, max(1, density // 2), 4 * density]))
            length = min(length, longest)
            chord = chords[min(position // 8, len(chords) - 1)]
            strong = position % 4 == 0 and rng.random() < 0.7
            degrees = [chord, chord + 2, chord + 4] if strong else range(7)
            keys = [k for d in degrees for o in range(2, 8) for k in [degree(d, o)] if low <= k <= low + 16]
            keys = keys or [low]
            previous = min(keys, key=lambda k: abs(k - previous - rng.normal(0, 2.5)))
            phrase.append((at(position), length * sixteenth, previous))
            position += length
        phrases.append(phrase)
        position += int(rng.choice([2, 4, 4, 8, 16]))
    phrases = [[n for n in phrase if n[0] + n[1] < seconds] for phrase in phrases]
    voices = [[phrase for phrase in phrases if phrase]]
    if rng.random() < 0.35:
        interval = int(rng.choice([3, 4, 7, 12, -5, -12]))
        voices.append([[(s, l, k + interval) for s, l, k in p] for p in voices[0] if rng.random() < 0.6])
    return voices
