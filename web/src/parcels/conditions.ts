// Conditions of a query: what they are, how an address holds them, how CQL2 (OGC 21-065r2) says them. Pure.
import type { Geometry, MultiPolygon, Polygon, Position } from 'geojson';
import { isDay } from '../address';
import { isDrawingId } from '../drawings';
import { beside, cutAtAntimeridian } from '../geometry';
import { areaUnits, type AreaUnit } from './fields';

export const comparisons = ['gt', 'gte', 'lt', 'lte', 'between'] as const;
export type Comparison = (typeof comparisons)[number];
export const shapes = ['polygon', 'box', 'circle'] as const;
export type ShapeKind = (typeof shapes)[number];

/** A drawn place: corners of a polygon, opposite corners of a box, or the middle of a circle; longitude first. Across the antimeridian longitudes go on beyond 180 degrees. */
export interface Drawn { shape: ShapeKind; positions: Position[]; metres: number }

export type Condition =
  | { kind: 'among'; field: string; values: string[] }
  | { kind: 'holds'; field: string; text: string }
  | { kind: 'member'; field: string; text: string }
  | { kind: 'compare'; field: string; comparison: Comparison; value: number; to: number; unit: AreaUnit | null }
  | { kind: 'days'; field: string; from: string; to: string }
  | { kind: 'is'; field: string; value: boolean }
  | { kind: 'unknown'; field: string; value: boolean }
  | { kind: 'near'; collection: string; id: string; metres: number }
  | { kind: 'drawn'; drawn: Drawn; within: boolean };

const words = new Set(['and', 'or', 'not', 'like', 'in', 'between', 'is', 'null', 'true', 'false', 'div', 'date', 'timestamp', 'interval', 'casei', 'accenti']);
const name = (field: string) => (/^[A-Za-z_]\w*$/.test(field) && !words.has(field.toLowerCase()) ? field : `"${field.replaceAll('"', '""')}"`);
const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
const operators = { gt: '>', gte: '>=', lt: '<', lte: '<=' } as const;
const figures = 7;
const position = (at: Position) => at.slice(0, 2).map((value) => Number(value.toFixed(figures))).join(' ');

/** The outline of a polygon or a box, closed. */
export function outline({ shape, positions }: Drawn): Position[] {
  if (shape === 'box') {
    const [[west, south], [east, north]] = positions as [[number, number], [number, number]];
    return [[west, south], [east, south], [east, north], [west, north], [west, south]];
  }
  return [...positions, positions[0]!];
}

/** A polygon or a box as the service takes it: cut at the antimeridian. */
export function geometryOf(drawn: Drawn): Polygon | MultiPolygon {
  const rings = cutAtAntimeridian(outline(drawn));
  return rings.length === 1 ? { type: 'Polygon', coordinates: rings } : { type: 'MultiPolygon', coordinates: rings.map((ring) => [ring]) };
}

export function wkt(drawn: Drawn): string {
  if (drawn.shape === 'circle') return `POINT(${position(turned(drawn.positions[0]!))})`;
  const geometry = geometryOf(drawn);
  const polygon = ([ring]: Position[][]) => `((${ring!.map(position).join(', ')}))`;
  return geometry.type === 'Polygon' ? `POLYGON${polygon(geometry.coordinates)}` : `MULTIPOLYGON(${geometry.coordinates.map(polygon).join(', ')})`;
}

/** A position with a longitude within 180 degrees. */
export const turned = ([longitude = 0, latitude = 0]: Position): Position => [beside(longitude, 0), latitude];

function inBase(value: number, unit: AreaUnit | null): string {
  // Twelve figures keep what was typed and drop what the unit's fraction adds.
  return String(Number((unit ? value * areaUnits[unit] : value).toPrecision(12)));
}

export function cqlOf(condition: Condition): string {
  switch (condition.kind) {
    case 'among':
      return condition.values.length === 1 ? `${name(condition.field)} = ${text(condition.values[0]!)}` : `${name(condition.field)} IN (${condition.values.map(text).join(', ')})`;
    case 'holds':
      return `CASEI(${name(condition.field)}) LIKE CASEI(${text(`%${condition.text.replace(/[\\%_]/g, '\\$&')}%`)})`;
    case 'member':
      return `A_CONTAINS(${name(condition.field)}, (${text(condition.text)}))`;
    case 'compare': {
      const { field, comparison, value, to, unit } = condition;
      if (comparison === 'between') return `${name(field)} BETWEEN ${inBase(value, unit)} AND ${inBase(to, unit)}`;
      return `${name(field)} ${operators[comparison]} ${inBase(value, unit)}`;
    }
    case 'days': {
      const parts = [condition.from && `${name(condition.field)} >= DATE('${condition.from}')`, condition.to && `${name(condition.field)} <= DATE('${condition.to}')`];
      return parts.filter(Boolean).join(' AND ');
    }
    case 'is':
      return `${name(condition.field)} = ${condition.value ? 'TRUE' : 'FALSE'}`;
    case 'unknown':
      return `${name(condition.field)} IS ${condition.value ? '' : 'NOT '}NULL`;
    case 'near':
      return `DWITHIN(geometry, feature(${text(condition.collection)}, ${text(condition.id)}), ${condition.metres})`;
    case 'drawn':
      if (condition.drawn.shape === 'circle' && condition.within) return `S_WITHIN(geometry, buffer(${wkt(condition.drawn)}, ${condition.drawn.metres}))`;
      if (condition.drawn.shape === 'circle') return `DWITHIN(geometry, ${wkt(condition.drawn)}, ${condition.drawn.metres})`;
      return `${condition.within ? 'S_WITHIN' : 'S_INTERSECTS'}(geometry, ${wkt(condition.drawn)})`;
  }
}

/** All of them joined; empty when there are none. */
export const filterOf = (conditions: readonly Condition[]): string => conditions.map(cqlOf).join(' AND ');

/** To how many members of the joined filter a condition comes. */
export const membersOf = (condition: Condition): number => (condition.kind === 'days' && condition.from && condition.to ? 2 : 1);

// ---- addresses. A condition is written as fields split by "~"; what a field holds is percent-encoded, signs apart that a query may
// hold as they are (RFC 3986, 3.4) and that keep a link short and readable.

const joined = (...entries: (string | number)[]) => entries.map((entry) => encodeURIComponent(entry).replaceAll('~', '%7E').replaceAll('%2C', ',').replaceAll('%3B', ';')).join('~');

export function written(condition: Condition): string {
  switch (condition.kind) {
    case 'among': return joined('in', condition.field, ...condition.values);
    case 'holds': return joined('has', condition.field, condition.text);
    case 'member': return joined('of', condition.field, condition.text);
    case 'compare': return joined(condition.comparison, condition.field, condition.value, condition.comparison === 'between' ? condition.to : '', condition.unit ?? '');
    case 'days': return joined('days', condition.field, condition.from, condition.to);
    case 'is': return joined('is', condition.field, String(condition.value));
    case 'unknown': return joined('null', condition.field, String(condition.value));
    case 'near': return joined('near', condition.collection, condition.id, condition.metres);
    case 'drawn': return joined(condition.within ? 'inside' : 'touch', condition.drawn.shape, condition.drawn.metres, condition.drawn.positions.map((at) => at.slice(0, 2).map((value) => Number(value.toFixed(6))).join(',')).join(';'));
  }
}

/** A drawn condition whose shape the service keeps, as an address names it. */
export interface Kept { within: boolean; id: string }

export const writtenKept = ({ within, id }: Kept): string => joined(within ? 'inside' : 'touch', 'drawing', id);

/** Null for what names no kept drawing. */
export function readKept(value: string): Kept | null {
  const [kind, what, id = '', ...rest] = value.split('~');
  return (kind === 'inside' || kind === 'touch') && what === 'drawing' && rest.length === 0 && isDrawingId(id) ? { within: kind === 'inside', id } : null;
}

/** The outline of one polygon without holes as a drawn place; null for any other geometry. */
export function drawnOf(geometry: Geometry): Drawn | null {
  const rings = geometry.type === 'Polygon' ? geometry.coordinates : geometry.type === 'MultiPolygon' && geometry.coordinates.length === 1 ? geometry.coordinates[0]! : [];
  return rings.length === 1 ? { shape: 'polygon', positions: rings[0]!.slice(0, -1), metres: 0 } : null;
}

function positionsOf(value: string): Position[] | null {
  const positions = value.split(';').map((at) => at.split(',').map((number) => (number.trim() === '' ? NaN : Number(number))));
  return positions.every((at) => at.length === 2 && Math.abs(at[0]!) <= 360 && Math.abs(at[1]!) <= 90) ? positions : null;
}

/** Null for what is no condition. */
export function readCondition(value: string): Condition | null {
  let entries: string[];
  try {
    entries = value.split('~').map(decodeURIComponent);
  } catch {
    return null;
  }
  const [kind = '', field = '', ...rest] = entries;
  const number = (entry: string | undefined) => (entry === undefined || entry.trim() === '' ? NaN : Number(entry));
  if (field === '') return null;
  if (kind === 'in' && rest.length > 0) return { kind: 'among', field, values: rest };
  if (kind === 'has' && rest[0]) return { kind: 'holds', field, text: rest[0] };
  if (kind === 'of' && rest[0]) return { kind: 'member', field, text: rest[0] };
  if (kind === 'days' && rest.length === 2 && (rest[0] || rest[1]) && rest.every((entry) => entry === '' || isDay(entry))) return { kind: 'days', field, from: rest[0]!, to: rest[1]! };
  if (kind === 'is' || kind === 'null') {
    if (rest[0] !== 'true' && rest[0] !== 'false') return null;
    return { kind: kind === 'is' ? 'is' : 'unknown', field, value: rest[0] === 'true' };
  }
  const comparison = comparisons.find((known) => known === kind);
  if (comparison) {
    const [first, second] = [number(rest[0]), number(rest[1])];
    const unit = (Object.keys(areaUnits) as AreaUnit[]).find((known) => known === rest[2]) ?? null;
    if (!Number.isFinite(first) || (comparison === 'between' && !Number.isFinite(second))) return null;
    return { kind: 'compare', field, comparison, value: first, to: comparison === 'between' ? second : first, unit };
  }
  if (kind === 'near') {
    const metres = number(rest[1]);
    return rest[0] && metres >= 0 && Number.isFinite(metres) ? { kind: 'near', collection: field, id: rest[0], metres } : null;
  }
  const shape = shapes.find((known) => known === field);
  if ((kind === 'inside' || kind === 'touch') && shape) {
    const [metres, positions] = [number(rest[0]), positionsOf(rest[1] ?? '')];
    const enough = { polygon: 3, box: 2, circle: 1 }[shape];
    if (!positions || positions.length < enough || (shape === 'circle' && !(metres > 0))) return null;
    return { kind: 'drawn', drawn: { shape, positions, metres: Number.isFinite(metres) ? metres : 0 }, within: kind === 'inside' };
  }
  return null;
}

/** What the drawing of a shape by presses has so far, made whole; null while it has too few corners. */
export function finished(shape: ShapeKind, corners: readonly Position[]): Drawn | null {
  if (shape === 'polygon') return corners.length >= 3 ? { shape, positions: [...corners], metres: 0 } : null;
  const [first, second] = corners;
  if (!first || !second) return null;
  if (shape === 'circle') {
    const metres = Math.round(roughMetres(first, second));
    return metres > 0 ? { shape, positions: [first], metres } : null;
  }
  const [low, high] = [0, 1].map((axis) => [Math.min(first[axis]!, second[axis]!), Math.max(first[axis]!, second[axis]!)]) as [[number, number], [number, number]];
  return low[0] < low[1] && high[0] < high[1] ? { shape, positions: [[low[0], high[0]], [low[1], high[1]]], metres: 0 } : null;
}

const radius = 6_371_008.8;
const radians = (degrees: number) => (degrees * Math.PI) / 180;

/** On a sphere, for what is shown while drawing; the service tells the final value. */
export function roughMetres([a, b]: Position, [c, d]: Position): number {
  const [x, y] = [Math.sin(radians(c! - a!) / 2), Math.sin(radians(d! - b!) / 2)];
  return 2 * radius * Math.asin(Math.min(1, Math.sqrt(y * y + Math.cos(radians(b!)) * Math.cos(radians(d!)) * x * x)));
}

export function roughSquareMetres(ring: readonly Position[]): number {
  let sum = 0;
  ring.forEach(([a, b], index) => {
    const [c, d] = ring[(index + 1) % ring.length]!;
    sum += radians(c! - a!) * (2 + Math.sin(radians(b!)) + Math.sin(radians(d!)));
  });
  return Math.abs((sum * radius * radius) / 2);
}
