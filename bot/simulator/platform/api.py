"""The HTTP interface under /cgi-bin: one table from endpoint to function, one door with the faults in it."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from bot.simulator.platform import (
    appchat,
    card_updates,
    contacts,
    media,
    messages,
    robot_replies,
    tokens,
    webhook,
)
from bot.simulator.platform.answers import PlatformError, refusal
from bot.simulator.platform.calls import Answer, Call, Download, File
from bot.simulator.platform.faults import Fault
from bot.simulator.platform.rates import API_CALLS
from bot.simulator.platform.state import State

PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
GET, POST = "GET", "POST"


@dataclass(frozen=True)
class Endpoint:
    method: str
    run: Callable[[State, Call], Answer]
    token: bool = True


ENDPOINTS = {
    "gettoken": Endpoint(GET, tokens.get_token, token=False),
    "getcallbackip": Endpoint(GET, contacts.addresses),
    "get_api_domain_ip": Endpoint(GET, contacts.addresses),
    "message/send": Endpoint(POST, messages.send),
    "message/recall": Endpoint(POST, messages.recall),
    "message/update_template_card": Endpoint(POST, card_updates.update_card),
    "appchat/create": Endpoint(POST, appchat.create),
    "appchat/update": Endpoint(POST, appchat.update),
    "appchat/get": Endpoint(GET, appchat.get),
    "appchat/send": Endpoint(POST, appchat.send),
    "media/upload": Endpoint(POST, media.upload),
    "media/uploadimg": Endpoint(POST, media.upload_picture),
    "media/get": Endpoint(GET, media.download),
    "webhook/send": Endpoint(POST, webhook.send, token=False),
    "webhook/upload_media": Endpoint(POST, media.upload_for_webhook, token=False),
    "aibot/response": Endpoint(POST, robot_replies.response, token=False),
    "user/get": Endpoint(GET, contacts.get_user),
    "user/simplelist": Endpoint(GET, contacts.list_simple),
    "user/list": Endpoint(GET, contacts.list_users),
    "user/list_id": Endpoint(POST, contacts.list_ids),
    "department/get": Endpoint(GET, contacts.get_department),
    "department/list": Endpoint(GET, contacts.list_departments),
    "department/simplelist": Endpoint(GET, contacts.list_department_ids),
    "batch/openuserid_to_userid": Endpoint(POST, contacts.real_ids),
}


class Cut(Response):
    """An answer whose second half never comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})


def api(state: State) -> APIRouter:
    """All endpoints, and the links to encrypted files."""
    router = APIRouter()

    @router.api_route("/cgi-bin/{path:path}", methods=["GET", "POST"])
    async def call(request: Request, path: str) -> Response:
        endpoint = ENDPOINTS.get(path)
        if endpoint is None:
            return Response("404 page not found", status_code=404, media_type="text/plain")
        known = Call(path, request.query_params, await request.body(), _ip(request), await _file(request))
        return await _bad_luck_before(state, path) or await _answered(state, endpoint, known, request.method)

    @router.get("/_media/{name}")
    async def linked(name: str) -> Response:
        early = await _bad_luck_before(state, "_media")
        with state.lock:
            sealed = media.linked(state, name)
        if early or sealed is None:
            return early or Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="application/xml")
        return _file_response(Download(sealed.content, sealed.filename, "application/octet-stream"))

    return router


def _ip(request: Request) -> str:
    return request.client.host if request.client else ""


async def _file(request: Request) -> File | None:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return None
    try:
        async with request.form() as form:
            part = form.get("media")
            return File(await part.read(), part.filename or "file") if isinstance(part, UploadFile) else None
    except HTTPException:
        return None


async def _bad_luck_before(state: State, path: str) -> Response | None:
    """Faults that come before anything is done."""
    slow = state.faults.draw(Fault.LATENCY, path)
    if slow:
        await asyncio.sleep(slow.seconds)
    hang = state.faults.draw(Fault.HANG, path)
    if hang:
        await asyncio.sleep(hang.seconds)
    if hang or state.faults.draw(Fault.SERVER_ERROR, path):
        return Response(PAGE, status_code=502, media_type="text/html")
    if state.faults.draw(Fault.HTML, path):
        return Response(PAGE, media_type="text/html")
    return None


async def _answered(state: State, endpoint: Endpoint, call: Call, method: str) -> Response:
    with state.lock:
        answer = _done(state, endpoint, call, method)
    lost = state.faults.draw(Fault.LOST_ANSWER, call.path)
    if lost:
        await asyncio.sleep(lost.seconds)
    if isinstance(answer, Download):
        response = _file_response(answer)
    else:
        response = Response(json.dumps(answer, ensure_ascii=False), media_type="application/json; charset=UTF-8")
    return Cut(response.body) if state.faults.draw(Fault.CUT, call.path) else response


def _done(state: State, endpoint: Endpoint, call: Call, method: str) -> Answer:
    """Whatever a caller does wrong, the answer is HTTP 200 and a code."""
    state.counters.calls += 1
    try:
        if method != endpoint.method:
            raise PlatformError(43001 if endpoint.method == GET else 43002)
        _maybe_refuse(state, call)
        known = replace(call, caller=tokens.authorize(state, call)) if endpoint.token else call
        if not state.rates.take_or_block(("api", call.path), API_CALLS, state.now()):
            state.counters.over_limit += 1
            raise PlatformError(45009)
        return endpoint.run(state, known)
    except PlatformError as error:
        state.counters.refused_calls += 1
        return refusal(error, state.now(), call.ip)
    except UnicodeError:  # half of a surrogate pair, escaped in the JSON
        state.counters.refused_calls += 1
        return refusal(PlatformError(47001), state.now(), call.ip)


def _maybe_refuse(state: State, call: Call) -> None:
    if state.faults.draw(Fault.TOKEN_REVOKED, call.path):
        tokens.revoke(state, call.query.get("access_token"))
    for fault, code in ((Fault.BUSY, -1), (Fault.RATE, 45009), (Fault.PARALLEL, 45033)):
        if state.faults.draw(fault, call.path):
            raise PlatformError(code)


def _file_response(file: Download) -> Response:
    plain = file.filename.encode("ascii", "replace").decode().replace('"', "_").replace("?", "_")
    name = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.filename)}"
    headers = {"content-disposition": name, "x-content-type-options": "nosniff"}
    return Response(file.content, media_type=file.media_type, headers=headers)
