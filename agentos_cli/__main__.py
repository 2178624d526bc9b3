"""The one way in, and the one place where errors become a message and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from agentos_cli import __version__
from agentos_cli.commands import TABLE, root_help
from agentos_cli.errors import AgentosError, DataProblem, UsageProblem

COMPLETE = "_AGENTOS_COMPLETE"


def main() -> None:
    """Run the command line and end the process with its exit code."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed before we began: there is nobody to talk to
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    sys.exit(_delivered(run(sys.argv[1:]), as_json=_wants_json(sys.argv)))


def run(argv: Sequence[str]) -> int:
    """Run one command line (without the program's name); gives the exit code."""
    try:
        argv = _verbosity(argv)
        return 0 if _at_once(argv) else _dispatch(argv)
    except AgentosError as error:
        return _tell(error, as_json=_wants_json(argv))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    except Exception as error:
        return _unexpected(error, as_json=_wants_json(argv))


def _delivered(code: int, *, as_json: bool) -> int:
    """Bring out the last of stdout. A reader that left early is no fault; a disk that is full is."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter tries once more
        if code == 0 and not isinstance(error, BrokenPipeError):
            return _tell(DataProblem(f"cannot write the output: {error.strerror}"), as_json=as_json)
    return code


def _wants_json(argv: Sequence[str]) -> bool:
    return any(word == "--json" or word.startswith("--json=") for word in argv)


def _verbosity(argv: Sequence[str]) -> Sequence[str]:
    """Take `-v` or `-vv` from before the command, and log to stderr accordingly; as JSON lines where
    AGENTOS_LOG=json asks for them."""
    asked = argv[0] if argv and argv[0] in {"-v", "-vv", "--verbose"} else ""
    form = os.environ.get("AGENTOS_LOG", "")
    if form not in {"", "text", "json"}:
        raise UsageProblem(f"AGENTOS_LOG is `{form[:20]}`, neither json nor text", fix="AGENTOS_LOG=json")
    if asked or form == "json":
        from agentos_cli import telemetry

        configure = telemetry.configure_json_logging if form == "json" else telemetry.configure_logging
        number = 2 if asked == "-vv" else int(bool(asked))
        configure(verbosity=number, stream=sys.stderr)
    return argv[1:] if asked else argv


def _at_once(argv: Sequence[str]) -> bool:
    """Version and root help, printed before Typer is imported."""
    if COMPLETE in os.environ:  # a shell that completes calls with no arguments
        return False
    if not argv or argv[0] in {"--help", "-h", "help"}:
        sys.stdout.write(root_help())
    elif argv[0] in {"--version", "-V"}:
        sys.stdout.write(f"agentos {__version__}\n")
    else:
        return False
    return True


def _dispatch(argv: Sequence[str]) -> int:
    """Run a command; what it logs carries the schedule that it is run for."""
    import typer

    if schedule := os.environ.get("AGENTOS_SCHEDULE"):
        from agentos_cli.telemetry import about_all

        about_all(schedule=schedule)

    from agentos_cli.commands.table import application

    words = argv or (os.environ.get("COMP_WORDS") or os.environ.get("_TYPER_COMPLETE_ARGS", "")).split()[1:]
    name = words[0] if words and words[0] in TABLE else None
    try:
        code = application(name)(
            args=_bare(argv), prog_name="agentos", standalone_mode=False, complete_var=COMPLETE
        )
    except typer.TyperException as problem:
        raise UsageProblem(
            problem.format_message(), fix=f"agentos {name} --help" if name else "agentos --help"
        ) from None
    except typer.Abort:
        return 130
    return code if isinstance(code, int) else 0


def _bare(argv: Sequence[str]) -> list[str]:
    """`--json` alone means all fields, `--from-clawdbot` alone the usual places: Typer has no option whose
    value may be left out."""
    words = ["--json=*" if word == "--json" else word for word in argv]
    return [
        "--from-clawdbot="
        if word == "--from-clawdbot" and "".join(words[at + 1 : at + 2])[:1] in "-"
        else word
        for at, word in enumerate(words)
    ]


def _tell(error: AgentosError, *, as_json: bool) -> int:
    from agentos_cli import telemetry
    from agentos_cli.redaction import redact
    from agentos_cli.renderers.clean import line

    what, detail = line(redact(error.what)), redact(error.detail or "")
    if not isinstance(error, UsageProblem):
        telemetry.log_failure(what, error.code)
    if as_json or telemetry.logs_json():
        import json

        told = {"code": error.code, "message": what, "fix": error.fix, "detail": detail or None}
        sys.stderr.write(json.dumps({"schema": "agentos.error/1", "error": told}) + "\n")
        return error.exit_code
    lines = [f"error: {what}", *(f"  {line(part)}" for part in detail.splitlines())]
    if error.fix:
        lines.append(f"  fix:  {line(error.fix)}")
    sys.stderr.write("\n".join(lines) + "\n")
    return error.exit_code


def _unexpected(error: Exception, *, as_json: bool) -> int:
    """A fault of ours: one line for people, the traceback in a file, never on the screen."""
    import traceback

    from agentos_cli.config.places import places
    from agentos_cli.redaction import redact

    path = places(os.environ).state / "logs" / "last-error.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(redact("".join(traceback.format_exception(error))), encoding="utf-8")
        where: str | None = f"please report it with the file {path}"
    except OSError:
        where = None
    return _tell(AgentosError(f"unexpected {type(error).__name__}", detail=where), as_json=as_json)


if __name__ == "__main__":
    main()
