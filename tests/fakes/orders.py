"""Orders of a CA carried out on a fake API, with an issuer at hand."""

from base64 import b64decode
from typing import Any

from getmesh.ca.bundle import Bundle, from_data
from getmesh.ca.cacerts import CaSecret
from getmesh.ca.fitness import judge
from getmesh.ca.issuing import Done, Issuing, Options
from getmesh.ca.order import Order, Wish
from getmesh.ca.problems import errors
from getmesh.ca.providers.issuer import Issued, Request, Terms
from getmesh.ca.secrets import SecretStore
from getmesh.ca.subject import Subject
from tests.fakes.authorities import NOW, Authority, good_bundle, make, sign_csr
from tests.fakes.clock import FakeClock
from tests.fakes.secrets_api import SecretsApi

ROOT = make("root", days=3650)
OLD = good_bundle("old ca", ROOT)
WISH = Wish(Subject("mesh ca"), 365, "p-256")


class Signer:
    """An issuer that signs with a root at hand and counts how often."""

    name = "test"

    def __init__(self, root: Authority = ROOT, **flaws: Any) -> None:
        self.root, self.flaws, self.issued = root, flaws, 0

    def preflight(self, wish: Wish, now: object) -> Terms:
        """Say yes."""
        del wish, now
        return Terms("test", self.root.certificate, roots=(self.root.certificate,))

    def issue(self, request: Request) -> Issued:
        """Sign."""
        self.issued += 1
        return Issued(sign_csr(request.csr, self.root, **self.flaws), [self.root.certificate], reference="number 1")


def flow(api: SecretsApi, signer: Signer | None = None, order: Order | None = None, **options: Any) -> Issuing:
    """Give an order that is about to be carried out; options are those of `Options` and of `CaSecret`."""
    chosen = order or Order("local", {}, WISH, override=True)
    special = {key: options.pop(key) for key in ("keep_type", "recreate", "kept") if key in options}
    secret = CaSecret(SecretStore(api, "istio-system"), **special) if chosen.to_secret else None
    clock = FakeClock(NOW.timestamp())
    return Issuing(chosen, signer or Signer(), secret, clock, Options(**options))


def run(issuing: Issuing) -> Done:
    """Carry an order out."""
    ready = issuing.preflight()
    return issuing.write(ready, issuing.issue(ready))


def present(api: SecretsApi) -> Bundle:
    """Give the CA in the cluster."""
    found = api.secret("cacerts")
    assert found is not None
    return from_data({key: b64decode(text) for key, text in found["data"].items()})


def working(api: SecretsApi) -> bool:
    """Whether the CA in the cluster would serve."""
    return errors(judge(present(api), NOW)) == []


def with_old(**fields: Any) -> SecretsApi:
    """Give an API with a CA in it; fields are those of its Secret."""
    api = SecretsApi()
    api.put_secret("cacerts", OLD.data(), **fields)
    return api
