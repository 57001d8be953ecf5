"""Which areas a geometry counts in, as GEOS and PROJ's geodesics say. Reads lines of kind, id and WKT with tabs between
them, the WKT empty for no geometry: first every "area", then every "feature". Answers "area" with its square metres,
and "feature" with its own, then ids with commas between them of the areas that it intersects, lies within, whose
centroid they hold (the lowest id), that hold the largest part (the lowest id), and id=square metres of what each
holds; at last of which of these rounding decides, "centroid" or "larger" or both."""

import sys

import shapely

from geodesic import area, length

# Parts below it, and differences of parts, are nothing.
LEAST = 1e-9
# Edges are straight in degrees; a geodesic between positions this near, some 10 m, is as good as straight.
STEP = 1e-4

areas = []


def size(shape, dimension):
    """Square metres, metres or points."""
    parts = [part for part in shapely.get_parts(shape).tolist() if shapely.get_dimensions(part) == dimension]
    if dimension == 0:
        return len(set(parts))
    return sum((area if dimension == 2 else length)(shapely.segmentize(part, STEP)) for part in parts)


def answer(shape):
    met = sorted(((id, other) for id, other in areas if other.intersects(shape)), key=lambda pair: pair[0])
    dimension = shapely.get_dimensions(shape)
    whole = size(shape, dimension)
    held = {id: size(other.intersection(shape), dimension) / whole for id, other in met}
    centre = shape.centroid
    centred = [id for id, other in met if other.intersects(centre)]
    most = max(held.values(), default=0)
    best = [id for id, share in held.items() if share >= most - LEAST and share >= LEAST]
    near = [share for share in held.values() if LEAST / 10 < most - share < LEAST * 10 or LEAST / 10 < share < LEAST * 10]
    border = shape.geom_type != "Point" and any(other.boundary.distance(centre) < 1e-11 for id, other in met)
    # The whole is that of its positions as they are.
    square = area(shape)
    overlaps = ",".join(f"{id}={share * square!r}" for id, share in held.items() if share > LEAST)
    return [
        repr(float(square)),
        ",".join(id for id, other in met),
        ",".join(id for id, other in met if shape.within(other)),
        ",".join(centred[:1]),
        ",".join(best[:1]),
        overlaps,
        " ".join(["centroid"] * bool(border) + ["larger"] * bool(near)),
    ]


for line in sys.stdin:
    kind, id, text = line.rstrip("\n").split("\t")
    shape = shapely.from_wkt(text) if text else None
    assert shape is None or shape.is_valid, text
    if kind == "area":
        if shape is not None:
            shapely.prepare(shape)
            areas.append((id, shape))
        print(area(shape) if shape else 0.0)
    else:
        print("\t".join(answer(shape) if shape else ["0.0"] + [""] * 6))
