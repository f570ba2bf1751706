"""Robot callbacks over HTTP: sealed with an empty receiver, answered under the same nonce."""

import json
from typing import Any

from bot.simulator.platform.answers import PlatformError
from bot.simulator.platform.corp import Robot
from bot.simulator.platform.envelope import BadSeal, decrypt, encrypt, sealed_query, signature
from bot.simulator.platform.postman import ATTEMPTS, Letter
from bot.simulator.platform.records import Talk, TalkKind
from bot.simulator.platform.robot_replies import Way, apply
from bot.simulator.platform.state import State

RECEIVER = ""


def letter(state: State, robot: Robot, talk: Talk, body: dict[str, Any], now: float) -> Letter:
    """The callback sealed at the moment `now` of the wall clock; that of a card is sent once only."""
    encrypted = encrypt(json.dumps(body, ensure_ascii=False).encode(), robot.aes_key, RECEIVER)
    query = sealed_query(robot.token, encrypted, now)
    attempts = ATTEMPTS if talk.kind is TalkKind.MESSAGE and body["msgtype"] != "stream" else 1
    answered = [False]

    def on_answer(answer: bytes) -> None:
        with state.lock:
            talk.waiting = False
            if answer.strip():
                answered[0] = _take(state, robot, talk, answer, query["nonce"], again=answered[0])

    sealed = json.dumps({"encrypt": encrypted}).encode()
    return Letter(robot.callback, sealed, query, "application/json", attempts=attempts, on_answer=on_answer)


def _take(state: State, robot: Robot, talk: Talk, answer: bytes, nonce: str, *, again: bool) -> bool:
    if again:
        state.counters.repeated_answers += 1
        return True
    try:
        apply(state, talk, opened(robot, answer, nonce), Way.PASSIVE)
    except (BadSeal, ValueError, KeyError, TypeError, RecursionError, PlatformError):
        state.counters.bad_answers += 1
        return False
    return True


def opened(robot: Robot, answer: bytes, nonce: str) -> dict[str, Any]:
    """The reply in a response; raises for every deviation from the form."""
    outer = json.loads(answer)
    encrypted, timestamp = outer["encrypt"], outer["timestamp"]
    if outer["nonce"] != nonce:
        raise BadSeal("the nonce is not that of the callback")
    if type(timestamp) is not int:
        raise BadSeal("the timestamp is no number")
    if outer["msgsignature"] != signature(robot.token, str(timestamp), nonce, encrypted):
        raise BadSeal("wrong signature")
    reply = json.loads(decrypt(encrypted, robot.aes_key, RECEIVER))
    if not isinstance(reply, dict):
        raise BadSeal("the reply is no object")
    return reply
