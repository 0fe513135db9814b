"""The twelve columns of a listing as they are delivered, and what a model reads of them."""

from collections.abc import Mapping
from typing import Any

from relevo_contract.columns import Column, Kind

# Limits beyond which a row is no house to learn from; the form and the model server keep to them, too.
LEAST_PRICE, MOST_PRICE = 10_000, 20_000_000
LEAST_SIZE, MOST_SIZE = 200, 20_000
MOST_ROOMS = 20
MOST_ACRES = 1000
OLDEST_SALE = 1950

STATUSES = {"for_sale": "For sale", "sold": "Sold", "ready_to_build": "Ready to build"}
STATES = (
    "Alabama", "Alaska", "Arizona", "Arkansas", "California", "Colorado", "Connecticut", "Delaware",
    "District of Columbia", "Florida", "Georgia", "Hawaii", "Idaho", "Illinois", "Indiana", "Iowa", "Kansas",
    "Kentucky", "Louisiana", "Maine", "Maryland", "Massachusetts", "Michigan", "Minnesota", "Mississippi",
    "Missouri", "Montana", "Nebraska", "Nevada", "New Hampshire", "New Jersey", "New Mexico", "New York",
    "North Carolina",
    "North Dakota", "Ohio", "Oklahoma", "Oregon", "Pennsylvania", "Puerto Rico", "Rhode Island", "South Carolina",
    "South Dakota", "Tennessee", "Texas", "Utah", "Vermont", "Virginia", "Virgin Islands", "Washington",
    "West Virginia", "Wisconsin", "Wyoming",
)  # fmt: skip


def _number(name: str, kind: Kind, description: str, typical: tuple[float, float], **more: Any) -> Column:
    return Column(name=name, kind=kind, description=description, typical=typical, minimum=0, nullable=True, **more)


def _text(name: str, description: str) -> Column:
    return Column(name=name, kind="text", description=description, nullable=True)


def _rooms(name: str, description: str, typical: tuple[int, int], default: int) -> Column:
    return Column(
        name=name,
        kind="integer",
        description=description,
        minimum=1,
        maximum=MOST_ROOMS,
        typical=typical,
        default=default,
    )


_STATUS = Column(
    name="status",
    kind="category",
    description="Whether it is for sale",
    choices=tuple(STATUSES),
    choice_names=STATUSES,
    default="for_sale",
)
_STATE = Column(name="state", kind="category", description="State or territory", choices=STATES, default="Florida")

RAW = (
    _number("brokered_by", "integer", "Number of the broker", (1_700, 105_000)),
    _STATUS,
    _number("price", "number", "Price", (95_000, 1_500_000), unit="USD"),
    _number("bed", "integer", "Bedrooms", (2, 5)),
    _number("bath", "integer", "Bathrooms", (1, 4)),
    _number("acre_lot", "number", "Size of the lot", (0.04, 3.5), unit="acres"),
    _number("street", "integer", "Number of the address", (20_000, 1_980_000)),
    _text("city", "City"),
    _STATE,
    _number("zip_code", "integer", "Zip code", (8_400, 96_000)),
    _number("house_size", "number", "Living area", (900, 4_000), unit="ft²"),
    _text("prev_sold_date", "When it was last sold"),
)

INPUTS = (
    _STATUS,
    _rooms("bed", "Bedrooms", (2, 5), 3),
    _rooms("bath", "Bathrooms", (1, 4), 2),
    Column(
        name="acre_lot",
        kind="number",
        description="Size of the lot",
        unit="acres",
        minimum=0,
        maximum=MOST_ACRES,
        typical=(0.04, 3.5),
        default=0.21,
    ),
    _STATE,
    Column(
        name="zip_code",
        kind="integer",
        description="Zip code; leading zeros do not count",
        minimum=501,
        maximum=99_999,
        typical=(8_400, 96_000),
        default=33_156,
    ),
    Column(
        name="house_size",
        kind="number",
        description="Living area",
        unit="ft²",
        minimum=LEAST_SIZE,
        maximum=MOST_SIZE,
        typical=(900, 4_000),
        default=1_790,
    ),
    Column(
        name="years_since_sale",
        kind="number",
        description="Years since it was last sold",
        unit="years",
        minimum=0,
        maximum=2100 - OLDEST_SALE,
        typical=(1.0, 24),
        default=1.5,
    ),
)

TARGET = Column(
    name="price",
    kind="number",
    description="Price",
    unit="USD",
    minimum=LEAST_PRICE,
    maximum=MOST_PRICE,
    typical=(95_000, 1_500_000),
)

# For the simulator: shares as in the real file, with the rare ones left out.
MIXES: Mapping[str, Mapping[str, float]] = {
    "status": {"for_sale": 0.44, "sold": 0.56},
    "city": {"Houston": 0.3, "Chicago": 0.2, "Miami": 0.2, "Tucson": 0.1, "Boston": 0.1, "Richmond": 0.1},
    "state": {
        "Florida": 0.16, "California": 0.14, "Texas": 0.13, "New York": 0.07, "North Carolina": 0.06,
        "Illinois": 0.06, "Georgia": 0.06, "Pennsylvania": 0.05, "Massachusetts": 0.05, "Arizona": 0.05,
        "Ohio": 0.05, "Washington": 0.05,
        "New Jersey": 0.04, "Puerto Rico": 0.03,
    },
    "prev_sold_date": {
        f"{year}-{month:02}-{1 + 3 * month:02}": share / 4
        for month in (2, 4, 7, 9)
        for year, share in [
            *((year, 0.01) for year in range(1985, 2015)), *((year, 0.03) for year in range(2015, 2021)),
            (2021, 0.5), (2022, 1.0),
        ]
    },
}  # fmt: skip
