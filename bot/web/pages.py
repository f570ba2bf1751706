"""Templates: Jinja with escaping always on, and the few words all pages share."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from handlers import labels
from handlers.local_time import when

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).with_name("templates")),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.filters["when"] = when
# Every form that changes something carries its session's token.
_environment.globals["own"] = lambda staff: Markup('<input type="hidden" name="form_token" value="{}">').format(
    staff.form_token
)
_environment.globals.update(STATUS=labels.STATUS, LEVEL=labels.LEVEL, KIND=labels.KIND)


def render(template: str, **values: Any) -> str:
    """The page; a name the template needs and does not get is an error, not a blank."""
    return _environment.get_template(template).render(**values)
