"""Makes new music: a request in, finished pieces out.

This room prints nothing and writes no files. Most people want `groove.load_model`, the one door.
"""
