// All requests to the service. Every failure becomes a ServiceError that says what to show.
import type { Feature, FeatureCollection } from 'geojson';
import { placeOf, unitCollections, type AppInfo, type Collection, type DrawRole, type Lang, type Part, type Place } from './catalogue';

export class ServiceError extends Error {
  constructor(readonly kind: 'unreachable' | 'refused' | 'unreadable', readonly detail: string) {
    super(detail);
  }
}

/** What went wrong, as something to show. */
export function asServiceError(cause: unknown): ServiceError {
  return cause instanceof ServiceError ? cause : new ServiceError('unreadable', String(cause));
}

/** A server that is up answers in well under this; a hanging one must not leave the page waiting. */
const patienceMs = 20_000;
const pageSize = 10_000;

/** How a question is put: in which language, until when it is wanted, and with what in a body. */
export interface Manner { lang?: Lang; signal?: AbortSignal | undefined; body?: object }

export async function readJson<Answer>(path: string, { lang, signal, body }: Manner = {}): Promise<Answer> {
  let response: Response;
  const patience = AbortSignal.timeout(patienceMs);
  try {
    response = await fetch(path, {
      headers: { accept: 'application/geo+json, application/json', ...(lang && { 'accept-language': lang }), ...(body && { 'content-type': 'application/json' }) },
      signal: signal ? AbortSignal.any([patience, signal]) : patience,
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ServiceError('unreachable', cause instanceof Error ? cause.message : path);
  }
  if (!response.ok) {
    const problem = (await response.json().catch(() => null)) as { title?: string; detail?: string } | null;
    throw new ServiceError('refused', problem?.detail ?? problem?.title ?? `${response.status} ${path}`);
  }
  try {
    return (await response.json()) as Answer;
  } catch {
    throw new ServiceError('unreadable', path);
  }
}

interface Items extends FeatureCollection {
  numberMatched?: number;
  links?: { rel: string; href: string }[];
}

export const collectionPath = (id: string): string => `/ogc/collections/${encodeURIComponent(id)}`;

function itemsPath(collection: string, query: Record<string, string>): string {
  return `${collectionPath(collection)}/items?${new URLSearchParams(query)}`;
}

/** The page of a section of the plan. */
export const planAddress = (section: string, lang: Lang): string => `/plan?${new URLSearchParams({ section, lang })}`;

/** The sheet of a place, or of several side by side. */
export const sheetAddress = (ids: readonly string[], lang: Lang): string => `/reports/site.html?${new URLSearchParams({ ids: ids.join(','), lang })}`;

export function readAppInfo(): Promise<AppInfo> {
  return readJson<AppInfo>('/app.json');
}

/** All features of a collection that hold on a day, or at any time. */
export async function readPlaces(collection: Collection, day: string | null = null): Promise<Place[]> {
  const features: Feature[] = [];
  let path: string | undefined = itemsPath(collection.id, { limit: String(pageSize), ...(day === null ? {} : { datetime: day }) });
  while (path) {
    const page: Items = await readJson<Items>(path);
    features.push(...page.features);
    const next = page.links?.find((link) => link.rel === 'next')?.href;
    // Links are absolute; behind a proxy their host may not be ours, so only path and query are followed.
    const address: URL | null = next && page.features.length > 0 ? new URL(next, location.href) : null;
    path = address ? address.pathname + address.search : undefined;
  }
  return features.map((feature) => placeOf(feature, collection));
}

/** One feature of a collection. */
export async function readPlace(collection: Collection, id: string): Promise<Place> {
  return placeOf(await readJson<Feature>(`${collectionPath(collection.id)}/items/${encodeURIComponent(id)}?f=json`), collection);
}

async function countOf(collection: Collection, query: Record<string, string> = {}): Promise<number> {
  const items = await readJson<Items>(itemsPath(collection.id, { ...query, limit: '1' }));
  return items.numberMatched ?? 0;
}

export interface Counts {
  parts: Record<Part, number>;
  /** Named units by unit type, in the plan's order; empty when the data knows no unit types. */
  unitTypes: { id: string; count: number }[];
}

/** The numbers on the cards, counted by the service. Points are the units that the plan names, where the data says which. */
export async function readCounts(app: AppInfo): Promise<Counts> {
  const sum = async (counted: readonly Collection[], query: Record<string, string> = {}) =>
    (await Promise.all(counted.map((collection) => countOf(collection, query)))).reduce((total, count) => total + count, 0);
  const drawn = (draw: DrawRole) => app.collections.filter((collection) => collection.draw === draw);
  const units = unitCollections(app);
  const typed = units.named ? units.collections.filter(({ fields }) => fields.some(({ name }) => name === 'unit_type')) : [];
  const types = typed.length > 0 ? (app.plan?.unit_types ?? []) : [];
  const [core, axis, belt, point, unitTypes] = await Promise.all([
    sum(drawn('core')),
    sum(drawn('axis')),
    sum(drawn('belt')),
    sum(units.collections, units.named ? { named_unit: 'true' } : {}),
    Promise.all(types.map(async ({ id }) => ({ id, count: await sum(typed, { named_unit: 'true', unit_type: id }) }))),
  ]);
  return { parts: { core, axis, belt, point }, unitTypes };
}
