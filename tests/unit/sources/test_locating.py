"""Where values stand."""

from pathlib import Path

import pytest

from getmesh.model.objects import Object
from getmesh.model.paths import Path as Steps
from getmesh.sources.locating import Locator, Place
from getmesh.sources.reading import read

TEXT = """# a comment
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: cart}
spec:
  base: &base {x: 1, z: 2}
  # getmesh: ignore IST0101, KIA1102 -- known
  # another comment
  hosts: [cart, "*.shop"]
  merged:
    <<: *base
    z: 3
  http:
  - route:
    - destination: {host: cart}  # getmesh: ignore *
  empty:
  80: port
  text: |
    hello
"""


@pytest.mark.parametrize(
    ("path", "line", "column"),
    [
        ((), 3, 1),
        (("metadata", "name"), 5, 18),
        (("spec",), 6, 1),
        (("spec", "hosts", 1), 10, 17),
        (("spec", "hosts"), 10, 3),
        (("spec", "hosts", 7), 10, 3),
        (("spec", "merged", "x"), 7, 19),
        (("spec", "merged", "z"), 13, 8),
        (("spec", "http", 0), 15, 5),
        (("spec", "http", 0, "route", 0, "destination", "host"), 16, 27),
        (("spec", "http", 0, "route", 0, "nothing", "host"), 16, 7),
        (("spec", "empty"), 17, 3),
        (("spec", "80"), 18, 7),
        (("spec", "text"), 19, 9),
        (("status",), 3, 1),
    ],
)
def test_a_path_has_the_place_of_its_value_or_key_or_ancestor(path: Steps, line: int, column: int) -> None:
    reading = read(["-"], stdin=TEXT.encode())
    assert reading.locator.locate(reading.objects[0], path) == Place("-", line, column)


def test_an_object_without_origin_has_no_place() -> None:
    assert Locator().locate(Object({"kind": "Pod"}), ()) == Place("", 0, 0)


def test_a_file_that_is_gone_still_has_the_line_of_its_documents(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("---\n" + TEXT)
    reading = read([str(file)])
    file.unlink()
    assert reading.locator.locate(reading.objects[0], ("spec",)) == Place(str(file), 4, 1)
    assert reading.locator.source_lines(str(file), 1, 2) == []
    assert reading.locator.suppression_comments(str(file)) == []


def test_a_changed_file_gives_a_place_and_no_error(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(TEXT)
    reading = read([str(file)])
    file.write_text("][")
    assert reading.locator.locate(reading.objects[0], ("spec", "hosts")).line == 3


def test_comments_silence_their_line_or_the_next_one_that_says_something() -> None:
    locator = read(["-"], stdin=TEXT.encode()).locator
    assert [tuple(comment) for comment in locator.suppression_comments("-")] == [
        (8, ("IST0101", "KIA1102"), "known"),
        (16, ("*",), ""),
    ]
    assert locator.suppression(Place("-", 10, 3), "IST0101") is not None
    assert locator.suppression(Place("-", 10, 3), "IST0102") is None
    assert locator.suppression(Place("-", 16, 27), "KIA0001") is not None
    assert locator.suppression(Place("-", 11, 1), "IST0101") is None


def test_a_field_in_its_second_spelling_has_its_own_place() -> None:
    text = (
        "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: a}\nspec:\n"
        "  workload_selector:\n    labels:\n      my_app: x\n"
        "  egress:\n  - capture_mode: NONE\n    captureMode: DEFAULT\n"
    )
    reading = read(["-"], stdin=text.encode())
    obj = reading.objects[0]

    def line(*steps: str | int) -> int:
        return reading.locator.locate(obj, ("spec", *steps)).line

    assert line("workloadSelector", "labels", "my_app") == 7
    assert line("workloadSelector", "labels", "myApp") == 6
    assert line("egress", 0, "captureMode") == 10
    assert line("egress", 0, "bind") == 9
