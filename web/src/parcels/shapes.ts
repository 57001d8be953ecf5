// Drawn shapes as handles that can be moved: corners, middles of edges, the middle of the whole. Pure.
import type { Position } from 'geojson';
import { finished, outline, roughMetres, type Drawn } from './conditions';

/** A corner by its place, an edge by the corner before it, or the whole shape. */
export type Handle = { corner: number } | { edge: number } | 'whole';

/** On a sphere, as all that is drawn. */
const metresPerDegree = (6_371_008.8 * Math.PI) / 180;

/** So many corners of a circle, for the eye and the hand: the service measures by the middle and the radius. */
export function ringOf({ positions: [middle], metres }: Drawn, corners: number): Position[] {
  const [longitude, latitude] = middle as [number, number];
  const around = metresPerDegree * Math.cos((latitude * Math.PI) / 180);
  return Array.from({ length: corners }, (_, corner) => {
    const angle = (corner * 2 * Math.PI) / corners;
    return [longitude + (metres * Math.cos(angle)) / around, latitude + (metres * Math.sin(angle)) / metresPerDegree];
  });
}

/** The corners that can be moved. */
export const cornersOf = (drawn: Drawn): Position[] => (drawn.shape === 'circle' ? ringOf(drawn, 8) : outline(drawn).slice(0, -1));

/** Does it reach beyond 180 degrees? */
export const isAcross = (drawn: Drawn): boolean => cornersOf(drawn).some(([longitude = 0]) => Math.abs(longitude) > 180);

const between = ([a = 0, b = 0]: Position, [c = 0, d = 0]: Position): Position => [(a + c) / 2, (b + d) / 2];

export function middleOf(drawn: Drawn): Position {
  if (drawn.shape === 'circle') return drawn.positions[0]!;
  const of = (axis: 0 | 1) => drawn.positions.map((at) => at[axis]!);
  return between([Math.min(...of(0)), Math.min(...of(1))], [Math.max(...of(0)), Math.max(...of(1))]);
}

export function handlesOf(drawn: Drawn): { at: Position; handle: Handle }[] {
  const corners = cornersOf(drawn);
  const edges = drawn.shape === 'polygon' ? corners.map((at, edge) => ({ at: between(at, corners[(edge + 1) % corners.length]!), handle: { edge } })) : [];
  return [...corners.map((at, corner) => ({ at, handle: { corner } })), ...edges, { at: middleOf(drawn), handle: 'whole' as const }];
}

/** The shape after a handle was put elsewhere; null when that makes no shape. A moved edge becomes a corner. */
export function moved(drawn: Drawn, handle: Handle, to: Position): Drawn | null {
  const { shape, positions } = drawn;
  if (handle === 'whole') {
    const from = middleOf(drawn);
    return { ...drawn, positions: positions.map((at) => [at[0]! + to[0]! - from[0]!, at[1]! + to[1]! - from[1]!]) };
  }
  if ('edge' in handle) return shape === 'polygon' ? { ...drawn, positions: positions.toSpliced(handle.edge + 1, 0, to) } : null;
  if (shape === 'polygon') return { ...drawn, positions: positions.with(handle.corner, to) };
  return finished(shape, [shape === 'box' ? cornersOf(drawn)[(handle.corner + 2) % 4]! : positions[0]!, to]);
}

/** The shape without a corner; null where three must stay. */
export function withoutCorner(drawn: Drawn, corner: number): Drawn | null {
  return drawn.shape === 'polygon' && drawn.positions.length > 3 && corner < drawn.positions.length ? { ...drawn, positions: drawn.positions.toSpliced(corner, 1) } : null;
}

/** What a hand made of the ring of a shape. */
export function reshaped({ shape }: Drawn, ring: readonly Position[]): Drawn | null {
  if (shape === 'polygon') return { shape, positions: [...ring], metres: 0 };
  const of = (axis: 0 | 1) => ring.map((at) => at[axis]!);
  const [low, high]: Position[] = [[Math.min(...of(0)), Math.min(...of(1))], [Math.max(...of(0)), Math.max(...of(1))]];
  if (shape === 'box') return finished(shape, [low!, high!]);
  const middle = between(low!, high!);
  const metres = Math.round(roughMetres(middle, [high![0]!, middle[1]!]));
  return metres > 0 ? { shape, positions: [middle], metres } : null;
}

/** The corner that is where it was not before; null when none or all are. */
export function changedCorner(before: Drawn, after: Drawn): number | null {
  if (after.shape !== 'polygon') return null;
  const corner = after.positions.findIndex((at, index) => at[0] !== before.positions[index]?.[0] || at[1] !== before.positions[index]?.[1]);
  const isOne = after.positions.length !== before.positions.length || after.positions.filter((at, index) => at[0] !== before.positions[index]![0] || at[1] !== before.positions[index]![1]).length === 1;
  return corner >= 0 && isOne ? corner : null;
}
