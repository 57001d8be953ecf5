"""Districts to count in: a made-up partition of where parcels lie, whose borders wind; the same for the same seed.

Nodes of a grid are moved a little and joined by borders that bend at hundreds of places. Both neighbours have the very
positions of their border. Some districts are two cells; some have a hole, and that is a district of its own.

A border stays within a narrow rhombus around the straight line between its nodes and never turns back along it, and a
hole stays nearer to the middle of its cell than any rhombus comes. So no two borders can cross.
"""

import collections
import itertools
import json
import math
import random

JITTER = 0.15  # of a node, in cells, to either side
SLOPE = 0.3  # of the rhombus; with that jitter neighbours at a node are at least 43° apart, and take 17° each
BENDS = (80, 480)  # of a border: 4 to 6 borders make 320 to 2,880 positions
HOLE = (0.05, 0.11)  # radius in cells
HOLE_BENDS = (300, 700)
STEPS = 1e7  # positions in a degree


def features(parcels, number, seed):
    """Yields GeoJSON features, `number` of them, ids from d-001, where the positions `parcels` lie."""
    chance = random.Random(seed)
    west, east = min(x for x, _ in parcels), max(x for x, _ in parcels)
    south, north = min(y for _, y in parcels), max(y for _, y in parcels)
    holes, merged = number // 25, number // 16
    # Most of the extent may hold no parcels; the grid has as many cells as it takes for enough that do.
    for rows in itertools.count(2):
        columns = rows * 4 // 3
        scale = columns / (east - west) * 0.999999, rows / (north - south) * 0.999999
        crowd = collections.Counter((int((y - south) * scale[1]), int((x - west) * scale[0])) for x, y in parcels)
        if len(crowd) >= number - holes + merged:
            break
    crowd = sorted(crowd, key=lambda cell: (-crowd[cell], cell))[: number - holes + merged]
    cells = sorted((j, i, i + 1) for j, i in crowd)

    def node(column, row):
        return (column + chance.uniform(-JITTER, JITTER), row + chance.uniform(-JITTER, JITTER))

    def place(position):
        x, y = position
        x, y = west + (east - west) * x / columns, south + (north - south) * y / rows
        return [round(x * STEPS) / STEPS, round(y * STEPS) / STEPS]

    nodes = {(i, j): node(i, j) for j in range(rows + 1) for i in range(columns + 1)}
    flat = {(i, j): border(chance, nodes[i, j], nodes[i + 1, j]) for i, j in nodes if i < columns}
    steep = {(i, j): border(chance, nodes[i, j], nodes[i, j + 1]) for i, j in nodes if j < rows}
    # Only a cell of an even column takes in its neighbour, so no cell is taken twice.
    pairs = [(j, i) for j, i, _ in cells if i % 2 == 0 and (j, i + 1, i + 2) in cells]
    for j, i in chance.sample(pairs, merged):
        cells.remove((j, i, i + 1))
        cells[cells.index((j, i + 1, i + 2))] = (j, i, i + 2)
    with_hole = set(chance.sample([cell for cell in cells if cell[2] - cell[1] == 1], holes))
    polygons = []
    for cell in cells:
        j, first, end = cell
        ring = [position for i in range(first, end) for position in flat[i, j]]
        ring += steep[end, j]
        ring += [position for i in reversed(range(first, end)) for position in flat[i, j + 1][::-1]]
        ring += steep[first, j][::-1]
        rings = [closed([place(position) for position in ring])]
        if cell in with_hole:
            corners = [nodes[i, at] for i in (first, end) for at in (j, j + 1)]
            middle = [sum(corner[axis] for corner in corners) / 4 for axis in (0, 1)]
            hole = closed([place(position) for position in blob(chance, middle)])
            rings.append(hole[::-1])
            polygons.append([hole])
        polygons.append(rings)
    for at, rings in enumerate(polygons, 1):
        yield {
            "type": "Feature",
            "id": f"d-{at:03}",
            "properties": {"district": f"d-{at:03}", "synthetic": True},
            "geometry": {"type": "Polygon", "coordinates": rings},
        }


def border(chance, start, end):
    """From a node to the next, the last position with it, so that it can be walked both ways."""
    bends = chance.randint(*BENDS)
    bent = rough(chance, bends)
    dx, dy = end[0] - start[0], end[1] - start[1]
    line = []
    for at in range(bends + 1):
        along = at / bends
        off = SLOPE * min(along, 1 - along) * bent[at]
        line.append((start[0] + dx * along - dy * off, start[1] + dy * along + dx * off))
    return line


def rough(chance, bends):
    """Chance from -1 to 1 at places 0 to `bends`: smooth from afar, rough from near."""
    total = [0.0] * (bends + 1)
    wave, weight = 3, 0.5
    while wave <= bends:
        steps = [chance.uniform(-weight, weight) for _ in range(wave + 2)]
        for at in range(bends + 1):
            step, rest = divmod(at * wave, bends)
            total[at] += steps[step] + (steps[step + 1] - steps[step]) * rest / bends
        wave, weight = wave * 3, weight / 2
    return total


def blob(chance, middle):
    """A ring around a position, counter-clockwise; it starts and ends alike."""
    bends = chance.randint(*HOLE_BENDS)
    bent = rough(chance, bends)
    mean, half = sum(HOLE) / 2, (HOLE[1] - HOLE[0]) / 2
    ring = []
    for at in range(bends):
        fade = min(1, 10 * at / bends, 10 * (bends - at) / bends)
        radius, turn = mean + half * bent[at] * fade, 2 * math.pi * at / bends
        ring.append((middle[0] + radius * math.cos(turn), middle[1] + radius * math.sin(turn)))
    return ring


def closed(ring):
    """Without positions twice in a row, the first one again at the end."""
    ring = [position for at, position in enumerate(ring) if at == 0 or position != ring[at - 1]]
    return ring if ring[0] == ring[-1] else [*ring, ring[0]]


def write(path, parcels, number, seed):
    lines = ",\n".join(json.dumps(feature) for feature in features(parcels, number, seed))
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n')
