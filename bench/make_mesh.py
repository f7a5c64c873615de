"""Writes a mesh of any size for measurements: one file per namespace, a few sown faults, always the same for a seed.

usage: make_mesh.py FOLDER [--namespaces N] [--services N] [--faults SHARE] [--seed N]

Per service: Service, Deployment, two Pods, VirtualService, DestinationRule, and for some an AuthorizationPolicy.
"""

import argparse
import random
from pathlib import Path

TEAM = """apiVersion: v1
kind: Namespace
metadata:
  name: {ns}
  labels: {{istio-injection: enabled}}
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: {{name: default, namespace: {ns}}}
spec:
  egress:
    - hosts: ["./*", "istio-system/*"]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {{name: default, namespace: {ns}}}
spec: {{mtls: {{mode: STRICT}}}}
"""

SERVICE = """---
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: {ns}, labels: {{app: {name}}}}}
spec:
  selector: {{app: {name}}}
  ports:
    - {{name: http, port: 80, targetPort: 8080}}
    - {{name: grpc, port: 9090, targetPort: 9090}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {ns}, labels: {{app: {name}}}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}, version: v1}}}}
    spec:
      containers:
        - {{name: app, image: "registry.example/{name}:1", ports: [{{containerPort: 8080}}, {{containerPort: 9090}}]}}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {{name: {name}, namespace: {ns}}}
spec:
  hosts: [{name}]
  http:
    - match: [{{uri: {{prefix: /v1}}}}]
      route:
        - destination: {{host: {target}, subset: v1, port: {{number: 80}}}}
    - route:
        - destination: {{host: {name}}}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {{name: {name}, namespace: {ns}}}
spec:
  host: {name}
  trafficPolicy: {{tls: {{mode: ISTIO_MUTUAL}}}}
  subsets:
    - {{name: v1, labels: {{version: v1}}}}
"""

POD = """---
apiVersion: v1
kind: Pod
metadata: {{name: {name}-{index}, namespace: {ns}, labels: {{app: {name}, version: v1}}}}
spec:
  serviceAccountName: default
  containers:
    - {{name: app, image: "registry.example/{name}:1"}}
    - {{name: istio-proxy, image: "docker.io/istio/proxyv2:1.31.0"}}
status: {{podIP: "10.{a}.{b}.{index}"}}
"""


def main() -> None:
    """Write the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--namespaces", type=int, default=10)
    parser.add_argument("--services", type=int, default=20)
    parser.add_argument("--faults", type=float, default=0.005, help="share of services with a route to nowhere")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    options.folder.mkdir(parents=True, exist_ok=True)
    for team in range(options.namespaces):
        namespace = f"team-{team:04}"
        parts = [TEAM.format(ns=namespace)]
        for number in range(options.services):
            name = f"service-{number:04}"
            target = "nowhere" if chance.random() < options.faults else name
            parts.append(SERVICE.format(ns=namespace, name=name, target=target))
            parts += [
                POD.format(ns=namespace, name=name, index=index, a=team % 250, b=number % 250) for index in (1, 2)
            ]
        (options.folder / f"{namespace}.yaml").write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
