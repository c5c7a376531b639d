"""Whatever people edit, and however the schema changes: nothing that they wrote is lost."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.generate.resolvers.editing import edited

from trunkline.generate.resolvers import (
    Previous,
    Severity,
    WantedClass,
    WantedMethod,
    WantedResolvers,
    merge,
    wanted_signature,
)
from trunkline.generate.resolvers.signatures import Signature
from trunkline.generate.server.plan import Expression, ParameterPlan
from trunkline.text.imports import Hint, Reference

EXAMPLES = int(os.environ.get("TRUNKLINE_FUZZ_EXAMPLES", "100"))
INT, STR = Reference("builtins", "int"), Reference("builtins", "str")
TODO = Reference("todo.models", "Todo")
TYPES = (
    Hint(INT),
    Hint(STR),
    Hint(INT).optional,
    Hint(TODO).within(Reference("builtins", "list")),
    Hint(TODO).optional,
    Hint.of("datetime", "datetime"),
)
DEFAULTS = (None, None, *map(Expression, ("None", "1", '"one"')))
NAMES = ("Query", "Todo", "User")
SIGNATURES = (
    r"(async )?def |\w+: |\) -> |class |from |import |@batch|pass$|(self\.)?\w+ = [\w.]+\(\)$"
)
Files = dict[str, bytes]


@st.composite
def methods(draw: st.DrawFn, type_name: str, number: int) -> WantedMethod:
    names = draw(st.lists(st.sampled_from(["first", "after", "by", "at"]), unique=True, max_size=3))
    kind = draw(st.sampled_from(["plain", "plain", "plain", "batch", "stream"]))
    types = st.sampled_from(TYPES)
    name = f"{type_name.lower()}_{number}"
    return WantedMethod(
        name=name,
        coordinate=f"{type_name}.{name}",
        returns=draw(types),
        parent=ParameterPlan("it", Hint(TODO)) if type_name != "Query" else None,
        parameters=tuple(
            ParameterPlan(n, draw(types), draw(st.sampled_from(DEFAULTS))) for n in names
        ),
        docstring=draw(st.sampled_from(["", "What it is.", 'More\n\nthan "one" line'])),
        is_batch=kind == "batch" and type_name != "Query",
        is_subscription=kind == "stream" and type_name == "Query",
    )


@st.composite
def wanted(draw: st.DrawFn, layout: dict[str, str]) -> WantedResolvers:
    classes: list[WantedClass] = []
    for type_name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True)):
        by_path: dict[str, list[WantedMethod]] = {}
        for number in draw(st.lists(st.integers(1, 5), min_size=1, max_size=4, unique=True)):
            path = layout.get(f"{type_name}{number}", layout[type_name])
            by_path.setdefault(path, []).append(draw(methods(type_name, number)))
        classes += [
            WantedClass(
                type_name=type_name,
                protocol=f"{type_name}Resolvers",
                attribute=type_name.lower(),
                base=Reference("todo", f"graph.{type_name}Resolvers"),
                path=path,
                methods=tuple(of_path),
            )
            for path, of_path in by_path.items()
        ]
    return WantedResolvers("todo.resolvers", tuple(classes))


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, str]:
    paths = st.sampled_from(["__init__.py", "one.py", "two.py", "sub/three.py"])
    layout = {name: draw(paths) for name in NAMES}
    if draw(st.booleans()):  # by the files of the schema
        layout |= {f"{name}{n}": draw(paths) for name in NAMES for n in range(1, 6)}
    return layout


def previous_of(wanted: WantedResolvers) -> Previous:
    signatures: dict[str, dict[str, Signature]] = {}
    for cls in wanted.classes:
        of_class = {each.name: wanted_signature(each) for each in cls.methods}
        signatures.setdefault(cls.protocol, {}).update(of_class)
    return Previous(signatures, {cls.protocol: cls.attribute for cls in wanted.classes})


def words(files: Files) -> Counter[str]:
    found = "\n".join(data.decode("utf-8-sig") for data in files.values())
    return Counter(re.findall(r"mark\d+x", found))


def lines(files: Files) -> set[str]:
    text = "\n".join(data.decode("utf-8-sig") for data in files.values())
    return {line.strip() for line in text.splitlines()}


def lines_and_kept(files: Files) -> set[str]:
    """Return all lines, and what is in the block of comments."""
    live = lines(files)
    return live | {line.removeprefix("#").strip() for line in live}


def live(files: Files) -> Counter[str]:
    return Counter(
        statement.name
        for data in files.values()
        for node in ast.walk(ast.parse(data))
        if isinstance(node, ast.ClassDef)
        for statement in node.body
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@given(st.data())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_that_people_wrote_is_lost(data: st.DataObject) -> None:
    layout = data.draw(layouts())
    before, now = data.draw(wanted(layout)), data.draw(wanted(layout))
    generated = dict(merge({}, before).files)
    files, marks = data.draw(st.composite(lambda draw: edited(generated, draw))())
    done = merge(files, now, previous_of(before))
    assert [m for m in done.messages if m.severity is Severity.ERROR] == []
    after = {**files, **done.files}

    lost = words(files) - words(after)
    assert not lost
    assert marks <= words(after).keys()
    signatures = re.compile(SIGNATURES)
    plain = {line for line in lines(files) - lines_and_kept(after) if not signatures.match(line)}
    assert {line for line in plain if line not in {"", "*,"} and line[:5] != "self,"} == set()

    names = live(after)
    methods = [method for cls in now.classes for method in cls.methods]
    assert [method.name for method in methods if not names[method.name]] == []
    for previous in (None, previous_of(before), previous_of(now)):
        assert merge(after, now, previous).files == {}


@given(st.data())
@settings(max_examples=EXAMPLES // 5, deadline=None)
def test_with_a_mistake_in_any_file_nothing_is_changed(data: st.DataObject) -> None:
    layout = data.draw(layouts())
    before, now = data.draw(wanted(layout)), data.draw(wanted(layout))
    files = dict(merge({}, before).files)
    path = data.draw(st.sampled_from(sorted(files)))
    text = files[path].decode()
    line = data.draw(st.integers(0, text.count("\n")))
    mistaken = text.splitlines()
    mistaken.insert(line, data.draw(st.sampled_from(["  )", "\0", "'", "def", "\udcff"])))
    files[path] = "\n".join(mistaken).encode("utf-8", "surrogateescape")
    done = merge(files, now, previous_of(before))
    errors = [message.path for message in done.messages if message.severity is Severity.ERROR]
    if is_python(files[path]):  # the mistake is within a docstring
        assert errors == []
    else:
        assert (errors, done.files) == ([path], {})


def is_python(data: bytes) -> bool:
    try:
        ast.parse(data)
    except (SyntaxError, ValueError):
        return False
    return True
