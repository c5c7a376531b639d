"""The house's own rules: one name for one class, and heads of modules that are true."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

from tools import messages, reference

import trunkline
from trunkline import errors

ROOT = Path(trunkline.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
PATH = re.compile(r"`{1,2}((?:[\w.]+/)*\w+\.py|(?:\w+/)+)`{1,2}")

CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([\w./-]*\.\w+|)(?:#([\w-]+))?\)")
LINKED = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def test_every_public_class_has_a_name_of_its_own() -> None:
    homes: defaultdict[str, list[str]] = defaultdict(list)
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path.relative_to(ROOT).as_posix())
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_files_that_a_comment_names_exist() -> None:
    folders = [ROOT, ROOT.parent.parent]
    missing = [
        f"{path.relative_to(ROOT).as_posix()}: {name}"
        for path in MODULES
        for name in PATH.findall(path.read_text(encoding="utf-8"))
        if name != "application/"  # the media types, not a folder
        and not any((folder / name).exists() for folder in [*folders, *path.parents])
        and not list(ROOT.glob(f"**/{name}"))
    ]
    assert missing == []


def test_the_page_on_errors_has_every_class_and_every_code() -> None:
    page = (ROOT.parent.parent / "docs" / "errors.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(\w+)`", page, re.MULTILINE))
    codes = {
        cls.code
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, errors.RequestError)
    }
    assert set(errors.__all__) - {"RETRYABLE_STATUSES"} | codes <= told


def test_files_that_the_design_names_exist() -> None:
    text = (ROOT.parent.parent / "docs" / "design.md").read_text(encoding="utf-8")
    names = re.findall(r"`((?:\w+/)*\w+\.py|(?:\w+/)+)`", text)
    assert [name for name in names if not list(ROOT.glob(f"**/{name}"))] == []


def test_links_between_pages_lead_somewhere() -> None:
    root = ROOT.parent.parent
    pages = [*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("examples/*/*.md")]
    texts = {page: CODE.sub("", page.read_text(encoding="utf-8")) for page in pages}
    anchors = {page: set(map(anchor, HEADING.findall(text))) for page, text in texts.items()}
    broken: list[str] = []
    for page, text in texts.items():
        for path, heading in LINK.findall(text):
            to = (page.parent / path).resolve() if path else page
            if not to.exists() or (heading and heading not in anchors.get(to, {heading})):
                broken.append(f"{page.relative_to(root)}: {path}#{heading}")
    assert broken == []


def anchor(heading: str) -> str:
    """Return what GitHub calls a heading in links."""
    return re.sub(r"[^\w -]", "", LINKED.sub(r"\1", heading).lower()).replace(" ", "-")


def test_the_list_of_messages_is_up_to_date() -> None:
    hint = "run `python tools/messages.py`, and read what has changed"
    assert messages.FILE.read_text(encoding="utf-8") == messages.messages(), hint


def test_the_reference_is_up_to_date() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in reference.FOLDER.iterdir()}
    assert written == reference.pages(), "run `python tools/reference.py`"
