"""The story that `demo --once` tells: a case that is closed, a discipline matter, and a case that nobody works on."""

import datetime as dt
import time

from rich.console import Console

from bot.commands.demo_running import Demo
from bot.simulator import Stage, words_of
from bot.simulator.platform import Shown, Told
from bot.simulator.stage import PATIENCE_SECONDS

GROUP = "g001"
# The head of the community to which the first group belongs.
HEAD_OF_COMMUNITY = "wang.xiuzhen"
HOUR = dt.timedelta(hours=1)
LONGEST_HOURS = 24 * 14
YELLOW = "黄色"


class _Teller:
    """Lets people of the stage speak, and prints what was said."""

    def __init__(self, stage: Stage, console: Console) -> None:
        self.stage, self._console = stage, console

    def show(self, who: str, words: str) -> None:
        self._console.print(f"[dim]{who}[/dim]  {words}", highlight=False, soft_wrap=True)

    def in_group(self, person: str, words: str, photo: bytes | None = None) -> Told:
        extra = "，附照片" if photo else ""
        self.show(f"居民 {person}（群里{extra}）", f"@随手拍 {words}")
        return self.stage.say(person, self.stage.in_group(GROUP), words, photo=photo)

    def privately(self, person: str, words: str) -> None:
        """A resident alone with the robot, and its answer."""
        self.show(f"居民 {person}（私聊）", words)
        self.answer("随手拍", self.stage.say(person, self.stage.with_robot(person), words))

    def to_app(self, person: str, words: str) -> None:
        """A member of staff in the chat with the app, and its answer."""
        self.show(f"网格员 {person}（私聊）", words)
        self.answer("随手拍", self.stage.say(person, self.stage.with_app(person), words))

    def answer(self, who: str, told: Told) -> None:
        answer = self.stage.reply_to(told)
        if answer is None:
            raise TimeoutError(f"no answer to {told.shown.text if told.shown else told.fate}")
        self.show(who, words_of(answer))

    def hears(self, person: str, who: str, words: str, after: int = 0) -> Shown:
        """Wait until the bot says this to a person, and print it with the buttons under it."""
        said = self.stage.hears(person, words, after)
        card = said.card_of(person)
        buttons = " ".join(f"[{button.text}]" for button in card.buttons) if card else ""
        self.show(f"随手拍 → {who}", "\n".join(filter(None, (words_of(said, person), buttons))).replace("[", r"\["))
        return said


def tell(demo: Demo, console: Console) -> None:
    """Three threads, one after the other."""
    teller = _Teller(demo.stage, console)
    _closed_case(teller)
    _discipline_matter(teller)
    _overdue_case(teller, demo)


def _closed_case(teller: _Teller) -> None:
    """Report with a photo, a card, accepted by its button, resolved, evaluated, closed."""
    stage = teller.stage
    teller.answer("随手拍（群里）", teller.in_group("r001", "3号楼2单元电梯又停了", stage.sample_photo))
    offered = first_offer(stage, "1001")
    card = teller.hears(offered, f"网格员 {offered}（卡片）", "1001")
    teller.show(f"网格员 {offered}", "点「接单」")
    stage.press(offered, card.id, "接 1001")
    face = card.card_of(offered)
    teller.show("卡片", f"按钮变成「{face.replaced if face else ''}」")
    teller.hears(offered, f"网格员 {offered}（私聊）", "已接单", after=card.id)
    teller.to_app(offered, "办结 1001 已重启电梯，维保查过")
    teller.hears("r001", "居民 r001（私聊）", "已办结")
    for words in ("解决了 1001", "满意 1001"):
        teller.privately("r001", words)


def _discipline_matter(teller: _Teller) -> None:
    """Nothing in the group; a neutral private note, consent, sealed."""
    said = teller.in_group("r002", "低保名额都给了主任的亲戚，真困难的一户没有")
    note = teller.stage.hears("r002", "12388")
    # It is the private note that ends the waiting: by then an answer in the group would be there, too.
    spoken = [m for m in teller.stage.platform.seen_in(GROUP) if m.from_bot and said.shown and m.id > said.shown.id]
    teller.show("随手拍（群里）", "（不作声）" if not spoken else words_of(spoken[0]))
    teller.show("随手拍 → 居民 r002（私聊）", words_of(note))
    for words in ("同意", "去年社区低保公示里有三户是主任亲戚"):
        teller.privately("r002", words)


def _overdue_case(teller: _Teller, demo: Demo) -> None:
    """A case nobody works on: the clock is driven on until it has gone up a level."""
    teller.answer("随手拍（群里）", teller.in_group("r003", "3号楼一楼的楼道灯坏了，晚上看不见路"))
    for hours in range(1, LONGEST_HOURS):
        demo.skip(HOUR)
        demo.bot.deliver_all(demo.clock())
        if YELLOW in (words := _last_words(teller.stage, HEAD_OF_COMMUNITY)):
            teller.show(f"（{hours}小时后）随手拍 → 社区负责人", words)
            return
    raise TimeoutError("the case never went up")


def _last_words(stage: Stage, person: str) -> str:
    said = stage.platform.seen(person)
    return words_of(said[-1], person) if said else ""


def first_offer(stage: Stage, number: str) -> str:
    """Who was offered the case first: a grid member of the group's building."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        for person in stage.cast.people:
            if person.title == "网格员" and any(number in m.text for m in stage.platform.seen(person.id)):
                return person.id
        time.sleep(0.05)
    raise TimeoutError(f"nobody was offered {number}")
