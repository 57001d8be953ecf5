"""The files that are measured: made once, kept under target/bench/."""

import itertools
import math
import os
import random
import re
import shutil
import subprocess

import districts
from machine import ROOT, WORK, say

DISTRICTS = 200


def made(file, what, make):
    """The file; where it is not there it is made under another name first, so that half a file never stands for it."""
    if not file.exists():
        say(what)
        file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f"unfinished{file.suffix}")
        make(unfinished)
        unfinished.rename(file)
    return file


def parcels(program, number):
    """The file of generated parcels, the same as in catalogue.rs."""
    command = [program, "sample", "parcels", "--seed", "42", "--count", str(number), "--output"]
    return made(
        WORK / f"parcels-{number}/parcels.geojson",
        f"making {number:,} parcels",
        lambda unfinished: subprocess.run([*command, unfinished], cwd=ROOT, check=True),
    )


def woven(maker, number):
    """The file of parcels that fabric.rs makes."""

    def make(unfinished):
        with unfinished.open("wb") as out:
            subprocess.run([maker, str(number), "42"], stdout=out, check=True)

    file = WORK / f"fabric-{number}/geojson/parcels.geojson"
    return made(file, f"making {number:,} parcels that fit together", make)


def rewritten(program, file, suffix):
    """The same parcels in another format, in a folder of their own."""
    other = file.parent.with_name(suffix) / f"parcels.{suffix}"
    command = [program, "items", "parcels", "--data", file.parent, "--output"]
    return made(
        other, f"writing {other.name}", lambda unfinished: subprocess.run([*command, unfinished], check=True)
    )


def imported(program, file):
    """The same parcels as `innospace import` keeps them, alone in a folder."""
    folder = file.parent.with_name("imported")

    def make(unfinished):
        taken = folder / "taken"
        command = [program, "import", file, "--collection", "parcels", "--data", taken, "--store-as", "geoparquet", "--yes"]
        taken.mkdir(exist_ok=True)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (taken / "parcels.parquet").rename(unfinished)
        shutil.rmtree(taken)

    return made(folder / "parcels.parquet", "importing parcels", make)


def megabytes(file):
    return file.stat().st_size / 1e6


def keep_in_memory(file):
    """Reads a file, so that the first to load it does not pay for the disk."""
    with file.open("rb") as whole:
        while whole.read(1 << 24):
            pass


def districted(file):
    """Folders of parcels with districts, and of the districts alone."""
    both, alone = (file.parent.with_name(file.parent.name + suffix) for suffix in ("-grouped", "-districts"))
    for folder in (both, alone):
        folder.mkdir(exist_ok=True)
    target = alone / "districts.geojson"
    if not target.exists():
        say(f"making {DISTRICTS} districts")
        corner, text = re.compile(rb'"coordinates":\[\[\[([-0-9.]+),([-0-9.]+)\]'), file.read_bytes()
        corners = [(float(found[1]), float(found[2])) for found in itertools.islice(corner.finditer(text), 0, None, 10)]
        districts.write(alone / "unfinished", corners, DISTRICTS, seed=42)
        (alone / "unfinished").rename(target)
    for source in (file, target):
        link = both / source.name
        link.unlink(missing_ok=True)
        os.link(source, link)
    return both, alone


def tiles_of(file, zooms):
    """By zoom, the tiles that corners of parcels lie in, shuffled, the same every time."""
    corner, found = re.compile(rb'"coordinates":\[\[\[([-0-9.]+),([-0-9.]+)\]'), {zoom: set() for zoom in zooms}
    for at in corner.finditer(file.read_bytes()):
        across, north = (float(at[1]) + 180) / 360, math.asinh(math.tan(math.radians(float(at[2]))))
        down = (1 - north / math.pi) / 2
        for zoom, tiles in found.items():
            tiles.add((zoom, int(across * 2**zoom), int(down * 2**zoom)))
    shuffled = {zoom: sorted(tiles) for zoom, tiles in found.items()}
    for tiles in shuffled.values():
        random.Random(42).shuffle(tiles)
    return shuffled
