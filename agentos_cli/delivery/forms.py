"""A short message in the three forms that channels take: sentences, Markdown, a page that mails as it is.

This is where text from outside is made harmless for each of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from agentos_cli.renderers import clean
from agentos_cli.renderers import html as page
from agentos_cli.renderers.markdown import code
from agentos_cli.renderers.plain import sentence
from agentos_cli.renderers.words import count

SUBJECT = 160
"""Characters of a subject."""


@dataclass(frozen=True, slots=True)
class Section:
    """Lines that belong together."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """What a message says, in no form yet: sentences, named values, sections, and what can be typed."""

    subject: str
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    sections: tuple[Section, ...] = ()
    commands: tuple[str, ...] = ()

    def harmless(self) -> Words:
        """The same in visible characters, one line each; what is empty is left out."""
        said = [clean.line(line) for line in self.lines]
        facts = [(clean.line(name), clean.line(value)) for name, value in self.facts]
        return Words(
            subject(self.subject),
            tuple(line for line in said if line),
            tuple((name, value) for name, value in facts if value),
            tuple(Section(each.title, tuple(map(clean.line, each.lines))) for each in self.sections),
            tuple(map(clean.line, self.commands)),
        )


def subject(text: str) -> str:
    """One line that is not too long for a subject."""
    line = clean.line(text)
    return line if len(line) <= SUBJECT else f"{line[: SUBJECT - 1].rstrip()}…"


def plain(words: Words) -> str:
    """One sentence a line: reads well aloud, and in the plain part of a mail."""
    said = words.harmless()
    lines = [sentence(said.subject), *map(sentence, said.lines)]
    lines += [sentence(f"{name}: {value}") for name, value in said.facts]
    for section in said.sections:
        lines += [f"{section.title}, {count(len(section.lines), 'item')}.", *map(sentence, section.lines)]
    return "\n".join([*lines, *(f"Run: {command}" for command in said.commands)])


def markdown(words: Words) -> str:
    """The subject in bold, values and sections as lists, commands as code."""
    said = words.harmless()
    facts = [f"{clean.markdown(name)}: {clean.markdown(value)}" for name, value in said.facts]
    parts = [f"**{clean.markdown(said.subject)}**", *map(clean.markdown, said.lines), _bullets(facts)]
    for section in said.sections:
        parts += [f"**{clean.markdown(section.title)}**", _bullets(map(clean.markdown, section.lines))]
    return "\n\n".join(part for part in (*parts, _bullets(map(code, said.commands))) if part)


def html(words: Words) -> str:
    """One page, nothing remote."""
    said = words.harmless()
    facts = [f"{clean.html(name)}: {clean.html(value)}" for name, value in said.facts]
    body = [
        f'<h1 style="font-size:21px;line-height:1.3;margin:4px 0 8px">{clean.html(said.subject)}</h1>',
        *(f"<p>{clean.html(line)}</p>" for line in said.lines),
        _items(facts),
    ]
    for section in said.sections:
        heading = f'<h2 style="{page.HEADING}">{clean.html(section.title)}</h2>'
        body += [heading, _items(map(clean.html, section.lines))]
    body.append(_items(map(page.code, said.commands)))
    return page.PAGE.format(title=clean.html(said.subject), body="\n".join(part for part in body if part))


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _items(items: Iterable[str]) -> str:
    rows = "".join(f'<li style="margin:8px 0">{item}</li>' for item in items)
    return f'<ul style="margin:0;padding-left:24px">{rows}</ul>' if rows else ""
