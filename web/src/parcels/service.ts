// What the Parcels screen asks the service. Every number on it comes from here.
import type { Feature, Geometry } from 'geojson';
import { nameOf, says, text, type Collection, type Lang } from '../catalogue';
import { longestAddress } from '../drawings';
import { drawnAsSigns, possibleShapes, shapeIn, type Shape } from '../map/symbols';
import { collectionPath, readJson, ServiceError } from '../service';
import { fieldsOf, type Field, type Schema } from './fields';

export type Query = Record<string, string>;

/** Addresses longer than this are sent as a body. */
const longest = 4000;
/** The most features that a file holds. */
export const mostExported = 100_000;

async function ask<Answer>(path: string, posted: string, query: Query, lang: Lang, signal?: AbortSignal): Promise<Answer> {
  const address = `${path}?${new URLSearchParams(query)}`;
  if (address.length <= longest) return readJson<Answer>(address, { lang, signal });
  return readJson<Answer>(posted, { lang, signal, body: query });
}

type Totals = Record<string, number | null>;
const aggregatesOf = ({ id }: Collection) => `${collectionPath(id)}/aggregates`;
/** Asks for areas, which the service refuses where there are none. */
const areasOf = ({ has_areas }: Collection, ...units: string[]): Query => (has_areas ? { measure: units.map((unit) => `area(${unit})`).join(',') } : {});

export async function readFields(collection: Collection, lang: Lang): Promise<Field[]> {
  const base = collectionPath(collection.id);
  const schema = await readJson<Schema>(`${base}/queryables`, { lang });
  const names = Object.keys(schema.properties).filter((name) => schema.properties[name]!.type);
  const measure = names.filter((name) => name !== 'id').map((name) => `known(${name})`).join(',');
  // What has no fields is not measured.
  const { total } = measure === '' ? { total: {} } : await readJson<{ total: Totals }>(`${base}/aggregates?${new URLSearchParams({ measure })}`, { lang });
  return fieldsOf(schema, Object.fromEntries(names.map((name) => [name, name === 'id' ? collection.count : total[`known_${name}`]])));
}

export interface Found {
  count: number;
  ha: number | null;
  mu: number | null;
  searched: number;
  unknown: number;
  /** In the order of the members of the filter. */
  conditions: { failed: number; unknown: number }[];
}

export async function readFound(collection: Collection, query: Query, lang: Lang, signal: AbortSignal): Promise<Found> {
  interface Answer { total: Totals; explained: Omit<Found, 'count' | 'ha' | 'mu'> & { matched: number } }
  const path = aggregatesOf(collection);
  const { total, explained } = await ask<Answer>(path, path, { ...query, ...areasOf(collection, 'ha', 'mu'), explain: 'true' }, lang, signal);
  return { ...explained, count: total['count'] ?? 0, ha: total['area_ha'] ?? null, mu: total['area_mu'] ?? null };
}

export interface Bound { bound: 'least' | 'greatest'; to: number | string }
/** What one member of the filter costs, and the least that would have to give for as many matches as are wanted. */
export interface Cost {
  failed: number;
  matchedWithout: number;
  relaxation: { enough: boolean; numberMatched?: number; bounds?: Bound[]; values?: { value: string }[] } | null;
}

export async function readCosts(collection: string, query: Query, want: number, lang: Lang, signal: AbortSignal): Promise<(Cost & { best: boolean })[]> {
  const path = `${collectionPath(collection)}/shortlist`;
  const answer = await ask<{ criteria: Cost[]; relaxation: { best: number | null } }>(path, path, { ...query, want: String(want), limit: '1', distances: '' }, lang, signal);
  return answer.criteria.map((cost, at) => ({ ...cost, best: answer.relaxation.best === at + 1 }));
}

export interface Group { key: string; title: string; count: number; ha: number | null }

/** How the features that match part: by a field, or by the areas of a collection. */
export async function readGroups(collection: Collection, query: Query, by: string, lang: Lang, signal: AbortSignal): Promise<{ groups: Group[]; rest: number }> {
  type Row = Record<string, string | number | null>;
  interface Answer { groups: Row[]; unassigned?: Row; withoutGeometry?: Row; columns: { name: string; role: string }[] }
  const path = aggregatesOf(collection);
  const own: Query = by.startsWith('area:') ? { overlap: 'true' } : {};
  const answer = await ask<Answer>(path, path, { ...query, ...own, ...areasOf(collection, 'ha'), 'group-by': by, sortby: '-count', limit: '30' }, lang, signal);
  const keys = answer.columns.filter(({ role }) => role === 'key').map(({ name }) => name);
  const title = (row: Row) => String(row[`${keys[0]}_${lang}`] ?? row[keys[0]!] ?? '');
  const rest = Number(answer.unassigned?.['count'] ?? 0) + Number(answer.withoutGeometry?.['count'] ?? 0);
  return { rest, groups: answer.groups.map((row) => ({ key: String(row[keys[0]!] ?? ''), title: title(row), count: Number(row['count']), ha: (row['area_ha'] ?? null) as number | null })) };
}

/** How many match and how large they are, of a filter of its own. */
export async function readTotal(collection: Collection, query: Query, lang: Lang, signal: AbortSignal): Promise<{ count: number; ha: number | null }> {
  const path = aggregatesOf(collection);
  const { total } = await ask<{ total: Totals }>(path, path, { ...query, ...areasOf(collection, 'ha') }, lang, signal);
  return { count: total['count'] ?? 0, ha: total['area_ha'] ?? null };
}

export interface Row { id: string; properties: Record<string, unknown> }

const rowOf = ({ id, properties }: Feature<Geometry | null>): Row => ({ id: String(id ?? ''), properties: (properties ?? {}) as Record<string, unknown> });

export async function readRows(collection: string, query: Query, lang: Lang, signal: AbortSignal): Promise<{ matched: number; rows: Row[] }> {
  const base = collectionPath(collection);
  const answer = await ask<{ numberMatched: number; features: Feature<Geometry | null>[] }>(`${base}/items`, `${base}/search`, { ...query, skipGeometry: 'true' }, lang, signal);
  return { matched: answer.numberMatched, rows: answer.features.map(rowOf) };
}

/** One feature, with its distance where one is asked for. */
export function readOne(collection: string, id: string, query: Query, lang: Lang): Promise<Feature<Geometry | null>> {
  return readJson(`${collectionPath(collection)}/items/${encodeURIComponent(id)}?${new URLSearchParams(query)}`, { lang });
}

export interface Named { id: string; name: Record<Lang, string> }

/** The features of a collection that distances can be measured from, by name. */
export async function readNames(collection: Collection, lang: Lang): Promise<Named[]> {
  const fields = [...new Set([...collection.names.zh, ...collection.names.en])];
  const query = { limit: '1000', properties: fields.join(','), filter: 'geometry IS NOT NULL' };
  const { rows } = await readRows(collection.id, query, lang, AbortSignal.timeout(20_000));
  return rows.map(({ id, properties }) => ({ id, name: nameOf(id, properties, collection) }));
}

/** Kinds of defects, in the order of the service, each with the token of its colour on the map and in the list. */
export const defectTokens = {
  'invalid-ring': 'core', duplicate: 'block', 'repeated-number': 'building', overlap: 'axis', gap: 'smart', sliver: 'park', 'stated-area': 'emerging',
} as const;
export type DefectKind = keyof typeof defectTokens;
export const defectKinds = Object.keys(defectTokens) as DefectKind[];
export type Defect = Feature<Geometry | null, { kind: DefectKind; detail: string | null; what: string; features: string[]; longitude: number | null; latitude: number | null }>;

/** Whether parcels fit together: how many defects of each kind, and the first of those asked for. */
export interface Checked {
  defects: number;
  numberMatched: number;
  kinds: Record<DefectKind, number>;
  checked: { polygons: number };
  notes: string[];
  features: Defect[];
}

export function readTopology(collection: string, query: Query, lang: Lang, signal: AbortSignal): Promise<Checked> {
  const path = topologyPath(collection);
  return ask<Checked>(path, path, { ...query, limit: String(mostDefects) }, lang, signal);
}

/** The most defects that are listed and drawn. */
export const mostDefects = 500;
const topologyPath = (collection: string) => `${collectionPath(collection)}/topology`;

/** The address of a file of all defects; null where the query is too long for one. */
export function topologyFile(collection: string, query: Query, form: string): string | null {
  const address = `${topologyPath(collection)}?${new URLSearchParams({ ...query, f: form, limit: '10000' })}`;
  return address.length <= longest ? address : null;
}

/** The systems that a collection is offered in. */
export async function readSystems(collection: string): Promise<string[]> {
  return (await readJson<{ crs: string[] }>(collectionPath(collection))).crs;
}

const systemTitles: Record<string, string> = { CRS84: 'WGS 84', 4326: 'WGS 84 (EPSG 4326)', 4490: 'CGCS2000 (EPSG 4490)', 3857: 'Web Mercator (EPSG 3857)' };

/** What people call a system of the service; of the zones of three degrees EPSG 4513 to 4533 write their number, 4534 to 4554 do not. */
export function systemTitle(address: string): string {
  const code = address.slice(address.lastIndexOf('/') + 1);
  const number = Number(code);
  if (number >= 4513 && number <= 4533) return `CGCS2000 / 3° ${number - 4488} (EPSG ${code})`;
  if (number >= 4534 && number <= 4554) return `CGCS2000 / 3° ${(number - 4509) * 3}°E (EPSG ${code})`;
  return systemTitles[code] ?? address;
}

export interface Measured extends Feature<Geometry> {
  properties: { crs: string; north_first: boolean; length_m: number; data_distance_m?: number; area_m2?: number; area_ha?: number; area_mu?: number };
}

export function measure(query: Query, lang: Lang): Promise<Measured> {
  return readJson<Measured>('/measure', { lang, body: query });
}

/** A file of what a query finds, by a body, so that no query is too long. */
export async function readFile(collection: string, query: Query, form: string, lang: Lang): Promise<Blob> {
  const response = await fetch(`${collectionPath(collection)}/search`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'accept-language': lang },
    body: JSON.stringify({ ...query, f: form, limit: mostExported }),
  }).catch((cause: unknown) => {
    throw new ServiceError('unreachable', String(cause));
  });
  if (!response.ok) throw new ServiceError('refused', `${response.status}`);
  return response.blob();
}

export const fitsTiles = (collection: string, filter: string): boolean => tileAddress(collection, filter).length <= longestAddress;

export function tileAddress(collection: string, filter: string): string {
  const query = new URLSearchParams({ properties: '', ...(filter === '' ? {} : { filter }) });
  return `${location.origin}/tiles/${encodeURIComponent(collection)}/{z}/{x}/{y}.mvt?${query}`;
}

/** The signs that the map of parcels has: those of every type and kind that its layers of signs hold. */
export async function readShapes(collections: readonly Collection[]): Promise<ReadonlySet<Shape>> {
  const shapesOf = async (collection: Collection) => {
    const keys = ['unit_type', 'kind'].filter((name) => says(collection, name));
    if (keys.length === 0) return possibleShapes([collection]);
    const query = new URLSearchParams({ 'group-by': keys.join(','), measure: 'count' });
    const { groups, groupsMatched } = await readJson<{ groups: Record<string, unknown>[]; groupsMatched: number }>(`${aggregatesOf(collection)}?${query}`);
    return groups.length < groupsMatched ? possibleShapes([collection]) : groups.map((group) => shapeIn(collection, text(group['unit_type']), text(group['kind'])));
  };
  return new Set((await Promise.all(drawnAsSigns(collections).map(shapesOf))).flatMap((shapes) => [...shapes]));
}
