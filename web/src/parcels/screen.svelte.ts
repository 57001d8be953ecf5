// The state of the Parcels screen and everything that changes it. Components show it and call its methods.
import type { Feature, Geometry, Position } from 'geojson';
import { viewOf, type View } from '../address';
import { say, type AppInfo, type Collection } from '../catalogue';
import { Frame } from '../frame.svelte';
import { keepDrawing, longestAddress, longestInLink, readDrawing } from '../drawings';
import { around, boundsOf, type Bounds } from '../geometry';
import { Telling } from '../notices.svelte';
import { locate, type Location } from '../position';
import type { Hit } from '../search/service';
import { asServiceError, readAppInfo, type ServiceError } from '../service';
import { metres } from '../near/say';
import { fill } from '../words';
import { parcelWords } from '../words/parcels';
import { cqlOf, drawnOf, filterOf, finished, geometryOf, membersOf, outline, readCondition, readKept, turned, wkt, written, writtenKept, type Condition, type Kept, type ShapeKind } from './conditions';
import { Editing } from './editing.svelte';
import { areaUnits, formatNumber, groupFields, shown, usualColumns, type Field } from './fields';
import * as service from './service';
import { cornersOf, isAcross } from './shapes';
import type { Cost, Found, Group, Named, Query, Row } from './service';

export const distance = 'distance_m';
/** Rows that are fetched at once. */
export const pageRows = 100;
export const mostCompared = 6;
/** Where fewer match, it is told what would have to give for so many. */
export const wantedParcels = 5;
/** So far around the reader the map shows, metres. */
const closestLookM = 500;

export type Tool = 'choose' | ShapeKind | 'length' | 'area';

/** What the map does for the screen. */
export interface Stage {
  /** Shows an area, no closer than a zoom. */
  fit(bounds: Bounds, closest?: number): void;
  bounds(): Bounds;
  reveal(bounds: Bounds): void;
  centre(): Position;
}

/** A place that distances are measured from. */
export interface Reference { collection: string; id: string }

/** What a member of the filter costs, and the number of the condition that it belongs to. */
export type Step = Cost & { at: number; best: boolean };

/** A condition relaxed as the service says; null where it has no such bound. */
export function relaxed(condition: Condition | undefined, { relaxation }: Step): Condition | null {
  if (!condition || !relaxation?.enough) return null;
  const to = (side: 'least' | 'greatest') => relaxation.bounds?.find(({ bound }) => bound === side)?.to;
  const [least, greatest] = [to('least'), to('greatest')];
  switch (condition.kind) {
    case 'among':
      return relaxation.values?.length ? { ...condition, values: [...condition.values, ...relaxation.values.map(({ value }) => value)] } : null;
    case 'compare': {
      const { comparison, unit } = condition;
      const inUnit = (value: number) => Number((unit ? value / areaUnits[unit] : value).toPrecision(12));
      if (comparison === 'between') return { ...condition, value: typeof least === 'number' ? inUnit(least) : condition.value, to: typeof greatest === 'number' ? inUnit(greatest) : condition.to };
      const value = least ?? greatest;
      return typeof value === 'number' ? { ...condition, comparison: least === undefined ? 'lte' : 'gte', value: inUnit(value), to: inUnit(value) } : null;
    }
    case 'days':
      return typeof least === 'string' ? { ...condition, from: least } : typeof greatest === 'string' ? { ...condition, to: greatest } : null;
    case 'near':
      return typeof greatest === 'number' ? { ...condition, metres: greatest } : null;
    case 'drawn':
      return typeof greatest === 'number' ? { ...condition, drawn: { ...condition.drawn, metres: greatest } } : null;
    default:
      return null;
  }
}

const formVersion = '1';

export class Parcels extends Telling {
  readonly frame = new Frame();
  readonly own = $derived(parcelWords[this.lang]);

  app = $state.raw<AppInfo | null>(null);
  collection = $state.raw<Collection | null>(null);
  fields = $state.raw<Field[]>([]);
  failure = $state.raw<ServiceError | null>(null);

  conditions = $state.raw<Condition[]>([]);
  sort = $state<string | null>(null);
  private chosenColumns = $state.raw<string[] | null>(null);
  private chosenReference = $state.raw<Reference | null>(null);
  private chosenGroup = $state<string | null>(null);
  basket = $state.raw<string[]>([]);
  selected = $state<string | null>(null);
  detail = $state.raw<Feature<Geometry | null> | null>(null);
  /** Other parcels under the last press. */
  here = $state.raw<string[]>([]);
  hovered = $state<string | null>(null);

  found = $state.raw<Found | null>(null);
  /** What the members of the filter cost, where few parcels match. */
  steps = $state.raw<Step[] | null>(null);
  groups = $state.raw<{ groups: Group[]; rest: number } | null>(null);
  /** Why another breakdown could not be made. */
  groupTrouble = $state.raw<ServiceError | null>(null);
  /** Whether what matches fits together, once that was asked for. */
  topology = $state.raw<service.Checked | null>(null);
  /** The one kind of defects that is listed; null for all. */
  defectKind = $state<service.DefectKind | null>(null);
  checking = $state(false);
  band = $state.raw<Geometry[]>([]);
  busy = $state(false);
  /** The failed question, to be asked again. */
  trouble = $state.raw<ServiceError | null>(null);

  tool = $state<Tool>('choose');
  corners = $state.raw<Position[]>([]);
  measured = $state.raw<service.Measured | null>(null);
  /** The drawn condition that is being changed. */
  editing = $state.raw<Editing | null>(null);

  /** Where the reader is, once that was asked for. */
  location = $state.raw<Location | null>(null);

  view: View | null = null;
  stage: Stage | null = null;

  /** Ids of long drawings that the service keeps, by their text. */
  private readonly kept = new Map<string, string>();
  /** Drawings on their way to the service. */
  private keeping = 0;
  /** The conditions of an address whose drawings are still to be read; the address is not written before. */
  private awaited: (Condition | Kept)[] | null = null;
  /** The fields in the language of the page, once they were asked for; null after that failed. */
  private fieldsAsked: Promise<Field[]> | null = null;
  private names = $state.raw<ReadonlyMap<string, Named[]>>(new Map());
  private pages = $state.raw<ReadonlyMap<number, Row[]>>(new Map());
  private asked = new Set<number>();
  private loads = 0;
  private run = 0;
  private abort = new AbortController();
  private abortCheck = new AbortController();

  title = $derived(say(this.app?.title, this.lang) || 'innospace');
  filter = $derived(filterOf(this.conditions));
  /** The axis of the plan, or whatever a condition speaks of, or what was chosen. */
  reference = $derived.by<Reference | null>(() => {
    const near = this.conditions.find((condition) => condition.kind === 'near');
    const axis = this.app?.collections.find(({ draw, count }) => draw === 'axis' && count > 0);
    const first = axis && this.names.get(axis.id)?.[0];
    return this.chosenReference ?? near ?? (first ? { collection: axis.id, id: first.id } : null);
  });
  referenceName = $derived(this.reference ? this.nameOf(this.reference) : '');
  columns = $derived.by(() => {
    const known = this.fields.map(({ name }) => name);
    const usual = [...usualColumns(this.fields, this.lang), ...(this.reference ? [distance] : [])];
    return (this.chosenColumns ?? usual).filter((column) => known.includes(column) || (column === distance && this.reference));
  });
  /** The order of the rows: by area, the largest first, unless another is asked for. */
  order = $derived(this.sort ?? (this.fields.find(({ unit }) => unit === 'm2') ? `-${this.fields.find(({ unit }) => unit === 'm2')!.name}` : ''));
  beltNames = $derived((this.app?.collections ?? []).filter(({ draw }) => draw === 'belt').flatMap(({ id }) => (this.names.get(id) ?? []).map(({ name }) => name[this.lang])));
  places = $derived((this.app?.collections ?? []).filter(({ id, count, draw }) => id !== this.collection?.id && count > 0 && draw !== 'parcel'));
  groupings = $derived.by(() => {
    const belts = this.app?.collections.find(({ draw, count }) => draw === 'belt' && count > 0);
    const areas = (this.app?.collections ?? []).filter(({ draw, count }) => draw === 'subdistrict' && count > 0);
    return [
      ...(belts ? [{ id: 'belts', title: say(belts.title, this.lang) }] : []),
      ...areas.map((area) => ({ id: `area:${area.id}`, title: say(area.title, this.lang) })),
      ...groupFields(this.fields, this.lang).map(({ name, title }) => ({ id: name, title })),
    ];
  });
  grouping = $derived(this.groupings.find(({ id }) => id === this.chosenGroup)?.id ?? this.groupings[0]?.id ?? null);
  /** What each condition leaves out because a value is unknown. */
  unknownOf = $derived.by(() => {
    let member = 0;
    return this.conditions.map((condition) => {
      const from = member;
      member += membersOf(condition);
      return (this.found?.conditions ?? []).slice(from, member).reduce((sum, { unknown }) => sum + unknown, 0);
    });
  });
  /** Asks for distances, where there is something to measure from. */
  from = $derived.by<Query>((): Query => (this.reference ? { 'distance-to': `${this.reference.collection}:${this.reference.id}` } : {}));
  /** The conditions alone. */
  selection = $derived.by<Query>((): Query => (this.filter === '' ? {} : { filter: this.filter }));
  /** The query of the rows and of files: conditions, order, columns, distances. */
  query = $derived.by<Query>(() => ({
    ...this.selection,
    ...(this.order === '' ? {} : { sortby: this.order }),
    ...this.from,
  }));
  /** The shape that is being drawn, as far as it goes. */
  draft = $derived.by<Position[]>(() => {
    if (this.tool === 'box' || this.tool === 'circle') {
      const drawn = finished(this.tool, this.corners);
      return drawn && this.tool === 'box' ? outline(drawn) : this.corners;
    }
    return this.corners;
  });
  status = $derived.by(() => {
    if (this.failure || this.trouble) return '';
    if (this.busy || !this.found) return this.words.loading;
    return this.summary;
  });
  summary = $derived.by(() => {
    const { found, own: words } = this;
    if (!found) return '';
    return fill(words.statusLine, { count: this.number(found.count, 0), ha: this.number(found.ha), mu: this.number(found.mu) });
  });

  number(value: number | null, digits = 2): string {
    return value === null ? '—' : formatNumber(value, this.lang, digits);
  }

  field(name: string): Field | undefined {
    return this.fields.find((field) => field.name === name);
  }

  columnTitle(name: string): string {
    const words = this.own;
    if (name === distance) return fill(words.distanceColumn, { name: this.referenceName });
    const field = this.field(name);
    if (!field) return name;
    const unit = field.unit === 'm2' ? words.units.ha : field.unit === '1' ? null : field.unit;
    return unit ? fill(words.withUnit, { title: field.title, unit: words.units[unit as keyof typeof words.units] ?? unit }) : field.title;
  }

  cell(name: string, value: unknown): string | null {
    if (name === distance) return typeof value === 'number' ? formatNumber(value, this.lang, 0) : null;
    const field = this.field(name);
    return field ? shown(field, value, this.lang, this.words) : null;
  }

  nameOf({ collection, id }: Reference): string {
    return this.names.get(collection)?.find((named) => named.id === id)?.name[this.lang] ?? id;
  }

  // ---- start, address, history

  begin(): () => void {
    const stop = this.appear(new URLSearchParams(location.search));
    this.restore();
    void this.load();
    const unfollow = this.frame.follow();
    const back = () => {
      this.editing = null;
      this.restore();
      void this.load();
    };
    addEventListener('popstate', back);
    return () => {
      stop();
      unfollow();
      this.abort.abort();
      this.abortCheck.abort();
      removeEventListener('popstate', back);
    };
  }

  private restore(): void {
    const asked = new URLSearchParams(location.search);
    const dropped: string[] = [];
    const read = <Value>(name: string, parse: (text: string) => Value | null): Value | null => {
      const text = asked.get(name);
      const value = text === null || text === '' ? null : parse(text);
      if (text && value === null) dropped.push(`${name}=${text}`);
      return value;
    };
    const list = (text: string) => text.split(',').filter((entry) => entry !== '');
    const known = new Set(['v', 'lang', 'theme', 'map', 'sel', 'c', 'sort', 'cols', 'to', 'by', 'basket']);
    for (const name of asked.keys()) if (!known.has(name)) dropped.push(`${name}=${asked.get(name)}`);
    read('v', (text) => (text === formVersion ? text : null));
    this.view = read('map', viewOf);
    this.awaited = asked.getAll('c').flatMap((text) => {
      const condition = readKept(text) ?? readCondition(text);
      if (!condition) dropped.push(`c=${text}`);
      return condition ?? [];
    });
    this.conditions = this.awaited.filter((condition) => 'kind' in condition);
    this.sort = read('sort', (text) => text);
    this.chosenColumns = read('cols', list);
    this.chosenReference = read('to', (text) => {
      const at = text.indexOf(':');
      return at > 0 ? { collection: text.slice(0, at), id: text.slice(at + 1) } : null;
    });
    this.chosenGroup = asked.get('by');
    this.basket = (read('basket', list) ?? []).slice(0, mostCompared);
    this.selected = asked.get('sel');
    if (dropped.length > 0) this.tell('info', fill(this.words.droppedParts, { parts: dropped.join(', ') }));
  }

  /** Reads the drawings that an address names by id; one that is not there, or crosses itself, is dropped with a message. */
  private async readKept(): Promise<void> {
    const { awaited } = this;
    if (!awaited) return;
    const conditions = await Promise.all(
      awaited.map(async (condition): Promise<Condition | null> => {
        if ('kind' in condition) return this.isSound(condition);
        const { within, id } = condition;
        try {
          const drawn = drawnOf(await readDrawing(id));
          if (drawn) this.kept.set(wkt(drawn), id);
          return drawn && { kind: 'drawn', drawn, within };
        } catch (cause) {
          const fault = asServiceError(cause);
          if (fault.kind !== 'refused') throw fault;
          this.tell('info', fill(this.own.drawingUnknown, { id }));
          return null;
        }
      }),
    );
    // Another address may have been opened meanwhile.
    if (this.awaited !== awaited) return;
    this.conditions = conditions.filter((condition) => condition !== null);
    this.awaited = null;
    void this.keepLong(this.conditions);
  }

  /** Null for a drawn polygon that the service refuses, as it refuses one that is drawn by hand. */
  private async isSound(condition: Condition): Promise<Condition | null> {
    if (condition.kind !== 'drawn' || condition.drawn.shape !== 'polygon') return condition;
    try {
      await service.measure({ geometry: wkt(condition.drawn) }, this.lang);
      return condition;
    } catch (cause) {
      const fault = asServiceError(cause);
      if (fault.kind !== 'refused') throw fault;
      this.tell('error', fault.detail);
      return null;
    }
  }

  /** Kept drawings are read as one polygon, which what is cut at the antimeridian is not. */
  private isLong = (condition: Condition): condition is Extract<Condition, { kind: 'drawn' }> => condition.kind === 'drawn' && written(condition).length > longestInLink && !isAcross(condition.drawn);

  /** Has the service keep what is too long for a link; what it does not keep stays in the link in full. */
  private async keepLong(conditions: readonly Condition[]): Promise<void> {
    for (const { drawn } of conditions.filter(this.isLong)) {
      if (this.kept.has(wkt(drawn))) continue;
      this.keeping++;
      try {
        this.kept.set(wkt(drawn), await keepDrawing({ type: 'Polygon', coordinates: [outline(drawn)] }));
      } catch (cause) {
        const words = this.own;
        const isWhole = written({ kind: 'drawn', drawn, within: false }).length <= longestAddress;
        this.tell('info', fill(isWhole ? words.drawingNotKept : words.drawingNotLinked, { why: asServiceError(cause).detail }));
      } finally {
        this.keeping--;
      }
    }
  }

  /** Null for what no address can hold. */
  private linked(condition: Condition): string | null {
    const id = this.isLong(condition) ? this.kept.get(wkt(condition.drawn)) : undefined;
    if (condition.kind === 'drawn' && id !== undefined) return writtenKept({ within: condition.within, id });
    const text = written(condition);
    return text.length <= longestAddress ? text : null;
  }

  write(change: 'push' | 'replace'): void {
    if (!this.app || this.awaited || this.keeping > 0) return;
    const query = new URLSearchParams({ v: formVersion });
    if (this.view) query.set('map', `${this.view.longitude.toFixed(5)},${this.view.latitude.toFixed(5)},${this.view.zoom.toFixed(2)}`);
    for (const condition of this.conditions) {
      const text = this.linked(condition);
      if (text !== null) query.append('c', text);
    }
    if (this.sort) query.set('sort', this.sort);
    if (this.chosenColumns) query.set('cols', this.chosenColumns.join(','));
    if (this.chosenReference) query.set('to', `${this.chosenReference.collection}:${this.chosenReference.id}`);
    if (this.chosenGroup) query.set('by', this.chosenGroup);
    if (this.basket.length > 0) query.set('basket', this.basket.join(','));
    if (this.selected !== null) query.set('sel', this.selected);
    query.set('lang', this.lang);
    if (this.theme !== 'auto') query.set('theme', this.theme);
    const address = `${location.pathname}?${String(query).replace(/%(2C|3A|3B|7E)/g, decodeURIComponent)}`;
    if (address === location.pathname + location.search) return;
    history[change === 'push' ? 'pushState' : 'replaceState'](null, '', address);
  }

  /** Reads what the screen needs and what the address speaks of, then asks; one that another overtakes asks nothing. */
  async load(): Promise<void> {
    const run = ++this.loads;
    this.failure = null;
    try {
      const app = this.app ?? (await readAppInfo());
      if (run !== this.loads) return;
      const collection = app.collections.find(({ draw }) => draw === 'parcel') ?? null;
      this.app = app;
      this.heed(app);
      this.collection = collection;
      if (!collection) return;
      this.fieldsAsked ??= service.readFields(collection, this.lang);
      const [fields] = await Promise.all([this.fieldsAsked, this.readKept().then(() => this.readSpoken(app))]);
      if (run !== this.loads) return;
      this.fields = fields;
    } catch (cause) {
      if (run !== this.loads) return;
      this.fieldsAsked = null;
      this.failure = asServiceError(cause);
      return;
    }
    this.heal();
    this.ask();
    if (this.selected !== null) return void this.open(this.selected);
    this.detail = null;
    this.here = [];
  }

  /** Reads the names of the collections that the address speaks of, and of the axis. */
  private async readSpoken(app: AppInfo): Promise<void> {
    const axis = app.collections.find(({ draw, count }) => draw === 'axis' && count > 0);
    const spoken = this.conditions.flatMap((condition) => (condition.kind === 'near' ? [condition.collection] : []));
    const needed = new Set([axis?.id, this.chosenReference?.collection, ...spoken].filter((id) => id !== undefined));
    await Promise.all([...needed].map((id) => this.namesOf(id)));
  }

  /** Drops what an address asks of this data that it does not have, and says so. */
  private heal(): void {
    const places = this.places;
    // Names that could not be read tell nothing.
    const isThere = ({ collection, id }: Reference) => this.names.get(collection)?.some((named) => named.id === id) ?? true;
    const holds = (condition: Condition) => {
      if (condition.kind === 'drawn') return true;
      if (condition.kind !== 'near') return this.field(condition.field) !== undefined;
      return places.some(({ id }) => id === condition.collection) && isThere(condition);
    };
    const dead = this.conditions.filter((condition) => !holds(condition));
    this.conditions = this.conditions.filter(holds);
    const dropped = dead.map(cqlOf);
    const known = (name: string) => name === distance || this.field(name) !== undefined;
    if (this.sort && !known(this.sort.replace(/^-/, ''))) {
      dropped.push(this.sort);
      this.sort = null;
    }
    const deadColumns = (this.chosenColumns ?? []).filter((column) => !known(column));
    if (deadColumns.length > 0) {
      dropped.push(`cols=${deadColumns.join(',')}`);
      const left = this.chosenColumns!.filter(known);
      this.chosenColumns = left.length > 0 ? left : null;
    }
    if (this.chosenGroup !== null && !this.groupings.some(({ id }) => id === this.chosenGroup)) {
      dropped.push(`by=${this.chosenGroup}`);
      this.chosenGroup = null;
    }
    if (this.chosenReference && !isThere(this.chosenReference)) {
      dropped.push(`${this.chosenReference.collection}:${this.chosenReference.id}`);
      this.chosenReference = null;
    }
    if (dropped.length > 0) this.tell('info', fill(this.words.droppedParts, { parts: dropped.join(', ') }));
  }

  /** The names of the features of a collection; none where they cannot be read. */
  namesOf(collection: string): Promise<Named[]> {
    return this.readNames(collection).catch(() => []);
  }

  private async readNames(collection: string): Promise<Named[]> {
    const known = this.names.get(collection);
    if (known) return known;
    const of = this.app?.collections.find(({ id }) => id === collection);
    const names = of ? await service.readNames(of, this.lang) : [];
    this.names = new Map([...this.names, [collection, names]]);
    return names;
  }

  // ---- asking

  /** Asks all that depends on the conditions; an answer to an earlier question is dropped. */
  ask(): void {
    const { collection, lang } = this;
    if (!collection) return;
    const run = ++this.run;
    this.abort.abort();
    this.abort = new AbortController();
    const { signal } = this.abort;
    this.busy = true;
    this.trouble = null;
    this.groupTrouble = null;
    this.steps = null;
    this.dropTopology();
    this.pages = new Map();
    this.asked.clear();
    const query = this.selection;
    const near = this.conditions.filter((condition) => condition.kind === 'near');
    const last = <Answer>(question: Promise<Answer>, take: (answer: Answer) => unknown) =>
      question.then((answer) => (run === this.run ? take(answer) : null));
    void Promise.all([
      last(service.readFound(collection, query, lang, signal), (found) => {
        this.found = found;
        if (found.count < wantedParcels && this.conditions.length > 0) return this.askCosts(query, signal, run);
        return (this.steps = null);
      }),
      this.askRows(0),
      this.askGroups(query, signal, run),
      last(Promise.all(near.map((condition) => this.bandOf(condition))), (band) => (this.band = band.flatMap((shape) => shape ?? []))),
    ])
      .catch((cause: unknown) => {
        if (run !== this.run) return;
        this.trouble = asServiceError(cause);
        this.found = null;
        this.groups = null;
        this.steps = null;
      })
      .finally(() => {
        if (run === this.run) this.busy = false;
      });
  }

  private async askCosts(query: Query, signal: AbortSignal, run: number): Promise<void> {
    const { collection, conditions, lang } = this;
    if (!collection) return;
    const owners = conditions.flatMap((condition, at) => Array<number>(membersOf(condition)).fill(at));
    const costs = await service.readCosts(collection.id, query, wantedParcels, lang, signal);
    if (run === this.run) this.steps = costs.map((cost, member) => ({ ...cost, at: owners[member]! }));
  }

  private async bandOf({ collection, id, metres }: Extract<Condition, { kind: 'near' }>): Promise<Geometry | null> {
    if (metres <= 0) return null;
    const { geometry } = await service.readOne(collection, id, {}, this.lang);
    if (!geometry) return null;
    return (await service.measure({ geometry: JSON.stringify(geometry), buffer: String(metres) }, this.lang)).geometry;
  }

  private async askGroups(query: Query, signal: AbortSignal, run: number): Promise<void> {
    const { collection, grouping, lang } = this;
    if (!collection || !grouping) return;
    const groups = grouping === 'belts' ? await this.byBelt(collection, signal) : await service.readGroups(collection, query, grouping, lang, signal);
    if (run !== this.run || grouping !== this.grouping) return;
    const field = this.field(grouping);
    const titled = groups.groups.map((group) => ({ ...group, title: field ? (shown(field, group.key, lang, this.words) ?? this.own.unknownValue) : group.title || group.key }));
    this.groups = { ...groups, groups: titled };
  }

  /** A belt holds what lies within its stated half width; belts may share ground, so a parcel may count in both. */
  private async byBelt(collection: Collection, signal: AbortSignal): Promise<{ groups: Group[]; rest: number }> {
    const belts = this.app!.collections.find(({ draw }) => draw === 'belt')!;
    const names = await this.readNames(belts.id);
    const features = await Promise.all(names.map(({ id }) => service.readOne(belts.id, id, {}, this.lang)));
    const within = features.map(({ properties }, index) => {
      const width = properties?.['half_width_m'];
      return cqlOf({ kind: 'near', collection: belts.id, id: names[index]!.id, metres: typeof width === 'number' ? width : 0 });
    });
    const also = (condition: string): Query => ({ filter: [this.filter, condition].filter((part) => part !== '').join(' AND ') });
    const totals = await Promise.all(within.map((condition) => service.readTotal(collection, also(condition), this.lang, signal)));
    const none = within.length === 0 ? { count: 0 } : await service.readTotal(collection, also(within.map((condition) => `NOT ${condition}`).join(' AND ')), this.lang, signal);
    return { rest: none.count, groups: totals.map((total, index) => ({ ...total, key: names[index]!.id, title: names[index]!.name[this.lang] })) };
  }

  /** Fetches a page of rows unless it is there or on its way. */
  async askRows(page: number): Promise<void> {
    const { collection, run } = this;
    if (!collection || this.asked.has(page)) return;
    this.asked.add(page);
    const properties = [...new Set([...this.columns, ...(this.field('id') ? ['id'] : [])])].join(',');
    try {
      const { rows } = await service.readRows(collection.id, { ...this.query, properties, limit: String(pageRows), offset: String(page * pageRows) }, this.lang, this.abort.signal);
      if (run === this.run) this.pages = new Map([...this.pages, [page, rows]]);
    } catch (cause) {
      if (run !== this.run) return;
      this.asked.delete(page);
      throw cause;
    }
  }

  /** The row at a place of the order; undefined until it has come. */
  row(at: number): Row | undefined {
    return this.pages.get(Math.floor(at / pageRows))?.[at % pageRows];
  }

  // ---- topology

  /** Checks what matches; lists the defects of one kind, or all. */
  async checkTopology(kind: service.DefectKind | null): Promise<void> {
    const { collection, lang } = this;
    if (!collection) return;
    this.abortCheck.abort();
    const abort = (this.abortCheck = new AbortController());
    this.checking = true;
    try {
      const query: Query = { ...this.selection, ...(kind ? { kind } : {}) };
      const topology = await service.readTopology(collection.id, query, lang, abort.signal);
      if (abort !== this.abortCheck) return;
      this.topology = topology;
      this.defectKind = kind;
    } catch (cause) {
      if (abort !== this.abortCheck) return;
      const fault = asServiceError(cause);
      this.tell('error', `${this.words.errors[fault.kind]} ${fault.detail}`);
    } finally {
      if (abort === this.abortCheck) this.checking = false;
    }
  }

  dropTopology(): void {
    this.abortCheck.abort();
    this.abortCheck = new AbortController();
    this.topology = null;
    this.defectKind = null;
    this.checking = false;
  }

  /** Shows a defect as near as the map goes. */
  showDefect({ geometry }: service.Defect): void {
    const bounds = geometry && boundsOf(geometry);
    if (!bounds) return;
    if (this.frame.stop === 'high') this.frame.stop = 'middle';
    this.stage?.fit(bounds, 18);
  }

  // ---- conditions

  private changed(change: 'push' | 'replace' = 'push'): void {
    this.write(change);
    this.ask();
  }

  put(condition: Condition, at: number | null): void {
    this.conditions = at === null ? [...this.conditions, condition] : this.conditions.map((known, index) => (index === at ? condition : known));
    if (condition.kind === 'near') void this.namesOf(condition.collection).then(() => this.changed());
    else if (this.isLong(condition)) void this.keepLong([condition]).then(() => this.changed());
    else this.changed();
  }

  remove(at: number): void {
    this.editing = null;
    this.conditions = this.conditions.filter((_, index) => index !== at);
    this.changed();
  }

  clear(): void {
    this.editing = null;
    this.conditions = [];
    this.sort = null;
    this.changed();
  }

  describe(condition: Condition): { what: string; how: string } {
    const words = this.own;
    const title = (name: string) => this.field(name)?.title ?? name;
    const sign = { gt: '>', gte: '≥', lt: '<', lte: '≤', between: '' } as const;
    switch (condition.kind) {
      case 'among': {
        const field = this.field(condition.field);
        const values = condition.values.map((value) => (field ? (shown(field, value, this.lang, this.words) ?? value) : value));
        return { what: `${title(condition.field)} =`, how: values.join(words.or) };
      }
      case 'holds':
      case 'member':
        return { what: `${title(condition.field)} ${words.holds}`, how: condition.text };
      case 'compare': {
        const { comparison, value, to, unit } = condition;
        const own = this.field(condition.field)?.unit;
        const name = unit ?? (own && own !== '1' ? own : '');
        const written = words.units[name as keyof typeof words.units] ?? name;
        const how = comparison === 'between' ? `${this.number(value, 6)} – ${this.number(to, 6)}` : this.number(value, 6);
        return { what: `${title(condition.field)} ${sign[comparison]}`.trim(), how: `${how} ${written}`.trim() };
      }
      case 'days':
        return { what: title(condition.field), how: `${condition.from || '…'} – ${condition.to || '…'}` };
      case 'is':
        return { what: `${title(condition.field)} =`, how: condition.value ? this.words.yes : this.words.no };
      case 'unknown':
        return { what: title(condition.field), how: condition.value ? words.isUnknown : words.isKnown };
      case 'near':
        return { what: `${fill(words.distanceTo, { name: this.nameOf(condition) })} ≤`, how: `${this.number(condition.metres, 3)} ${words.units.m}` };
      case 'drawn': {
        const { shape, metres } = condition.drawn;
        const how = shape === 'circle' ? fill(words.circleOf, { metres: this.number(metres, 0) }) : words.tools[shape];
        return { what: condition.within ? words.inside : words.touches, how };
      }
    }
  }

  // ---- table, detail, basket

  sortBy(column: string): void {
    const now = this.order;
    this.sort = now === column ? `-${column}` : column;
    this.changed();
  }

  chooseColumns(columns: string[]): void {
    this.chosenColumns = columns;
    this.changed('replace');
  }

  measureFrom(reference: Reference): void {
    this.chosenReference = reference;
    void this.namesOf(reference.collection).then(() => this.changed('replace'));
  }

  groupBy(grouping: string): void {
    this.chosenGroup = grouping;
    this.groups = null;
    this.groupTrouble = null;
    this.write('replace');
    const { run } = this;
    void this.askGroups(this.selection, this.abort.signal, run).catch((cause: unknown) => {
      if (run === this.run && grouping === this.grouping) this.groupTrouble = asServiceError(cause);
    });
  }

  async open(id: string, here: string[] = []): Promise<void> {
    const { collection } = this;
    if (!collection) return;
    this.selected = id;
    this.here = here.filter((other) => other !== id);
    this.write('replace');
    try {
      const detail = await service.readOne(collection.id, id, this.from, this.lang);
      if (this.selected !== id) return;
      this.detail = detail;
      if (this.frame.wide) return;
      if (this.frame.stop === 'low') this.frame.stop = 'middle';
      this.showOnMap();
    } catch (cause) {
      if (this.selected !== id) return;
      const fault = asServiceError(cause);
      this.close();
      this.tell(fault.kind === 'refused' ? 'info' : 'error', fault.kind === 'refused' ? fill(this.words.deadPlace, { parts: id }) : this.words.errors[fault.kind]);
    }
  }

  /** What a search found: a parcel is opened, from any other place distances are measured. */
  async openFound(hit: Hit): Promise<boolean> {
    if (hit.collection === this.collection?.id) {
      await this.open(hit.id);
      this.showOnMap();
      return this.detail !== null;
    }
    if (hit.bbox) {
      this.stage?.fit(hit.bbox);
      this.measureFrom({ collection: hit.collection, id: hit.id });
    }
    return false;
  }

  close(): void {
    this.selected = null;
    this.detail = null;
    this.here = [];
    this.write('replace');
  }

  private fit(geometry: Geometry | null): void {
    const bounds = geometry && boundsOf(geometry);
    if (bounds) this.stage?.fit(bounds);
  }

  showOnMap(): void {
    this.fit(this.detail?.geometry ?? null);
  }

  /** Shows where the reader is. */
  async locate(): Promise<void> {
    const found = await locate();
    if (typeof found === 'string') return void this.tell('info', this.words.denied[found]);
    this.location = found;
    this.stage?.fit(around(found.at, Math.max(found.accuracy, closestLookM)));
    this.tell('info', fill(this.words.here, { value: metres(found.accuracy, this.lang) }));
  }

  toggleBasket(id: string): void {
    if (this.basket.includes(id)) this.basket = this.basket.filter((other) => other !== id);
    else if (this.basket.length < mostCompared) this.basket = [...this.basket, id];
    else return void this.tell('info', fill(this.own.basketFull, { count: mostCompared }));
    this.write('replace');
  }

  emptyBasket(): void {
    this.basket = [];
    this.write('replace');
  }

  // ---- drawing and measuring

  take(tool: Tool): void {
    if (tool !== 'choose') this.frame.stop = 'low';
    this.tool = tool;
    this.editing = null;
    this.corners = [];
    this.measured = null;
  }

  /** Begins to change a drawn condition by hand. */
  edit(at: number): void {
    const condition = this.conditions[at];
    if (condition?.kind !== 'drawn') return;
    if (isAcross(condition.drawn)) return void this.tell('info', this.own.noEditAcross);
    this.take('choose');
    this.frame.stop = 'low';
    this.editing = new Editing(at, condition.drawn);
    const bounds = boundsOf({ type: 'MultiPoint', coordinates: cornersOf(condition.drawn) });
    if (bounds) this.stage?.reveal(bounds);
  }

  async finishEditing(): Promise<void> {
    const { editing } = this;
    const condition = editing && this.conditions[editing.at];
    if (condition?.kind !== 'drawn') return;
    if (await this.putDrawn({ ...condition, drawn: editing!.drawn }, editing!.at)) this.editing = null;
  }

  /** A corner by press or key; a box and a circle are done with their second. */
  addCorner(at: Position): void {
    this.corners = [...this.corners, at];
    if ((this.tool === 'box' || this.tool === 'circle') && this.corners.length === 2) this.finish();
  }

  dropCorner(): void {
    this.corners = this.corners.slice(0, -1);
  }

  canFinish = $derived(this.tool === 'length' ? this.corners.length >= 2 : this.tool === 'area' || this.tool === 'polygon' ? this.corners.length >= 3 : false);

  finish(): void {
    const { tool, corners } = this;
    if (tool === 'choose') return;
    if (tool === 'length' || tool === 'area') {
      if (this.canFinish) void this.measureCorners(tool, corners);
      return;
    }
    const drawn = finished(tool, corners);
    this.corners = [];
    if (!drawn) return;
    this.tool = 'choose';
    void this.putDrawn({ kind: 'drawn', drawn, within: false });
  }

  /** A shape that crosses itself is refused by the service, in its words. */
  private async putDrawn(condition: Extract<Condition, { kind: 'drawn' }>, at: number | null = null): Promise<boolean> {
    try {
      await service.measure({ geometry: wkt(condition.drawn) }, this.lang);
      this.put(condition, at);
      return true;
    } catch (cause) {
      this.tell('error', asServiceError(cause).detail);
      return false;
    }
  }

  private async measureCorners(tool: 'length' | 'area', corners: Position[]): Promise<void> {
    const line = (positions: Position[]): Geometry => ({ type: 'LineString', coordinates: positions.map(turned) });
    const area = geometryOf({ shape: 'polygon', positions: corners, metres: 0 });
    // The edges of what is cut are more than its own.
    const asked = tool === 'length' ? [line(corners)] : area.type === 'Polygon' ? [area] : [area, line([...corners, corners[0]!])];
    try {
      const [of, edge = of!] = await Promise.all(asked.map((geometry) => service.measure({ geometry: JSON.stringify(geometry) }, this.lang)));
      this.measured = { ...of!, properties: { ...of!.properties, length_m: edge.properties.length_m } };
    } catch (cause) {
      this.tell('error', asServiceError(cause).detail);
    }
  }

  /** Pasted positions, read by the service; gives back what is wrong with them. */
  async paste(text: string, crs: string): Promise<string | null> {
    try {
      const { geometry, properties } = await service.measure({ geometry: text, ...(crs === '' ? {} : { crs }) }, this.lang);
      const drawn = drawnOf(geometry);
      if (!drawn) return this.own.pasteNoArea;
      this.put({ kind: 'drawn', drawn, within: false }, null);
      this.fit(geometry);
      const far = (properties.data_distance_m ?? 0) / 1000;
      if (far > 0) this.tell('info', fill(this.own.pasteFar, { km: this.number(far, far < 10 ? 1 : 0), system: service.systemTitle(properties.crs) }));
      return null;
    } catch (cause) {
      return asServiceError(cause).detail;
    }
  }

  // ---- files, link, words

  async save(form: 'xlsx' | 'csv' | 'json'): Promise<void> {
    const { collection, found, words } = this;
    if (!collection) return;
    // What is not known yet, or not any more, is no result to be kept.
    if (!found || this.busy) return this.mention(this.trouble ? words.errors[this.trouble.kind] : words.loading);
    if (found.count === 0) return void this.tell('info', this.own.nothingToExport);
    if (found.count > service.mostExported) this.tell('info', fill(this.own.exportCut, { count: this.number(service.mostExported, 0) }));
    const properties = [...(form === 'json' ? ['geometry'] : []), ...this.columns, ...(this.field('synthetic') ? ['synthetic'] : [])].join(',');
    const query = { ...this.query, properties };
    const name = `${collection.id}.${form === 'json' ? 'geojson' : form}`;
    try {
      const blob = await service.readFile(collection.id, query, form, this.lang);
      const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: name });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    } catch (cause) {
      this.tell('error', words.errors[asServiceError(cause).kind]);
    }
  }

  async share(): Promise<void> {
    this.write('replace');
    try {
      await navigator.clipboard.writeText(location.href);
      this.tell('info', this.words.shared);
    } catch {
      this.tell('info', this.words.shareFailed);
    }
  }

  override switchLanguage(): void {
    super.switchLanguage();
    this.write('replace');
    this.fieldsAsked = null;
    void this.load();
  }

  override switchTheme(): void {
    super.switchTheme();
    this.write('replace');
  }

  moved(view: View): void {
    this.view = view;
    this.write('replace');
  }
}
