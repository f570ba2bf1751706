"""Signed and encrypted callbacks over HTTP, beside a bot that does nothing: what one server process takes."""

import json
import secrets
import statistics
import time
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import update

from bot.channels.wecom.crypto import WecomCrypto
from bot.channels.wecom.xml import parse, render
from bot.commands.bench_load import Request, Server, closed_loop, open_loop, serving, time_each
from bot.commands.prepare import ready_database
from bot.settings import Settings
from data.models import Account, ChatGroup

Figures = dict[str, float]
REPORTS, TALK = 2000, 4000
CORP, AGENT = "wwbench", 1000002
TOKEN, AES_KEY = "bench-token", "c3Vpc2hvdXBhaS1iZW5jaC1rZXktbm90LWEtc2VjcmV0"[:43]
GROUP, APP_PATH, ROBOT_PATH = "g001", "/callback/wecom_app", "/callback/wecom_robot"
FAULTS = ("楼道灯坏了", "楼道里堆满杂物", "下水道堵了往外冒水", "门禁坏了谁都能进", "垃圾好几天没人收")
# A database that is given by the environment may hold the messages of an earlier run.
RUN = secrets.token_hex(3)
APP, ROBOT = WecomCrypto(TOKEN, AES_KEY, CORP), WecomCrypto(TOKEN, AES_KEY, "")


def measure(settings: Settings) -> Figures:
    """Talk to the app, reports to the robot in a group, and the echo's own figure in the same run."""
    _furnish(settings)
    with serving(["bot", "serve"], _environment(settings), next(talk("start"))) as ours:
        figures = {"start_to_first_answer_s": round(ours.start_seconds, 2)}
        figures |= _reports(ours)
        figures["chatter_callback_per_s"] = round(closed_loop(ours.url, list(islice(talk("c"), TALK))), 1)
        figures["rss_mib"] = round(ours.rss_mib, 1)
    command = ["bot.simulator.echo", "PORT", TOKEN, AES_KEY, CORP]
    with serving(command, {}, next(talk("echo"))) as echo:
        figures["echo_callback_per_s"] = round(closed_loop(echo.url, list(islice(talk("e"), TALK))), 1)
    return figures


def envelope(settings: Settings) -> Figures:
    """One encrypted message: both XML documents, signature and AES."""
    sealed = list(islice(talk("x"), 1000))
    now = time.time()

    def opened(request: Request) -> object:
        return parse(APP.open(parse(request.body)["Encrypt"], request.query, now))

    return {"decrypt_parse_us": round(statistics.median(time_each(opened, sealed)) * 1e6, 1)}


def talk(run: str) -> Iterator[Request]:
    """Private messages to the app that are no report; each gets an answer."""
    number = 0
    while True:
        number += 1
        yield _to_app(f"{run}-{number}", f"r{number % 100}", f"今天晚上吃什么呀，要不去吃火锅{number}")


def reports(run: str) -> Iterator[Request]:
    """Distinct reports of different people and places, said to the robot in one group."""
    number = 0
    while True:
        number += 1
        where = f"{number % 8 + 1}号楼{number % 2 + 1}单元{number % 6 + 1}楼"
        yield _to_robot(f"{run}-{number}", f"r{number}", f"{where}{FAULTS[number % 5]}，第{number}次说了")


def _reports(ours: Server) -> Figures:
    per_second = closed_loop(ours.url, list(islice(reports("r"), REPORTS)))
    half = per_second / 2
    latencies = sorted(open_loop(ours.url, list(islice(reports("half"), int(half * 8))), half))
    return {
        "report_callback_per_s": round(per_second, 1),
        "report_callback_half_load_per_s": round(half, 1),
        "report_callback_p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 2),
    }


def _furnish(settings: Settings) -> None:
    """The sample street, its group on the robot and its staff on the app."""
    database = ready_database(settings)
    with database.writing() as session:
        session.execute(update(ChatGroup).values(channel="wecom_robot"))
        session.execute(update(Account).values(channel="wecom_app"))
        session.commit()
    database.close()


def _environment(settings: Settings) -> dict[str, str]:
    values = {
        "env": "test",
        "database_url": settings.database_url,
        "model_path": str(settings.model_path),
        "media_dir": str(settings.media_dir),
        "wecom_api_url": "http://127.0.0.1:9",
        "wecom_corp_id": CORP,
        "wecom_app_agent_id": str(AGENT),
        "wecom_app_secret": "bench-secret-not-real",
        "wecom_app_token": TOKEN,
        "wecom_app_aes_key": AES_KEY,
        "wecom_robot_id": "bench-robot",
        "wecom_robot_token": TOKEN,
        "wecom_robot_aes_key": AES_KEY,
    }
    return {f"SUISHOUPAI_{name.upper()}": value for name, value in values.items()}


def _to_app(number: str, member: str, words: str) -> Request:
    content = {
        "ToUserName": CORP,
        "FromUserName": member,
        "CreateTime": str(int(time.time())),
        "MsgType": "text",
        "Content": words,
        "MsgId": f"{RUN}-{number}",
        "AgentID": str(AGENT),
    }
    encrypted, query = _sealed(APP, render(content))
    return Request(APP_PATH, query, render({"ToUserName": CORP, "AgentID": str(AGENT), "Encrypt": encrypted}))


def _to_robot(number: str, member: str, words: str) -> Request:
    content = {
        "msgid": f"{RUN}-{number}",
        "aibotid": "bench-robot",
        "chatid": GROUP,
        "chattype": "group",
        "from": {"userid": member},
        "msgtype": "text",
        "text": {"content": f"@随手拍 {words}"},
    }
    encrypted, query = _sealed(ROBOT, json.dumps(content, ensure_ascii=False).encode())
    return Request(ROBOT_PATH, query, json.dumps({"encrypt": encrypted}).encode())


def _sealed(crypto: WecomCrypto, plain: bytes) -> tuple[str, dict[str, str]]:
    encrypted, signature, timestamp, nonce = crypto.seal(plain, time.time())
    return encrypted, {"msg_signature": signature, "timestamp": timestamp, "nonce": nonce}
