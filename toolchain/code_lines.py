"""Count the lines of code of a folder's Python files: those with more on them than a comment or a docstring.

`python -m toolchain.code_lines sandbox`. The sandbox has a budget, so that it stays smaller than what it proves.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from pathlib import Path

BUDGET = 12_500
SILENT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(source: str) -> int:
    """Lines of a Python file that hold code."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    spoken = [range(token.start[0], token.end[0] + 1) for token in tokens if token.type not in SILENT]
    docstrings = [
        range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None
    ]
    return len(set().union(*spoken) - set().union(*docstrings))


def main(folder: str) -> None:
    total = sum(code_lines(file.read_text()) for file in Path(folder).rglob("*.py"))
    print(f"{folder}: {total:,} lines of code, of {BUDGET:,} at most")


if __name__ == "__main__":
    main(sys.argv[1])
