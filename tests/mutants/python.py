"""The small mistakes that can be made in a Python file."""

import ast
import copy
from collections.abc import Iterator, Sequence

from tests.mutants.change import Change

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_CALCULATED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
}
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}
#: What a line of these tells is for people, and no test has to hold it.
_TELLS = {"log", "warnings"}


def changes(path: str, source: bytes) -> list[Change]:
    """All that can be made in this file, in its order."""
    tree = ast.parse(source)
    lines = [0]
    for line in source.splitlines(keepends=True):
        lines.append(lines[-1] + len(line))
    found = set()
    for node, text in _mistakes(tree):
        start = lines[node.lineno - 1] + node.col_offset
        end = lines[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        found.add(Change(path, start, end, text))
    return sorted(found)


Node = ast.expr | ast.stmt


def _mistakes(tree: ast.AST) -> Iterator[tuple[Node, str]]:  # noqa: C901, PLR0912 - a case for each kind
    for node in _code(tree):
        match node:
            case ast.Compare():
                yield from ((node, _text(other)) for other in _otherwise_compared(node))
            case ast.BoolOp():
                other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
                yield node, _text(ast.BoolOp(other, node.values))
            case ast.UnaryOp(ast.Not(), operand):
                yield node, _text(operand)
            case ast.BinOp(left, operator, right) if type(operator) in _CALCULATED and not _is_text(
                left, right
            ):
                yield node, _text(ast.BinOp(left, _CALCULATED[type(operator)](), right))
            case ast.IfExp(test, body, orelse):
                yield node, _text(ast.IfExp(test, orelse, body))
            case ast.Constant(bool() as value):
                yield node, str(not value)
            case ast.Constant(int() | float() as value):
                yield from ((node, repr(value + by)) for by in (1, -1))
            case ast.Call(ast.Name(name), _, _) if name in _CALLED:
                yield node.func, _CALLED[name]
            case ast.Tuple(elements) | ast.Set(elements) | ast.List(elements) if len(elements) > 1:
                yield from ((node, _text(_without(node, element))) for element in elements)
            case ast.Dict(keys) if len(keys) > 1:
                yield from ((node, _text(_without_item(node, number))) for number in range(len(keys)))
            case ast.If(test) | ast.While(test):
                yield test, _text(ast.UnaryOp(ast.Not(), test))
            case ast.comprehension(ifs=tests):
                yield from ((test, "True") for test in tests)
            case ast.Expr(ast.Call() as call) if not _tells(call):
                yield node, "pass"
            case ast.AugAssign() | ast.Raise() | ast.Delete() | ast.Continue() | ast.Break():
                yield node, "pass"
            case ast.Return(value) if value is None:
                yield node, "pass"
            case ast.Assign([ast.Attribute() | ast.Subscript()]):
                yield node, "pass"


def _code(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but annotations, decorators, imports, what is told to people, and texts with values in them (which have no places)."""
    for name, value in ast.iter_fields(tree):
        if name in {"annotation", "returns", "decorator_list"}:
            continue
        children: Sequence[object] = value if isinstance(value, list) else [value]
        for child in children:
            if not isinstance(child, ast.AST) or isinstance(
                child, ast.JoinedStr | ast.Import | ast.ImportFrom
            ):
                continue
            if isinstance(child, ast.Expr) and _tells(child.value):
                continue
            yield child
            yield from _code(child)


def _otherwise_compared(node: ast.Compare) -> Iterator[ast.Compare]:
    for number, operator in enumerate(node.ops):
        other = copy.copy(node)
        other.ops = [*node.ops[:number], _COMPARED[type(operator)](), *node.ops[number + 1 :]]
        yield other


def _without(node: ast.Tuple | ast.Set | ast.List, element: ast.expr) -> ast.Tuple | ast.Set | ast.List:
    other = copy.copy(node)
    other.elts = [one for one in node.elts if one is not element]
    return other


def _without_item(node: ast.Dict, number: int) -> ast.Dict:
    other = copy.copy(node)
    other.keys, other.values = list(node.keys), list(node.values)
    del other.keys[number], other.values[number]
    return other


def _tells(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in _TELLS
    )


def _is_text(*nodes: ast.expr) -> bool:
    return any(
        isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        for node in nodes
    )


def _text(node: ast.expr) -> str:
    return f"({ast.unparse(ast.fix_missing_locations(node))})"
