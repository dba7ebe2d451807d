"""The command line: each command takes options, makes one library call and prints its result. Never does the work.

Heavy imports stay inside the commands. Each command or group of commands has a module, which `main` imports when
somebody asks for it.
"""

from groovevae.cli.root import main

__all__ = ["main"]
