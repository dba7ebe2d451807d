"""Physical facts of the grid and of the roles, with their units. Computes nothing."""

STEPS_PER_QUARTER = 4
STEPS_PER_WHOLE = 4 * STEPS_PER_QUARTER
MAX_STEPS = 24  # sixteenths: the longest bar there is (12/8, 3/2, 6/4)
STEPS_PER_BEAT = 4  # steps that the model reads and writes at once: one quarter note

ROLES = ("drums", "bass", "chords", "lead")
DRUMS, BASS, CHORDS, LEAD = range(4)
PITCHED = ("bass", "chords", "lead")  # order of the last axis of Bars.velocity and Bars.offset
LINES = ("bass", "lead")  # they play one note at a time

REST, HOLD, FIRST_PITCH = 0, 1, 2  # tokens of bass and lead: rest, hold, then one for each pitch
OFF, ONSET = 0, 2  # with HOLD, the three states of a chord pitch at a step
FIRST_ONSET = {"drums": 1, "bass": FIRST_PITCH, "chords": ONSET, "lead": FIRST_PITCH}  # lowest state that strikes

BASS_LOW, BASS_SIZE = 14, 60  # MIDI pitches 14 to 73: what basses and cellos reach in any key, moved to C
LEAD_LOW, LEAD_SIZE = 36, 72  # 36 to 107
CHORD_LOW, CHORD_SIZE = 36, 60  # 36 to 95
LOWEST_PITCH = {"bass": BASS_LOW, "chords": CHORD_LOW, "lead": LEAD_LOW}
NUM_PITCHES = {"bass": BASS_SIZE, "chords": CHORD_SIZE, "lead": LEAD_SIZE}  # whole octaves
BASS_TOKENS = FIRST_PITCH + BASS_SIZE
LEAD_TOKENS = FIRST_PITCH + LEAD_SIZE

MAX_CHORD_ONSETS = 6  # notes one player strikes at once

MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11)  # pitch classes of C major and A minor, which every song is moved to

MAX_VELOCITY = 127
OFFSET_UNITS = 256  # micro-timing is stored in 1/256 of a step, -128 to 127: half a step either way

# The nine drum voices, named by the General MIDI key that stands for each.
VOICES = ("kick", "snare", "closed hat", "open hat", "low tom", "mid tom", "high tom", "crash", "ride")
VOICE_PITCH = (36, 38, 42, 46, 45, 47, 50, 49, 51)
NUM_VOICES = len(VOICES)

# Percussion key (General MIDI, General MIDI 2, and the edges and rims of Roland's electronic kits) -> voices that may
# play it, the best match first. A song's kit remembers which key each voice sounds; `drums.voices_of_keys` chooses.
_KICK, _SNARE, _CLOSED, _OPEN, _LOW, _MID, _HIGH, _CRASH, _RIDE = range(NUM_VOICES)
VOICES_OF_KEY: dict[int, tuple[int, ...]] = {
    **dict.fromkeys((36, 35), (_KICK,)),
    **dict.fromkeys((38, 40), (_SNARE,)),
    **dict.fromkeys((42, 22), (_CLOSED,)),
    **dict.fromkeys((46, 26), (_OPEN,)),
    **dict.fromkeys((45, 41, 43), (_LOW,)),
    **dict.fromkeys((47, 48), (_MID,)),
    50: (_HIGH,),
    **dict.fromkeys((49, 57, 55, 52), (_CRASH,)),
    **dict.fromkeys((51, 59, 53), (_RIDE,)),
    44: (_CLOSED, _OPEN, _RIDE),  # pedal hat
    **dict.fromkeys((37, 39, 28, 31), (_SNARE, _HIGH, _MID)),  # side stick, clap, slap, sticks
    **dict.fromkeys((64, 61, 66, 58), (_LOW, _MID)),  # low conga, bongo, timbale, rim of a low tom (or vibraslap)
    **dict.fromkeys((86, 87), (_LOW, _MID)),  # surdo
    **dict.fromkeys((63, 79), (_MID, _LOW, _HIGH)),  # open conga, open cuica
    **dict.fromkeys((62, 60, 65, 78), (_HIGH, _MID)),  # muted conga, high bongo, high timbale, muted cuica
    **dict.fromkeys((70, 82, 69, 73), (_CLOSED, _RIDE, _OPEN, _CRASH)),  # maracas, shaker, cabasa, guiro
    **dict.fromkeys((54, 80, 83), (_CLOSED, _OPEN, _RIDE, _CRASH)),  # tambourine, muted triangle, jingle bell
    **dict.fromkeys((81, 74, 84), (_OPEN, _CRASH, _RIDE)),  # open triangle, long guiro, bell tree
    **dict.fromkeys((56, 67, 68), (_RIDE, _CRASH)),  # cowbell, agogo
    **dict.fromkeys((71, 72), (_CRASH, _RIDE)),  # whistles
    **dict.fromkeys((75, 76, 77, 85, 32, 33), (_HIGH, _SNARE, _MID, _LOW)),  # claves, wood blocks, castanets, clicks
    **dict.fromkeys((27, 29, 30, 34), (_HIGH, _MID, _CRASH)),  # high Q, scratches, metronome bell
}
TOMS = (41, 43, 45, 47, 48, 50)  # from low to high

DEFAULT_PROGRAMS = {"bass": 33, "chords": 0, "lead": 73}  # fingered bass, grand piano, flute
