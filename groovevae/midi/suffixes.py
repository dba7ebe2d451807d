"""How the names of MIDI files end."""

SUFFIXES = (".mid", ".midi", ".kar", ".rmi")  # the last two: karaoke, and Windows' wrapped MIDI
