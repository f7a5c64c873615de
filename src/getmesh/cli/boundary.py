"""The one place where exceptions end: a short message, the exit code, and for our own bugs a crash log."""

import os
import sys

from getmesh.errors import GetmeshError, StorageError

EXIT_USAGE = 2
EXIT_BUG = 70
EXIT_INTERRUPTED = 130


def run(arguments: list[str]) -> int:
    """Run the command line and give the exit code; nothing escapes."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character gets an escape instead of a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has seen enough (`| head`). Point stdout at nothing so that the interpreter's last flush is quiet.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except KeyboardInterrupt:
        _say("interrupted")
        code = EXIT_INTERRUPTED
    except GetmeshError as error:
        code = _explain(error)
    except OSError as error:
        code = _explain(StorageError(f"{error.filename or 'system'}: {error.strerror or error}"))
    except Exception as error:  # noqa: BLE001 - the crash boundary
        code = _crash(error, arguments)
    return code


def _answer_at_once(arguments: list[str]) -> bool:
    """Answer the calls that need no command line library; they are the ones that people wait for."""
    from getmesh.cli.overview import overview, version

    if arguments in ([], ["--help"], ["-h"]):
        sys.stdout.write(overview())
    elif arguments == ["--version"]:
        sys.stdout.write(version())
    elif arguments == ["list"]:
        from getmesh.cli.listing import list_plainly

        list_plainly()
    else:
        return False
    return True


def _dispatch(arguments: list[str]) -> int:
    if _answer_at_once(arguments):
        return 0
    import click

    from getmesh.cli.app import app

    try:
        code = app.main(arguments, prog_name="getmesh", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return EXIT_USAGE
    except click.UsageError as error:
        return _usage(error)
    except click.ClickException as error:
        _say(error.format_message())
        return EXIT_USAGE
    except click.Abort:
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else 0


def _usage(error: "object") -> int:
    import click

    if isinstance(error, click.UsageError):
        _say(error.format_message())
        if error.ctx is not None:
            print(f"usage: {error.ctx.command_path}; see '{error.ctx.command_path} --help'", file=sys.stderr)
    return EXIT_USAGE


def _say(message: str) -> None:
    text = message[:1].lower() + message[1:] if message[1:2].islower() else message
    print(f"getmesh: {text}", file=sys.stderr)


def _explain(error: GetmeshError) -> int:
    _say(error.message)
    if error.hint:
        print(f"  {error.hint}", file=sys.stderr)
    return error.exit_code


def _crash(error: BaseException, arguments: list[str]) -> int:
    from getmesh.cli.crash import write_log

    place = write_log(error, arguments)
    _say(f"this is a bug of getmesh: {type(error).__name__}: {error}")
    print(f"  {place}", file=sys.stderr)
    return EXIT_BUG
