"""`python -m groovevae`: the command line."""

from groovevae.cli import main

if __name__ == "__main__":
    main(prog_name="groove")
