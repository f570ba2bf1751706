"""Who may enter which part of the office, role by role, and that no route of the application was forgotten."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from bot.web.permissions import ALLOWED, Area, areas_of
from data.models import Post, Role
from tests.bot.web.office import ADMINISTRATOR, GRID_MEMBER, HEAD, READER, Office
from tests.source import all_modules

BOARD, CASES, TRIAGE, SCHEDULE = Area.BOARD, Area.CASES, Area.TRIAGE, Area.SCHEDULE
SERVICE, ATTENTION, SEALED, SESSIONS = Area.SERVICE, Area.ATTENTION, Area.SEALED, Area.SESSIONS
GROUPS, ORIGINALS, OUTBOX = Area.GROUPS, Area.ORIGINALS, Area.OUTBOX
EXPECTED: dict[Role, set[Area]] = {
    Role.GRID_MEMBER: set(),
    Role.DEPARTMENT_STAFF: set(),
    Role.GRID_LEADER: {BOARD, CASES, TRIAGE},
    Role.COMMUNITY_STAFF: {BOARD, CASES, TRIAGE, SERVICE},
    Role.DEPUTY: {BOARD, CASES, TRIAGE, SERVICE},
    Role.HEAD: {BOARD, CASES, TRIAGE, SERVICE},
    Role.DISCIPLINE_READER: {SEALED},
    Role.ADMINISTRATOR: {BOARD, CASES, TRIAGE, SERVICE, SCHEDULE, GROUPS, ATTENTION, OUTBOX, SESSIONS, ORIGINALS},
}
# What is reached without a session, each for its reason.
OPEN_TO_ALL = {
    "/healthz": "says only that we live",
    "/": "leads to the office",
    "/sign-in": "has a form token of its own",
    "/sign-out": "needs a session",
    "/callback/{channel_name}": "is signed by the platform",
    "/task/{token}": "is a signed personal link",
    "/task/{token}/photo/{photo_id}": "is a signed personal link",
}
PLACEHOLDER = re.compile(r"{[^}]*}")


def _post(role: Role) -> Post:
    return Post(person_id=1, role=role, unit_id=1, since=dt.date(2020, 1, 1))


@pytest.mark.parametrize("role", Role)
def test_a_role_opens_exactly_these_parts(role: Role) -> None:
    assert areas_of([_post(role)]) == EXPECTED[role]


def test_no_post_opens_nothing_and_two_open_the_parts_of_both() -> None:
    assert areas_of([]) == set()
    assert areas_of([_post(Role.DISCIPLINE_READER), _post(Role.GRID_LEADER)]) == {SEALED, BOARD, CASES, TRIAGE}


def test_every_part_has_its_line() -> None:
    assert set(ALLOWED) == set(Area)
    assert set(EXPECTED) == set(Role)


def _routes(office: Office) -> Iterator[tuple[str, str, str]]:
    """Path, method and an address that fits the path."""
    for path, methods in office.app.openapi()["paths"].items():
        for method in sorted(methods):
            yield path, method.upper(), PLACEHOLDER.sub("1001", path)


def _office_routes(office: Office) -> list[tuple[str, str, str]]:
    return [route for route in _routes(office) if route[0].startswith("/console")]


def test_every_route_is_of_the_office_or_has_a_reason(office: Office) -> None:
    others = {path for path, _method, _address in _routes(office) if not path.startswith("/console")}
    assert others == set(OPEN_TO_ALL)
    assert len(_office_routes(office)) > 20
    hidden = [module.path for module in all_modules() if "include_in_schema" in module.source]
    assert hidden == [], "a route that is not listed is not tested here"


def _statuses(office: Office, browser: TestClient) -> dict[str, int]:
    return {f"{method} {path}": browser.request(method, at).status_code for path, method, at in _office_routes(office)}


def test_without_a_session_every_page_asks_to_sign_in(office: Office) -> None:
    for path, method, address in _office_routes(office):
        answer = office.browser().request(method, address)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), path


def test_who_holds_no_leading_post_enters_nothing(office: Office) -> None:
    statuses = _statuses(office, office.signed_in(GRID_MEMBER))
    assert {route: status for route, status in statuses.items() if status != 403} == {}


@pytest.mark.parametrize(("code", "role"), [(READER, Role.DISCIPLINE_READER), (HEAD, Role.HEAD)])
def test_each_role_is_kept_out_of_the_other_parts(office: Office, code: str, role: Role) -> None:
    """By trying every page: what belongs to no part of this role is denied, and its own parts are not."""
    browser = office.signed_in(code)
    for area in Area:
        path = "/console" if area is BOARD else f"/console/{area}"
        if any(route == (path, "GET", path) for route in _office_routes(office)):
            assert browser.get(path).status_code == (200 if area in EXPECTED[role] else 403), path


def test_nothing_is_changed_without_the_pages_own_form(office: Office) -> None:
    """Every POST of the office, by those who may enter: no token, a wrong one, and that of another session."""
    changing = [(path, address) for path, method, address in _routes(office) if method != "GET"]
    assert {path for path, _ in changing if not path.startswith("/console")} <= set(OPEN_TO_ALL)
    stranger = office.form_token(office.signed_in(HEAD))
    for code in (ADMINISTRATOR, READER):
        browser = office.signed_in(code)
        for path, address in changing:
            if path.startswith("/console") or path == "/sign-out":
                for form in ({}, {"form_token": "x"}, {"form_token": stranger}):
                    assert browser.post(address, data=form).status_code == 403, path
        assert browser.get("/console/sealed" if code == READER else "/console").status_code == 200


def test_every_answer_carries_the_headers(office: Office) -> None:
    inside, outside = office.signed_in(ADMINISTRATOR), office.browser()
    answers = [inside.request(method, address) for _path, method, address in _office_routes(office)]
    answers += [outside.get(path) for path in ("/", "/sign-in", "/task/forged", "/static/pages.css", "/nowhere")]
    answers += [outside.post("/sign-in", data={"username": "x", "password": "x"}), inside.get("/console/cases/9999")]
    for answer in answers:
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", answer.url
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        policy = headers["content-security-policy"]
        assert all(f"{what} 'none'" in policy for what in ("frame-ancestors", "base-uri"))
        assert all(f"{what} 'self'" in policy for what in ("default-src", "form-action"))
        assert "unsafe" not in policy
        assert headers["cache-control"] == ("no-cache" if "/static/" in str(answer.url) else "no-store")


def test_files_are_kept_by_the_browser_until_they_change(office: Office) -> None:
    first = office.browser().get("/static/pages.css")
    again = office.browser().get("/static/pages.css", headers={"if-none-match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
