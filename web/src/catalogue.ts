// What the service says about its data, and every feature as one kind of thing: a place. Pure; no requests, no page.
import type { Feature, Geometry, Position } from 'geojson';
import { boundsOf, labelPoint, type Bounds } from './geometry';

export type Lang = 'zh' | 'en';
export type Words = Partial<Record<Lang, string>> | null | undefined;

export const drawRoles = ['zone', 'core', 'axis', 'belt', 'site', 'facility', 'region', 'link', 'road', 'water', 'transit', 'subdistrict', 'parcel'] as const;
export type DrawRole = (typeof drawRoles)[number];

/** The parts of the layout, in the order of the plan's formula. */
export const parts = ['core', 'axis', 'belt', 'point'] as const;
export type Part = (typeof parts)[number];

export interface Field { name: string; title: Words; unit: string | null; kind: string }
/** `signs` are the shapes of the signs of the types of units of the plan, where its features have a type. */
export interface Collection { id: string; title: Words; description: Words; attribution: Words | null; draw: DrawRole; synthetic: boolean; count: number; has_areas: boolean; fields: Field[]; names: Record<Lang, string[]>; signs: Record<string, string> }
/** `places` are those that the plan says to belong to a core, an axis or a belt, by its id. */
export interface LayoutEntry { part: Part; ids: string[]; places: Record<string, string[]>; section: string; sentence: Words }
export interface Target { id: string; op: string; value: number; by: number | null; section: string }
/** `sign` is the shape of its sign. */
export interface UnitType { id: string; name: Words; sign: string }
export interface Plan {
  title: Words;
  period: { start: number; end: number };
  formula: Words;
  section: string | null;
  layout: LayoutEntry[];
  unit_types: UnitType[];
  industries: { id: string; name: Words; group: string }[];
  target: Target | null;
}
export interface AppInfo {
  title: Words;
  lang: Lang | null;
  description: Words;
  attribution: Words;
  licence: string;
  data_date: string;
  approval_number: string;
  /** Maps of it need an approval number and have none. */
  is_internal: boolean;
  start_extent: Bounds | null;
  extents: { id: string; title: Words; bbox: Bounds }[];
  revision: string;
  version: string;
  collections: Collection[];
  plan: Plan | null;
}

export interface Place {
  /** `collection:id`, the form used in addresses. */
  key: string;
  id: string;
  collection: Collection;
  name: { zh: string; en: string };
  aliases: string[];
  geometry: Geometry | null;
  bounds: Bounds | null;
  /** Where a symbol or a label stands; null when no position is known. */
  at: Position | null;
  /** The unit type when the plan names this place as an innovation unit. */
  unit: string | null;
  properties: Record<string, unknown>;
}

/** The words in the asked language, else in the other one: a missing translation never leaves a hole. */
export function say(words: Words, lang: Lang): string {
  return words?.[lang] || words?.[lang === 'zh' ? 'en' : 'zh'] || '';
}

/** Who is credited for what shows some collections: the words of the whole, then a collection's own behind its title. */
export function credits(app: AppInfo | null, shown: (collection: Collection) => boolean, lang: Lang): string {
  if (app === null) return '';
  const whole = say(app.attribution, lang);
  const [colon, semicolon] = lang === 'zh' ? ['：', '；'] : [': ', '; '];
  const own = app.collections.flatMap((collection) => {
    const credit = collection.attribution && shown(collection) ? say(collection.attribution, lang) : whole;
    return credit === whole ? [] : [`${say(collection.title, lang)}${colon}${credit}`];
  });
  return [...(whole === '' ? [] : [whole]), ...own].join(semicolon);
}

export function text(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string' && entry !== '') : [];
}

/** What people call a feature in each language, by the fields that hold names of its collection; else its id. */
export function nameOf(id: string, properties: Record<string, unknown>, { names }: Pick<Collection, 'names'>): Record<Lang, string> {
  const among = (fields: string[]) => fields.map((field) => text(properties[field])).find((name) => name !== null) ?? id;
  return { zh: among(names.zh), en: among(names.en) };
}

export function placeOf(feature: Feature<Geometry | null>, collection: Collection): Place {
  const properties = (feature.properties ?? {}) as Record<string, unknown>;
  const id = String(feature.id ?? properties['id'] ?? '');
  const { geometry } = feature;
  return {
    key: `${collection.id}:${id}`,
    id,
    collection,
    name: nameOf(id, properties, collection),
    aliases: texts(properties['aliases']),
    geometry,
    bounds: geometry ? boundsOf(geometry) : null,
    at: geometry ? labelPoint(geometry) : null,
    unit: properties['named_unit'] === true ? text(properties['unit_type']) : null,
    properties,
  };
}

/** Places known by key and, because the plan names places without a collection, by id. */
export class Gazetteer {
  readonly byKey = new Map<string, Place>();
  private readonly byId = new Map<string, Place>();

  constructor(readonly places: readonly Place[]) {
    for (const place of places) {
      this.byKey.set(place.key, place);
      // Layout and sites are listed before backdrop layers, so the first holder of an id is the meant one.
      if (!this.byId.has(place.id)) this.byId.set(place.id, place);
    }
  }

  drawn(role: DrawRole): Place[] {
    return this.places.filter((place) => place.collection.draw === role);
  }

  named(id: string): Place | undefined {
    return this.byId.get(id);
  }

  units(): Place[] {
    return this.places.filter((place) => place.unit !== null);
  }

  childrenOf(id: string): Place[] {
    return this.places.filter((place) => place.properties['parent_id'] === id);
  }
}

export function partOf(place: Place): Part | null {
  const { draw } = place.collection;
  if (draw === 'core' || draw === 'axis' || draw === 'belt') return draw;
  return place.unit !== null ? 'point' : null;
}

/** The features of one part: by the plan's list, else by how the collections are drawn. */
export function membersOf(part: Part, plan: Plan | null, gazetteer: Gazetteer): Place[] {
  const listed = (plan?.layout ?? []).filter((entry) => entry.part === part).flatMap((entry) => entry.ids);
  const found = listed.map((id) => gazetteer.named(id)).filter((place) => place !== undefined);
  if (found.length > 0) return found;
  if (part !== 'point') return gazetteer.drawn(part);
  const units = gazetteer.units();
  return units.length > 0 || plan === null ? units : gazetteer.drawn('site');
}

/** Has a collection a field of this name? */
export const says = ({ fields }: Collection, name: string): boolean => fields.some((field) => field.name === name);

/** Collections whose features are units: of those that say so the named ones, else, of a plan, the sites. */
export function unitCollections({ collections, plan }: AppInfo): { named: boolean; collections: Collection[] } {
  const saying = collections.filter((collection) => says(collection, 'named_unit'));
  if (saying.length > 0 || plan === null) return { named: true, collections: saying };
  return { named: false, collections: collections.filter(({ draw }) => draw === 'site') };
}

/** Is there a feature that is drawn so? */
export const holds = (collections: readonly Collection[], draw: DrawRole): boolean => collections.some((collection) => collection.draw === draw && collection.count > 0);

/** The parts whose courses are schematic, as no survey has measured them: how many cores, axes and belts there are. */
export const coursesOf = ({ collections }: AppInfo): [part: 'core' | 'axis' | 'belt', count: number][] =>
  (['core', 'axis', 'belt'] as const)
    .map((part): [typeof part, number] => [part, collections.filter(({ draw }) => draw === part).reduce((sum, { count }) => sum + count, 0)])
    .filter(([, count]) => count > 0);

/** The parts of the layout that the plan tells of or the data has; points by their number, once they are counted. */
export function partsOf(app: AppInfo, points: number | null): Part[] {
  const mayHavePoints = () => unitCollections(app).collections.some(({ count }) => count > 0);
  const has = (part: Part) => (part === 'point' ? (points === null ? mayHavePoints() : points > 0) : holds(app.collections, part));
  return parts.filter((part) => has(part) || (app.plan?.layout ?? []).some((entry) => entry.part === part));
}

/** Places that belong to a core, an axis or a belt: the parts or anchors it lists, those of the plan, then all that name it. */
export function belongingTo(place: Place, plan: Plan | null, gazetteer: Gazetteer): Place[] {
  const ids = [place.properties['parts'], place.properties['anchors']]
    .flatMap((entries) => (Array.isArray(entries) ? (entries as { id?: unknown }[]) : []))
    .flatMap(({ id }) => (typeof id === 'string' ? id : []));
  const planned = (plan?.layout ?? []).flatMap(({ places }) => places[place.id] ?? []);
  const listed = [...ids, ...planned].flatMap((id) => gazetteer.named(id) ?? []);
  const naming = gazetteer.places.filter((other) => other.properties['parent_id'] === place.id || texts(other.properties['along']).includes(place.id));
  return [...new Set([...listed, ...naming])].filter((other) => other !== place);
}

/** Groups of the list, in its order. `units` are split by unit type; all else is grouped by its collection. */
export interface Group { id: string; title: Words; places: Place[] }

const listOrder: DrawRole[] = ['core', 'axis', 'belt', 'site', 'facility', 'region', 'link', 'zone', 'subdistrict', 'water', 'transit', 'road', 'parcel'];

export function groupPlaces(places: readonly Place[], plan: Plan | null, lang: Lang): Group[] {
  const groups: Group[] = [];
  for (const type of plan?.unit_types ?? []) {
    groups.push({ id: `unit:${type.id}`, title: type.name, places: places.filter((place) => place.unit === type.id) });
  }
  const rest = places.filter((place) => !groups.some((group) => group.places.includes(place)));
  const collections = [...new Set(rest.map((place) => place.collection))];
  collections.sort((a, b) => listOrder.indexOf(a.draw) - listOrder.indexOf(b.draw));
  for (const collection of collections) {
    groups.push({ id: collection.id, title: collection.title, places: rest.filter((place) => place.collection === collection) });
  }
  const byName = new Intl.Collator(lang === 'zh' ? 'zh-Hans-CN' : 'en', { numeric: true });
  for (const group of groups) group.places.sort((a, b) => byName.compare(a.name[lang], b.name[lang]));
  return groups.filter((group) => group.places.length > 0);
}

/** Every word of the filter must occur in a name, an alias or the id; case and width do not matter. */
export function matchesFilter(place: Place, filter: string): boolean {
  const fold = (value: string) => value.normalize('NFKC').toLocaleLowerCase();
  const haystack = fold([place.name.zh, place.name.en, ...place.aliases, place.id].join('\n'));
  return fold(filter).split(/\s+/).every((word) => haystack.includes(word));
}
