"""What a call of istioctl is, told from its arguments by position, as istioctl's own parser tells it.

istioctl accepts its global flags before the command. There, a flag without ``=`` takes the next argument unless it is
one of the few that need no value, so ``-n install proxy-status`` is a ``proxy-status`` (spf13/cobra: how a command is
found among flags).
"""

INSTALLING = frozenset({"install", "upgrade", "manifest"})
_WITHOUT_VALUE = frozenset({"-h", "--help", "--log_as_json"})


def positions(arguments: list[str], most: int = 2) -> list[int]:
    """Give where the first words of the command stand in the arguments."""
    found: list[int] = []
    index = 0
    while index < len(arguments) and len(found) < most:
        word = arguments[index]
        if word == "--":
            break
        if word.startswith("-") and word != "-":
            long_form = word.startswith("--")
            takes_next = "=" not in word and word not in _WITHOUT_VALUE and (long_form or len(word) == 2)  # noqa: PLR2004 - a short flag
            index += 2 if takes_next else 1
            continue
        if word:
            found.append(index)
        index += 1
    return found


def command_of(arguments: list[str]) -> str:
    """Give the first word of the command, empty if there is none."""
    places = positions(arguments, 1)
    return arguments[places[0]] if places else ""


def flag_value(arguments: list[str], *names: str) -> str | None:
    """Give the last value of a flag, in each of its spellings: ``--f v``, ``--f=v``, ``-fv``, ``-f v``."""
    value: str | None = None
    index = 0
    while index < len(arguments):
        word = arguments[index]
        if word == "--":
            break
        for name in names:
            if word == name and index + 1 < len(arguments):
                index += 1
                value = arguments[index]
            elif word.startswith(name + "="):
                value = word[len(name) + 1 :]
            elif len(name) == 2 and word.startswith(name) and not word.startswith("--") and len(word) > 2:  # noqa: PLR2004 - a short flag
                value = word[2:].removeprefix("=")
            else:
                continue
            break
        index += 1
    return value
