"""`groove` with a network so small that it trains at once: for the tests that send signals to a process."""

from groovevae.__main__ import end_on_signals, run

if __name__ == "__main__":
    end_on_signals()
    from tiny import ARRANGER, PRIOR, SIZES, describe_quickly

    from groovevae import config
    from groovevae.training import loop

    loop.SAVE_SECONDS = 0.0  # a signal is to find it saving
    describe_quickly()
    config.ModelConfig = lambda variational: SIZES  # what `groove train` asks for the default sizes
    config.PriorConfig = lambda: PRIOR
    config.ArrangerConfig = lambda: ARRANGER
    run()
