"""Forest cover type: which of seven covers grows on a 30 m × 30 m cell of Roosevelt National Forest, Colorado.

Columns and units as in the description of UCI data set 31 (Blackard, 1998), in the 13-column form in which
courses deliver it: names of wilderness areas and soil codes instead of 44 one-hot columns, covers from 0.
"""

import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from relevo_contract.columns import Column

from relevo_problems.dataset import Dataset
from relevo_problems.problem import Derived, Guard, Problem, Slices

WILDERNESS_AREAS = ("Rawah", "Neota", "Commanche", "Cache")
# The US Forest Service's ecological landtype units in the order of UCI's Soil_Type1 to Soil_Type40: the first
# digit is the climatic zone, the second the geologic zone, so that the order itself says something.
_LANDTYPE_UNITS = """
    2702 2703 2704 2705 2706 2717 3501 3502 4201 4703 4704 4744 4758 5101 5151 6101 6102 6731 7101 7102
    7103 7201 7202 7700 7701 7702 7709 7710 7745 7746 7755 7756 7757 7790 8703 8707 8708 8771 8772 8776
"""
SOIL_TYPES = tuple(f"C{unit}" for unit in _LANDTYPE_UNITS.split())
COVERS = {
    "0": "Spruce/Fir",
    "1": "Lodgepole Pine",
    "2": "Ponderosa Pine",
    "3": "Cottonwood/Willow",
    "4": "Aspen",
    "5": "Douglas-fir",
    "6": "Krummholz",
}


def _integer(
    name: str,
    description: str,
    unit: str,
    limits: tuple[int, int],
    typical: tuple[int, int],
    default: int,
) -> Column:
    return Column(
        name=name,
        kind="integer",
        description=description,
        unit=unit,
        minimum=limits[0],
        maximum=limits[1],
        typical=typical,
        default=default,
    )


def _hillshade(name: str, when: str, typical: tuple[int, int], default: int) -> Column:
    return _integer(name, f"Hillshade {when} at the summer solstice", "index 0–255", (0, 255), typical, default)


INPUTS = (
    _integer("Elevation", "Elevation above sea level", "m", (1000, 4500), (2406, 3336), 2996),
    _integer("Aspect", "Direction the slope faces, clockwise from north", "degrees", (0, 360), (12, 344), 127),
    _integer("Slope", "Steepness of the slope", "degrees", (0, 90), (4, 28), 13),
    _integer(
        "Horizontal_Distance_To_Hydrology",
        "Horizontal distance to the nearest surface water",
        "m",
        (0, 10000),
        (30, 684),
        218,
    ),
    _integer(
        "Vertical_Distance_To_Hydrology",
        "Height above (or below) the nearest surface water",
        "m",
        (-1000, 2000),
        (-8, 165),
        30,
    ),
    _integer(
        "Horizontal_Distance_To_Roadways",
        "Horizontal distance to the nearest road",
        "m",
        (0, 20000),
        (379, 5483),
        1997,
    ),
    _hillshade("Hillshade_9am", "at 9 am", (160, 246), 218),
    _hillshade("Hillshade_Noon", "at noon", (186, 250), 226),
    _hillshade("Hillshade_3pm", "at 3 pm", (78, 204), 143),
    _integer(
        "Horizontal_Distance_To_Fire_Points",
        "Horizontal distance to the nearest place where a wildfire once began",
        "m",
        (0, 20000),
        (418, 4944),
        1710,
    ),
    Column(
        name="Wilderness_Area",
        kind="category",
        description="Wilderness area the cell lies in",
        choices=WILDERNESS_AREAS,
        choice_names={"Commanche": "Comanche Peak", "Cache": "Cache la Poudre"},
        default="Rawah",
    ),
    Column(
        name="Soil_Type",
        kind="category",
        description="Soil of the cell, as a US Forest Service landtype unit",
        choices=SOIL_TYPES,
        default="C7745",
    ),
)

TARGET = Column(
    name="Cover_Type",
    kind="category",
    description="Forest cover",
    choices=tuple(COVERS),
    choice_names=COVERS,
)

_WATER, _CLIMB = "Horizontal_Distance_To_Hydrology", "Vertical_Distance_To_Hydrology"
_ROAD, _FIRE = "Horizontal_Distance_To_Roadways", "Horizontal_Distance_To_Fire_Points"


# A tree that splits one column at a time needs many leaves for a slanted line in the plane of two distances.
DERIVED = (
    Derived("Elevation_Of_Hydrology", "Elevation of the nearest surface water", {"Elevation": 1, _CLIMB: -1}),
    Derived("Elevation_Plus_Climb", "Elevation plus height above the water", {"Elevation": 1, _CLIMB: 1}),
    Derived("Water_Plus_Road", "Distances to water and road together", {_WATER: 1, _ROAD: 1}),
    Derived("Water_Minus_Road", "How much farther water is than a road", {_WATER: 1, _ROAD: -1}),
    Derived("Water_Plus_Fire", "Distances to water and fire point together", {_WATER: 1, _FIRE: 1}),
    Derived("Water_Minus_Fire", "How much farther water is than a fire point", {_WATER: 1, _FIRE: -1}),
    Derived("Road_Plus_Fire", "Distances to road and fire point together", {_ROAD: 1, _FIRE: 1}),
    Derived("Road_Minus_Fire", "How much farther a road is than a fire point", {_ROAD: 1, _FIRE: -1}),
)

_NUMBERS = sum(not column.is_category for column in INPUTS)


def convert(published: Path) -> Iterator[str]:
    """The lines of the 13-column form (header first, each with its LF) from UCI's 55-column file."""
    yield ",".join(column.name for column in (*INPUTS, TARGET)) + "\n"
    first_soil = _NUMBERS + len(WILDERNESS_AREAS)
    with gzip.open(published, "rt", encoding="ascii") as lines:
        for line in lines:
            cells = line.rstrip("\n").split(",")
            wilderness = WILDERNESS_AREAS[cells.index("1", _NUMBERS, first_soil) - _NUMBERS]
            soil = SOIL_TYPES[cells.index("1", first_soil, -1) - first_soil]
            cover = int(cells[-1]) - 1
            yield f"{','.join(cells[:_NUMBERS])},{wilderness},{soil},{cover}\n"


PROBLEM = Problem(
    name="covertype",
    title="Forest cover type",
    description="Which of seven forest covers grows on a 30 m × 30 m cell, from maps alone.",
    task="multiclass",
    inputs=INPUTS,
    target=TARGET,
    primary_metric="macro_f1",
    candidates=("logistic_regression", "random_forest", "xgboost"),
    guards=(Guard("accuracy", 0.01), Guard("recall", 0.05)),
    slices=Slices(columns=("Wilderness_Area",), tolerance=0.05),
    derived=DERIVED,
    # The rotating data API opens its next part five minutes after the first request for one.
    schedule=timedelta(minutes=6),
    dataset=Dataset(
        title="Covertype (UCI 31)",
        archive_url="https://archive.ics.uci.edu/static/public/31/covertype.zip",
        archive_member="covtype.data.gz",
        published="covtype.data.gz",
        sha256="0a9371cef7c964b5475d6053cc3e0894a5aa6f65ad1ed3ecb01c45aa96217945",
        converted_sha256="8f4f5cdac5d038966242277ede0fc34cf745c2e8e022c3798c049971ca6d4f4a",
        convert=convert,
    ),
)
