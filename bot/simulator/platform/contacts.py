"""Members and departments as an app may read them: ids and names, never a phone number."""

from typing import Any

from bot.simulator.platform.answers import PlatformError, ok
from bot.simulator.platform.calls import Answer, Call, list_of, number_of
from bot.simulator.platform.corp import App, Department, Member
from bot.simulator.platform.state import State

MOST_IDS = 10_000
MOST_OPEN_IDS = 1000
ROOT = 1


def get_user(state: State, call: Call) -> Answer:
    """GET user/get. Mobile, e-mail and picture are withheld from self-built apps."""
    _for_apps(call.app)
    member = state.corp.present(call.query.get("userid"))
    if member is None:
        raise PlatformError(60111)
    if not _visible(call.app, member):
        raise PlatformError(60011)
    return ok(**_details(member), extattr={"attrs": []})


def list_simple(state: State, call: Call) -> Answer:
    """GET user/simplelist"""
    found = _of_department(state, call)
    return ok(userlist=[{name: _details(m)[name] for name in ("userid", "name", "department")} for m in found])


def list_users(state: State, call: Call) -> Answer:
    """GET user/list"""
    return ok(userlist=[_details(member) for member in _of_department(state, call)])


def _of_department(state: State, call: Call) -> list[Member]:
    _for_apps(call.app)
    department = number_of(call.query, "department_id", 0)
    if department not in state.corp.departments:
        raise PlatformError(60003)
    within = state.corp.within(department) if call.query.get("fetch_child") == "1" else {department}
    members = [m for m in state.corp.members.values() if not m.left and within & set(m.departments)]
    return [member for member in members if _visible(call.app, member)]


def _for_apps(app: App) -> None:
    """The contact assistant may no longer read details from an address it never used before."""
    if app.contacts_only:
        raise PlatformError(48009)


def _visible(app: App, member: Member) -> bool:
    return app.visible is None or member.userid in app.visible


def _details(member: Member) -> dict[str, Any]:
    return {
        "userid": member.userid,
        "name": member.name,
        "department": member.departments,
        "order": [0] * len(member.departments),
        "position": "",
        "is_leader_in_dept": [0] * len(member.departments),
        "direct_leader": [],
        "telephone": "",
        "alias": "",
        "status": 1,
        "main_department": member.departments[0] if member.departments else ROOT,
    }


def list_ids(state: State, call: Call) -> Answer:
    """POST user/list_id, page by page; for the contact assistant only."""
    if not call.app.contacts_only:
        raise PlatformError(48002)
    body = call.json()
    limit, start = body.get("limit", MOST_IDS), body.get("cursor") or "0"
    if not isinstance(limit, int) or not 1 <= limit <= MOST_IDS or not str(start).isdecimal():
        raise PlatformError(40058, "invalid limit or cursor")
    everybody = [m for m in state.corp.members.values() if not m.left]
    pairs = [{"userid": m.userid, "department": d} for m in everybody for d in m.departments]
    end = int(start) + limit
    return ok(next_cursor=str(end) if end < len(pairs) else "", dept_user=pairs[int(start) : end])


def list_departments(state: State, call: Call) -> Answer:
    """GET department/list"""
    _for_apps(call.app)
    return ok(department=[_department(d) for d in _below(state, call)])


def get_department(state: State, call: Call) -> Answer:
    """GET department/get"""
    _for_apps(call.app)
    return ok(department=_department(_below(state, call)[0]))


def list_department_ids(state: State, call: Call) -> Answer:
    """GET department/simplelist"""
    found = _below(state, call)
    return ok(department_id=[{"id": d.id, "parentid": d.parentid, "order": d.order} for d in found])


def _below(state: State, call: Call) -> list[Department]:
    department = number_of(call.query, "id", ROOT)
    if department not in state.corp.departments:
        raise PlatformError(60003)
    within = state.corp.within(department)
    return sorted((d for d in state.corp.departments.values() if d.id in within), key=lambda d: d.id != department)


def _department(department: Department) -> dict[str, Any]:
    return {
        "id": department.id,
        "name": department.name,
        "name_en": "",
        "department_leader": [],
        "parentid": department.parentid,
        "order": department.order,
    }


def real_ids(state: State, call: Call) -> Answer:
    """POST batch/openuserid_to_userid"""
    _for_apps(call.app)
    asked = list_of(call.json(), "open_userid_list")
    if not 1 <= len(asked) <= MOST_OPEN_IDS:
        raise PlatformError(40058, "invalid open_userid_list")
    known = {m.open_userid: m.userid for m in state.corp.members.values() if not m.left and _visible(call.app, m)}
    pairs = [{"open_userid": one, "userid": known[one]} for one in asked if one in known]
    return ok(userid_list=pairs, invalid_open_userid_list=[one for one in asked if one not in known])


def addresses(state: State, call: Call) -> Answer:
    """GET get_api_domain_ip and getcallbackip"""
    return ok(ip_list=["127.0.0.1"])
