"""Who buys: names as they are where people live, and addresses that reach nobody."""

import functools
import unicodedata
from dataclasses import dataclass

import numpy as np
from faker import Faker

from floe_demo.generators.clock import REGIONS
from floe_demo.generators.columns import Ints, share

LOCALES = {
    "NA": ("en_US", "en_CA"),
    "EMEA": ("de_DE", "fr_FR", "en_GB", "it_IT"),
    "APAC": ("en_IN", "en_PH", "vi_VN", "id_ID"),
    "LATAM": ("es_MX", "pt_BR", "es_AR"),
}
EACH = 60
"""How many names of a kind each locale gives."""
DOMAINS = ("example.com", "example.org", "example.net")

_PATTERN = tuple(place for place, r in enumerate(REGIONS) for _ in range(r.twentieths))
TWENTY = len(_PATTERN)


@dataclass(frozen=True)
class Names:
    """First and last names of a region."""

    first: tuple[str, ...]
    last: tuple[str, ...]


def region_of(which: Ints) -> list[int]:
    """Answer where these customers live: of twenty in a row, each region has its share."""
    return [_PATTERN[one] for one in (which % TWENTY).tolist()]


def chosen(rng: np.random.Generator, region: Ints, known: Ints) -> Ints:
    """Draw who buys, where they live and of those there are: who came first buys most."""
    first = np.array([_PATTERN.index(place) for place in range(len(REGIONS))])
    many = np.array([place.twentieths for place in REGIONS])
    block = (known // TWENTY * rng.random(len(region)) ** 2).astype(np.int64)
    within = (rng.random(len(region)) * many[region]).astype(np.int64)
    found: Ints = block * TWENTY + first[region] + within
    return found


@functools.cache
def names(seed: int) -> tuple[Names, ...]:
    """Answer the names of all regions."""
    return tuple(_names(seed, LOCALES[region.name]) for region in REGIONS)


@functools.cache
def companies(seed: int) -> tuple[str, ...]:
    """Answer names of companies."""
    fake = _fake(seed, "en_US")
    return tuple(fake.company() for _ in range(4 * EACH))


def customers(seed: int, which: Ints) -> tuple[list[str], list[str]]:
    """Answer the names of customers, and their email addresses."""
    known = names(seed)
    one, two, three = (share(seed, salt, which).tolist() for salt in (101, 102, 103))
    full, emails = [], []
    for number, region, a, b, c in zip(which.tolist(), region_of(which), one, two, three):  # noqa: B905  all from `which`
        there = known[region]
        first, last = there.first[int(a * len(there.first))], there.last[int(b * len(there.last))]
        full.append(f"{first} {last}")
        emails.append(f"{_plain(first)}.{_plain(last)}{number}@{DOMAINS[int(c * len(DOMAINS))]}")
    return full, emails


def _names(seed: int, locales: tuple[str, ...]) -> Names:
    fakes = [_fake(seed, locale) for locale in locales]
    return Names(
        tuple(fake.first_name() for fake in fakes for _ in range(EACH)),
        tuple(fake.last_name() for fake in fakes for _ in range(EACH)),
    )


def _fake(seed: int, locale: str) -> Faker:
    fake = Faker(locale, use_weighting=False)
    fake.seed_instance(seed)
    return fake


@functools.cache
def _plain(name: str) -> str:
    """Answer a name in letters that every address may have."""
    folded = unicodedata.normalize("NFKD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(c for c in folded.lower() if c.isascii() and c.isalnum())
