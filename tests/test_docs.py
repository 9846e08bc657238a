"""What README and docs say is there: pictures and pages, headings, commands with their options, keys of recipes."""

from __future__ import annotations

import importlib.util
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer

from tlstudio.cli import app, examples
from tlstudio.errors import InputError
from tlstudio.recipe import Recipe, keys

TOP = Path(__file__).parents[1]
PAGES = [TOP / "README.md", *sorted((TOP / "docs").glob("*.md"))]
HELP = Path("help")
_NAME = "{0.name}".format
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _text(page: Path) -> str:
    """Of a page, or of the examples below the help of all commands, set in as code is."""
    if page != HELP:
        return page.read_text(encoding="utf-8")
    return "\n".join(f"    {line}" for lines in examples.LINES.values() for line in lines)


def _commands(page: Path) -> list[str]:
    """Every line of code that calls the program, without its comment; lines that go on are one."""
    text = _text(page).replace("\\\n", " ")
    code = re.findall(r"^    (.+)$", text, re.M) + re.findall(r"`(tlstudio [^`]+)`", text)
    return [line for line in (re.sub(r"\s+#\s.*$|   .*$", "", one).strip() for one in code) if re.match(r"(\S*/)?tlstudio\b(?!/)", line)]


@pytest.mark.parametrize("page", PAGES, ids=_NAME)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if path.startswith("http"):
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.is_file(), target
        assert not anchor or anchor in _anchors(there), target


@pytest.mark.parametrize("page", [*PAGES, HELP], ids=_NAME)
def test_every_command_and_option_exists(page: Path) -> None:
    for line in _commands(page):
        command: Any = typer.main.get_command(app)
        words = shlex.split(line)[1:]
        while words and isinstance(getattr(command, "commands", None), dict) and not words[0].startswith("-"):
            assert words[0] in command.commands or words[0].isupper(), line
            if words[0].isupper():  # a word that stands for any command
                return
            command = command.commands[words.pop(0)]
        known = {option for one in command.params for option in one.opts} | {"--help", "--json"}
        for word in words:
            assert not word.startswith("--") or word.partition("=")[0] in known, f"{line}: {word}"


@pytest.mark.parametrize("page", [*PAGES, HELP], ids=_NAME)
def test_every_setting_can_be_set(page: Path) -> None:
    for line in _commands(page):
        words = shlex.split(line)
        for change in (word for before, word in pairwise(words) if before == "--set"):
            key, equals, value = change.partition("=")
            try:
                Recipe().set({key: value} if equals else {})
            except InputError as error:
                pytest.fail(f"{line}: {error}")
    known, sections = set(keys()), {key.partition(".")[0] for key in keys() if "." in key}
    for section, rest in re.findall(r"`(\w+)\.([\w.]+)(?:=[^`]*)?`", _text(page)):
        if section in sections and not rest.startswith(("options", "toml")):
            assert f"{section}.{rest}" in known, f"{section}.{rest}"


def test_the_page_of_settings_is_that_of_this_version() -> None:
    spec = importlib.util.spec_from_file_location("settings_page", TOP / "packaging" / "settings_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "run: python packaging/settings_page.py"
