"""What an independent decoder reads in vector tiles: reads the bytes of a tile in hexadecimal digits a line and writes its
layers by name, each a list of features with id, properties and geometry in tile units, y to the south."""

import json
import sys

import mapbox_vector_tile

for line in sys.stdin:
    layers = mapbox_vector_tile.decode(bytes.fromhex(line), default_options={"y_coord_down": True})
    read = {
        name: [
            {"id": feature.get("id"), "properties": feature["properties"], "geometry": feature["geometry"]}
            for feature in layer["features"]
        ]
        for name, layer in layers.items()
    }
    print(json.dumps(read, ensure_ascii=False))
