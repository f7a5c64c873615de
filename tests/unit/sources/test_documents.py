"""Texts to values: YAML and JSON by Kubernetes' rules, one document after the other."""

from typing import Any

import pytest

from getmesh.errors import InputError
from getmesh.sources.places import Duplicate, UnreadableError
from getmesh.sources.runs import read_run
from getmesh.sources.splitting import Chunk, split
from getmesh.sources.yaml_text import decode, decode_document, decode_exactly


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"on: 1\n1: a\n", {"true": 1, "1": "a"}),
        (b"a: &x {k: 1}\nb: {<<: *x, j: 2}\n", {"a": {"k": 1}, "b": {"k": 1, "j": 2}}),
        (b"a: &x {k: 1}\nb:\n  k: 3\n  <<: *x\n", {"a": {"k": 1}, "b": {"k": 1}}),
        (b"a: &x {k: 1}\nb: &y {k: 2}\nc: {<<: [*x, *y]}\n", {"a": {"k": 1}, "b": {"k": 2}, "c": {"k": 1}}),
        (b'a: {k: 1}\nb: {"<<": 5}\n', {"a": {"k": 1}, "b": {"<<": 5}}),
        (b"a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}),
        (b"f: [!foo, end]\n", {"f": ["end"]}),
        (b"f: [a:, end]\n", {"f": ["a:", "end"]}),
        (b"a: ! 5\n", {"a": "5"}),
        (b"\xef\xbb\xbfa: 1\r\n", {"a": 1}),
        (b'{"a": 2.0, "b": "\\ud83d\\ude00", "c": "\\/"}', {"a": 2, "b": "\U0001f600", "c": "/"}),
        (b'{"a": "\\ud83d"}', {"a": "\ufffd"}),
        (b'{"a": 1,}', {"a": 1}),
        (b"# nothing\n", None),
    ],
)
def test_a_text_has_the_value_that_kubernetes_gives_it(text: bytes, value: Any) -> None:
    assert decode_document(text).value == value


@pytest.mark.parametrize(
    "text",
    [
        b"a: *nope\n", b"a: &a [*a]\n", b"{[a]: b}\n", b"~: a\n", b"a: .inf\n", b"<<: v\n", b'a: "\\/"\n',
        b"f: [a?, b]\n",
        b"a: caf\xe9\n", b"a: \0\n", b"\ta: 1\n", b"a: 1\n  b: 2\n", b"{{ .Values.x }}\n", b"%YAML 1.2\n---\na: 1\n",
        b"[" * 100_000, b"- " * 100_000, b'{"a":' * 100_000,
    ],
)  # fmt: skip
def test_what_kubernetes_refuses_is_refused(text: bytes) -> None:
    with pytest.raises(UnreadableError):
        decode_document(text)


def test_an_alias_bomb_is_refused_at_once() -> None:
    lines = ["a: &a [" + ",".join("x" * 9) + "]"]
    lines += [f"{chr(98 + i)}: &{chr(98 + i)} [{','.join([f'*{chr(97 + i)}'] * 9)}]" for i in range(9)]
    with pytest.raises(UnreadableError, match="aliases"):
        decode_document("\n".join(lines).encode())


def test_duplicate_keys_keep_the_last_value_and_are_told() -> None:
    for text in (b"a: 1\nb: {c: 1, c: 2}\n", b'{"a": 1, "b": {"c": 1, "c": 2}}'):
        decoded = decode_document(text)
        assert decoded.value == {"a": 1, "b": {"c": 2}}
        assert decoded.duplicates == (Duplicate(("b", "c"), "c"),)


def test_an_error_names_line_and_column() -> None:
    with pytest.raises(UnreadableError) as caught:
        decode_document(b"a: 1\nb: *nope\n")
    assert (caught.value.line, caught.value.column) == (2, 4)


def test_an_unclosed_bracket_is_blamed_where_it_opens() -> None:
    with pytest.raises(UnreadableError) as caught:
        decode_document(b"a: 1\nb: [1,\n  2\n\n")
    assert caught.value.line == 2


def test_documents_are_cut_at_markers_only() -> None:
    data = b"# c\n---\na: |\n  ---\n  x\n--- # next\nb: 1\n---x: 1\n"
    texts = [data[chunk.start : chunk.end] for chunk in split(data)]
    assert texts == [b"# c\n", b"a: |\n  ---\n  x\n", b"b: 1\n---x: 1\n"]
    assert [chunk.line for chunk in split(data)] == [1, 3, 7]


def test_carriage_returns_alone_separate_lines() -> None:
    data = b"a: 1\r---\rb: 2\r"
    assert [decode_document(data[c.start : c.end]).value for c in split(data)] == [{"a": 1}, {"b": 2}]


def test_small_texts_are_decoded_at_once_and_complain_with_a_hint() -> None:
    assert decode("a: 1\n---\n# nothing\n---\n- b\n") == [{"a": 1}, ["b"]]
    with pytest.raises(InputError, match="line 3") as caught:
        decode("a: 1\n---\nb: [\n")
    assert caught.value.hint


def test_a_broken_document_leaves_its_neighbours_whole() -> None:
    data = b"a: 1\n---\nb: [\n---\nc: 3\n---\n{d: 1}\nrest\n---\ne: 1\ne: 2\n---\n---\n{}\n"
    chunks = list(split(data))
    found = read_run("f", data, chunks, Chunk(0, 0, 1))
    assert [document.value for document in found] == [{"a": 1}, None, {"c": 3}, {"d": 1}, {"e": 2}, {}]
    assert [bool(document.faults) for document in found] == [False, True, False, True, False, False]
    assert found[1].faults[0].line == 3
    assert found[3].usable is False
    assert found[4].duplicates == (Duplicate(("e",), "e"),)


def test_what_follows_an_end_marker_is_told() -> None:
    decoded = decode_exactly(b"a: 1\n...\nb: 2\n")
    assert decoded.value == {"a": 1}
    assert decoded.rest == (3, 1)
