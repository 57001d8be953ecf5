// All requests to the service. Every failure becomes a ServiceError that says what to show.
import type { Feature, FeatureCollection } from 'geojson';
import { placeOf, type AppInfo, type Collection, type Part, type Place } from './catalogue';

export class ServiceError extends Error {
  constructor(readonly kind: 'unreachable' | 'refused' | 'unreadable', readonly detail: string) {
    super(detail);
  }
}

/** A server that is up answers in well under this; a hanging one must not leave the page waiting. */
const patienceMs = 20_000;
const pageSize = 10_000;

async function readJson<Answer>(path: string): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { accept: 'application/geo+json, application/json' }, signal: AbortSignal.timeout(patienceMs) });
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

function itemsPath(collection: string, query: Record<string, string>): string {
  return `/ogc/collections/${encodeURIComponent(collection)}/items?${new URLSearchParams(query)}`;
}

export function readAppInfo(): Promise<AppInfo> {
  return readJson<AppInfo>('/app.json');
}

export async function readPlaces(collection: Collection): Promise<Place[]> {
  const features: Feature[] = [];
  let path: string | undefined = itemsPath(collection.id, { limit: String(pageSize) });
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

async function countOf(collection: Collection, query: Record<string, string> = {}): Promise<number> {
  const items = await readJson<Items>(itemsPath(collection.id, { ...query, limit: '1' }));
  return items.numberMatched ?? 0;
}

export interface Counts {
  parts: Record<Part, number>;
  /** Named units by unit type, in the plan's order; empty when the data knows no unit types. */
  unitTypes: { id: string; count: number }[];
}

const drawOf = { core: 'core', axis: 'axis', belt: 'belt', point: 'site' } as const;

/** The numbers on the cards, counted by the service. */
export async function readCounts(app: AppInfo): Promise<Counts> {
  const drawn = (part: Part) => app.collections.filter((collection) => collection.draw === drawOf[part]);
  const sum = (counts: number[]) => counts.reduce((total, count) => total + count, 0);
  const whole = async (part: Part) => sum(await Promise.all(drawn(part).map((collection) => countOf(collection))));
  const withUnits = app.collections.filter((collection) => ['named_unit', 'unit_type'].every((name) => collection.fields.some((field) => field.name === name)));
  const types = withUnits.length > 0 ? (app.plan?.unit_types ?? []) : [];
  const [core, axis, belt, unitTypes] = await Promise.all([
    whole('core'),
    whole('axis'),
    whole('belt'),
    Promise.all(
      types.map(async ({ id }) => ({
        id,
        count: sum(await Promise.all(withUnits.map((collection) => countOf(collection, { named_unit: 'true', unit_type: id })))),
      })),
    ),
  ]);
  const point = types.length > 0 ? sum(unitTypes.map((type) => type.count)) : await whole('point');
  return { parts: { core, axis, belt, point }, unitTypes };
}
