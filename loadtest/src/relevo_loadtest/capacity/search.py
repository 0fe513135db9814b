"""The search for the most users: twice as many until the objective breaks, then halves of what is in between."""

from collections.abc import Callable


def most_users(holds: Callable[[int], bool], start: int, limit: int, precision: float) -> int:
    """The largest number of users that held, at most `limit`; 0 when not even one did.

    `holds` measures so many users. It is asked again before the climb ends, so that one disturbance of the machine
    does not end it. The answer is less than `precision` (a share, such as 0.05) below the smallest number that did
    not hold, if `holds` has one threshold. At least one user apart.
    """
    held, users = 0, min(start, limit)
    while holds(users) or holds(users):
        held = users
        if held == limit:
            return held
        users = min(2 * held, limit)
    broke = users
    while broke - held > max(1, precision * broke):
        middle = (held + broke) // 2
        if holds(middle):
            held = middle
        else:
            broke = middle
    return held
