"""What the library found, told to people: tables, lines, pages, progress; and the same as JSON and CSV.

It measures and decides nothing. Most people want `terminal.line`.
"""
