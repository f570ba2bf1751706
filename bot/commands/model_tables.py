"""Tables for the terminal, and objects for JSON: corpus, candidate, comparison and the models in place."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot import promotion
from bot.settings import Settings
from classifiers.candidate import HeldOutScores, Trial
from classifiers.corpus import CorpusLine
from classifiers.corpus_report import CorpusReport
from data.taxonomy import read_taxonomy
from handlers.local_time import when
from handlers.shadow_report import ShadowReport

console = Console()

MOST_LISTED = 30
NO_MODEL = {promotion.NONE: "没有", promotion.UNREADABLE: "读不出来"}
STEPS = {"promote": "换上", "rollback": "换回", "train": "重新训练"}


def trial_table(trial: Trial) -> Table:
    """The candidate on lines it had not seen, label by label."""
    title = f"候选模型 {trial.candidate.hash}：语料 {trial.corpus_lines} 条，更正 {trial.corrections} 条"
    table = _table(title, "问题", "标签", "精确率", "召回率", "F1", "条数")
    held_out = {
        "没学过的语料": trial.on_corpus,
        "没学过的更正": trial.on_corrections,
        "同样的更正，正在用的模型": trial.live_on_corrections,
    }
    for name, scores in held_out.items():
        if scores is not None:
            _add_scores(table, name, scores)
    return table


def _add_scores(table: Table, name: str, scores: HeldOutScores) -> None:
    for question, found in (("意图", scores.intent), ("大类", scores.class_), ("类别", scores.category)):
        table.add_section()
        whole = (f"{found.accuracy:.1%}", "", f"{found.macro_f1:.3f}", str(found.n))
        table.add_row(f"{name}：{question}", "合计（正确率）", *whole)
        for label, score in found.per_class.items():
            cells = (f"{score.precision:.1%}", f"{score.recall:.1%}", f"{score.f1:.3f}", str(score.support))
            table.add_row("", _named(label), *cells)


def corpus_tables(found: CorpusReport) -> Iterator[Table]:
    for title, counts in (("每个文件", found.files), ("长度（字）", found.lengths), *found.labels.items()):
        table = _table(title, "", "条数")
        for name, count in counts.items():
            table.add_row(_named(name), str(count))
        yield table
    total = sum(found.files.values())
    table = _table(f"共 {total} 条，中位长度 {found.median_length:g} 字", "检查", "组数")
    table.add_row("没有一条的类别", "、".join(found.missing) or "0")
    table.add_row("一字不差", str(len(found.exact)))
    table.add_row("只差标点空格", str(len(found.same_words)))
    table.add_row("近似", f"{len(found.near)}（标签不同 {sum(pair.conflicting for pair in found.near)}）")
    table.add_row("同样的话，不同的标签", str(len(found.conflicting)))
    yield table
    yield _repeated(found)


def _repeated(found: CorpusReport) -> Table:
    table = _table("重复和近似（标签不同的在前）", "", "在哪里", "说了什么")
    groups = [("一字不差", group) for group in found.exact] + [("只差标点", group) for group in found.same_words]
    groups += [(f"像 {pair.alike:.0%}", [pair.first, pair.second]) for pair in found.near]
    for name, group in sorted(groups, key=lambda item: len({_labels(line) for line in item[1]}) == 1)[:MOST_LISTED]:
        where = "\n".join(f"{line.file}:{line.line} {_labels(line)}" for line in group)
        table.add_row(name, Text(where), Text("\n".join(line.row.text[:40] for line in group)))
    return table


def corpus_object(found: CorpusReport) -> dict[str, Any]:
    """The report without the words."""

    def places(group: list[CorpusLine]) -> list[str]:
        return [f"{line.file}:{line.line}" for line in group]

    return {
        "lines": sum(found.files.values()),
        "files": found.files,
        "labels": found.labels,
        "missing": found.missing,
        "lengths": found.lengths,
        "median_length": found.median_length,
        "exact": [places(group) for group in found.exact],
        "same_words": [places(group) for group in found.same_words],
        "near": [{"lines": places([p.first, p.second]), "alike": round(p.alike, 3)} for p in found.near],
        "conflicting": [places(group) for group in found.conflicting],
    }


def shadow_tables(found: ShadowReport) -> Iterator[Table]:
    run = found.run
    title = (
        f"候选 {run.candidate_hash} 对 {run.live_hash}：{when(run.since)} 起 {run.messages} 条，失败 {run.failed} 条"
    )
    table = _table(title, "问题", "一致", "有人判过的：正在用的对", "候选的对")
    for line in found.questions:
        table.add_row(line.name, str(line.agreed), str(line.live_right), str(line.candidate_right))
    yield table
    for line in found.questions:
        table = _table(line.name, "正在用的说", "候选也这么说", "候选共说")
        for label in line.labels:
            table.add_row(label.name, str(label.agreed), str(label.by_candidate))
        yield table
    table = _table("说法不同的案件", "案件", "问题", "正在用的", "候选", "人判的")
    for one in found.differences:
        table.add_row(str(one.number), one.question, one.live, one.candidate, one.decided or "–")
    yield table


def shadow_object(found: ShadowReport) -> dict[str, Any]:
    run = found.run
    return {
        "live": run.live_hash,
        "candidate": run.candidate_hash,
        "since": run.since.isoformat(),
        "messages": run.messages,
        "failed": run.failed,
        "questions": [asdict(line) for line in found.questions],
        "differences": [asdict(one) for one in found.differences],
        "discipline": asdict(found.discipline) if found.discipline else None,
    }


def sealed_line(found: ShadowReport) -> str:
    """Discipline matters are only ever counted."""
    return f"任一方认为涉纪检的消息不列，只计数，两者都认为的：{found.discipline or '不足5条'}"


def models_object(settings: Settings) -> dict[str, Any]:
    live = settings.model_path
    files = {"live": live, "candidate": settings.candidate, "previous": promotion.previous_of(live)}
    hashes = {name: {"file": str(path), "hash": promotion.hash_of(path)} for name, path in files.items()}
    return {**hashes, "history": [asdict(done) for done in promotion.history(live)]}


def models_tables(settings: Settings) -> Iterator[Table]:
    table = _table("模型", "", "文件", "学自（语料＋更正）")
    found = models_object(settings)
    for name, word in (("live", "正在用的"), ("candidate", "候选"), ("previous", "上一个")):
        hash_ = found[name]["hash"]
        table.add_row(word, Text(found[name]["file"]), NO_MODEL.get(hash_, hash_))
    yield table
    table = _table("换过几次", "时间", "", "谁", "从", "到")
    for done in promotion.history(settings.model_path):
        table.add_row(when(done.moment), STEPS[done.step], Text(done.by), done.before, done.after)
    yield table


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading)
    return table


def _labels(line: CorpusLine) -> str:
    row = line.row
    return " ".join((row.intent, row.category or "-", row.urgency or "-"))


def _named(label: str) -> str:
    row = read_taxonomy().get(label)
    return f"{label} {row.name}" if row else label
