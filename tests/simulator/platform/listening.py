"""A bot that takes the platform's callbacks, opened and sealed by wechatpy: nobody here wrote that cipher."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from wechatpy.crypto import PrpCrypto
from wechatpy.utils import WeChatSigner
from wechatpy.work import parse_message
from wechatpy.work.crypto import WeChatCrypto

from tests.simulator.platform import keys

TOKEN, ROBOT_TOKEN = "app-token", "robot-token"
AES_KEY, ROBOT_KEY = keys.AES_KEY, keys.ROBOT_KEY
CORP = "wwsample"
HANG = "hang"


@dataclass
class ListeningBot:
    """`heard` are the opened callbacks; `answers` the status or the plain reply for each, empty when they run out."""

    url: str
    heard: list[Any] = field(default_factory=list)
    bodies: list[tuple[bytes, str]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)
    nonce: str = ""
    """What stands in robot replies instead of the callback's nonce."""
    timestamp: Any = None

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.get("/callback/{channel}")
        def check(channel: str, msg_signature: str, timestamp: str, nonce: str, echostr: str) -> Response:
            echo = self._crypto(channel).check_signature(msg_signature, timestamp, nonce, echostr)
            return Response(echo)

        @app.post("/callback/{channel}")
        async def callback(channel: str, request: Request) -> Response:
            body, query = await request.body(), request.query_params
            self.bodies.append((body, str(query)))
            self._open(channel, body, query["msg_signature"], query["timestamp"], query["nonce"])
            answer = self.answers.pop(0) if self.answers else b""
            if answer is HANG:
                await request.receive()  # comes when the platform has lost patience
                answer = b""
            return await self._answered(channel, answer, query["nonce"])

        return app

    def _crypto(self, channel: str) -> WeChatCrypto:
        if channel == "wecom_app":
            return WeChatCrypto(TOKEN, AES_KEY, CORP)
        return WeChatCrypto(ROBOT_TOKEN, ROBOT_KEY, "")

    def _open(self, channel: str, body: bytes, *signed: str) -> None:
        if channel == "wecom_app":
            plain = self._crypto(channel).decrypt_message(body, *signed)
            self.heard.append(parse_message(plain))
        else:
            envelope = {"Encrypt": json.loads(body)["encrypt"]}
            self.heard.append(json.loads(self._crypto(channel).decrypt_message(envelope, *signed)))

    async def _answered(self, channel: str, answer: Any, nonce: str) -> Response:
        if isinstance(answer, int):
            return Response(status_code=answer)
        if isinstance(answer, bytes):
            return Response(answer)
        if channel == "wecom_app":
            return Response(self._crypto(channel).encrypt_message(answer, nonce, str(int(time.time()))))
        return Response(json.dumps(self._robot_reply(answer, nonce)))

    def _robot_reply(self, answer: dict[str, Any], nonce: str) -> dict[str, Any]:
        encrypted = PrpCrypto(keys.decoded(ROBOT_KEY)).encrypt(json.dumps(answer), "").decode()
        stamp = int(time.time()) if self.timestamp is None else self.timestamp
        nonce = self.nonce or nonce
        signer = WeChatSigner()
        signer.add_data(ROBOT_TOKEN, str(stamp), nonce, encrypted)
        return {"encrypt": encrypted, "msgsignature": signer.signature, "timestamp": stamp, "nonce": nonce}
