"""The rules of the house (section 2 of the design), read from the source; each rule proves that it can fail."""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from statistics import median

import pytest

from tests.source import PACKAGES, Module, all_modules

LONGEST_FILE, LONGEST_FUNCTION = 300, 40
MEDIAN_FILE, MEDIAN_FUNCTION = 110, 9
NAMELESS = re.compile(r"(^|[/_])(utils?|helpers?|common|base|misc|manager)(_|/|\.py$)")
FORBIDDEN = {
    "handlers": ("bot", "fastapi", "starlette", "apscheduler", "wechatpy", "httpx2"),
    "classifiers": ("handlers", "bot", "sqlmodel", "sqlalchemy"),
    "data": ("bot", "handlers", "classifiers"),
}
# A library and the only places that may know it.
KEPT_IN = {
    "jieba": ("classifiers/",),
    "sklearn": ("classifiers/",),
    "wechatpy": ("bot/channels/", "bot/simulator/"),
    "apscheduler": ("bot/scheduler.py",),
}
SETTINGS = {("os", "environ"), ("os", "getenv"), ("", "Settings"), ("", "BaseSettings")}
CLOCKS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def _within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(package + ".") for package in packages)


def one_way(module: Module) -> Iterator[str]:
    """Imports point one way: bot → handlers → classifiers, data."""
    forbidden = FORBIDDEN.get(module.package, ())
    yield from (name for name in module.imports() if _within(name, *forbidden))


def only_the_taxonomy(module: Module) -> Iterator[str]:
    """Of data, classifiers know the taxonomy; corpus and lexicon are read as files."""
    if module.package == "classifiers":
        yield from (n for n in module.imports() if _within(n, "data") and not _within(n, "data.taxonomy"))


def libraries_in_their_place(module: Module) -> Iterator[str]:
    for library, places in KEPT_IN.items():
        if not module.path.startswith(places):
            yield from (name for name in module.imports() if _within(name, library))


def simulator_unknown(module: Module) -> Iterator[str]:
    """The real thing runs without the simulator, and nobody but the command line knows commands (decision 0001)."""
    face = ("bot/__main__.py", "bot/commands/demo", "bot/commands/simulate_platform.py", "bot/commands/fault_run/")
    if not module.path.startswith((*face, "bot/simulator/")):
        yield from (name for name in module.imports() if _within(name, "bot.simulator"))
    if not module.path.startswith(("bot/__main__.py", "bot/commands/")):
        yield from (name for name in module.imports() if _within(name, "bot.commands", "bot.__main__"))


def status_through_one_door(module: Module) -> Iterator[str]:
    """Only lifecycle.py writes the status of a case."""
    if module.path == "handlers/cases/lifecycle.py":
        return
    for node in module.nodes():
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (ast.unparse(t) for target in targets for t in _flat(target) if _is_case_status(module, t))
        elif isinstance(node, ast.Call) and any(k.arg == "status" for k in node.keywords) and _about_case(node):
            yield ast.unparse(node.func)
        elif _name_of_call(node) == "setattr" and "'status'" in ast.unparse(node):
            yield ast.unparse(node)


def _flat(target: ast.expr) -> Iterator[ast.expr]:
    """`a.x, (b.y, *c) = …` has many targets."""
    if isinstance(target, ast.Tuple | ast.List):
        for element in target.elts:
            yield from _flat(element)
    else:
        yield target.value if isinstance(target, ast.Starred) else target


def _is_case_status(module: Module, target: ast.expr) -> bool:
    if not (isinstance(target, ast.Attribute) and target.attr == "status"):
        return False
    owner = ast.unparse(target.value)
    return owner.split(".")[-1].endswith("case") or owner in _cases(module) or "Case," in owner


def _cases(module: Module) -> set[str]:
    """Names that hold a case: declared so, or assigned from something that asks for Case."""
    names = {a.arg for a in module.nodes() if isinstance(a, ast.arg) and _says_case(a.annotation)}
    for node in module.nodes():
        if isinstance(node, ast.AnnAssign) and _says_case(node.annotation):
            names.add(ast.unparse(node.target))
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call) and _says_case(node.value):
            names |= {ast.unparse(target) for target in node.targets}
        elif isinstance(node, ast.For) and _says_case(node.iter):
            names.add(ast.unparse(node.target))
    return names


def _says_case(node: ast.AST | None) -> bool:
    return node is not None and any(isinstance(n, ast.Name) and n.id == "Case" for n in ast.walk(node))


def _about_case(call: ast.Call) -> bool:
    """`Case(status=…)`, and `.values(status=…)` somewhere behind `update(Case)`."""
    maker = isinstance(call.func, ast.Name) and call.func.id == "Case"
    return maker or (isinstance(call.func, ast.Attribute) and call.func.attr == "values" and _says_case(call.func))


def _name_of_call(node: ast.AST) -> str:
    """The last name of what is called: `commit` of `a.b.commit()`."""
    if not isinstance(node, ast.Call):
        return ""
    return str(getattr(node.func, "attr", None) or getattr(node.func, "id", ""))


def only_bot_commits(module: Module) -> Iterator[str]:
    if module.package != "bot":
        yield from (ast.unparse(node) for node in module.nodes() if _name_of_call(node) == "commit")


def only_the_outbox_sends(module: Module) -> Iterator[str]:
    """Nobody else hands a message to a channel; the simulator has no channels."""
    if module.path.startswith(("bot/outbox/", "bot/simulator/")):
        return
    yield from (ast.unparse(node) for node in module.nodes() if _name_of_call(node) == "send")


def time_is_an_argument(module: Module) -> Iterator[str]:
    """Only bot/ looks at the clock; measuring a duration is no look at the clock."""
    if module.package == "bot":
        return
    for node in module.nodes():
        if isinstance(node, ast.Attribute) and _last_two(node) in CLOCKS:
            yield ast.unparse(node)
    yield from (name for name in module.imports() if name in ("time.time", "time.time_ns"))


def _last_two(node: ast.Attribute) -> tuple[str, str]:
    """`datetime`, `now` of `dt.datetime.now`."""
    return str(getattr(node.value, "attr", None) or getattr(node.value, "id", "")), node.attr


def settings_are_read_in_bot(module: Module) -> Iterator[str]:
    if module.package == "bot":
        return
    yield from (name for name in module.imports() if _within(name, "pydantic_settings", "os.environ", "os.getenv"))
    for node in module.nodes():
        name = _last_two(node) if isinstance(node, ast.Attribute) else ("", getattr(node, "id", ""))
        if name in SETTINGS:
            yield ast.unparse(node)


def files_have_names(module: Module) -> Iterator[str]:
    """No file or folder that says nothing about what is in it."""
    if NAMELESS.search(module.path):
        yield module.path


def files_are_short(module: Module) -> Iterator[str]:
    if not _generated(module) and module.length > LONGEST_FILE:
        yield f"{module.length} lines"


def functions_are_short(module: Module) -> Iterator[str]:
    if not _generated(module):
        yield from (f"{name}: {length} lines" for name, length in module.functions() if length > LONGEST_FUNCTION)


def modules_say_what_they_are(module: Module) -> Iterator[str]:
    if not ast.get_docstring(module.tree):
        yield "no docstring"


def _generated(module: Module) -> bool:
    return module.path.startswith("data/migrations/versions/")


Rule = Callable[[Module], Iterator[str]]
# Each rule, with what it must catch: a path and a snippet.
RULES: dict[Rule, list[tuple[str, str]]] = {
    one_way: [
        ("handlers/report.py", "from bot.settings import Settings"),
        ("handlers/report.py", "def f():\n    import fastapi"),
        ("handlers/cases/intake.py", "from ... import bot"),
        ("classifiers/model.py", "import handlers.replies"),
        ("data/database.py", "from classifiers import understand"),
    ],
    only_the_taxonomy: [
        ("classifiers/model.py", "from data.models import Case"),
        ("classifiers/model.py", "from data import database"),
    ],
    libraries_in_their_place: [
        ("handlers/report.py", "import jieba.posseg"),
        ("bot/inbox.py", "from sklearn.linear_model import LogisticRegression"),
        ("bot/web/callbacks.py", "from wechatpy.crypto import WeChatCrypto"),
        ("bot/app.py", "from apscheduler.schedulers.background import BackgroundScheduler"),
    ],
    simulator_unknown: [
        ("bot/app.py", "from bot import simulator"),
        ("bot/commands/bench.py", "from bot.simulator import Simulator"),
        ("bot/web/console.py", "from bot.commands.demo import serve"),
    ],
    status_through_one_door: [
        ("handlers/task.py", "case.status = CaseStatus.CLOSED"),
        ("handlers/task.py", "other_case.status, case.due_at = a, b"),
        ("handlers/task.py", "def f(it: Case | None): it.status = 1"),
        ("handlers/task.py", "found = session.get_one(Case, 1)\nfound.status = 1"),
        ("handlers/task.py", "for row in session.exec(select(Case)): row.status = 1"),
        ("handlers/task.py", "session.exec(update(Case).where(x).values(status=1))"),
        ("handlers/task.py", "Case(status=1)"),
        ("bot/inbox.py", "setattr(anything, 'status', 1)"),
    ],
    only_bot_commits: [("handlers/task.py", "context.session.commit()"), ("data/seed/__init__.py", "s.commit()")],
    only_the_outbox_sends: [
        ("bot/inbox.py", "self.channels[name].send(outgoing)"),
        ("handlers/task.py", "channel.send(x)"),
    ],
    time_is_an_argument: [
        ("handlers/task.py", "now = dt.datetime.now(dt.UTC)"),
        ("classifiers/words.py", "from time import time"),
        ("handlers/task.py", "import time\nstamp = time.time()"),
        ("handlers/task.py", "field(default_factory=datetime.utcnow)"),
    ],
    settings_are_read_in_bot: [
        ("handlers/task.py", "import os\nurl = os.environ['URL']"),
        ("data/database.py", "from os import getenv"),
        ("handlers/task.py", "class Settings(BaseSettings): ..."),
        ("handlers/task.py", "def f(settings: Settings): ..."),
    ],
    files_have_names: [("bot/utils.py", ""), ("handlers/case_helpers.py", ""), ("data/common/x.py", "")],
    files_are_short: [("handlers/replies.py", "x = 1\n" * 301)],
    functions_are_short: [("handlers/replies.py", "def f():\n" + "    x = 1\n" * 40)],
    modules_say_what_they_are: [("handlers/replies.py", "import os"), ("bot/__init__.py", "")],
}
PROOFS = [(rule, path, snippet) for rule, proofs in RULES.items() for path, snippet in proofs]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_the_rule(rule: Rule) -> None:
    offences = [f"{module.path}: {found}" for module in all_modules() for found in rule(module)]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize(("rule", "path", "snippet"), PROOFS)
def test_the_rule_can_fail(rule: Rule, path: str, snippet: str) -> None:
    assert list(rule(Module(path, snippet)))


def test_what_is_allowed_is_not_caught() -> None:
    """The nearest harmless neighbours of the forbidden."""
    source = '"""Words."""\ntask.status = 1\nTask(status=1)\nupdate(Task).values(status=1)\nx = time.perf_counter()\n'
    allowed = Module("handlers/task.py", source + "from data.models import Case\nwanted = case.status\n")
    assert [found for rule in RULES for found in rule(allowed)] == []


def test_files_and_functions_are_small_on_the_whole() -> None:
    written = [module for module in all_modules() if not _generated(module)]
    lengths = [length for module in written for _name, length in module.functions()]
    assert median(module.length for module in written) <= MEDIAN_FILE
    assert median(lengths) <= MEDIAN_FUNCTION


def test_the_house_is_read_whole() -> None:
    """An empty list of files would keep every rule."""
    packages = [module.package for module in all_modules()]
    assert sorted(set(packages)) == sorted(PACKAGES)
    assert len(all_modules()) > 60
    assert all(first.path != second.path for first, second in pairwise(all_modules()))
