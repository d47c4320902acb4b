"""Where two JSON documents differ."""


def differences(expected, found, place=""):
    """Each place where `found` is not what was expected, as (place, expected, found)."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted({*expected, *found}):
            here = f"{place}/{key}"
            if key not in found:
                yield here, expected[key], "nothing"
            elif key not in expected:
                yield here, "nothing", found[key]
            else:
                yield from differences(expected[key], found[key], here)
    elif isinstance(expected, list) and isinstance(found, list):
        for number, (one, other) in enumerate(zip(expected, found)):
            yield from differences(one, other, f"{place}/{number}")
        if len(expected) != len(found):
            yield place, f"{len(expected)} entries", f"{len(found)} entries"
    elif is_nan(expected) and is_nan(found):
        return
    elif type(expected) is not type(found) or expected != found:
        yield place, expected, found


def is_nan(value):
    return isinstance(value, float) and value != value


def count(document):
    """How many values it has."""
    if isinstance(document, dict):
        return sum(count(value) for value in document.values())
    if isinstance(document, list):
        return sum(count(value) for value in document)
    return 1


def told(found, most=12):
    """The first of them, each on a line."""
    lines = [
        f"{short_place(place)}: expected {short(expected)}, found {short(value)}"
        for place, expected, value in found[:most]
    ]
    more = len(found) - len(lines)
    return lines + ([f"and {more} more"] if more > 0 else [])


def short_place(place):
    return "/".join(part if len(part) <= 40 else f"{part[:37]}…" for part in place.split("/"))


def short(value):
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}…"
