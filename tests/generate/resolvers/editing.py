"""Editing files at random, as people do; every word that is added can be found again."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[str]], str]


@dataclass
class Editing:
    """The files of a package, with line feeds and four spaces, and how to change them."""

    files: dict[str, str]
    draw: st.DrawFn
    _numbers: count[int] = field(default_factory=lambda: count(1))
    kept: set[str] = field(default_factory=set[str])
    """Words that are in a place which must not be lost."""

    def word(self) -> str:
        """Return a word that nothing else has."""
        word = f"mark{next(self._numbers)}x"
        self.kept.add(word)
        return word

    def pick(self, choices: list[str]) -> str | None:
        return self.draw(st.sampled_from(sorted(choices))) if choices else None

    # places

    def blocks(self, path: str) -> list[tuple[int, int]]:
        """Return the lines of methods (first, behind the last), with decorators and comments."""
        lines = self.files[path].splitlines()
        found: list[tuple[int, int]] = []
        for node in ast.walk(ast.parse(self.files[path])):
            if isinstance(node, ast.ClassDef):
                for method in node.body:
                    if not isinstance(method, ast.FunctionDef | ast.AsyncFunctionDef):
                        continue
                    if method.body[0].lineno > method.lineno:
                        first = min([method.lineno, *(d.lineno for d in method.decorator_list)]) - 1
                        while lines[first - 1].startswith("    #"):
                            first -= 1
                        found.append((first, method.end_lineno or 0))
        return sorted(found)

    def method(self) -> tuple[str, int, int] | None:
        every = [(path, *block) for path in self.files for block in self.blocks(path)]
        return self.draw(st.sampled_from(every)) if every else None

    def header(self, path: str, first: int) -> int:
        """Return the line with a method's ``def``."""
        lines = self.files[path].splitlines()
        return next(i for i in range(first, len(lines)) if re.match(r" *(async )?def ", lines[i]))

    def put(self, path: str, line: int, text: list[str], remove: int = 0) -> None:
        lines = self.files[path].splitlines()
        lines[line : line + remove] = text
        self.files[path] = "\n".join(lines) + "\n"

    # edits

    def comment(self) -> None:
        path = self.pick(list(self.files))
        if path:
            lines = self.files[path].splitlines()
            tops = [
                i for i, line in enumerate(lines) if re.match(r"(    )?(async )?(def|class) ", line)
            ]
            if tops:
                line = self.draw(st.sampled_from(tops))
                indent = re.match(" *", lines[line])
                self.put(path, line, [f"{indent[0] if indent else ''}# {self.word()}"])

    def decorate(self) -> None:
        if found := self.method():
            path, first, _ = found
            line = self.header(path, first)
            self.put(path, line, [f"    @{self.word()}  # {self.word()}"])

    def change_body(self) -> None:
        if found := self.method():
            path, _, last = found
            line = self.draw(
                st.sampled_from(
                    [
                        "        {0} = 1  # {1}",
                        '        {0} = """\n{1}\n\n  {2}"""',
                        "        if {0}:\n            # {1}\n            return {2}",
                        "        return {0}\n        # {1}",
                        "        # {0}\n\n            # {1}",
                    ]
                )
            )
            text = line.format(self.word(), self.word(), self.word())
            self.kept -= {
                word for word in self.kept if word not in text and not self.anywhere(word)
            }
            self.put(path, last, text.split("\n"))

    def anywhere(self, word: str) -> bool:
        return any(word in text for text in self.files.values())

    def use_argument(self) -> None:
        if found := self.method():
            path, first, last = found
            text = "\n".join(self.files[path].splitlines()[first:last])
            names = re.findall(r"(\w+): ", text)
            if names:
                self.put(path, last, [f"        {self.word()}({self.pick(names)})"])

    def annotate_otherwise(self) -> None:
        if found := self.method():
            path, first, last = found
            text = "\n".join(self.files[path].splitlines()[first:last])
            word = self.word()
            new = re.sub(r": (int|str)\b", f": {word}", text, count=1)
            if new == text:
                self.kept.discard(word)
            self.put(path, first, new.split("\n"), remove=last - first)

    def add_parameter(self) -> None:
        if found := self.method():
            path, first, last = found
            text = "\n".join(self.files[path].splitlines()[first:last])
            word = self.word()
            how = self.draw(st.sampled_from(["self, {}: int = 1", "self, *{}", "self, {}"]))
            if "*" in how and "*," in text:
                how = "self, {}=None"
            new = text.replace("self", how.format(word), 1)
            if not _parses(new):
                new = text
                self.kept.discard(word)
            self.put(path, first, new.split("\n"), remove=last - first)

    def helper(self) -> None:
        if path := self.pick(list(self.files)):
            word = self.word()
            text = self.draw(
                st.sampled_from(
                    [
                        f"\n\ndef {word}() -> int:\n    return 1\n",
                        f"\n\n{word} = [\n  1,\n 2]\n",
                        f"\n# {word}\n",
                        f"\n\nclass {word}:\n    def __init__(self): pass\n",
                    ]
                )
            )
            self.files[path] += text

    def private_method(self) -> None:
        if found := self.method():
            path, first, _ = found
            self.put(path, first, [f"    def _{self.word()}(self): return 1", ""])

    def swap(self) -> None:
        if path := self.pick([path for path in self.files if len(self.blocks(path)) > 1]):
            blocks = self.blocks(path)
            at = self.draw(st.integers(0, len(blocks) - 2))
            (first, second), lines = blocks[at : at + 2], self.files[path].splitlines()
            one, two = lines[slice(*first)], lines[slice(*second)]
            self.put(path, first[0], two + lines[first[1] : second[0]] + one, second[1] - first[0])

    def rename_class(self) -> None:
        names = {
            name
            for text in self.files.values()
            for name in re.findall(r"^class (\w+)\(", text, re.MULTILINE)
        }
        if name := self.pick(list(names)):
            new = self.word()
            pattern = rf"(?<!graph\.)\b{name}\b"
            for path, text in self.files.items():
                self.files[path] = re.sub(pattern, new, text)

    def move_class(self) -> None:
        path = self.pick([path for path in self.files if path != "__init__.py"])
        if path and "class " in self.files[path]:
            new = f"moved/{self.word()}.py"
            self.kept.discard(new[6:-3])
            self.files[new] = self.files.pop(path)
            module, moved = (each[:-3].replace("/", ".") for each in (path, new))
            for other, text in self.files.items():
                self.files[other] = text.replace(
                    f"todo.resolvers.{module} ", f"todo.resolvers.{moved} "
                )

    def move_method(self) -> None:
        """Move a method into a mixin."""
        found = self.method()
        if found:
            path, first, last = found
            lines = self.files[path].splitlines()
            owner = max(i for i in range(first) if lines[i].startswith("class "))
            header = re.match(r"class (\w+)\((.*)\):$", lines[owner])
            if header:
                name = self.word()
                mixin = [f"class {name}:", *lines[first:last], "", ""]
                self.put(path, first, ["    pass"], remove=last - first)
                self.put(
                    path, owner, [*mixin, f"class {header[1]}({name}, {header[2]}):"], remove=1
                )

    def delete_file(self) -> None:
        if path := self.pick(list(self.files)):
            gone = self.files.pop(path)
            self.kept -= set(re.findall(r"mark\d+x", gone))
            self.kept |= set(re.findall(r"mark\d+x", "".join(self.files.values())))

    EDITS = (
        comment,
        decorate,
        change_body,
        use_argument,
        annotate_otherwise,
        add_parameter,
        helper,
        private_method,
        swap,
        rename_class,
        move_class,
        move_method,
        delete_file,
    )


def _parses(method: str) -> bool:
    try:
        ast.parse(f"class _:\n{method}")
    except SyntaxError:
        return False
    return True


def edited(files: dict[str, bytes], draw: st.DrawFn) -> tuple[dict[str, bytes], set[str]]:
    """Edit files at random; return them, and the words that must not be lost."""
    editing = Editing({path: data.decode() for path, data in files.items()}, draw)
    for edit in draw(st.lists(st.sampled_from(Editing.EDITS), max_size=8)):
        edit(editing)
    text = "".join(editing.files.values())
    style = draw(st.sampled_from(["\n", "\n", "\r\n", "\t", "bom", "no line end"]))
    written = {path: _written(text, style) for path, text in editing.files.items()}
    return written, {word for word in editing.kept if word in text}


def _written(text: str, style: str) -> bytes:
    match style:
        case "\r\n":
            return text.replace("\n", "\r\n").encode()
        case "\t":
            return text.replace("    ", "\t").encode()
        case "bom":
            return b"\xef\xbb\xbf" + text.encode()
        case "no line end":
            return text.removesuffix("\n").encode()
        case _:
            return text.encode()
