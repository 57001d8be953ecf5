"""What GEOS answers: reads pairs of geometries as WKT, a tab between them, and writes for each the eight relations
as T and F (in the order of RELATIONS), or "invalid" where one of the two is not valid or GEOS gives up."""

import sys

import shapely

RELATIONS = ["equals", "disjoint", "intersects", "touches", "crosses", "within", "contains", "overlaps"]
FUNCTIONS = [getattr(shapely, name) for name in RELATIONS]

shapes = {}


def shape(text):
    if text not in shapes:
        geometry = shapely.from_wkt(text)
        # Repeated positions, which valid lines may have, make some versions of GEOS give up.
        shapes[text] = shapely.remove_repeated_points(geometry) if geometry.is_valid else None
    return shapes[text]


for line in sys.stdin:
    a, b = map(shape, line.rstrip("\n").split("\t"))
    if a is None or b is None:
        print("invalid")
        continue
    try:
        print("".join("T" if function(a, b) else "F" for function in FUNCTIONS))
    except shapely.errors.GEOSException:
        print("invalid")
