"""`groove` with a network so small that it trains at once: for the tests that send signals to a process."""

from tiny import PRIOR, SIZES, describe_quickly

from groovevae import config
from groovevae.cli import main

if __name__ == "__main__":
    describe_quickly()
    config.ModelConfig = lambda variational: SIZES  # what `groove train` asks for the default sizes
    config.PriorConfig = lambda: PRIOR
    main(prog_name="groove")
