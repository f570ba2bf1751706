"""Handles for whoever plays with the stand-in by hand or from another process; the real platform has none of this."""

import base64
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from bot.simulator.platform.faults import Fault
from bot.simulator.platform.people import Location, NotThere, Told
from bot.simulator.platform.platform import Platform
from bot.simulator.platform.screens import Shown


class _Said(BaseModel):
    userid: str
    chatid: str | None = None
    text: str = Field(default="", max_length=20_000)
    image: str | None = None
    """Base64."""
    quote: int | None = None
    mention: bool = True
    voice: bool = False
    label: str | None = None
    latitude: float = 0.0
    longitude: float = 0.0


class _Clicked(BaseModel):
    userid: str
    message: int
    key: str
    selections: dict[str, list[str]] = Field(default_factory=dict)


class _Switched(BaseModel):
    fault: Fault
    endpoint: str = ""
    share: float = 1.0
    times: int | None = None
    seconds: float = 30.0


def admin(platform: Platform) -> APIRouter:
    """Everything under /_stand-in."""
    router = APIRouter(prefix="/_stand-in")
    _watching(router, platform)
    _acting(router, platform)
    _misbehaving(router, platform)
    return router


def _watching(router: APIRouter, platform: Platform) -> None:
    @router.get("")
    def overview() -> dict[str, Any]:
        """Counters, and who and what there is."""
        corp, faults = platform.state.corp, platform.faults
        return {
            "counters": asdict(platform.counters),
            "doubles": platform.screens.doubles(),
            "now": platform.clock.now(),
            "members": {member.userid: member.name for member in corp.members.values()},
            "groups": {group.chatid: group.name for group in corp.groups.values()},
            "chats": platform.screens.chats(),
            "connected": [robot for robot in corp.robots if platform.lines.live(robot)],
            "faults": [asdict(switch) for switch in faults.on()],
            "happened": dict(faults.happened),
        }

    @router.get("/members/{userid}")
    def member(userid: str) -> list[dict[str, Any]]:
        """The private chats on this member's phone."""
        return [_told_of(shown, userid) for shown in platform.seen(userid)]

    @router.get("/groups/{chatid}")
    def group(chatid: str, userid: str = "") -> list[dict[str, Any]]:
        return [_told_of(shown, userid) for shown in platform.seen_in(chatid, userid or None)]

    @router.get("/addresses")
    def addresses() -> dict[str, bool]:
        """Whether the bot's callback addresses give their echo."""
        return platform.check_addresses()


def _acting(router: APIRouter, platform: Platform) -> None:
    @router.post("/say-to-app")
    def say_to_app(said: _Said) -> dict[str, Any]:
        place = Location(said.latitude, said.longitude, said.label) if said.label else None
        return _outcome(lambda: platform.say_to_app(said.userid, said.text, image=_picture(said), location=place))

    @router.post("/say-to-robot")
    def say_to_robot(said: _Said) -> dict[str, Any]:
        more: dict[str, Any] = {"mention": said.mention, "voice": said.voice}
        more["quote"] = platform.screens.get(said.quote) if said.quote else None
        return _outcome(
            lambda: platform.say_to_robot(said.userid, said.chatid, said.text, image=_picture(said), **more)
        )

    @router.post("/click")
    def click(clicked: _Clicked) -> dict[str, Any]:
        return _outcome(lambda: platform.click(clicked.userid, clicked.message, clicked.key, clicked.selections))


def _misbehaving(router: APIRouter, platform: Platform) -> None:
    @router.post("/clock")
    def advance(seconds: float) -> dict[str, float]:
        platform.clock.advance(seconds)
        return {"now": platform.clock.now()}

    @router.post("/faults")
    def switch_on(switch: _Switched) -> dict[str, str]:
        more = switch.model_dump(exclude={"fault"})
        platform.faults.set(switch.fault, **more)
        return {"on": switch.fault}

    @router.delete("/faults")
    def switch_off(fault: Fault | None = None) -> dict[str, str]:
        platform.faults.clear(fault)
        platform.flush()
        return {"off": fault or "all"}

    @router.post("/revoke-tokens")
    def revoke_tokens() -> dict[str, bool]:
        platform.revoke_tokens()
        return {"done": True}

    @router.post("/kick")
    def kick(robot: str) -> dict[str, bool]:
        platform.kick(robot)
        return {"done": True}

    @router.post("/drop")
    def drop(robot: str, clean: bool = True) -> dict[str, bool]:
        platform.drop(robot, clean=clean)
        return {"done": True}


def _picture(said: _Said) -> bytes | None:
    try:
        return base64.b64decode(said.image, validate=True) if said.image else None
    except ValueError:
        raise HTTPException(400, "the picture is no base64") from None


def _outcome(act: Any) -> dict[str, Any]:
    try:
        told: Told = act()
    except NotThere as error:
        raise HTTPException(404, str(error)) from None
    return {
        "fate": told.fate,
        "message": told.shown.id if told.shown else None,
        "answer": told.answer.text if told.answer else None,
    }


def _told_of(shown: Shown, userid: str) -> dict[str, Any]:
    """One message as this person sees it, with the buttons it has now."""
    card = shown.card_of(userid)
    return {
        "id": shown.id,
        "sender": shown.sender,
        "from_bot": shown.from_bot,
        "kind": shown.kind,
        "text": "" if shown.recalled else shown.text,
        "at": shown.at,
        "media": shown.media,
        "recalled": shown.recalled,
        "card": card.content if card else None,
        "replaced": card.replaced if card else "",
        "buttons": [asdict(button) for button in card.buttons] if card else [],
    }
