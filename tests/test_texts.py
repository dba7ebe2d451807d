"""Names of tracks in the encodings that files have."""

import pytest
from midi_bytes import chunk, end, meta, midi_file, off, on

from groovevae.midi.events import read_events, write_events
from groovevae.midi.reading import midi_to_score
from groovevae.midi.texts import decode_texts, track_names


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", ["Ударные", "ドラム", "Größe", "베이스", "鼓"]),
        ("cp932", ["ドラム", "ベース 1", "歌詞", "E.ギター", "第1トラック", "作曲：山田太郎", "ﾊﾞｯｷﾝｸﾞ･ｺｰﾗｽ"]),
        ("cp1251", ["Бас", "Ударные", "БАРАБАНЫ", "Рит.гитара", "Соло-гитара 2", "Скрипка «соло»", "Інструмент"]),
        ("koi8-r", ["Бас", "Ударные", "Соло-гитара 2"]),
        ("cp866", ["Бас", "УДАРНЫЕ", "Соло-гитара 2"]),
        ("cp1252", ["Mélodie à la clé", "Größe", "Niño", "Å", "n° 2", "Piccolo à 2", "Chœur", "© 1997", "CANÇÃO"]),
        ("cp1252", ["Don’t stop", "“Live”", "Tom’s Bass", "70’s", "Bass – slap", "…"]),  # quotes are halves of kanji
        ("gbk", ["主旋律", "小提琴", "架子鼓 2"]),
        ("cp949", ["드럼", "베이스", "피아노 1"]),
        ("big5", ["主旋律", "貝斯", "伴奏"]),
    ],
)
def test_each_name_is_read_in_its_encoding(encoding: str, names: list[str]) -> None:
    assert [decode_texts([name.encode(encoding)]) for name in names] == [[name] for name in names]


def test_names_that_fit_several_encodings_are_read_as_their_neighbours_are() -> None:
    chinese, japanese = "弦乐".encode("gbk"), "ﾄﾞﾗﾑ".encode("cp932")  # also ПТАЦ and ДЮЧС
    assert decode_texts([chinese], beside=["钢琴".encode("gbk"), "主旋律".encode("gbk")]) == ["弦乐"]
    assert decode_texts([japanese], beside=["ベース".encode("cp932"), "歌詞".encode("cp932")]) == ["ﾄﾞﾗﾑ"]
    assert decode_texts([b"\xe9", b"Cl\xe9"]) == ["é", "Clé"]
    assert decode_texts(["лю".encode("cp1251")], beside=["Любовь".encode("cp1251")]) == ["лю"]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"Lead\0\0\0", "Lead"),
        (b" Lead\r\n  two ", "Lead two"),
        (b"\xef\xbb\xbfLead", "Lead"),  # UTF-8 with a byte order mark
        (b"\xff\xfe\x80\x81bass\xc3", "ÿþ bassÃ"),  # of no encoding: what can be printed
        (b"x" * 200, "x" * 200),
        (b"", ""),
    ],
)
def test_names_are_one_line_that_can_be_printed(data: bytes, name: str) -> None:
    assert track_names(read_events(midi_file(chunk(meta(3, data), end())))) == [name]


def test_a_name_comes_back_byte_for_byte() -> None:
    data = midi_file(
        chunk(meta(3, "ドラム".encode("cp932")), meta(5, "あ".encode("cp932")), on(0, 60), off(480, 60), end())
    )
    assert [track.name for track in midi_to_score(data).tracks] == ["ドラム"]
    assert write_events(read_events(data)) == data
