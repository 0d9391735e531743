"""Writes table.jsonl: what C# says about every expression in cases/.

    generate.py NEWTONSOFT_DLL TABLE

Every file of cases becomes one program. A case that does not compile is found by the line of
the error, confirmed on its own, and recorded as refused.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
CASES = HERE.parent / "cases"
CONTEXT = HERE.parent / "context.json"

HEAD = """\
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Newtonsoft.Json;
using Newtonsoft.Json.Linq;
public static class Cases
{
"""

ERROR = re.compile(r"^(?P<file>[^()\n]*)\((?P<line>\d+),\d+\): error (?P<code>CS\d+): (?P<text>.*)$", re.M)

# A case that is not even parsed can put errors on its neighbours; other errors stay where they are made.
SYNTAX = {"CS0589", "CS1002", "CS1009", "CS1010", "CS1011", "CS1012", "CS1013", "CS1021", "CS1024", "CS1040", "CS1513",
          "CS1514", "CS1519", "CS1520", "CS1524", "CS1525", "CS1622", "CS8025", "CS8076", "CS9010"}

# The method that a case becomes, in the words of the compiler.
METHOD = re.compile(r"Cases\.Case\d+\(Context\)")

# Texts of exceptions that today's .NET words otherwise, by what it is known to say.
PARAMETER = re.compile(r"\r?\nParameter name: (\w+)")
NULL = "Object reference not set to an instance of an object"

# Texts that today's .NET words otherwise with parts that are not in the old text.
OTHERWISE = [
    re.compile(pattern)
    for pattern in [
        r"^Input string was not in a correct format",
        r"^Specified cast is not valid",
        r"^Format_",
        r"^Arg_",
        r"^Argument_",
        r"\r?\nActual value was",
        r"^Guid should contain",
        r"^String was not recognized as a valid",
        r"^Destination array was not long enough",
        r"^Parameter name: ",
        r"^parsing ",
        r"^Data at the root level",
        r"^Unexpected character encountered",
        r"^Error parsing ",
        r"^Additional text ",
    ]
]


class Case:
    def __init__(self, file, line, lines):
        self.file = file
        self.line = line
        self.lines = lines
        self.refused = None

    @property
    def expression(self):
        return "\n".join(self.lines)

    def method(self):
        text = self.expression
        body = text[2:-1]
        if text.startswith("@("):
            body = "return " + body + "\n;"
        head = f"static object Case{self.line}(Context context) {{\n"
        return f'{head}#line {self.line} "cases"\n{body}\n#line 1 "frame"\n}}\n'

    def holds(self, line):
        return self.line <= line < self.line + len(self.lines)


def read(path):
    """The cases of one file: one a line, or several lines from `@{` or `@(` alone to `---`."""
    cases, lines = [], path.read_text(encoding="utf-8").split("\n")
    at = 0
    while at < len(lines):
        text, start = lines[at].rstrip(), at + 1
        at += 1
        if not text or text.startswith("#"):
            continue
        block = [text]
        if text in ("@{", "@("):
            end = lines.index("---", at)
            block += [line.rstrip() for line in lines[at:end]]
            at = end + 1
        opening, closing = block[0][:2], block[-1][-1:]
        if (opening, closing) not in (("@(", ")"), ("@{", "}")):
            sys.exit(f"{path.name}:{start}: a case is `@(...)` or `@{{...}}`")
        cases.append(Case(path.stem, start, block))
    return cases


class Compiler:
    def __init__(self, folder, newtonsoft):
        self.folder = folder
        self.newtonsoft = newtonsoft

    def mcs(self, arguments):
        done = subprocess.run(
            ["mcs", "-nologo", "-warn:0", "-langversion:experimental", "-codepage:utf8", "-r:System.Core.dll",
             "-r:System.Xml.dll", "-r:System.Xml.Linq.dll", "-r:" + self.newtonsoft, *arguments],
            cwd=self.folder, capture_output=True, text=True)
        return done.returncode == 0, done.stdout + done.stderr

    def library(self):
        sources = [str(HERE / name) for name in ("Shim.cs", "Render.cs")]
        good, output = self.mcs(["-target:library", "-out:Shim.dll", *sources])
        if not good:
            sys.exit(output)

    def cases(self, name, cases):
        source = self.folder / f"{name}.cs"
        source.write_text(HEAD + "".join(case.method() for case in cases) + "}\n", encoding="utf-8")
        return self.mcs(["-r:Shim.dll", f"-out:{name}.exe", source.name, str(HERE / "Run.cs")])

    def accepted(self, name, cases):
        """Compiles what can be compiled; the others learn why not."""
        if not cases:
            return []
        good, output = self.cases(name, cases)
        if good:
            return cases
        errors = [match.groupdict() for match in ERROR.finditer(output)]
        if len(cases) == 1:
            first = errors[0] if errors else {"code": "CS0589", "text": "internal compiler error"}
            cases[0].refused = (first["code"], first["text"])
            return []
        parsed = not any(error["code"] in SYNTAX for error in errors)
        for case in cases:
            own = [error for error in errors if error["file"] == "cases" and case.holds(int(error["line"]))]
            if own and parsed:
                case.refused = (own[0]["code"], own[0]["text"])
            elif own:
                self.accepted(name, [case])
        left = [case for case in cases if case.refused is None]
        if len(left) < len(cases):
            return self.accepted(name, left)
        middle = len(cases) // 2
        halves = self.accepted(name, cases[:middle]) + self.accepted(name, cases[middle:])
        return self.accepted(name, halves)


def run(folder, name):
    environment = {**os.environ, "TZ": "UTC", "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}
    done = subprocess.run(["mono", f"{name}.exe", str(CONTEXT)], cwd=folder, env=environment,
                          capture_output=True, timeout=120)
    if done.returncode != 0:
        sys.exit(f"{name}: {done.stderr.decode()}")
    rows = (json.loads(line) for line in done.stdout.decode("utf-8").split("\n") if line)
    return {row.pop("line"): row for row in rows}


def message(text):
    """The text of today's .NET, and whether it is still the old one."""
    old = any(pattern.search(text) for pattern in OTHERWISE)
    text = PARAMETER.sub(r" (Parameter '\1')", text)
    if text == NULL:
        text += "."
    return text, old


def row(case, found):
    fields = {"file": case.file, "line": case.line, "expression": case.expression}
    if case.refused:
        fields["refused"] = case.refused[0]
        fields["message"] = METHOD.sub("the expression", case.refused[1])
    elif "throws" in found:
        fields["throws"] = found["throws"]
        fields["message"], old = message(found["message"])
        if old:
            fields["message_of"] = "framework"
    else:
        fields["type"], fields["result"] = found["type"], found["result"]
    if case.file == "framework":
        fields["runtime"] = "framework"
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def main():
    newtonsoft, table = sys.argv[1], pathlib.Path(sys.argv[2])
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        shutil.copy(newtonsoft, folder)
        compiler = Compiler(folder, newtonsoft)
        compiler.library()
        for path in sorted(CASES.glob("*.txt")):
            cases = read(path)
            accepted = compiler.accepted(path.stem, cases)
            found = run(folder, path.stem) if accepted else {}
            for case in cases:
                if case.refused and path.stem != "refused":
                    print(f"{path.name}:{case.line}: refused, {case.refused[0]}: {case.refused[1]}", file=sys.stderr)
                if not case.refused and path.stem == "refused":
                    print(f"{path.name}:{case.line}: compiles", file=sys.stderr)
                rows.append(row(case, found.get(case.line)))
    table.write_text("".join(row + "\n" for row in rows), encoding="utf-8")
    print(f"{len(rows)} rows", file=sys.stderr)


main()
