"""Mends change their own place and nothing else."""

import pytest

from getmesh.analysis.finding import Fix
from getmesh.model.objects import Origin
from getmesh.sources.mending import mend
from getmesh.sources.reading import read

TEXT = """\
# a comment
kind: A   # kept
spec:
  rout:   # typo
    - {port: "80", 'mode': "strict", "on": yes}
  labels: {v: 1.10, w: '0080'}
  shared: &s [{port: "80"}]
  copy: *s
"""


def mended(text: str, *fixes: Fix, prefix: tuple[str | int, ...] = ()) -> tuple[str, int, int]:
    data = text.encode()
    found = mend(data, [(Origin("-", 1, 0, len(data), prefix), fix) for fix in fixes])
    return found.data.decode(), len(found.applied), len(found.refused)


@pytest.mark.parametrize(
    ("fix", "before", "after"),
    [
        (Fix(("spec", "rout"), "rename", "route"), "rout: ", "route: "),
        (Fix(("spec", "rout", 0, "mode"), "rename", "state"), "'mode'", "'state'"),
        (Fix(("spec", "rout", 0, "mode"), "replace", "STRICT"), '"strict"', '"STRICT"'),
        (Fix(("spec", "rout", 0, "port"), "unquote", ""), '"80"', "80"),
        (Fix(("spec", "labels", "v"), "quote", ""), "1.10", '"1.10"'),
        (Fix(("spec", "rout", 0, "on"), "quote", ""), "yes", '"yes"'),
    ],
)
def test_a_mend_changes_only_its_place(fix: Fix, before: str, after: str) -> None:
    assert mended(TEXT, fix) == (TEXT.replace(before, after, 1), 1, 0)


@pytest.mark.parametrize(
    "fix",
    [
        Fix(("spec", "copy", 0, "port"), "unquote", ""),  # what stands behind an alias is written elsewhere
        Fix(("spec", "shared", 0, "port"), "unquote", ""),  # and a change here would change the copy too
        Fix(("spec", "labels", "w"), "unquote", ""),  # 0080 would read as another number than it looks
        Fix(("spec", "labels"), "quote", ""),
        Fix(("spec", "rout", 0, "port"), "quote", ""),
        Fix(("spec", "labels", "v"), "rename", "w"),
        Fix(("spec", "odd"), "rename", "even"),
        Fix(("spec", "rout", 7), "quote", ""),
        Fix(("kind", "x"), "quote", ""),
        Fix(("kind",), "remove", ""),
    ],
)
def test_what_is_not_safe_is_left(fix: Fix) -> None:
    assert mended(TEXT, fix) == (TEXT, 0, 1)


def test_several_documents_and_items_of_lists_are_mended_at_once() -> None:
    text = "kind: List\napiVersion: v1\nitems:\n- {a: 1, b: '2'}  # x\n---\n# second\na: 3\n"
    cut = text.index("---\n") + 4
    data = text.encode()
    wanted = [
        (Origin("-", 1, 0, cut - 4, ("items", 0)), Fix(("a",), "quote")),
        (Origin("-", 1, 0, cut - 4, ("items", 0)), Fix(("b",), "unquote")),
        (Origin("-", 5, cut, len(data)), Fix(("a",), "rename", "longer")),
    ]
    found = mend(data, wanted)
    assert found.data.decode() == text.replace("{a: 1, b: '2'}", '{a: "1", b: 2}').replace("a: 3", "longer: 3")
    assert found.refused == ()


@pytest.mark.parametrize("text", ["a: [", "- a\n", '{"a": 1, "a": 2}', ""])
def test_what_cannot_be_read_is_left(text: str) -> None:
    assert mended(text, Fix(("a",), "quote"))[1:] == (0, 1)


def test_json_and_windows_line_ends_keep_their_form() -> None:
    assert mended('{"a": {"b": 5}}', Fix(("a", "b"), "quote"))[0] == '{"a": {"b": "5"}}'
    assert mended("a: 5 # é\r\nb: 6\r\n", Fix(("b",), "quote"))[0] == 'a: 5 # é\r\nb: "6"\r\n'


def test_the_mended_text_reads_as_the_mend_says() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {v: 012}}\n"
    edited, made, _ = mended(text, Fix(("metadata", "labels", "v"), "quote"))
    assert made == 1
    assert read(["-"], stdin=edited.encode(), jobs=1).objects[0].labels == {"v": "012"}
