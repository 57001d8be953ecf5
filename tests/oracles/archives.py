"""What independent readers find in archives of tiles: reads the path of a .pmtiles or .mbtiles file a line and writes its
metadata and a digest of the unpacked bytes of every tile by zoom/x/y, as JSON."""

import gzip
import hashlib
import json
import sqlite3
import sys

from pmtiles.reader import MmapSource, Reader, all_tiles


def pm_tiles(path):
    with open(path, "rb") as file:
        source = MmapSource(file)
        reader = Reader(source)
        header = reader.header()
        about = {
            "zooms": [header["min_zoom"], header["max_zoom"]],
            "bounds": [header[f"{name}_e7"] / 1e7 for name in ("min_lon", "min_lat", "max_lon", "max_lat")],
            "type": header["tile_type"].name,
            "compression": header["tile_compression"].name,
            "clustered": header["clustered"],
            "addressed": header["addressed_tiles_count"],
            "metadata": reader.metadata(),
        }
        return about, {f"{z}/{x}/{y}": bytes for (z, x, y), bytes in all_tiles(source)}


def mb_tiles(path):
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    metadata = dict(database.execute("SELECT name, value FROM metadata"))
    rows = database.execute("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles")
    tiles = {f"{z}/{x}/{2**z - 1 - row}": bytes for z, x, row, bytes in rows}
    return {"metadata": metadata, "integrity": database.execute("PRAGMA integrity_check").fetchone()[0]}, tiles


for line in sys.stdin:
    path = line.rstrip("\n")
    about, tiles = pm_tiles(path) if path.endswith(".pmtiles") else mb_tiles(path)
    digests = {name: hashlib.sha256(gzip.decompress(packed)).hexdigest() for name, packed in tiles.items()}
    print(json.dumps({"about": about, "tiles": digests}, ensure_ascii=False))
