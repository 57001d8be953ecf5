"""Compares one vector tile of several programs, decoded by mapbox-vector-tile.

    same_tiles.py OURS THEIRS…

Prints one line of JSON: how many features are ours, and for each other file what in it is not as in ours. They are
known by their id. One that only we have is explained when nothing of it lies farther than THIN from its edge: the
others leave out what is as thin as that, while innospace shows it, as the smallest triangle at least. Of SAMPLE
features the attributes are compared, too, and, when they lie within the tile, the outlines: programs cut at its buffer
in different ways. Numbers may differ by a millionth, and lists are JSON, however spaced.
"""

import json
import math
import sys
from pathlib import Path

import mapbox_vector_tile
import shapely
from mapbox_vector_tile.Mapbox.vector_tile_pb2 import tile

SAMPLE = 500
# Units: one for what is left out, half of one for the grid.
THIN = 1.5
# The tile without its buffer; a unit less, since the grid moves positions.
TILE = shapely.box(1, 1, 4095, 4095)


def read(path):
    """The only layer, and where in it the feature of each id stands."""
    whole, found = tile(), {}
    whole.ParseFromString(Path(path).read_bytes())
    if not whole.layers:
        return None, found
    [layer] = whole.layers
    named = {at for at, key in enumerate(layer.keys) if key == "id"}
    for at, feature in enumerate(layer.features):
        tags = iter(feature.tags)
        parcel = next(layer.values[value].string_value for key, value in zip(tags, tags, strict=True) if key in named)
        if found.setdefault(parcel, at) != at:
            raise SystemExit(f"{path} holds {parcel} twice")
    return layer, found


def decoded(layer, places, with_values=True):
    """Features at some places of a layer: shapes, and attributes when they are wanted."""
    if not places:
        return []
    part = tile()
    only = part.layers.add(name=layer.name, version=layer.version, extent=layer.extent)
    only.keys.extend(layer.keys)
    only.values.extend(layer.values)
    for feature in (layer.features[at] for at in places):
        only.features.add(type=feature.type, geometry=feature.geometry, tags=feature.tags if with_values else ())
    features = mapbox_vector_tile.decode(part.SerializeToString())[layer.name]["features"]
    return [(shapely.geometry.shape(feature["geometry"]), feature["properties"]) for feature in features]


def wide(layer, places):
    """Of features at places of a layer by their id, those that are not thin: do they reach into the tile?"""
    shapes = [shape for shape, _ in decoded(layer, list(places.values()), with_values=False)]
    kept = shapely.buffer(shapely.make_valid(shapes), -THIN) if shapes else []
    all_of = zip(places, shapes, kept, strict=True)
    return {parcel: bool(TILE.intersects(shape)) for parcel, shape, rest in all_of if not rest.is_empty}


def is_same(one, other):
    if isinstance(one, str) and one.startswith("["):
        return json.loads(one) == json.loads(other)
    if isinstance(one, float):
        return math.isclose(one, float(other), rel_tol=1e-6)
    return type(one)(other) == one


def compared(ours, at_ours, unexplained, theirs, at_theirs):
    """What in a peer's tile is not as in ours."""
    reach = [into for parcel, into in unexplained.items() if parcel not in at_theirs]
    both = [parcel for parcel in at_ours if parcel in at_theirs][:SAMPLE]
    one = decoded(ours, [at_ours[parcel] for parcel in both])
    other = decoded(theirs, [at_theirs[parcel] for parcel in both])
    farthest, types, differ = 0, {}, {}
    for parcel, (shape, values), (their_shape, their_values) in zip(both, one, other, strict=True):
        if TILE.contains(shape):
            farthest = max(farthest, shapely.hausdorff_distance(shape, their_shape))
        for name, value in values.items():
            their_value = their_values.get(name)
            if their_value is None or not is_same(value, their_value):
                differ[name] = [parcel, value, their_value]
            elif type(value) is not type(their_value):
                types[name] = type(their_value).__name__
    return {
        "only theirs": [parcel for parcel in at_theirs if parcel not in at_ours],
        "only ours": sum(parcel not in at_theirs for parcel in at_ours),
        "unexplained": sum(reach),
        "unexplained in buffer": len(reach) - sum(reach),
        "farthest": farthest,
        "types": types,
        "differ": differ,
    }


(ours, at_ours), *others = map(read, sys.argv[1:])
alone = {parcel: at for parcel, at in at_ours.items() if not all(parcel in at_theirs for _, at_theirs in others)}
unexplained = wide(ours, alone)
print(json.dumps([len(at_ours), [compared(ours, at_ours, unexplained, *other) for other in others]]))
