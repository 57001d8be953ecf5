import type { LineString, Polygon, Position } from 'geojson';
import { describe, expect, test } from 'vitest';
import { bandAround, beside, boundsOf, cutAtAntimeridian, joinBounds, labelPoint, pointsAlong, positionAlong, rolled, unrolled } from '../../src/geometry';

const metres = 111_320;
const square: Polygon = { type: 'Polygon', coordinates: [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]] };
const horseshoe: Polygon = { type: 'Polygon', coordinates: [[[0, 0], [9, 0], [9, 1], [1, 1], [1, 8], [9, 8], [9, 9], [0, 9], [0, 0]]] };

function inside([x = 0, y = 0]: Position, ring: Position[]): boolean {
  let odd = false;
  for (let index = 1; index < ring.length; index++) {
    const [[x0 = 0, y0 = 0], [x1 = 0, y1 = 0]] = [ring[index - 1]!, ring[index]!];
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) odd = !odd;
  }
  return odd;
}

describe('bounds', () => {
  test('of nested coordinates', () => expect(boundsOf({ type: 'MultiPolygon', coordinates: [square.coordinates, [[[5, -1], [6, -1], [6, 0], [5, -1]]]] })).toEqual([0, -1, 6, 4]));
  test('of nothing', () => expect(boundsOf({ type: 'GeometryCollection', geometries: [] })).toBeNull());
  test('joined, unknown ones left out', () => expect(joinBounds([[0, 0, 1, 1], null, [5, -2, 6, 0]])).toEqual([0, -2, 6, 1]));
  test('joined of nothing', () => expect(joinBounds([null])).toBeNull());
  test('of what is cut at the antimeridian go across it', () => {
    const halves: Polygon[] = [[179, 180], [-180, -178]].map(([w = 0, e = 0]) => ({ type: 'Polygon', coordinates: [[[w, -17], [e, -17], [e, -16], [w, -17]]] }));
    expect(boundsOf({ type: 'MultiPolygon', coordinates: halves.map((half) => half.coordinates) })).toEqual([179, -17, -178, -16]);
    expect(boundsOf({ type: 'LineString', coordinates: [[-120, 0], [100, 0]] })).toEqual([-120, 0, 100, 0]);
    expect(joinBounds([[179, -17, -178, -16], [-179, -18, -177, -17], [178, 0, 179, 1]])).toEqual([178, -18, -177, 1]);
    // Whatever does not reach it, too, but lies on both of its sides.
    expect(boundsOf({ type: 'MultiPoint', coordinates: [[179.95, -17], [-179.95, -16]] })).toEqual([179.95, -17, -179.95, -16]);
    expect(boundsOf({ type: 'MultiLineString', coordinates: [[[179.7, 1], [179.8, 2]], [[-179.7, 1], [-179.6, 3]]] })).toEqual([179.7, 1, -179.6, 3]);
    expect(joinBounds([[179.7, -17, 179.8, -16], [-179.7, -18, -179.6, -17]])).toEqual([179.7, -18, -179.6, -16]);
    expect(joinBounds([[178, 0, 179, 1], [179, -17, -178, -16]])).toEqual([178, -17, -178, 1]);
    // Half the globe lies empty at least, or they do not cross it: as the service has it.
    expect(joinBounds([[-120, 0, -60, 1], [0, 0, 70, 1]])).toEqual([-120, 0, 70, 1]);
    expect(joinBounds([[-180, 0, -60, 1], [10, 0, 180, 1]])).toEqual([-180, 0, 180, 1]);
    expect(joinBounds([[-180, -17, 180, -16], [179.9, -17, -179.9, -16]])).toEqual([-180, -17, 180, -16]);
    expect(unrolled([179, -17, -178, -16])).toEqual([179, -17, 182, -16]);
    expect(rolled([179, -17, 182, -16])).toEqual([179, -17, -178, -16]);
    expect(rolled([-200, -17, 200, -16])).toEqual([-180, -17, 180, -16]);
  });
});

test('a longitude beside another lies within half the globe of it', () => {
  expect([beside(-179, 179), beside(179, -179), beside(10, 20), beside(181, 0), beside(-179, 541)]).toEqual([181, -181, 10, -179, 541]);
});

describe('a ring cut at the antimeridian', () => {
  const box = (west: number, east: number, south = 0, north = 1) => [[west, south], [east, south], [east, north], [west, north], [west, south]];
  /** The corners of a part, whatever it begins with. */
  const corners = (ring: Position[]) => ring.slice(1).map(String).sort();
  const parts = (ring: Position[]) => cutAtAntimeridian(ring).map(corners);

  test('that stays on one side of it is whole, on whatever sheet it was drawn', () => {
    expect(cutAtAntimeridian(box(-180, 180))).toEqual([box(-180, 180)]);
    expect(cutAtAntimeridian(box(181, 182))).toEqual([box(-179, -178)]);
    expect(cutAtAntimeridian(box(-182, -181))).toEqual([box(178, 179)]);
  });
  test('is two, on whatever sheet it was drawn', () => {
    const halves = [box(-180, -178), box(179, 180)].map(corners);
    expect(parts(box(179, 182)).sort()).toEqual(halves.sort());
    expect(parts(box(-181, -178)).sort()).toEqual(halves.sort());
    expect(parts(box(179, 182).toReversed()).sort()).toEqual(halves.sort());
  });
  test('is three where two of its arms reach over, and no part touches itself', () => {
    const arms = [[178, 0], [182, 0], [182, 1], [179, 1], [179, 2], [182, 2], [182, 3], [178, 3], [178, 0]];
    const body = [[178, 0], [180, 0], [180, 1], [179, 1], [179, 2], [180, 2], [180, 3], [178, 3], [178, 0]];
    expect(parts(arms).sort()).toEqual([body, box(-180, -178), box(-180, -178, 2, 3)].map(corners).sort());
  });
  test('with corners on it has no part that is a line', () => {
    expect(parts([[179, 0], [180, 0], [181, 0.5], [180, 1], [179, 1], [179, 0]]).sort()).toEqual([[[179, 0], [180, 0], [180, 1], [179, 1], [179, 0]], [[-180, 0], [-179, 0.5], [-180, 1], [-180, 0]]].map(corners).sort());
    expect(parts([[180, 0], [181, 0], [181, 1], [180, 1], [180, 0]])).toEqual([corners(box(-180, -179))]);
  });
});

describe('label point', () => {
  test('of a square is its middle', () => expect(labelPoint(square)).toEqual([2, 2]));
  test('of a horseshoe lies inside, not in the gap', () => expect(inside(labelPoint(horseshoe)!, horseshoe.coordinates[0]!)).toBe(true));
  test('keeps out of holes', () => {
    const holed: Polygon = { type: 'Polygon', coordinates: [...square.coordinates, [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]] };
    const at = labelPoint(holed)!;
    expect(inside(at, holed.coordinates[0]!) && !inside(at, holed.coordinates[1]!)).toBe(true);
  });
  test('of a line is half way along it', () => {
    const [x, y] = labelPoint({ type: 'LineString', coordinates: [[0, 0], [0, 1], [0, 3]] })!;
    expect([x, y]).toEqual([0, expect.closeTo(1.5, 6)]);
  });
  test('of a multi-polygon is in the largest part', () => {
    expect(labelPoint({ type: 'MultiPolygon', coordinates: [[[[9, 9], [9.1, 9], [9.1, 9.1], [9, 9]]], square.coordinates] })).toEqual([2, 2]);
  });
});

describe('points along a river', () => {
  test('all lie in the water', () => {
    for (const at of pointsAlong(horseshoe)) expect(inside(at, horseshoe.coordinates[0]!)).toBe(true);
  });
});

describe('position along a line', () => {
  const line: LineString = { type: 'LineString', coordinates: [[0, 0], [0, 0.1]] };
  test('grows from start to end', () => {
    expect(positionAlong(line, [0.01, 0.05])).toBeCloseTo(0.05 * metres, 0);
    expect(positionAlong(line, [0, -1])).toBe(0);
    expect(positionAlong(line, [0, 1])).toBeCloseTo(0.1 * metres, 0);
  });
});

describe('band around a line', () => {
  const half = 1000;
  const distance = ([x = 0, y = 0]: Position, line: Position[], latitude: number) => {
    const east = metres * Math.cos((latitude * Math.PI) / 180);
    const flat = line.map(([lon = 0, lat = 0]) => [lon * east, lat * metres] as const);
    return Math.min(
      ...flat.slice(1).map((b, index) => {
        const a = flat[index]!;
        const [dx, dy, px, py] = [b[0] - a[0], b[1] - a[1], x * east - a[0], y * metres - a[1]];
        const share = Math.min(1, Math.max(0, (px * dx + py * dy) / (dx * dx + dy * dy)));
        return Math.hypot(px - share * dx, py - share * dy);
      }),
    );
  };

  test.each([
    ['a straight line', [[114, 30.4], [114.05, 30.43]]],
    ['a tight bend', [[114, 30.4], [114.03, 30.4], [114.002, 30.403]]],
    ['a bend tighter than the band', [[114, 30.4], [114.02, 30.4], [114.02, 30.404], [114, 30.404]]],
  ])('%s: every edge point lies at the half width', (_, coordinates) => {
    const band = bandAround({ type: 'LineString', coordinates }, half) as Polygon;
    expect(band.type).toBe('Polygon');
    for (const corner of band.coordinates.flat()) expect(Math.abs(distance(corner, coordinates, 30.41) - half)).toBeLessThan(half * 0.02);
    for (const corner of coordinates) expect(inside(corner, band.coordinates[0]!)).toBe(true);
  });

  test('across the antimeridian is one', () => {
    const halves = [[[179.98, 1], [180, 1]], [[-180, 1], [-179.98, 1]]];
    const band = bandAround({ type: 'MultiLineString', coordinates: halves }, half) as Polygon;
    expect(band.type).toBe('Polygon');
    for (const corner of band.coordinates.flat()) expect(Math.abs(distance(corner, [[179.98, 1], [180.02, 1]], 1) - half)).toBeLessThan(half * 0.02);
  });

  test('the outer ring is closed and runs counter-clockwise', () => {
    const [ring] = (bandAround({ type: 'LineString', coordinates: [[114, 30.4], [114.05, 30.43]] }, half) as Polygon).coordinates;
    expect(ring![0]).toEqual(ring!.at(-1));
    const twice = ring!.slice(1).reduce((sum, [x = 0, y = 0], index) => sum + ring![index]![0]! * y - x * ring![index]![1]!, 0);
    expect(twice).toBeGreaterThan(0);
  });

  test('a ring-shaped line leaves its hole open', () => {
    const circle = Array.from({ length: 41 }, (_, step) => [114 + 0.06 * Math.cos((step * Math.PI) / 20), 30.4 + 0.05 * Math.sin((step * Math.PI) / 20)]);
    const band = bandAround({ type: 'LineString', coordinates: circle }, half) as Polygon;
    expect(band.coordinates).toHaveLength(2);
  });
});
