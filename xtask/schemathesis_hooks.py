"""What the property tester does besides its settings: `cargo xtask openapi-lint`."""

import itertools

import schemathesis
from schemathesis.core.parameters import ParameterLocation

HEADER = "Idempotency-Key"
numbers = itertools.count(1)


def documented(operation):
    """The example of the header in the document."""
    return [one.get("example") for one in operation.definition.raw.get("parameters", []) if one["name"] == HEADER]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives each request a name of its own where the tester has the documented one for all: all but the first would be 422."""
    if any(part == ParameterLocation.HEADER and info.mode.is_negative for part, info in case.meta.components.items()):
        # Headers that are wrong on purpose are left as they are: after a change here the tester no longer knows what is wrong.
        return
    name = (case.headers or {}).get(HEADER)
    if name is not None and name in documented(case.operation):
        case.headers[HEADER] = f"{name}-{next(numbers)}"
