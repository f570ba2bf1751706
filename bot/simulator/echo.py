"""What a bot costs that does nothing: wechatpy and FastAPI, decrypting a message and answering with its words.

`suishoupai bench` runs it beside ours, so that its figures can be read on any machine.
"""

import sys

import uvicorn
from fastapi import FastAPI, Request, Response
from wechatpy.work import create_reply, parse_message
from wechatpy.work.crypto import WeChatCrypto


def create_app(token: str, aes_key: str, corp_id: str) -> FastAPI:
    """One callback route, as the library's own examples write it."""
    app = FastAPI(openapi_url=None)
    crypto = WeChatCrypto(token, aes_key, corp_id)

    @app.post("/callback/wecom_app")
    async def callback(request: Request, msg_signature: str, timestamp: str, nonce: str) -> Response:
        message = parse_message(crypto.decrypt_message(await request.body(), msg_signature, timestamp, nonce))
        answer = create_reply(message.content, message).render()
        return Response(crypto.encrypt_message(answer, nonce, timestamp), media_type="text/xml")

    return app


if __name__ == "__main__":
    port, *secrets = sys.argv[1:]
    uvicorn.run(create_app(*secrets), port=int(port), log_level="error")
