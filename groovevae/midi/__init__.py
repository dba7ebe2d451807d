"""Reads and writes MIDI files: notes in musical time, tracks, tempo and metre maps. Only this room knows the format.

It knows no bars. Most people want `reading.load_score` and `writing.score_to_midi`; importing the room loads neither.
"""
