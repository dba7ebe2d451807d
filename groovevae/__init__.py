"""groovevae learns what genres sound like from folders of MIDI, and blends them."""

__version__ = "0.1.0"
