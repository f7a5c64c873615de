"""Which object stands for an identity that is given twice."""

from getmesh.model.fields.decodable import Decodable
from getmesh.model.snapshot import Snapshot
from getmesh.sources.reading import read

HEAD = "apiVersion: networking.istio.io/v1\nkind: Sidecar\nmetadata: {name: a}\n"
GOOD = f"{HEAD}spec: {{ingress: [{{port: {{number: %d}}}}]}}\n"
BAD = f"{HEAD}spec: {{ingress: 7}}\n"


def _ports(*documents: str) -> list[int]:
    reading = read(["-"], stdin="---\n".join(documents).encode())
    objects = Snapshot(reading.objects).service(Decodable).objects
    return [obj.spec["ingress"][0]["port"]["number"] for obj in objects]


def test_the_later_one_counts() -> None:
    assert _ports(GOOD % 1, GOOD % 2) == [2]
    assert _ports(BAD, GOOD % 2) == [2]


def test_the_earlier_one_stays_where_the_later_cannot_be_decoded() -> None:
    assert _ports(GOOD % 1, BAD) == [1]
    assert _ports(GOOD % 1, GOOD % 2, BAD, BAD) == [2]


def test_of_undecodable_ones_none_is_there() -> None:
    assert _ports(BAD, BAD) == []
