"""Behind every number stand exactly the cases it counts, checked case by case on three hundred random ones."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import fields
from itertools import product
from random import Random

import pytest
from sqlalchemy.exc import InvalidRequestError

from data.database import Database
from data.models import Case, CaseStatus, EscalationLevel, Post, Role, UnitLevel
from data.models.cases import FIRST_NUMBER
from handlers.cases import listing, statistics
from handlers.cases.actors import LEADING, leads
from handlers.cases.board import line_scope
from handlers.cases.counts import Counts
from handlers.cases.listing import Due, Filter, visible_units
from handlers.cases.measures import Measure
from handlers.cases.scope import By, Scope
from handlers.message import Context, Policy, Reach, Sender
from tests.handlers.cases.random_street import DAY, NOW, OPEN, PERIOD, Street, scopes

OF_THE_TABLE = [Measure(field.name) for field in fields(Counts)]
WHOLE = Scope(PERIOD)
ENOUGH = 1_000


@pytest.fixture
def street(database_url: str) -> Iterator[Street]:
    database = Database(database_url)
    with database.writing() as session:
        yield Street(session)
    database.close()


def _listed(street: Street, filter: Filter) -> list[Case]:
    """All pages of the list; the number is counted on the way."""
    found = listing.find(street.session, street.directory, filter, NOW, limit=ENOUGH)
    assert listing.count(street.session, street.directory, filter, NOW) == len(found)
    return found


def test_every_measure_lists_exactly_its_cases_in_every_scope(street: Street) -> None:
    for scope, measure in product(scopes(street), Measure):
        found = [case.id for case in _listed(street, Filter(measure, scope))]
        assert sorted(found) == sorted(case.id for case in street.of(measure, scope)), (measure, scope)


@pytest.mark.parametrize("by", By)
def test_every_number_of_the_table_is_its_list(street: Street, by: By) -> None:
    """Also where the table is of a part, and its lines lie above or below that part."""
    for scope in scopes(street):
        for line in statistics.closure_table(street.session, street.directory, by, scope, NOW):
            of = line_scope(street.directory, scope, by, line.key)
            for measure in (Measure.RECEIVED, Measure.CLOSED, Measure.OVERDUE_OPEN):
                number = listing.count(street.session, street.directory, Filter(measure, of), NOW)
                assert number == getattr(line.counts, measure), (scope, line)
            cases = _listed(street, Filter(Measure.RECEIVED, of))
            assert {street.label(case, by) for case in cases} == {line.name}


@pytest.mark.parametrize("by", By)
def test_every_column_of_the_table_is_its_list(street: Street, by: By) -> None:
    for line in statistics.closure_table(street.session, street.directory, by, WHOLE, NOW):
        of = line_scope(street.directory, WHOLE, by, line.key)
        for measure in OF_THE_TABLE:
            number = listing.count(street.session, street.directory, Filter(measure, of), NOW)
            assert number == getattr(line.counts, measure), (line.name, measure)
        denominator = listing.count(street.session, street.directory, Filter(Measure.DUE_NOT_POSTPONED, of), NOW)
        assert denominator == line.counts.net_closure_rate.denominator


def test_units_of_the_same_name_have_a_line_each(street: Street) -> None:
    grids = [unit for unit in street.directory.units.values() if unit.level is UnitLevel.GRID]
    for unit in grids[:6]:
        unit.name = "第一网格"
    lines = statistics.closure_table(street.session, street.directory, By.GRID, WHOLE, NOW)
    same = [line for line in lines if line.name == "第一网格"]
    assert len(same) > 1
    for line in same:
        of = line_scope(street.directory, WHOLE, By.GRID, line.key)
        assert len(_listed(street, Filter(Measure.RECEIVED, of))) == line.counts.received > 0


def test_the_list_s_own_filters(street: Street) -> None:
    every = street.of(Measure.EVERYTHING, WHOLE)
    for status in CaseStatus:
        found = _listed(street, Filter(Measure.EVERYTHING, WHOLE, status=status))
        assert {c.id for c in found} == {c.id for c in every if c.status is status} != set()
    for level in EscalationLevel:
        found = _listed(street, Filter(Measure.OPEN, WHOLE, level=level))
        assert {c.id for c in found} == {c.id for c in street.of(Measure.OPEN, WHOLE) if c.level is level} != set()
    still = [c for c in every if c.status in OPEN]
    for due, expected in {
        Due.OVERDUE: [c for c in still if c.due_at <= NOW],
        Due.SOON: [c for c in still if NOW < c.due_at <= NOW + DAY],
        Due.LATER: [c for c in still if c.due_at > NOW + DAY],
    }.items():
        found = _listed(street, Filter(Measure.EVERYTHING, WHOLE, due=due))
        assert {c.id for c in found} == {c.id for c in expected} != set()


def test_a_number_is_that_case_whatever_else_is_asked(street: Street) -> None:
    old = min(street.cases, key=lambda case: case.received_at)
    filter = Filter(Measure.PRAISE, WHOLE, status=CaseStatus.CLOSED, number=(old.id or 0) + FIRST_NUMBER)
    assert _listed(street, filter) == [old]
    for number in (1, FIRST_NUMBER, 2**31 - 1):
        assert _listed(street, Filter(Measure.RECEIVED, WHOLE, number=number)) == []
    others = frozenset(street.directory.units) - {old.unit_id}
    assert _listed(street, Filter(Measure.RECEIVED, Scope(PERIOD, units=others), number=filter.number)) == []


def test_turning_pages_shows_every_case_once(street: Street) -> None:
    wanted = Filter(Measure.HANDLED, WHOLE)
    for size in (1, 7, 50):
        pages, after = [], None
        while page := listing.find(street.session, street.directory, wanted, NOW, after=after, limit=size):
            pages.append([case.id or 0 for case in page])
            after = pages[-1][-1]
        ids = [number for page in pages for number in page]
        assert ids == [case.id for case in _listed(street, wanted)]
        assert len(set(ids)) == len(ids)
        assert {len(page) for page in pages[:-1]} <= {size}


def test_a_case_that_comes_in_while_pages_are_turned_moves_nothing(street: Street) -> None:
    wanted = Filter(Measure.RECEIVED, WHOLE)
    first = listing.find(street.session, street.directory, wanted, NOW, limit=10)
    rest = listing.find(street.session, street.directory, wanted, NOW, after=first[-1].id, limit=ENOUGH)
    newer = _again(first[0])
    newer.received_at += dt.timedelta(seconds=1)
    street.session.add(newer)
    street.session.flush()
    assert listing.find(street.session, street.directory, wanted, NOW, after=first[-1].id, limit=ENOUGH) == rest
    assert listing.find(street.session, street.directory, wanted, NOW, limit=1) == [newer]


def test_a_resident_s_own_words_are_not_even_read(street: Street) -> None:
    street.session.flush()
    street.session.expunge_all()
    found = listing.find(street.session, street.directory, Filter(Measure.RECEIVED, WHOLE), NOW, limit=1)[0]
    assert found.masked_text == ""
    for column in ("text", "room"):
        with pytest.raises(InvalidRequestError):
            getattr(found, column)


def test_the_list_is_only_of_the_units_asked_for(street: Street) -> None:
    units = frozenset(Random(3).sample(sorted(street.directory.units), 9))
    expected = {case.id for case in _listed(street, Filter(Measure.RECEIVED, WHOLE)) if case.unit_id in units}
    assert {case.id for case in _listed(street, Filter(Measure.RECEIVED, Scope(PERIOD, units=units)))} == expected
    assert expected
    assert _listed(street, Filter(Measure.RECEIVED, Scope(PERIOD, units=frozenset()))) == []


def test_who_leads_a_unit_sees_its_cases_and_nobody_else(street: Street) -> None:
    """The same answer as `actors.leads`; the administrator alone sees everything."""
    cases = {key: Case(unit_id=key) for key in street.directory.units}
    for role, unit_id in product(Role, street.directory.units):
        post = Post(person_id=1, role=role, unit_id=unit_id, since=dt.date(2020, 1, 1))
        units = visible_units(street.directory, [post])
        if role is Role.ADMINISTRATOR:
            assert units is None
            continue
        context = _context(street, Sender(posts=(post,)))
        assert units == {key for key, case in cases.items() if leads(context, case)}
        assert bool(units) == (role in LEADING)


def test_posts_add_up_and_a_post_without_a_unit_leads_nothing(street: Street) -> None:
    by_code = {unit.code: unit.id or 0 for unit in street.directory.units.values()}
    since = dt.date(2020, 1, 1)
    two = [Post(person_id=1, role=Role.HEAD, unit_id=by_code[code], since=since) for code in ("HX-02", "WT-01")]
    names = ("HX-02", "HX-02-A", "HX-02-B", "WT-01", "WT-01-A", "WT-01-B")
    assert visible_units(street.directory, two) == {by_code[name] for name in names}
    assert visible_units(street.directory, [Post(person_id=1, role=Role.HEAD, since=since)]) == frozenset()
    assert visible_units(street.directory, []) == frozenset()


def _context(street: Street, sender: Sender) -> Context:
    policy = Policy(reach=lambda _channel, _account: Reach.NONE)
    return Context(session=street.session, now=NOW, directory=street.directory, policy=policy, sender=sender)


def _again(case: Case) -> Case:
    """The same case once more, under a new number."""
    return Case(**(case.model_dump() | {"id": None, "text": "", "room": None}))
