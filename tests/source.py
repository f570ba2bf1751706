"""The source of the four packages, file by file, for tests that read it instead of running it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "handlers", "classifiers", "data")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of the source; `path` counts from the root, with slashes."""

    path: str
    source: str

    @property
    def tree(self) -> ast.Module:
        return _parsed(self.source)

    @property
    def package(self) -> str:
        return self.path.split("/")[0]

    @property
    def length(self) -> int:
        return self.source.count("\n")

    def nodes(self) -> tuple[ast.AST, ...]:
        return _walked(self.source)

    def imports(self) -> Iterator[str]:
        """The full names that are imported, wherever in the file; `from a import b` is `a.b`."""
        for node in self.nodes():
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                yield from (f"{origin}.{alias.name}".lstrip(".") for alias in node.names)

    def functions(self) -> Iterator[tuple[str, int]]:
        """Name and length in lines, decorators left out."""
        for node in self.nodes():
            if isinstance(node, Function):
                yield node.name, (node.end_lineno or 0) - node.lineno + 1

    def _origin(self, node: ast.ImportFrom) -> str:
        folder = self.path.split("/")[: -node.level] if node.level else []
        return ".".join([*folder, *([node.module] if node.module else [])])


@cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


@cache
def _walked(source: str) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(_parsed(source)))


@cache
def all_modules() -> tuple[Module, ...]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return tuple(Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in paths)
