"""First set-up: the answers, where they go, and files that are written whole or not at all."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from dataclasses import dataclass, fields, replace
from pathlib import Path

from agentos_cli.config.example import toml
from agentos_cli.config.model import Settings
from agentos_cli.errors import DataProblem, UsageProblem

KEYS = {
    "company": ("company", "name"),
    "currency": ("company", "currency"),
    "timezone": ("company", "timezone"),
    "store": ("store", "url"),
}
"""Each answer's section and key in the configuration file."""

QUESTIONS = {
    "company": "Company name",
    "currency": "Currency of the brief (ISO code)",
    "timezone": "Time zone",
    "store": "Database (empty: one local file)",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What is set at the start; None is not yet answered."""

    company: str | None
    currency: str | None
    timezone: str | None
    store: str | None

    def over(self, settings: Settings, zone: str) -> Answers:
        """Unanswered ones from the settings in force."""
        return Answers(
            self.company or settings.company.name,
            (self.currency or settings.company.currency).upper(),
            self.timezone or settings.company.timezone or zone,
            self.store if self.store is not None else settings.store.url,
        )


def ask(answers: Answers) -> Answers:
    """Ask each on the terminal, with the present value as the default."""
    import typer

    for name, question in QUESTIONS.items():
        present = getattr(answers, name)
        told = typer.prompt(question, default=present, err=True, show_default=bool(present))
        answers = replace(answers, **{name: told.strip()})
    return replace(answers, currency=(answers.currency or "").upper())


FLAGS = {".".join(key): f"--{name}" for name, key in KEYS.items()}


def sound(answers: Answers, settings: Settings) -> Answers:
    """The answers, if they make sense; raises UsageProblem naming the flag that does not."""
    from agentos_cli.config.validate import unsound

    if not (answers.company or "").isprintable():
        raise UsageProblem("--company must be one line of text", fix="agentos init --help")
    company = replace(
        settings.company,
        name=answers.company or "",
        currency=answers.currency or "",
        timezone=answers.timezone or "",
    )
    store = replace(settings.store, url=answers.store or "")
    for key, why in unsound(replace(settings, company=company, store=store)):
        if key in FLAGS:
            raise UsageProblem(f"{FLAGS[key]} {why}", fix="agentos init --help")
    return answers


def preview(target: Path, answers: Answers) -> str:
    """The text that `write_settings` would write; the rest of an existing file is kept. Validated first."""
    from agentos_cli.config.validate import validated

    text = target.read_text(encoding="utf-8") if target.is_file() else ""
    for f in fields(answers):
        section, key = KEYS[f.name]
        value = getattr(answers, f.name)
        if value or f.name != "store":
            text = _set(text, section, key, value or "")
    validated({target: text}, {})
    return text


def write_settings(target: Path, answers: Answers) -> None:
    """Write the configuration file whole, readable by its owner alone."""
    text = preview(target, answers)
    _write(target, text)


def write_new(target: Path, text: str) -> None:
    """Write a file that must not exist yet."""
    if target.exists():
        raise UsageProblem(f"{target} is there already", fix="choose another name, or remove it")
    _write(target, text)


def agreed(yes: bool, question: str) -> bool:
    """True when `--yes` was given or a person on a terminal says so; False without a terminal."""
    if yes:
        return True
    if not sys.stdin.isatty():
        return False
    import typer

    return typer.confirm(question, err=True)


def _set(text: str, section: str, key: str, value: str) -> str:
    """`text` with `key = value` in `[section]`, replacing it where it is set, adding it where it is not."""
    line = f"{key} = {toml(value)}"
    head = re.search(rf"(?m)^\[{section}\]\s*(#.*)?$", text)
    if head is None:
        return f"{text.rstrip()}\n\n[{section}]\n{line}\n".lstrip("\n")
    rest = text[head.end() :]
    stop = re.search(r"(?m)^\[", rest)
    body, after = (rest[: stop.start()], rest[stop.start() :]) if stop else (rest, "")
    body, count = re.subn(rf"(?m)^{key}\s*=.*$", lambda _: line, body, count=1)
    if not count:
        body = f"{body.rstrip()}\n{line}\n" + ("\n" if after else "")
    return text[: head.end()] + body + after


def _write(target: Path, text: str) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".agentos")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(target)
    except OSError as error:
        raise DataProblem(f"cannot write {target}: {error.strerror}", fix=f"check {target.parent}") from None
