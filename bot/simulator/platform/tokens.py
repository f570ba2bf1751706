"""Access tokens: one per secret, the same while it lives, two hours long unless the platform takes it back."""

import math

from bot.simulator.platform.answers import PlatformError, ok
from bot.simulator.platform.calls import Answer, Call
from bot.simulator.platform.corp import App
from bot.simulator.platform.records import Token
from bot.simulator.platform.state import State, new_id

LIFE_SECONDS = 7200
BAD_SECRETS_BEFORE_BAN = 5
BAN_SECONDS = 3600
TRUST_AFTER_SECONDS = 60


def get_token(state: State, call: Call) -> Answer:
    """GET gettoken"""
    check_ip(state, call.ip)
    if state.now() < state.banned_until.get(call.ip, 0):
        raise PlatformError(45009, "too many invalid credentials")
    app = _app(state, call)
    token = _living(state, app) or plant(state, app, new_id(64))
    state.counters.tokens_fetched += 1
    return ok(access_token=token.value, expires_in=math.ceil(token.expires_at - state.now()))


def _app(state: State, call: Call) -> App:
    corp_id, secret = call.query.get("corpid", ""), call.query.get("corpsecret", "")
    if not corp_id:
        raise PlatformError(41002)
    if not secret:
        raise PlatformError(41004)
    if corp_id != state.corp.corp_id:
        raise PlatformError(40013)
    app = state.corp.app_of_secret(secret)
    if app is None:
        _count_bad_secret(state, call.ip)
        raise PlatformError(40001)
    return app


def _count_bad_secret(state: State, ip: str) -> None:
    """Who goes on guessing is shut out for an hour, with the right secret too."""
    state.bad_secrets[ip] = state.bad_secrets.get(ip, 0) + 1
    if state.bad_secrets[ip] >= BAD_SECRETS_BEFORE_BAN:
        state.bad_secrets[ip] = 0
        state.banned_until[ip] = state.now() + BAN_SECONDS


def _living(state: State, app: App) -> Token | None:
    now = state.now()
    return next((t for t in state.tokens.values() if t.agentid == app.agentid and t.expires_at > now), None)


def plant(state: State, app: App, value: str) -> Token:
    """A token of this app that lives from now on."""
    state.tokens[value] = Token(value, app.agentid, state.now() + LIFE_SECONDS)
    return state.tokens[value]


def revoke(state: State, value: str | None = None) -> None:
    """Take one token back before its time, or all."""
    for known in [value] if value is not None else list(state.tokens):
        state.tokens.pop(known, None)


def authorize(state: State, call: Call) -> App:
    """Whose token this is. It counts in the address only, never in a header or the body."""
    value = call.query.get("access_token", "")
    if not value:
        raise PlatformError(41001)
    token = state.tokens.get(value)
    if token is None:
        raise PlatformError(40014)
    if token.expires_at <= state.now():
        raise PlatformError(42001)
    check_ip(state, call.ip)
    return state.corp.apps[token.agentid]


def check_ip(state: State, ip: str) -> None:
    """While the list of trusted addresses is on, a new one counts after a minute."""
    trusted = state.corp.trusted_ips
    if trusted is not None and state.now() < trusted.get(ip, float("inf")) + TRUST_AFTER_SECONDS:
        raise PlatformError(60020)
