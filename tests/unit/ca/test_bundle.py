"""A CA stays the same through both layouts of its Secret."""

from getmesh.ca.bundle import from_data
from tests.fakes.authorities import bundle_of, make

ROOT, OTHER = make("root", days=3650), make("other root", days=3650)
MIDDLE = make("middle", ROOT, length=1)
BUNDLE = bundle_of(make("mesh ca", MIDDLE, length=0), MIDDLE, ROOT)


def test_roots_never_creep_into_the_chain_of_a_tls_secret_however_often_they_change() -> None:
    data = BUNDLE.data(tls=True)
    for root in (ROOT.pem + OTHER.pem, OTHER.pem, ROOT.pem):
        data = from_data(data).with_root(root).data(tls=True)
    assert data == BUNDLE.data(tls=True)


def test_the_chain_of_a_tls_secret_is_what_istiod_makes_of_it() -> None:
    read = from_data(BUNDLE.data(tls=True))
    assert read.between == [*BUNDLE.between, ROOT.certificate]
    assert read.with_root(OTHER.pem).between == [*BUNDLE.between, OTHER.certificate]


def test_a_ca_from_a_tls_secret_goes_into_the_other_layout_without_its_root_in_the_chain() -> None:
    moved = from_data(from_data(BUNDLE.data(tls=True)).data())
    assert (moved.signer, moved.between, moved.roots) == (BUNDLE.signer, BUNDLE.between, BUNDLE.roots)
