// Drawings that are too long for a link: the service keeps them under an id made of what they hold.
import type { Geometry } from 'geojson';
import { readJson } from './service';

/** A drawing of more characters than this leaves a link for an id. */
export const longestInLink = 1500;
/** No address is longer, whatever it holds: the server reads 65,534 bytes of one. */
export const longestAddress = 60_000;
const ids = /^[0-9a-f]{32}$/;

export const isDrawingId = (text: string): boolean => ids.test(text);

export async function keepDrawing(geometry: Geometry): Promise<string> {
  return (await readJson<{ id: string }>('/drawings', { body: geometry })).id;
}

export function readDrawing(id: string): Promise<Geometry> {
  return readJson<Geometry>(`/drawings/${id}`);
}
