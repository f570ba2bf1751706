"""What the chat page shows of the stand-in's screens: conversations in one line each, bubbles, and cards."""

import threading
from typing import Any

from bot.simulator.platform import Card, Shown
from bot.simulator.stage import Stage

Row = dict[str, Any]


class Chats:
    """Every bubble has a `revision`, which rises with any change of it, so that the page can ask for what is new."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._nicks = {person.id: person.nick for person in stage.cast.people}
        self._rows: dict[int, Row] = {}
        self._revision = 0
        self._lock = threading.Lock()

    def messages(self, chat: str, after: int = 0) -> list[Row]:
        """What was said or changed later than the revision `after`, in the order it was said."""
        return [row for row in self._all(chat) if row["revision"] > after]

    def summaries(self) -> list[Row]:
        """All conversations in which something was said."""
        return [_summary(chat, rows) for chat in self._stage.platform.screens.chats() if (rows := self._all(chat))]

    def _all(self, chat: str) -> list[Row]:
        with self._lock:
            return [self._numbered(message) for message in self._stage.platform.screens.chat(chat)]

    def _numbered(self, message: Shown) -> Row:
        row, known = self._row(message), self._rows.get(message.id)
        if known is None or known | {"revision": 0} != row:
            self._revision += 1
            known = self._rows[message.id] = row | {"revision": self._revision}
        return known

    def _row(self, message: Shown) -> Row:
        note = self._stage.note(message)
        row: Row = {"id": str(message.id), "sender": message.sender, "from_bot": message.from_bot, "revision": 0}
        row |= {"nick": self._nicks.get(message.sender, message.sender), "sent_at": message.at}
        if message.recalled:
            return row | {"recalled": True, "kind": "text", "text": ""}
        card = message.card_of(message.chat.rpartition(":")[2])
        return row | {
            "recalled": False,
            "kind": message.kind,
            "text": message.text,
            "photo": f"/_picture/{message.media}" if message.media and message.kind == "image" else None,
            "mentioned": note.mentioned,
            "fate": note.fate,
            "quote": self._quote(note.quoted) if note.quoted else None,
            "card": _card(card) if card else None,
        }

    def _quote(self, quoted: Shown) -> Row:
        return {"nick": self._nicks.get(quoted.sender, quoted.sender), "text": _preview(quoted)}


def _card(card: Card) -> Row:
    """The parts of a template card, as far as one is drawn; what is pressed is only what can be pressed now."""
    content = card.content
    link = content.get("card_action") or {}
    selection = content.get("button_selection")
    fields = [(str(f.get("keyname", "")), str(f.get("value", ""))) for f in content.get("horizontal_content_list", ())]
    return {
        "title": card.title,
        "desc": str((content.get("main_title") or {}).get("desc", "")),
        "body": str(content.get("sub_title_text", "")),
        "fields": fields,
        "link": str(link.get("url", "")) if link.get("type") == 1 else "",
        "selection": selection if selection and not card.replaced else None,
        "buttons": [{"text": button.text, "key": button.key} for button in card.buttons],
        "done": card.replaced,
    }


def _preview(message: Shown) -> str:
    """One line for a quote or a list of chats."""
    words = " ".join(message.text.split())
    if message.recalled:
        return "[已撤回]"
    return words or {"image": "[图片]", "file": "[文件]", "voice": "[语音]"}.get(message.kind, "")


def _summary(chat: str, rows: list[Row]) -> Row:
    last = rows[-1]
    words = " ".join(last["text"].split()) or ("[已撤回]" if last["recalled"] else "[图片]")
    return {
        "id": chat,
        "revision": max(row["revision"] for row in rows),
        "from_bot": sum(row["from_bot"] for row in rows),
        "total": len(rows),
        "preview": words if last["from_bot"] else f"{last['nick']}\uff1a{words}",
        "sent_at": last["sent_at"],
    }
