// What is near and along, asked of the service. Every distance on the page comes from here.
import type { Feature } from 'geojson';
import type { Collection, Lang, Place } from '../catalogue';
import { collectionPath, readJson } from '../service';

/** Where the nearest are asked from: a position (longitude, latitude, degrees) or a place. */
export type Origin = { at: [number, number]; accuracy: number | null } | { place: Place };

export interface Neighbour {
  /** `collection:id`. */
  key: string;
  properties: Record<string, unknown>;
  /** Metres, edge to edge; and how many it may be off, null when that is not known. */
  distance: number;
  accuracy: number | null;
  /** `north-east` and the like; null when the origin lies in it. */
  direction: string | null;
}

/** A field that must have a value, for the filter by kind. */
export interface Kind { collections: Collection[]; filter: string | null }

const planned = "lifecycle IS NULL OR lifecycle NOT IN ('planned','proposed')";

interface Answer { features: (Feature & { properties: Record<string, unknown> })[] }

/** An origin as parameters. */
const from = (origin: Origin): Record<string, string> =>
  'place' in origin
    ? { feature: origin.place.key }
    : { point: origin.at.join(','), ...(origin.accuracy === null ? {} : { 'point-accuracy': String(origin.accuracy) }) };

/** The nearest places of some collections, the nearest first. Each collection is asked for as many, so the first of all are right. */
export async function readNearest(origin: Origin, kind: Kind, withPlanned: boolean, most: number): Promise<Neighbour[]> {
  const ask = async (collection: Collection) => {
    const knows = collection.fields.some((field) => field.name === 'lifecycle');
    const conditions = [kind.filter, withPlanned || !knows ? null : planned].filter((condition) => condition !== null);
    const filter: Record<string, string> = conditions.length > 0 ? { filter: conditions.map((condition) => `(${condition})`).join(' AND ') } : {};
    const query = new URLSearchParams({ ...from(origin), k: String(most), ...filter });
    const { features } = await readJson<Answer>(`${collectionPath(collection.id)}/nearest?${query}`);
    return features.map(({ id, properties }) => ({
      key: `${collection.id}:${id}`,
      properties,
      distance: Number(properties['distance_m']),
      accuracy: properties['distance_accuracy_m'] as number | null,
      direction: properties['direction'] as string | null,
    }));
  };
  const found = await Promise.all(kind.collections.map(ask));
  return found.flat().sort((a, b) => a.distance - b.distance).slice(0, most);
}

export interface Stop {
  collection: string;
  id: string;
  name: string;
  chainageM: number;
  offsetM: number;
  offsetAccuracyM: number | null;
  side: 'left' | 'right' | null;
  beyond: 'start' | 'end' | null;
}

export interface Along {
  lengthM: number;
  start: { id: string; name: string } | null;
  end: { id: string; name: string } | null;
  stops: Stop[];
}

const linePath = (line: Place): string => `${collectionPath(line.collection.id)}/items/${encodeURIComponent(line.id)}`;

/** The address of the strip diagram of a line. */
export function stripAddress(line: Place, lang: Lang, dark: boolean): string {
  return `${linePath(line)}/along?${new URLSearchParams({ f: 'svg', lang, theme: dark ? 'dark' : 'light', limit: '1000' })}`;
}

export interface Profile {
  synthetic?: boolean;
  /** Stretches in their order: metres from the start of the line, and how many features stand there. */
  groups: { from_m: number; to_m: number; count: number }[];
  /** Farther from the line than is looked, without position, and all. */
  unassigned: { count: number };
  withoutGeometry: { count: number };
  total: { count: number };
}

/** How many features of a collection stand in each stretch of a line. */
export async function readProfile(line: Place, collection: string, lang: Lang): Promise<Profile> {
  const query = new URLSearchParams({ 'group-by': `along:${line.collection.id}/${line.id}`, f: 'json' });
  return readJson<Profile>(`${collectionPath(collection)}/aggregates?${query}`, { lang });
}

/** What stands along a line; with a place, where that stands, however far it is. */
export async function readAlong(line: Place, place?: Place): Promise<Along> {
  const path = `${linePath(line)}/along`;
  if (!place) return readJson<Along>(`${path}?limit=1000`);
  // As far as half the earth: whatever has a position.
  const query = new URLSearchParams({ collections: place.collection.id, 'max-offset': '20100000', limit: '10000' });
  return readJson<Along>(`${path}?${query}`);
}

/** Two features: how far apart, edge to edge, and how they lie to one another. */
export interface Apart {
  distanceM: number;
  distanceAccuracyM: number | null;
  direction: string | null;
  nearestOnFrom: [number, number] | null;
  nearestOnTo: [number, number] | null;
  relations: string[];
  statement: string;
}

export const readDistance = (from: Place, to: Place, lang: Lang): Promise<Apart> => readJson<Apart>(`/ogc/distance?${new URLSearchParams({ from: from.key, to: to.key, f: 'json' })}`, { lang });

/** A facility that is walked to. */
export interface Walked { collection: string; id: string; name: string; category: string; minutes: number; within: number | null }

export interface Category { category: string; title: string; withoutPosition: number; counts: number[]; nearest: Walked | null }

export interface Reach {
  mode: 'network' | 'straight';
  statement: string;
  features: Feature[];
  categories: Category[];
  facilities: Walked[];
  polygons: { collection: string; title: string; synthetic?: boolean; rings: { minutes: number; count: number; overlapHa: number | null }[] }[];
}

/** What is within a walk of 5, 10 and 15 minutes. */
export const readReach = (origin: Origin, lang: Lang): Promise<Reach> => readJson<Reach>(`/ogc/reach?${new URLSearchParams(from(origin))}`, { lang });
