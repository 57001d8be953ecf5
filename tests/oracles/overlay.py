"""What GEOS and PROJ answer: reads pairs of polygons as WKT, a tab between them, and writes for each the DE-9IM matrix and
the geodesic area of what both share in square metres, or "invalid" where one of the two is not valid."""

import sys

import pyproj
import shapely

GEOD = pyproj.Geod(ellps="GRS80")
shapes = {}


def shape(text):
    if text not in shapes:
        shapes[text] = shapely.from_wkt(text)
    return shapes[text]


for line in sys.stdin:
    a, b = map(shape, line.rstrip("\n").split("\t"))
    if not (a.is_valid and b.is_valid):
        print("invalid")
        continue
    parts = shapely.get_parts(shapely.intersection(a, b))
    areas = [abs(GEOD.geometry_area_perimeter(part)[0]) for part in parts if part.geom_type == "Polygon"]
    print(shapely.relate(a, b), repr(float(sum(areas))))
