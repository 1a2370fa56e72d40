"""What needs others after these, circles or not."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import TypeVar

K = TypeVar("K")


def needed_first(needs: Mapping[K, Collection[K]]) -> list[K]:
    """Every key after those that it needs, in rounds, each round in the order given. Where only circles are left, first
    what waits for the fewest others. Needs that are no keys are none.
    """
    place = {key: number for number, key in enumerate(needs)}
    left = {key: {other for other in found if other in place and other != key} for key, found in needs.items()}
    followers: dict[K, list[K]] = defaultdict(list)
    for key, found in left.items():
        for other in found:
            followers[other].append(key)
    ordered: list[K] = []
    ready = [key for key, found in left.items() if not found]
    while left:
        freed: list[K] = []
        for key in ready or [min(left, key=lambda key: len(left[key]))]:
            ordered.append(key)
            del left[key]
            for follower in followers[key]:
                if follower in left:
                    left[follower].discard(key)
                    if not left[follower]:
                        freed.append(follower)
        ready = sorted(freed, key=place.__getitem__)
    return ordered
