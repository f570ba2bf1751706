"""Many people at once, bad luck of every kind: the counters and what the bot heard tell the same story."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from bot.simulator.platform import Fate, Fault, Platform
from tests.simulator.platform.listening import ListeningBot


def test_the_counters_agree_with_what_was_heard(platform: Platform, bot: ListeningBot) -> None:
    for fault in (Fault.LOSS, Fault.REORDER, Fault.DUPLICATE):
        platform.faults.set(fault, share=0.2)
    with ThreadPoolExecutor(6) as people:
        told = list(people.map(lambda n: platform.say_to_app("lisi", f"第{n}条"), range(60)))
    platform.faults.clear()
    platform.flush()
    heard = Counter(message.content for message in bot.heard)
    lost = {one.shown.text for one in told if one.fate is Fate.LOST and one.shown}
    happened = platform.faults.happened
    assert set(heard) == {f"第{n}条" for n in range(60)} - lost
    assert len(lost) == happened[Fault.LOSS] == platform.counters.lost > 0
    assert sum(heard.values()) == 60 - len(lost) + happened[Fault.DUPLICATE] == platform.counters.callbacks
    assert len({message.id for message in bot.heard}) == len(heard)


def test_nobody_listens(platform: Platform) -> None:
    app = next(iter(platform.state.corp.apps.values()))
    app.callback = "http://127.0.0.1:9/callback/wecom_app"
    assert platform.say_to_app("lisi", "有人吗").fate is Fate.LOST
    assert platform.check_addresses()["app 1000002"] is False
    app.callback = ""
    assert platform.say_to_app("lisi", "有人吗").fate is Fate.NOT_DELIVERED
