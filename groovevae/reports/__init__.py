"""Findings turned into what people and programs read: text, tables, Markdown, HTML, CSV and JSON; and progress bars.

It measures and decides nothing. A module for each finding makes lines and tables of it; `terminal.show` prints them.
"""
