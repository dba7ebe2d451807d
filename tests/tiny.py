"""A network so small that it trains within the tests, and what a run with it leaves behind."""

from pathlib import Path
from typing import NamedTuple

from groovevae.config import ModelConfig, PriorConfig, TrainConfig
from groovevae.corpus import Corpus
from groovevae.learn import Trained, train_model
from groovevae.training import Progress

GENRES = ("classical", "jazz", "rock")
SIZES = ModelConfig(latent_size=8, step_size=16, encoder_size=16, decoder_size=16)
SETTINGS = TrainConfig(steps=30, batch_size=16, learning_rate=1e-2, warmup_steps=2, beta_warmup_steps=10)
PRIOR = PriorConfig(role_rank=2, input_size=8, state_size=8, hidden_size=8, steps=10, batch_size=8)


class Tiny(NamedTuple):
    """A finished run: the corpus, the model file, what training gave and what it told."""

    corpus: Corpus
    path: Path
    trained: Trained
    reports: list[Progress]


def train_tiny(corpus: Corpus, path: Path, **options) -> Tiny:
    """Trains as SETTINGS and SIZES say, unless `options` say otherwise."""
    reports: list[Progress] = []
    options = {"config": SETTINGS, "model_config": SIZES, "prior_config": PRIOR, "report": reports.append, **options}
    return Tiny(corpus, path, train_model(corpus, path, **options), reports)
