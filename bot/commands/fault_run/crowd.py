"""The people of a fault run: residents who report and chat, staff who take what is offered to them and finish it."""

import io
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from PIL import Image

from bot.commands.fault_run.office import AGENT, ROBOT, Office
from bot.simulator.platform import Fate, NotThere, Platform, Shown, Told
from bot.simulator.platform.screens import app_chat

TALKERS = 8
# Of all messages: reports to the robot in a group, reports to the app, talk with the app; the rest is work. What is
# reported privately all goes to the two heads of the street, who may be sent 27 messages a minute.
TO_ROBOT, TO_APP, TALK = 0.5, 0.04, 0.16
WITH_PHOTO = 0.03
WRONGS = ("楼道灯坏了三天了", "楼道里堆满杂物没人管", "下水道堵了往外冒水", "门禁坏了谁都能进", "垃圾好几天没人收")
LATEST_CARDS = 40
LINE_SECONDS = 60.0
# Over the long connection the answer comes by itself; people read it before they go on.
ANSWER_SECONDS = 10.0
ACCEPT = "接 "


class Crowd:
    """Says `total` things, each by somebody and somewhere that the seed decides."""

    def __init__(self, platform: Platform, office: Office, total: int, seed: int) -> None:
        self._platform, self._office, self._total, self._seed = platform, office, total, seed
        self._lock = threading.Lock()
        self._begun: set[str] = set()
        self._in_hand: list[tuple[str, str]] = []
        self._photo = _photo()
        self._done = threading.Event()
        self.reports: set[str] = set()
        """Words that must become one case each, for nobody else says the same."""
        self.said_to_robot: dict[str, str] = {}
        """Such words by the id under which the robot was told."""
        self.fates: Counter[Fate] = Counter()
        self.said = 0

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def begin(self) -> threading.Thread:
        """Talk in the background until everything is said."""
        thread = threading.Thread(target=self._talk, name="crowd", daemon=True)
        thread.start()
        return thread

    def _talk(self) -> None:
        try:
            with ThreadPoolExecutor(TALKERS) as pool:
                list(pool.map(self._say, range(1, self._total + 1)))
        finally:
            self._done.set()

    def _say(self, serial: int) -> None:
        dice = random.Random(self._seed * 1_000_003 + serial)
        told = self._act(serial, dice)
        with self._lock:
            self.said += 1
            self.fates[told.fate] += 1

    def _act(self, serial: int, dice: random.Random) -> Told:
        kind = dice.random()
        if kind < TO_ROBOT:
            return self._report_in_group(serial, dice)
        if kind < TO_ROBOT + TO_APP:
            return self._report_to_app(serial, dice)
        if kind < TO_ROBOT + TO_APP + TALK:
            return self._chat(serial, dice)
        return self._work(serial, dice) or self._chat(serial, dice)

    def _report_in_group(self, serial: int, dice: random.Random) -> Told:
        place = dice.choice(self._office.places)
        entrance = f"{place.building}号楼{dice.randint(1, place.entrances)}单元"
        words = self._words(serial, dice, f"{entrance}{dice.randint(1, 6)}楼")
        image = self._photo if dice.random() < WITH_PHOTO else None
        if self._office.long_connection:
            self._wait_for_line()
        told = self._platform.say_to_robot(dice.choice(place.residents), place.chatid, words, image=image)
        if (talk := told.talk) is not None:
            self.said_to_robot[talk.id] = words
            if self._office.long_connection:
                _wait(lambda: talk.answer is not None, ANSWER_SECONDS)
        return told

    def _report_to_app(self, serial: int, dice: random.Random) -> Told:
        place = dice.choice(self._office.places)
        words = self._words(serial, dice, f"{place.estate}{place.building}号楼")
        return self._platform.say_to_app(dice.choice(place.residents), words)

    def _words(self, serial: int, dice: random.Random, where: str) -> str:
        words = f"{where}{dice.choice(WRONGS)}，第{serial}次说了"
        with self._lock:
            self.reports.add(words)
        return words

    def _chat(self, serial: int, dice: random.Random) -> Told:
        resident = dice.choice(dice.choice(self._office.places).residents)
        return self._platform.say_to_app(resident, f"今天晚上吃什么呀，要不去吃火锅{serial}")

    def _work(self, serial: int, dice: random.Random) -> Told | None:
        """Finish what was taken, or take what is offered; None where there is nothing to do."""
        if dice.random() < 0.4 and (mine := self._one_in_hand()):
            who, number = mine
            return self._platform.say_to_app(who, f"办结 {number} 已处理，第{serial}次")
        for _attempt in range(5):
            who = dice.choice(self._office.staff)
            if (offer := self._offer_to(who)) is not None:
                return self._take(who, *offer)
        return None

    def _take(self, who: str, shown: Shown, key: str) -> Told | None:
        try:
            told = self._platform.click(who, shown, key)
        except NotThere:  # the card has changed meanwhile
            return None
        with self._lock:
            self._in_hand.append((who, key.removeprefix(ACCEPT)))
        return told

    def _one_in_hand(self) -> tuple[str, str] | None:
        with self._lock:
            return self._in_hand.pop(0) if self._in_hand else None

    def _offer_to(self, who: str) -> tuple[Shown, str] | None:
        """A card on this person's screen that nobody has pressed yet."""
        for shown in reversed(self._platform.screens.chat(app_chat(AGENT, who))[-LATEST_CARDS:]):
            card = shown.card_of(who)
            for button in card.buttons if card else ():
                if button.key.startswith(ACCEPT) and self._is_first(f"{who} {button.key}"):
                    return shown, button.key
        return None

    def _is_first(self, order: str) -> bool:
        with self._lock:
            fresh = order not in self._begun
            self._begun.add(order)
            return fresh

    def _wait_for_line(self) -> None:
        """What is said while no connection is open reaches nobody; people notice that, and wait a while."""
        _wait(lambda: self._platform.lines.live(ROBOT), LINE_SECONDS)


def _wait(ready: Callable[[], bool], seconds: float) -> None:
    pause = threading.Event()
    for _look in range(int(seconds / 0.05)):
        if ready():
            return
        pause.wait(0.05)


def _photo() -> bytes:
    content = io.BytesIO()
    Image.effect_noise((320, 240), 60).convert("RGB").save(content, "JPEG")
    return content.getvalue()
