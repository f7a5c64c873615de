"""No CA comes into the mesh by a side door while a rotation waits for trust in its root."""

import pytest

from getmesh.ca.bundle import Bundle
from getmesh.ca.copies import demand_restorable
from getmesh.ca.secrets import Secret
from getmesh.errors import UsageError
from tests.fakes.authorities import NOW, good_bundle, make
from tests.fakes.orders import OLD, ROOT, Signer, flow, present, run, with_old

OTHER = make("other root", days=3650)
BOTH = ROOT.pem + OTHER.pem
NEW = good_bundle("new ca", OTHER)


def test_a_root_that_is_handed_out_besides_the_present_one_is_not_enough_for_a_new_ca() -> None:
    api = with_old()
    api.put_secret("cacerts", OLD.with_root(BOTH).data())
    signer = Signer(OTHER)
    with pytest.raises(UsageError, match="another root than the present one"):
        run(flow(api, signer))
    assert signer.issued == 0
    run(flow(api, Signer(ROOT)))
    assert present(api).root == BOTH


@pytest.mark.parametrize(
    ("copy", "now", "may"),
    [
        (OLD, OLD.with_root(BOTH), True),
        (OLD.with_root(BOTH), NEW.with_root(BOTH), True),
        (OLD, NEW.with_root(BOTH), False),
        (OLD.with_root(BOTH), NEW, False),
        (OLD, NEW, False),
    ],
)
def test_a_copy_comes_back_if_each_ca_has_the_root_of_the_other(copy: Bundle, now: Bundle, may: bool) -> None:
    existing = Secret("cacerts", now.data())
    demand_restorable(copy, existing, NOW, unfit=False, replace_root=True)
    if may:
        demand_restorable(copy, existing, NOW, unfit=False, replace_root=False)
    else:
        with pytest.raises(UsageError, match="another root"):
            demand_restorable(copy, existing, NOW, unfit=False, replace_root=False)
