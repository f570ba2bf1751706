"""How long understanding takes: the middle over the corpus, the worst over hostile texts, and what loading costs.

Loading is measured in a process of its own, which has not trained anything.
"""

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

from classifiers import Model, understand
from classifiers.corpus import read_corpus

ROUNDS = 3
HOSTILE = (
    "水" * 20_000,
    "一" * 20_000,
    "3-" * 10_000,
    "电梯坏了,3-2-501。" * 2_000,
    "😀" * 1_000,
    "\ufdfa" * 5_000,
    "\u200b\ud83d\x00" * 7_000,
    "举报3号楼局长贪污受贿停水" * 1_500,
    '<?xml version="1.0"?><msg><title>停水通知</title></msg>' * 400,
    "for (int i = 0; i < n; i++) { a[i]++; }\n" * 500,
)
_LOADING = """
import json, re, sys, time
from pathlib import Path
from classifiers import Model, understand
from classifiers.words import warm_up
def resident():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
before, started = resident(), time.perf_counter()
warm_up()
ready = time.perf_counter()
model = Model.load(Path(sys.argv[1]))
loaded = time.perf_counter()
understand("3号楼停水", model=model)
print(json.dumps([ready - started, loaded - ready, resident() - before]))
"""


def measure(model_path: Path) -> dict[str, float]:
    """The figures of the saved model, keys with units."""
    model = Model.load(model_path)
    dictionary, loaded, memory = _loading(model_path)
    return {
        "understand_p50_us": round(_median([row.text for row in read_corpus()], model) * 1e6, 1),
        "understand_hostile_worst_ms": round(max(_median([text], model) for text in HOSTILE) * 1e3, 2),
        "dictionary_load_s": round(dictionary, 3),
        "model_load_s": round(loaded, 3),
        "model_file_mb": round(model_path.stat().st_size / 1e6, 2),
        "model_memory_mib": round(memory, 1),
    }


def _median(texts: list[str], model: Model) -> float:
    """Seconds of the text in the middle, in the best of a few rounds: other work on the machine only adds."""
    for text in texts[:100]:
        understand(text, model=model)
    return min(statistics.median(_seconds(text, model) for text in texts) for _ in range(ROUNDS))


def _seconds(text: str, model: Model) -> float:
    started = time.perf_counter()
    understand(text, model=model)
    return time.perf_counter() - started


def _loading(model_path: Path) -> tuple[float, float, float]:
    """Seconds for the dictionary and for the model, and MiB for both, in a fresh process."""
    command = [sys.executable, "-c", _LOADING, str(model_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    dictionary, model, memory = json.loads(done.stdout)
    return dictionary, model, memory
