"""Measures bars: note F1, attributes, features and judges of genre, phrase form, novelty.

It knows no model and needs none. Most people want `note_f1.bars_note_counts`, or `judges.fit_judges`.
"""
