"""Turns findings into what people and programs read: text, tables, Markdown, HTML, CSV, JSON, and progress bars.

It measures and decides nothing. Each kind of finding has a module that makes lines and tables; `terminal.show` prints.
"""
