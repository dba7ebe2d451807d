"""The parts of `scripts/make_corpus.py`: tunes, grooves, hand-played drums, and files taken as they are."""
