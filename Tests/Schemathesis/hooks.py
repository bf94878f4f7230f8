"""What schemathesis has to know of Handover beside its description."""

import itertools
import schemathesis

numbers = itertools.count(1)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives each valid Idempotency-Key to one request only.

    schemathesis sends the same valid key with different requests, which is refused as it should be (keyReused): no
    schema can say that a key has to be new. IdempotencyTests sends keys again.
    """
    whole_ids(case)
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and 1 <= len(key) <= 200 and all("!" <= c <= "~" for c in key):
        number = f"-{next(numbers)}"
        # A key of the greatest length stays as long as it is.
        case.headers["Idempotency-Key"] = key[: 200 - len(number)] + number


def whole_ids(case):
    """Writes an id in a path as one: 7.0 is a whole number to JSON Schema, and a link's template is none."""
    found = (case.path_parameters or {}).get("id")
    if isinstance(found, float) and found.is_integer():
        case.path_parameters["id"] = int(found)
    elif found == "{id}":
        case.path_parameters["id"] = 1
