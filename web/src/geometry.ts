// Small plane geometry for drawing only: numbers that people read come from the service.
// Coordinates are CRS84 degrees, longitude first; lengths are metres.
import type { Geometry, LineString, MultiLineString, MultiPolygon, Polygon, Position } from 'geojson';

/** A western edge east of the eastern one crosses the antimeridian. */
export type Bounds = [west: number, south: number, east: number, north: number];

export const crossesAntimeridian = ([west, , east]: Bounds): boolean => west > east;

/** The same with an eastern edge that lies east of the western one, beyond 180 degrees if need be: as maps are told. */
export const unrolled = ([west, south, east, north]: Bounds): Bounds => [west, south, west > east ? east + 360 : east, north];

/** What a map shows, whose longitudes may lie beyond 180 degrees, as bounds. */
export function rolled([west, south, east, north]: Bounds): Bounds {
  const turned = (longitude: number) => (longitude > 180 ? longitude - 360 : longitude < -180 ? longitude + 360 : longitude);
  return east - west >= 360 ? [-180, south, 180, north] : [turned(west), south, turned(east), north];
}

/** A longitude counted on beyond 180 degrees, if need be, so that it lies within half the globe of another: beside it on a map. */
export const beside = (longitude: number, other: number): number => longitude + 360 * Math.round((other - longitude) / 360);

const metresPerDegree = 111_320;

/** Positions, lines and rings on their own: what is cut at the antimeridian is in several of them. */
function* runs(geometry: Geometry): Generator<Position[]> {
  if (geometry.type === 'GeometryCollection') {
    for (const part of geometry.geometries) yield* runs(part);
    return;
  }
  const walk = function* (value: unknown): Generator<Position[]> {
    if (!Array.isArray(value) || value.length === 0) return;
    if (typeof value[0] === 'number') yield [value as Position];
    else if (geometry.type !== 'MultiPoint' && typeof value[0][0] === 'number') yield value as Position[];
    else for (const inner of value) yield* walk(inner);
  };
  yield* walk(geometry.coordinates);
}

export const boundsOf = (geometry: Geometry): Bounds | null => joinBounds(Array.from(runs(geometry), frameOf));

/** The smallest bounds around positions that do not cross the antimeridian. */
function frameOf(run: readonly Position[]): Bounds {
  const bounds: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x = 0, y = 0] of run) {
    bounds[0] = Math.min(bounds[0], x);
    bounds[1] = Math.min(bounds[1], y);
    bounds[2] = Math.max(bounds[2], x);
    bounds[3] = Math.max(bounds[3], y);
  }
  return bounds;
}

/** The smallest bounds around bounds. They cross the antimeridian where they are no wider than half the globe so, and wider otherwise: the rule of the service. */
export function joinBounds(of: readonly (Bounds | null)[]): Bounds | null {
  const parts = of.flatMap((bounds): Bounds[] => {
    if (!bounds) return [];
    const [west, south, east, north] = bounds;
    return west > east ? [[west, south, 180, north], [-180, south, east, north]] : [bounds];
  });
  if (parts.length === 0) return null;
  const plain = frameOf(parts.flatMap(([west, south, east, north]) => [[west, south], [east, north]]));
  if (plain[2] - plain[0] <= 180) return plain;
  let reached = plain[0];
  for (const [west, , east] of parts.toSorted((a, b) => a[0] - b[0])) {
    // The ground that nothing lies on is the rest of the globe.
    if (west - reached >= 180) return [west, plain[1], reached, plain[3]];
    reached = Math.max(reached, east);
  }
  return plain;
}

/** What lies within so many metres of a position, north, south, east and west. */
export function around([longitude, latitude]: readonly [number, number], metres: number): Bounds {
  const [across, up] = [metres / (metresPerDegree * Math.cos((latitude * Math.PI) / 180)), metres / metresPerDegree];
  return [longitude - across, latitude - up, longitude + across, latitude + up];
}

/**
 * A closed ring whose longitudes may pass 180 degrees, as rings that meet there (RFC 7946, 3.1.9). One whose edges pass each other
 * on the way stays beyond 180, which the service refuses.
 */
export function cutAtAntimeridian(ring: readonly Position[]): Position[][] {
  const [west, , east] = frameOf(ring);
  const turn = -360 * Math.floor((west + 180) / 360);
  if (east + turn <= 180) return [turn === 0 ? [...ring] : shifted(ring, turn)];
  const steps = shifted(ring, turn).flatMap((at, index, all): { at: Position; into: 'west' | 'east' | null }[] => {
    const next = all[index + 1];
    if (!next) return [];
    const here = { at, into: null };
    const [[x0 = 0, y0 = 0], [x1 = 0, y1 = 0]] = [at, next];
    if (x0 > 180 === x1 > 180) return [here];
    return [here, { at: [180, y0 + ((y1 - y0) * (180 - x0)) / (x1 - x0)], into: x1 > 180 ? 'east' : 'west' }];
  });
  // From south to north the meridian enters the ring at every other crossing, and leaves it at the next.
  const crossings = steps.flatMap(({ into }, index) => (into ? [index] : [])).sort((a, b) => steps[a]!.at[1]! - steps[b]!.at[1]!);
  const across = new Map(crossings.map((crossing, place) => [crossing, crossings[place ^ 1]!]));
  if (crossings.some((crossing) => steps[crossing]!.into === steps[across.get(crossing)!]!.into)) return [[...ring]];
  const left = new Set(crossings);
  const parts: Position[][] = [];
  for (const first of left) {
    const part: Position[] = [];
    let at = first;
    do {
      left.delete(at);
      do part.push(steps[at]!.at);
      while (!steps[(at = (at + 1) % steps.length)]!.into);
      part.push(steps[at]!.at);
      at = across.get(at)!;
    } while (at !== first);
    const closed = [...part, part[0]!].filter(([x, y], index, all) => index === 0 || x !== all[index - 1]![0] || y !== all[index - 1]![1]);
    if (closed.length > 3) parts.push(...(steps[first]!.into === 'west' ? [closed] : cutAtAntimeridian(shifted(closed, -360))));
  }
  return parts;
}

const shifted = (ring: readonly Position[], by: number): Position[] => ring.map(([x = 0, y = 0]) => [x + by, y]);

function ringArea(ring: readonly Position[]): number {
  let twice = 0;
  for (let index = 1; index < ring.length; index++) {
    const [x0 = 0, y0 = 0] = ring[index - 1]!;
    const [x1 = 0, y1 = 0] = ring[index]!;
    twice += x0 * y1 - x1 * y0;
  }
  return twice / 2;
}

function ringContains(ring: readonly Position[], x: number, y: number): boolean {
  let inside = false;
  for (let index = 1; index < ring.length; index++) {
    const [x0 = 0, y0 = 0] = ring[index - 1]!;
    const [x1 = 0, y1 = 0] = ring[index]!;
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) inside = !inside;
  }
  return inside;
}

/** A point inside the polygon: its centroid, else the middle of the widest chord at the centroid's latitude. */
function insidePoint(rings: readonly Position[][]): Position {
  const outer = rings[0] ?? [];
  const area = ringArea(outer);
  let x = 0;
  let y = 0;
  for (let index = 1; index < outer.length; index++) {
    const [x0 = 0, y0 = 0] = outer[index - 1]!;
    const [x1 = 0, y1 = 0] = outer[index]!;
    const cross = x0 * y1 - x1 * y0;
    x += (x0 + x1) * cross;
    y += (y0 + y1) * cross;
  }
  if (area === 0) return outer[0] ?? [0, 0];
  x /= 6 * area;
  y /= 6 * area;
  if (ringContains(outer, x, y) && !rings.slice(1).some((hole) => ringContains(hole, x, y))) return [x, y];
  const widest = chordsAt(rings, y).reduce((best, chord) => (chord[1] - chord[0] > best[1] - best[0] ? chord : best), [x, x]);
  return [(widest[0] + widest[1]) / 2, y];
}

/** Where a line of latitude runs inside the polygon, from west to east. */
function chordsAt(rings: readonly Position[][], y: number): [west: number, east: number][] {
  const crossings: number[] = [];
  for (const ring of rings) {
    for (let index = 1; index < ring.length; index++) {
      const [x0 = 0, y0 = 0] = ring[index - 1]!;
      const [x1 = 0, y1 = 0] = ring[index]!;
      if (y0 > y !== y1 > y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
    }
  }
  crossings.sort((a, b) => a - b);
  const chords: [number, number][] = [];
  for (let index = 0; index + 1 < crossings.length; index += 2) chords.push([crossings[index]!, crossings[index + 1]!]);
  return chords;
}

export function labelPoint(geometry: Geometry): Position | null {
  switch (geometry.type) {
    case 'Point':
      return geometry.coordinates;
    case 'Polygon':
      return insidePoint(geometry.coordinates);
    case 'MultiPolygon': {
      const largest = [...geometry.coordinates].sort((a, b) => Math.abs(ringArea(b[0] ?? [])) - Math.abs(ringArea(a[0] ?? [])))[0];
      return largest ? insidePoint(largest) : null;
    }
    case 'LineString':
      return alongLine(geometry, 0.5);
    case 'GeometryCollection':
      return geometry.geometries[0] ? labelPoint(geometry.geometries[0]) : null;
    default: {
      const [first] = runs(geometry);
      return first?.[0] ?? null;
    }
  }
}

/** Middles of a river's reaches at even steps from north to south, where its name can be repeated. */
export function pointsAlong(geometry: Geometry, steps = 16): Position[] {
  const bounds = boundsOf(geometry);
  if (!bounds) return [];
  const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.type === 'MultiPolygon' ? geometry.coordinates : [];
  const height = bounds[3] - bounds[1];
  return polygons.flatMap((rings) =>
    Array.from({ length: steps }, (_, step) => bounds[3] - ((step + 0.5) / steps) * height).flatMap((y) =>
      chordsAt(rings, y).map(([west, east]): Position => [(west + east) / 2, y]),
    ),
  );
}

/** A frame in metres around a latitude, true enough for drawing within some hundred kilometres. */
function plane(latitude: number) {
  const east = metresPerDegree * Math.cos((latitude * Math.PI) / 180);
  return {
    toMetres: ([x = 0, y = 0]: Position): [number, number] => [x * east, y * metresPerDegree],
    toDegrees: (x: number, y: number): Position => [x / east, y / metresPerDegree],
  };
}

function distanceToSegment(x: number, y: number, a: [number, number], b: [number, number]): { distance: number; share: number } {
  const dx = b[0] - a[0];
  const dy = b[1] - a[1];
  const squared = dx * dx + dy * dy;
  const share = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - a[0]) * dx + (y - a[1]) * dy) / squared));
  return { distance: Math.hypot(x - a[0] - share * dx, y - a[1] - share * dy), share };
}

function alongLine(line: LineString, share: number): Position {
  const points = line.coordinates;
  const { toMetres, toDegrees } = plane(points[0]?.[1] ?? 0);
  const flat = points.map(toMetres);
  const lengths = flat.map((point, index) => (index === 0 ? 0 : Math.hypot(point[0] - flat[index - 1]![0], point[1] - flat[index - 1]![1])));
  let left = share * lengths.reduce((sum, length) => sum + length, 0);
  for (let index = 1; index < flat.length; index++) {
    const length = lengths[index]!;
    if (left <= length && length > 0) {
      const [a, b] = [flat[index - 1]!, flat[index]!];
      return toDegrees(a[0] + ((b[0] - a[0]) * left) / length, a[1] + ((b[1] - a[1]) * left) / length);
    }
    left -= length;
  }
  return points.at(-1) ?? [0, 0];
}

/** How far along the line, in metres, the point nearest to `at` lies. */
export function positionAlong(line: LineString, at: Position): number {
  const { toMetres } = plane(line.coordinates[0]?.[1] ?? 0);
  const flat = line.coordinates.map(toMetres);
  const [x, y] = toMetres(at);
  let best = { distance: Infinity, along: 0 };
  let walked = 0;
  for (let index = 1; index < flat.length; index++) {
    const [a, b] = [flat[index - 1]!, flat[index]!];
    const length = Math.hypot(b[0] - a[0], b[1] - a[1]);
    const { distance, share } = distanceToSegment(x, y, a, b);
    if (distance < best.distance) best = { distance, along: walked + share * length };
    walked += length;
  }
  return best.along;
}

/**
 * The band within `halfWidth` metres of a line, round-ended. It is the contour of the distance field sampled on a grid
 * (marching squares), because offsetting the line itself crosses over in every tight bend.
 */
export function bandAround(line: LineString | MultiLineString, halfWidth: number): Polygon | MultiPolygon {
  const bounds = unrolled(boundsOf(line) ?? [0, 0, 0, 0]);
  const { toMetres, toDegrees } = plane((bounds[1] + bounds[3]) / 2);
  const flat = (line.type === 'LineString' ? [line.coordinates] : line.coordinates).map((part) => part.map(([x = 0, y = 0]) => toMetres([x < bounds[0] ? x + 360 : x, y])));
  const [west, south] = toMetres([bounds[0], bounds[1]]);
  const [east, north] = toMetres([bounds[2], bounds[3]]);
  // A tenth of the half width keeps the contour within a pixel; 400 cells a side bound the work.
  const step = Math.max(halfWidth / 10, (Math.max(east - west, north - south) + 2.4 * halfWidth) / 400);
  const margin = halfWidth + 2 * step;
  const columns = Math.ceil((east - west + 2 * margin) / step) + 1;
  const rows = Math.ceil((north - south + 2 * margin) / step) + 1;
  const field = new Float64Array(columns * rows).fill(halfWidth + 2 * step);
  for (const [a, b] of flat.flatMap((part) => part.slice(1).map((to, index) => [part[index]!, to] as const))) {
    const cell = (value: number, origin: number) => (value - origin + margin) / step;
    const fromColumn = Math.max(0, Math.floor(cell(Math.min(a[0], b[0]) - margin, west)));
    const toColumn = Math.min(columns - 1, Math.ceil(cell(Math.max(a[0], b[0]) + margin, west)));
    const fromRow = Math.max(0, Math.floor(cell(Math.min(a[1], b[1]) - margin, south)));
    const toRow = Math.min(rows - 1, Math.ceil(cell(Math.max(a[1], b[1]) + margin, south)));
    for (let row = fromRow; row <= toRow; row++) {
      for (let column = fromColumn; column <= toColumn; column++) {
        const { distance } = distanceToSegment(west - margin + column * step, south - margin + row * step, a, b);
        const index = row * columns + column;
        if (distance < field[index]!) field[index] = distance;
      }
    }
  }
  const rings = contour(field, columns, rows, halfWidth).map((ring) =>
    ring.map(([column, row]) => toDegrees(west - margin + column * step, south - margin + row * step)),
  );
  // Outer rings run counter-clockwise because the inside is kept on the left; holes run the other way.
  const outers = rings.filter((ring) => ringArea(ring) > 0);
  const holes = rings.filter((ring) => ringArea(ring) < 0);
  const polygons = outers.map((outer) => [outer, ...holes.filter((hole) => ringContains(outer, hole[0]![0]!, hole[0]![1]!))]);
  return polygons.length === 1 ? { type: 'Polygon', coordinates: polygons[0]! } : { type: 'MultiPolygon', coordinates: polygons };
}

/** Closed rings where the field crosses `level`, in grid units, the lower side on the left. */
function contour(field: Float64Array, columns: number, rows: number, level: number): [number, number][][] {
  const next = new Map<string, { key: string; at: [number, number] }>();
  const start = new Map<string, [number, number]>();
  const below = (column: number, row: number) => field[row * columns + column]! < level;
  const crossing = (c0: number, r0: number, c1: number, r1: number): [number, number] => {
    const [v0, v1] = [field[r0 * columns + c0]!, field[r1 * columns + c1]!];
    const share = (level - v0) / (v1 - v0);
    return [c0 + (c1 - c0) * share, r0 + (r1 - r0) * share];
  };
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0; column + 1 < columns; column++) {
      const corners = [below(column, row), below(column + 1, row), below(column + 1, row + 1), below(column, row + 1)];
      if (corners.every((corner) => corner === corners[0])) continue;
      const edges = [
        { key: `h${column},${row}`, at: () => crossing(column, row, column + 1, row) },
        { key: `v${column + 1},${row}`, at: () => crossing(column + 1, row, column + 1, row + 1) },
        { key: `h${column},${row + 1}`, at: () => crossing(column, row + 1, column + 1, row + 1) },
        { key: `v${column},${row}`, at: () => crossing(column, row, column, row + 1) },
      ];
      for (let corner = 0; corner < 4; corner++) {
        // Walking round the cell, the contour leaves it where inside turns to outside and came in at the turn before.
        if (!corners[corner] || corners[(corner + 1) % 4]) continue;
        let back = corner;
        while (corners[(back + 3) % 4]) back = (back + 3) % 4;
        const entry = edges[corner]!;
        const exit = edges[(back + 3) % 4]!;
        next.set(entry.key, { key: exit.key, at: exit.at() });
        start.set(entry.key, entry.at());
      }
    }
  }
  const rings: [number, number][][] = [];
  while (start.size > 0) {
    const [first, at] = start.entries().next().value!;
    const ring = [at];
    let key = first;
    do {
      start.delete(key);
      const step = next.get(key);
      if (!step) break;
      ring.push(step.at);
      key = step.key;
    } while (key !== first);
    if (ring.length > 3) rings.push(ring);
  }
  return rings;
}
