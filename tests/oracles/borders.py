"""What GEOS answers of neighbours: reads pairs of polygons as WKT, a tab between them, and writes for each "exact" where their
borders share a line and their insides nothing (DE-9IM F***1****), "rounding" where more than 1 m of either border lies within
2 cm of the other and what they share of ground is nowhere wider than that (twice the area by the perimeter), else "apart"."""

import sys

import shapely

ROUNDING, LEAST = 0.02, 1.0
shapes = {}


def shape(text):
    if text not in shapes:
        degrees = shapely.from_wkt(text)
        # Metres of the plane, good enough around 30.45 degrees north to tell what is beside it.
        metres = shapely.transform(degrees, lambda positions: positions * [96_050.0, 110_860.0])
        shapes[text] = degrees, metres, metres.boundary, metres.boundary.buffer(ROUNDING, quad_segs=32)
    return shapes[text]


for line in sys.stdin:
    (a, metres_a, border_a, around_a), (b, metres_b, border_b, around_b) = map(shape, line.rstrip("\n").split("\t"))
    if not shapely.intersects(around_a, around_b):
        print("apart")
    elif shapely.relate_pattern(a, b, "F***1****"):
        print("exact")
    else:
        along = min(shapely.intersection(border_a, around_b).length, shapely.intersection(border_b, around_a).length)
        pieces = [piece for piece in shapely.get_parts(shapely.intersection(metres_a, metres_b)) if piece.geom_type == "Polygon"]
        is_rounding = all(2 * piece.area < ROUNDING * piece.length or piece.area == 0 for piece in pieces)
        print("rounding" if along > LEAST and is_rounding else "apart")
