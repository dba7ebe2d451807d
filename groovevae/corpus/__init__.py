"""Turns genre folders into songs: scans and reads them, finds duplicates, splits songs, makes batches.

It reads files in worker processes, which may crash, and never trains. Most people want `load_corpus`.
"""

from groovevae.corpus.duplicates import NearDuplicate, most_alike, near_duplicates
from groovevae.corpus.entries import Entry, Scan, Unread, song_id_of
from groovevae.corpus.exclusion import leave_out
from groovevae.corpus.load import Corpus, CorpusSong, Songs, load_corpus, load_genre, load_genre_of_bytes
from groovevae.corpus.reader import check_readable, read_song, read_songs
from groovevae.corpus.scan import scan, scan_genre
from groovevae.corpus.scheduler import Cluster
from groovevae.corpus.split import split_songs
from groovevae.corpus.summary import CorpusReport, DuplicateFile, GenreReport, UnusedFile, corpus_report

__all__ = [
    "Cluster",
    "Corpus",
    "CorpusReport",
    "CorpusSong",
    "DuplicateFile",
    "Entry",
    "GenreReport",
    "NearDuplicate",
    "Scan",
    "Songs",
    "Unread",
    "UnusedFile",
    "check_readable",
    "corpus_report",
    "leave_out",
    "load_corpus",
    "load_genre",
    "load_genre_of_bytes",
    "most_alike",
    "near_duplicates",
    "read_song",
    "read_songs",
    "scan",
    "scan_genre",
    "song_id_of",
    "split_songs",
]
