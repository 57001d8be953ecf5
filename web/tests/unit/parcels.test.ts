import { describe, expect, test } from 'vitest';
import { cqlOf, drawnOf, filterOf, finished, membersOf, readCondition, readKept, roughMetres, roughSquareMetres, written, writtenKept, type Condition } from '../../src/parcels/conditions';
import { Editing } from '../../src/parcels/editing.svelte';
import { changedCorner, cornersOf, handlesOf, isAcross, middleOf, moved, reshaped, ringOf, withoutCorner } from '../../src/parcels/shapes';
import { fieldsOf, groupFields, shown, usualColumns, type Schema } from '../../src/parcels/fields';

const triangle = { shape: 'polygon' as const, positions: [[114, 30], [114.5, 30], [114, 30.25]], metres: 0 };
const all: [Condition, string][] = [
  [{ kind: 'among', field: 'use_code', values: ['M0'] }, "use_code = 'M0'"],
  [{ kind: 'among', field: 'status', values: ['idle', "o'ld"] }, "status IN ('idle', 'o''ld')"],
  [{ kind: 'holds', field: 'no', text: '50%_a\\' }, "CASEI(no) LIKE CASEI('%50\\%\\_a\\\\%')"],
  [{ kind: 'member', field: 'aliases', text: '车谷' }, "A_CONTAINS(aliases, ('车谷'))"],
  [{ kind: 'compare', field: 'area_m2', comparison: 'gt', value: 2, to: 2, unit: 'ha' }, 'area_m2 > 20000'],
  [{ kind: 'compare', field: 'area_m2', comparison: 'gte', value: 30, to: 30, unit: 'mu' }, 'area_m2 >= 20000'],
  [{ kind: 'compare', field: 'far', comparison: 'between', value: 1.5, to: 2, unit: null }, 'far BETWEEN 1.5 AND 2'],
  [{ kind: 'days', field: 'valid_from', from: '2020-01-01', to: '2021-01-01' }, "valid_from >= DATE('2020-01-01') AND valid_from <= DATE('2021-01-01')"],
  [{ kind: 'days', field: 'valid_from', from: '', to: '2021-01-01' }, "valid_from <= DATE('2021-01-01')"],
  [{ kind: 'is', field: 'inside', value: false }, 'inside = FALSE'],
  [{ kind: 'unknown', field: 'far', value: true }, 'far IS NULL'],
  [{ kind: 'near', collection: 'axes', id: 'a~b:c', metres: 500 }, "DWITHIN(geometry, feature('axes', 'a~b:c'), 500)"],
  [{ kind: 'drawn', drawn: triangle, within: false }, 'S_INTERSECTS(geometry, POLYGON((114 30, 114.5 30, 114 30.25, 114 30)))'],
  [{ kind: 'drawn', drawn: triangle, within: true }, 'S_WITHIN(geometry, POLYGON((114 30, 114.5 30, 114 30.25, 114 30)))'],
  [{ kind: 'drawn', drawn: { shape: 'box', positions: [[1, 2], [3, 4]], metres: 0 }, within: false }, 'S_INTERSECTS(geometry, POLYGON((1 2, 3 2, 3 4, 1 4, 1 2)))'],
  [{ kind: 'drawn', drawn: { shape: 'circle', positions: [[1, 2]], metres: 250 }, within: false }, 'DWITHIN(geometry, POINT(1 2), 250)'],
  [{ kind: 'drawn', drawn: { shape: 'circle', positions: [[1, 2]], metres: 250 }, within: true }, 'S_WITHIN(geometry, buffer(POINT(1 2), 250))'],
];

describe('conditions', () => {
  test.each(all)('%j as CQL2', (condition, want) => expect(cqlOf(condition)).toBe(want));
  test.each(all)('%j survives an address', (condition) => expect(readCondition(written(condition))).toEqual(condition));
  test('are joined by AND, and two bounds of a time are two members', () => {
    expect(filterOf(all.slice(0, 2).map(([condition]) => condition))).toBe("use_code = 'M0' AND status IN ('idle', 'o''ld')");
    expect(all.slice(7, 9).map(([condition]) => membersOf(condition))).toEqual([2, 1]);
  });
  test('a name that is a word of CQL2, or has other signs, is quoted', () => {
    expect(cqlOf({ kind: 'unknown', field: 'in', value: true })).toBe('"in" IS NULL');
    expect(cqlOf({ kind: 'unknown', field: '容积率 "x"', value: false })).toBe('"容积率 ""x""" IS NOT NULL');
  });
  test.each(['', 'in', 'in~f', 'gt~f', 'gt~f~x', 'between~f~1', 'days~f~~', 'days~f~2020~', 'days~f~2025-02-30~', 'is~f~maybe', 'near~axes~a', 'near~axes~a~-1', 'touch~polygon~0~1,2;3,4', 'touch~polygon~0~1,2;3,4;500,6', 'touch~circle~0~1,2', 'touch~star~1~1,2', '%'])('%j is none', (text) => expect(readCondition(text)).toBeNull());
});

describe('across the antimeridian', () => {
  const condition = (shape: 'polygon' | 'box' | 'circle', positions: number[][], metres = 0): Condition => ({ kind: 'drawn', drawn: { shape, positions, metres }, within: false });
  const cut = 'S_INTERSECTS(geometry, MULTIPOLYGON(((180 -17, 180 -16, 179.9 -16, 179.9 -17, 180 -17)), ((-180 -17, -179.9 -17, -179.9 -16, -180 -16, -180 -17))))';
  const ring = (text: string) => [...text.matchAll(/\(\(([^()]+)\)\)/g)].map(([, positions]) => positions!.split(', ').slice(1).sort());
  test('a drawn area asks for what is in it, not for the rest of the globe', () => {
    for (const drawn of [condition('polygon', [[179.9, -17], [180.1, -17], [180.1, -16], [179.9, -16]]), condition('polygon', [[-179.9, -17], [-179.9, -16], [-180.1, -16], [-180.1, -17]]), condition('box', [[179.9, -17], [180.1, -16]])]) {
      expect(cqlOf(drawn)).toContain('S_INTERSECTS(geometry, MULTIPOLYGON(((');
      expect(ring(cqlOf(drawn)).sort()).toEqual(ring(cut).sort());
      expect(readCondition(written(drawn))).toEqual(drawn);
    }
    expect(cqlOf(condition('circle', [[180.1, -17]], 250))).toBe('DWITHIN(geometry, POINT(-179.9 -17), 250)');
  });
  test('handles stop there, and what reaches over has none', () => {
    expect([[179.8, 180], [179.8, 180.1]].map(([west, east]) => isAcross({ shape: 'box', positions: [[west!, 0], [east!, 1]], metres: 0 }))).toEqual([false, true]);
    expect([500, 2000].map((metres) => isAcross({ shape: 'circle', positions: [[179.99, 0]], metres }))).toEqual([false, true]);
    const editing = new Editing(0, { shape: 'box', positions: [[179, 0], [179.5, 1]], metres: 0 });
    editing.carried = { corner: 2 };
    for (const longitude of [179.8, 180.2]) editing.carry([longitude, 1]);
    expect(editing.drawn.positions).toEqual([[179, 0], [179.8, 1]]);
  });
});

describe('drawing', () => {
  test('a kept drawing is named by its id in an address, and nothing else is', () => {
    const id = '0123456789abcdef0123456789abcdef';
    for (const within of [true, false]) expect(readKept(writtenKept({ within, id }))).toEqual({ within, id });
    expect(writtenKept({ within: true, id })).toBe(`inside~drawing~${id}`);
    for (const text of ['touch~drawing~', `touch~drawing~${id}0`, `touch~drawing~${id}~1`, `touch~polygon~${id}`, `in~drawing~${id}`, `touch~drawing~${'../'.repeat(10)}..`]) expect(readKept(text)).toBeNull();
  });
  test('one polygon without holes is a drawn place', () => {
    const ring = [[0, 0], [1, 0], [1, 1], [0, 0]];
    const want = { shape: 'polygon', positions: ring.slice(0, 3), metres: 0 };
    expect(drawnOf({ type: 'Polygon', coordinates: [ring] })).toEqual(want);
    expect(drawnOf({ type: 'MultiPolygon', coordinates: [[ring]] })).toEqual(want);
    expect(drawnOf({ type: 'Polygon', coordinates: [ring, ring] })).toBeNull();
    expect(drawnOf({ type: 'MultiPolygon', coordinates: [[ring], [ring]] })).toBeNull();
    expect(drawnOf({ type: 'Point', coordinates: [0, 0] })).toBeNull();
  });
  test('a polygon needs three corners, a box two that differ both ways, a circle a radius', () => {
    expect(finished('polygon', [[0, 0], [1, 0]])).toBeNull();
    expect(finished('polygon', [[0, 0], [1, 0], [1, 1]])?.positions).toHaveLength(3);
    expect(finished('box', [[3, 2], [1, 4]])?.positions).toEqual([[1, 2], [3, 4]]);
    expect(finished('box', [[1, 2], [1, 4]])).toBeNull();
    expect(finished('circle', [[0, 0], [0, 0]])).toBeNull();
    // A degree of a sphere of 6371 km is 111.2 km.
    expect(finished('circle', [[0, 0], [0, 0.01]])?.metres).toBe(1112);
  });
  test('rough measures are those of a sphere', () => {
    expect(roughMetres([0, 0], [1, 0])).toBeCloseTo(111_195.08, 0);
    // An eighth of a sphere is pi / 2 times the square of its radius.
    expect(roughSquareMetres([[0, 0], [90, 0], [90, 90], [0, 90]]) / ((Math.PI / 2) * 6_371_008.8 ** 2)).toBeCloseTo(1, 6);
  });
});

describe('shapes under the hand', () => {
  const square = { shape: 'polygon' as const, positions: [[0, 0], [2, 0], [2, 2], [0, 2]], metres: 0 };
  const box = { shape: 'box' as const, positions: [[0, 0], [2, 1]], metres: 0 };
  const circle = { shape: 'circle' as const, positions: [[114, 30]], metres: 1000 };
  test('have corners, middles of edges and a middle', () => {
    expect(handlesOf(square).map(({ at }) => at)).toEqual([...square.positions, [1, 0], [2, 1], [1, 2], [0, 1], [1, 1]]);
    expect(handlesOf(box).map(({ at }) => at)).toEqual([[0, 0], [2, 0], [2, 1], [0, 1], [1, 0.5]]);
    expect(middleOf(circle)).toEqual([114, 30]);
  });
  test('a polygon gets a corner moved, an edge broken, a corner taken away down to three, the whole shifted', () => {
    expect(moved(square, { corner: 2 }, [3, 3])?.positions).toEqual([[0, 0], [2, 0], [3, 3], [0, 2]]);
    expect(moved(square, { edge: 3 }, [-1, 1])?.positions).toEqual([...square.positions, [-1, 1]]);
    expect(moved(square, 'whole', [11, 1])?.positions).toEqual([[10, 0], [12, 0], [12, 2], [10, 2]]);
    const three = withoutCorner(square, 0)!;
    expect(three.positions).toEqual([[2, 0], [2, 2], [0, 2]]);
    expect(withoutCorner(three, 0)).toBeNull();
    expect(withoutCorner(box, 0)).toBeNull();
  });
  test('a box stays a box beside its far corner, also when it is turned over; a flat one is none', () => {
    expect(moved(box, { corner: 2 }, [5, 4])?.positions).toEqual([[0, 0], [5, 4]]);
    expect(moved(box, { corner: 2 }, [-5, -4])?.positions).toEqual([[-5, -4], [0, 0]]);
    expect(moved(box, { corner: 2 }, [0, 4])).toBeNull();
    expect(reshaped(box, [[1, 1], [4, 1], [4, 3], [1, 3]])?.positions).toEqual([[1, 1], [4, 3]]);
  });
  test('a circle keeps its middle when its rim moves, and its radius on the way to a ring and back', () => {
    // A minute of latitude on a sphere of 6371 km is 1853.2 m.
    expect(moved(circle, { corner: 0 }, [114, 30 + 1 / 60])).toEqual({ ...circle, metres: 1853 });
    expect(moved(circle, 'whole', [115, 31])).toEqual({ ...circle, positions: [[115, 31]] });
    for (const corners of [8, 24]) {
      const back = reshaped(circle, ringOf(circle, corners))!;
      expect(back.metres).toBe(1000);
      expect(back.positions[0]![0]).toBeCloseTo(114, 9);
      expect(back.positions[0]![1]).toBeCloseTo(30, 9);
    }
    expect(cornersOf(circle)).toHaveLength(8);
  });
  test('which corner was touched', () => {
    expect(changedCorner(square, moved(square, { corner: 1 }, [9, 9])!)).toBe(1);
    expect(changedCorner(square, moved(square, { edge: 1 }, [9, 9])!)).toBe(2);
    expect(changedCorner(square, moved(square, 'whole', [9, 9])!)).toBeNull();
    expect(changedCorner(square, square)).toBeNull();
  });
});

describe('fields', () => {
  const schema: Schema = {
    properties: {
      id: { type: 'string', title: 'id' },
      geometry: { 'x-ogc-role': 'primary-geometry', format: 'geometry-polygon' },
      synthetic: { type: 'boolean' },
      basis: { type: 'string', enum: ['synthetic'] },
      note: { type: 'string' },
      no: { type: 'string', title: 'Number' },
      use_code: { type: 'string', enum: ['M0', 'R2'], 'x-enum-titles': { M0: 'new industry', R2: 'housing' } },
      use_name_zh: { type: 'string', enum: ['住宅', '新型产业'] },
      use_name_en: { type: 'string', enum: ['housing', 'new industry'] },
      area_m2: { type: 'number', minimum: 1, maximum: 9, 'x-ogc-unit': 'm2' },
      status: { type: 'string', enum: ['idle', 'x'], 'x-enum-titles': { idle: 'lies idle' } },
    },
  };
  const fields = fieldsOf(schema, { id: 9, synthetic: 9, basis: 9, note: 0, no: 9, use_code: 9, use_name_zh: 9, use_name_en: 9, area_m2: 8, status: 7 });
  const named = (name: string) => fields.find((field) => field.name === name)!;
  const yesNo = { yes: 'yes', no: 'no' };

  test('columns are those that tell parcels apart and of which something is known: names, kinds, area, other numbers', () => {
    expect(usualColumns(fields, 'en')).toEqual(['no', 'use_code', 'status', 'area_m2']);
    expect(groupFields(fields, 'zh').map(({ name }) => name)).toEqual(['use_code', 'use_name_zh', 'status']);
  });
  test('a value has the word that people have for it, an area is in hectares, unknown stays unknown', () => {
    expect(shown(named('use_code'), 'M0', 'en', yesNo)).toBe('M0 new industry');
    expect(shown(named('status'), 'idle', 'en', yesNo)).toBe('lies idle');
    expect(shown(named('status'), 'x', 'en', yesNo)).toBe('x');
    expect(shown(named('area_m2'), 23_456, 'en', yesNo)).toBe('2.35');
    expect(shown(named('area_m2'), null, 'en', yesNo)).toBeNull();
    expect(shown(named('synthetic'), true, 'en', yesNo)).toBe('yes');
  });
});
