"""Files to objects with places."""

import json
from pathlib import Path

import pytest

from getmesh.sources.reading import Reading, read
from getmesh.sources.transcript import transcript

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: %s, namespace: shop}\n"


def lay(folder: Path, name: str, text: str | bytes) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return str(path)


def names(reading: Reading) -> list[str]:
    return [obj.name for obj in reading.objects]


def test_folders_are_read_sorted_and_each_file_once(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.YML", "d/d.json", "e.txt", ".hidden/f.yaml"):
        lay(tmp_path, name, json.dumps({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name[0]}}))
    (tmp_path / "d" / "loop").symlink_to(tmp_path)
    (tmp_path / "z.yaml").symlink_to(tmp_path / "b.yaml")
    assert names(read([str(tmp_path)])) == ["a", "b", "d"]
    assert names(read([str(tmp_path / "e.txt"), str(tmp_path / "*.yaml")])) == ["e", "b"]


def test_what_is_not_there_is_a_fault_and_the_rest_is_read(tmp_path: Path) -> None:
    good = lay(tmp_path, "a.yaml", SERVICE % "a")
    loop = tmp_path / "l.yaml"
    loop.symlink_to(loop)
    reading = read([str(tmp_path / "no.yaml"), str(loop), str(tmp_path / "*.none"), good, "\0"])
    assert names(reading) == ["a"]
    assert len(reading.faults) == 4


def test_empty_input_is_a_warning(tmp_path: Path) -> None:
    empty = lay(tmp_path, "a.yaml", "# nothing\n---\n~\n")
    (tmp_path / "sub").mkdir()
    reading = read([empty, str(tmp_path / "sub")])
    assert not reading.faults
    assert len(reading.warnings) == 2


def test_standard_input_is_read_and_placed() -> None:
    reading = read(["-"], stdin=(SERVICE % "a").encode())
    assert reading.locator.locate(reading.objects[0], ("metadata", "name")) == ("-", 3, 18)
    assert reading.locator.source_lines("-", 2, 3) == ["kind: Service", "metadata: {name: a, namespace: shop}"]


def test_lists_are_flattened_and_bad_items_are_faults(tmp_path: Path) -> None:
    text = """apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Namespace, metadata: {name: a}}
- foo
- {metadata: {name: b}}
- apiVersion: v1
  kind: ServiceList
  items: [{metadata: {name: c}}]
"""
    reading = read([lay(tmp_path, "a.yaml", text)])
    assert names(reading) == ["a", "c"]
    assert reading.objects[1].kind == "Service"
    assert reading.objects[1].origin is not None
    assert reading.objects[1].origin.prefix == ("items", 3, "items", 0)
    assert [(fault.line, fault.column) for fault in reading.faults] == [(5, 3), (6, 3)]
    assert reading.locator.locate(reading.objects[1], ("metadata", "name")).line == 9


def test_the_later_of_two_objects_wins_and_knows_the_earlier(tmp_path: Path) -> None:
    first = lay(tmp_path, "a.yaml", "---\n" + SERVICE % "a")
    second = lay(tmp_path, "b.yaml", SERVICE % "a" + "spec: {a: 1, a: 2}\n")
    reading = read([first, second])
    assert len(reading.objects) == 1
    notes = {note.problem: note for note in reading.objects[0].notes}
    assert notes["repeated"].detail == f"{first}:2"
    assert notes["duplicate-key"].path == ("spec", "a")


def test_documents_that_are_no_objects_are_faults(tmp_path: Path) -> None:
    reading = read([lay(tmp_path, "a.yaml", "- a\n---\nhello\n---\na: 1\n---\napiVersion: v1\nkind: 5\n")])
    assert [fault.line for fault in reading.faults] == [1, 3, 5, 7]


def test_a_misspelled_kind_is_read_with_a_warning(tmp_path: Path) -> None:
    reading = read([lay(tmp_path, "a.yaml", (SERVICE % "a").replace("kind", "Kind"))])
    assert names(reading) == ["a"]
    assert "'Kind'" in reading.warnings[0].message


def test_text_behind_a_marker_is_dropped_with_a_warning(tmp_path: Path) -> None:
    reading = read([lay(tmp_path, "a.yaml", SERVICE % "a" + "--- {kind: x}\n" + SERVICE % "b")])
    assert names(reading) == ["a", "b"]
    assert reading.warnings[0].line == 4


def test_text_behind_an_end_marker_is_a_warning_and_other_rubbish_a_fault(tmp_path: Path) -> None:
    reading = read([lay(tmp_path, "a.yaml", SERVICE % "a" + "...\n" + SERVICE % "b")])
    assert names(reading) == ["a"]
    assert reading.warnings[0].line == 5
    reading = read([lay(tmp_path, "b.json", '{"apiVersion": "v1", "kind": "Service"}\nEOF\n')])
    assert not reading.objects
    assert reading.faults[0].line == 2


def test_objects_that_nest_absurdly_are_faults(tmp_path: Path) -> None:
    deep = SERVICE % "a" + "spec: " + "[" * 300 + "]" * 300
    assert "levels deep" in read([lay(tmp_path, "a.yaml", deep)]).faults[0].message
    assert names(read([lay(tmp_path, "b.yaml", deep.replace("[" * 300, "[" * 200).replace("]" * 300, "]" * 200))]))


def test_utf_16_is_read_as_far_as_kubernetes_reads_it(tmp_path: Path) -> None:
    text = SERVICE % "é"
    reading = read([lay(tmp_path, "a.yaml", b"\xfe\xff" + text.encode("utf-16-be"))])
    assert names(reading) == ["é"]
    assert reading.locator.locate(reading.objects[0], ("metadata", "name")).line == 3
    assert read([lay(tmp_path, "b.yaml", b"\xff\xfe" + text.encode("utf-16-le"))]).faults


def test_texts_of_istios_config_maps_are_decoded(tmp_path: Path) -> None:
    text = """apiVersion: v1
kind: ConfigMap
metadata: {name: istio, namespace: istio-system}
data:
  mesh: |
    rootNamespace: here
  meshNetworks: "networks: ["
  other: "a: 1"
"""
    reading = read([lay(tmp_path, "a.yaml", text)])
    assert reading.objects[0].embedded == {"mesh": {"rootNamespace": "here"}}
    assert [warning.line for warning in reading.warnings] == [7]


def test_large_input_read_by_several_processes_is_the_same(tmp_path: Path) -> None:
    body = "".join(
        f"---\n{SERVICE % f's{i}'}spec: {{ports: [{{port: {i}}}], a: '{'x' * 90}'}}\n" for i in range(14_000)
    )
    broken = body + "---\na: [\n" + f"---\n{SERVICE % 's1'}spec: {{a: 1, a: 2}}\n"
    file = lay(tmp_path, "a.yaml", broken)
    alone, shared = read([file], jobs=1), read([file], jobs=2)
    assert [(obj.raw, obj.origin, obj.notes) for obj in alone.objects] == [
        (obj.raw, obj.origin, obj.notes) for obj in shared.objects
    ]
    assert alone.faults == shared.faults
    assert len(alone.objects) == 14_000


@pytest.mark.parametrize("name", ["a.yaml", "b.json", "c.json"])
def test_items_of_a_long_list_are_placed_alone(tmp_path: Path, name: str) -> None:
    items = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"s-{i}"}, "spec": {"x": "y" * 300}}
        for i in range(1500)
    ]
    if name == "a.yaml":
        head = "apiVersion: v1\nkind: List\nitems:\n"
        block = "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: {}\n  spec: {{x: {}}}\n"
        text = head + "".join(block.format(f"s-{i}", "y" * 300) for i in range(1500))
    else:
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=1 if name == "b.json" else None)
    reading = read([lay(tmp_path, name, text)])
    lines = text.split("\n")
    for obj in (reading.objects[0], reading.objects[777], reading.objects[1499]):
        place = reading.locator.locate(obj, ("metadata", "name"))
        assert lines[place.line - 1][place.column - 1 :].lstrip('"').startswith(obj.name)


def test_the_transcript_is_one_json_line_a_file(tmp_path: Path) -> None:
    file = lay(tmp_path, "a.yaml", "a: yes\n---\nb: [\n---\nc: " + "[" * 400 + "]" * 400)
    rows = [json.loads(line) for line in transcript([file, str(tmp_path / "no")])]
    assert rows[0]["file"] == file
    assert rows[0]["docs"][0] == {"line": 1, "json": {"a": True}}
    assert rows[0]["docs"][1]["line"] == 3
    assert "json" in rows[0]["docs"][2]
    assert "error" in rows[1]["docs"][0]


def test_the_transcript_writes_what_nests_deeper_than_recursion_goes() -> None:
    deep = "".join(transcript(["-"], stdin=b'c: {"d": ' + b"[" * 998 + b"1, 2" + b"]" * 998 + b"}"))
    assert deep.endswith('{"c": {"d": ' + "[" * 998 + "1, 2" + "]" * 998 + "}}}]}")
