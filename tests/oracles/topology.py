"""What GEOS and PROJ answer: reads layers, one a line, as polygons in WKT with tabs between them, and writes for each a JSON
array of defects by the rules of the usual tolerances: [kind, detail, places in the line, square metres]. Areas and lengths are
geodesic (GRS 80). Polygons that are not valid are not held against others; layers keep them apart from all else."""

import json
import sys

import pyproj
import shapely

GEOD = pyproj.Geod(ellps="GRS80")
ROUNDING, SLIVER, GAP, AREA, SAME, LONGEST = 0.02, 1.0, 200.0, 0.01, 0.99, 500.0
STATED = 2600.0


def border(polygon):
    """The length of all rings; pyproj leaves that of holes out."""
    return sum(GEOD.geometry_length(ring) for ring in [polygon.exterior, *polygon.interiors])


def size(polygon):
    """Area, and twice that by the length of all rings; pyproj adds holes turned like shells."""
    area = abs(GEOD.geometry_area_perimeter(shapely.geometry.polygon.orient(polygon))[0])
    return area, 2 * area / border(polygon)


def enclosed(union):
    """Ground in the holes of a union."""
    rings = [ring for part in shapely.get_parts(union) for ring in part.interiors]
    return [piece for ring in rings for piece in shapely.get_parts(shapely.difference(shapely.Polygon(ring), union))]


def plugs(union):
    """Squares and strips of a millimetre's half width from each corner of a union to each edge within rounding, its own two left out."""
    edges, corners = [], []
    for part in shapely.get_parts(union):
        for ring in [part.exterior, *part.interiors]:
            positions, first = shapely.get_coordinates(metres(ring)), len(edges)
            edges += [shapely.LineString(pair) for pair in zip(positions, positions[1:])]
            ends = [first + (at - 1) % (len(edges) - first) for at in range(len(edges) - first)]
            corners += [(shapely.Point(position), {first + at, ends[at]}) for at, position in enumerate(positions[:-1])]
    tree = shapely.STRtree(edges)
    found = []
    for corner, own in corners:
        for edge in set(tree.query(corner, predicate="dwithin", distance=ROUNDING)) - own:
            bridge = shapely.transform(shapely.shortest_line(corner, edges[edge]), lambda positions: positions / [96_050.0, 110_860.0])
            bridge = bridge if bridge.length > 0 else shapely.Point(bridge.coords[0])
            found.append(bridge.buffer(1e-8, cap_style="square"))
    return found


def metres(shape):
    """The shape in metres of the plane, good enough to tell what is beside it: layers lie around 30.45 degrees north."""
    return shapely.transform(shape, lambda positions: positions * [96_050.0, 110_860.0])


def measured(shape):
    return sum(size(part)[0] for part in shapely.get_parts(shape) if part.geom_type == "Polygon")


def ground(shape, what, places):
    """A place that features share or leave open, or nothing."""
    sizes = [size(part) for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    sizes = [(area, width) for area, width in sizes if width >= ROUNDING]
    if not sizes:
        return []
    area, width = sum(area for area, _ in sizes), max(width for _, width in sizes)
    if width < SLIVER:
        return [["sliver", what, places, area]]
    return [[what, what, places, area]] if what == "overlap" or area <= GAP else []


def defects(shapes):
    found, normal = [], {}
    for place, shape in enumerate(shapes):
        normal.setdefault(shapely.normalize(shape).wkb, []).append(place)
        if not shape.is_valid:
            found.append(["invalid-ring", None, [place], None])
            continue
        area, width = size(shape)
        if abs(STATED - area) > AREA * area:
            found.append(["stated-area", None, [place], area])
        if width < SLIVER:
            found.append(["sliver", "feature", [place], area])
    found += [["duplicate", "identical", same, None] for same in normal.values() if len(same) > 1]
    kept = sorted(same[0] for same in normal.values() if shapes[same[0]].is_valid)
    for at, a in enumerate(kept):
        for b in kept[at + 1:]:
            if not shapely.relate_pattern(shapes[a], shapes[b], "T********"):
                continue
            shared = shapely.intersection(shapes[a], shapes[b])
            if measured(shared) >= SAME * max(measured(shapes[a]), measured(shapes[b])):
                found.append(["duplicate", "nearly-identical", [a, b], None])
            else:
                found += ground(shared, "overlap", [a, b])
    union = shapely.union_all([shapes[place] for place in kept])
    # Once corners are joined to edges that they were rounded away from, chinks are apart from the ground that they opened or joined.
    # Ground whose border is shorter by 10 cm or more without them, or that falls apart, is what is left of it.
    pieces = [piece for piece in enclosed(shapely.union_all([union, *plugs(union)])) if size(piece)[1] >= ROUNDING]
    grounds = []
    for whole in enclosed(union):
        inside = [piece for piece in pieces if piece.representative_point().within(whole)]
        pieces = [piece for piece in pieces if piece not in inside]
        is_cut = len(inside) > 1 or inside and border(whole) - border(inside[0]) >= 0.1
        grounds += inside if is_cut else [whole]
    for piece in grounds + pieces:
        west, south, east, north = piece.bounds
        if max(GEOD.line_length([west, east], [south, south]), GEOD.line_length([west, west], [south, north])) > LONGEST:
            continue
        beside = [place for place in kept if shapely.distance(metres(shapes[place]), metres(piece)) < 1e-4]
        if len(beside) > 1:
            found += ground(piece, "gap", beside)
    return found


for line in sys.stdin:
    print(json.dumps(defects([shapely.from_wkt(text) for text in line.rstrip("\n").split("\t")])))
