"""Kubeconfig files, and which cluster kubectl takes them to mean: the table that both of us are held to."""

from typing import Any, NamedTuple


def config(current: str = "", **contexts: tuple[str, str, str]) -> dict[str, Any]:
    """Give a kubeconfig of contexts (server, user, namespace); cluster and user are named after their values."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "clusters": [
            {"name": s, "cluster": {"server": f"https://{s}.test"}} for s in {v[0] for v in contexts.values()}
        ],
        "users": [{"name": u, "user": {"token": f"token-{u}"}} for u in {v[1] for v in contexts.values()}],
        "contexts": [
            {"name": name, "context": {"cluster": server, "user": user, **({"namespace": ns} if ns else {})}}
            for name, (server, user, ns) in contexts.items()
        ],
    }


ONE = config("one", one=("alpha", "ann", "shop"), other=("alpha", "ann", "pay"), third=("alpha", "bob", "x"))
TWO = config("two", two=("beta", "ben", ""), one=("gamma", "gus", "late"))


class Case(NamedTuple):
    """Files in order, what the flags say, and the context, server and namespace that kubectl would use."""

    files: tuple[dict[str, Any] | None, ...]
    context: str | None
    expected: tuple[str, str, str]


CASES = {
    "the current context counts": Case((ONE,), None, ("one", "https://alpha.test", "shop")),
    "a named context beats the current one": Case((ONE,), "other", ("other", "https://alpha.test", "pay")),
    "a context without a namespace means default": Case((TWO,), None, ("two", "https://beta.test", "default")),
    "the first file's current context wins": Case((ONE, TWO), None, ("one", "https://alpha.test", "shop")),
    "order of the files decides": Case((TWO, ONE), None, ("two", "https://beta.test", "default")),
    "the first file's entry of a name wins": Case((TWO, ONE), "one", ("one", "https://gamma.test", "late")),
    "a later file adds names": Case((ONE, TWO), "two", ("two", "https://beta.test", "default")),
    "an empty file is passed over": Case((None, ONE), None, ("one", "https://alpha.test", "shop")),
    "an empty current context leaves it to the next file": Case(
        (config("", zero=("zeta", "zoe", "z")), TWO), None, ("two", "https://beta.test", "default")
    ),
}


WRONG = {
    "no context": ({**ONE, "current-context": ""}, None, "no current context"),
    "unknown context": (ONE, "nine", "no context 'nine'"),
    "unknown cluster": ({**ONE, "clusters": []}, None, "no cluster 'alpha'"),
    "unknown user": ({**ONE, "users": []}, None, "no user 'ann'"),
    "no server": ({**ONE, "clusters": [{"name": "alpha", "cluster": {}}]}, None, "names no server"),
    "twice": ({**ONE, "users": ONE["users"] * 2}, None, "two users are named"),
    "no list": ({**ONE, "contexts": {"one": {}}}, None, "is no list"),
}
