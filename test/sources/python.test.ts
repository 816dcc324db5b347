import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { findPythonFunctions } from "../../sources/python.js";

/** `name:kind@line`, lines from 1. */
function found(text: string): string[] {
  return findPythonFunctions(text).map(({ export: name, kind, line }) => `${name}:${kind}@${line + 1}`);
}

describe("functions at the top of a Python module", () => {
  test("def and async def, decorated or not; not those inside others", () => {
    assert.deepEqual(
      found(`
import os

def a(x):
    def inner(): pass
    return x

@cache
async def b(
    x,
    y=(1, 2),
) -> int:
    return 1

if __name__ == "__main__":
    def c(): pass

def größe(x): pass
def _private(x): pass
`),
      ["a:function@4", "b:function@9", "größe:function@18"],
    );
  });

  test("generators do not count, a function with a generator inside does", () => {
    assert.deepEqual(
      found(`
def numbers(x):
    """Yield one after the other."""
    for i in range(x):
        yield i

async def lines(path):
    value = yield
    return

def short(x): yield x

def outer(x):
    def inner():
        yield 1
    return list(inner())  # yield nothing

def text(x):
    return "no yield here"
`),
      ["outer:function@13", "text:function@18"],
    );
  });

  test("a run can use functions of one argument", () => {
    const fits = findPythonFunctions(`
def one(path: str) -> int: ...
def two(a, b): ...
def more(a, b=1, *args, c=(1, 2), **rest): ...
def keyword(a, *, key): ...
def annotated(
    a: "dict[str, int]",  # the first, and
    b: Callable[[int, str], int] = len,
    /,
    *,
    c: int = 3,
): ...
def any(*items): ...
def none(): ...
`).map(({ name, fits }) => `${name}:${fits}`);
    assert.deepEqual(fits, [
      "one:true",
      "two:false",
      "more:true",
      "keyword:false",
      "annotated:true",
      "any:true",
      "none:true",
    ]);
  });

  test("the position is that of the name", () => {
    const [first] = findPythonFunctions("async   def  go(x): pass");
    assert.deepEqual([first!.line, first!.column], [0, 13]);
  });

  test("classes with a method run, however they are laid out", () => {
    assert.deepEqual(
      found(`
class A:
    """Has one."""
    def run(self): pass

class B(Base):
    def start(self):
        def run(): pass

class C(
    Base,
    metaclass=M,
):

    x = 1

    async def run(self): pass

class D: pass
class E[T]:
\tdef run(self): pass
`),
      ["A:class@2", "C:class@10", "E:class@20"],
    );
  });

  test("strings and comments hide what they contain", () => {
    assert.deepEqual(
      found(`
"""
def a(): pass
"""
x = '''
def b(): pass
''' + "#" # def c
y = "\\"
def d(): pass
s = r"\\"" """ def e()
def f(): pass
"""
z = f"""{x!r}
def g(): pass
"""
# '''
def h(): pass  # """
def i(): pass
`),
      ["d:function@9", "h:function@17", "i:function@18"],
    );
  });

  test("a continuation line does not begin a statement", () => {
    assert.deepEqual(
      found(`
x = 1 + \\
def_ + 2
y = [
def a
]
t = "one \\
def b(): pass"
def c(): pass
`),
      ["c:function@9"],
    );
  });

  test("if two have one name, the last one counts", () => {
    assert.deepEqual(found("def a(): pass\ndef b(): pass\ndef a(): pass\nclass b: pass\n"), ["a:function@3"]);
    assert.deepEqual(found("class a:\n  def run(self): pass\nclass a:\n  pass\n"), []);
  });

  for (const [what, broken] of [
    ["an open bracket", "x = foo(1, ["],
    ["a string without its end", "s = 'abc"],
    ["half a def", "def typing("],
    ["a lone def", "def"],
    ["a stray bracket", ")]}"],
  ] as const) {
    test(`functions before and after ${what} are found`, () => {
      const functions = found(`def before(x): pass\n\n${broken}\n\n@wraps\ndef after(x): pass\n`);
      for (const name of ["before:function@1", "after:function@6"])
        assert.ok(functions.includes(name), `${name} in ${functions.join(" ")}`);
    });
  }

  test("line ends of every kind, tabs, and an empty file", () => {
    assert.deepEqual(found("def a(): pass\r\ndef b(): pass\rdef c(): pass"), [
      "a:function@1",
      "b:function@2",
      "c:function@3",
    ]);
    assert.deepEqual(found(""), []);
    assert.deepEqual(found("def f:\n  pass\ndef 1x(): pass\ndefine(): pass"), []);
  });
});
