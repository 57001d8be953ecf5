// The state of the Explore screen and everything that changes it. Components show it and call its methods;
// the map is told what to do through `stage`.
import type { FeatureCollection, LineString } from 'geojson';
import { readAddress, writeAddress, type Address, type View } from './address';
import { belongingTo, Gazetteer, groupPlaces, matchesFilter, membersOf, parts, partsOf, say, type AppInfo, type Collection, type Part, type Place } from './catalogue';
import { Frame } from './frame.svelte';
import type { NearSearch } from './near/near.svelte';
import { joinBounds, type Bounds } from './geometry';
import { Telling } from './notices.svelte';
import { readFound, type Hit } from './search/service';
import { asServiceError, readAppInfo, readCounts, readPlace, readPlaces, type Counts, type ServiceError } from './service';
import { failedBecause, fill, formatNumber } from './words';

export interface Stage {
  fit(bounds: Bounds): void;
  bounds(): Bounds;
  reveal(place: Place, zoomIn: boolean): void;
  jump(view: View): void;
}

type Change = 'push' | 'replace';

/** So many places stand side by side at most, as the service has it. */
const mostCompared = 6;

export class Explorer extends Telling {
  readonly frame = new Frame();

  app = $state.raw<AppInfo | null>(null);
  counts = $state.raw<Counts | null>(null);
  failure = $state.raw<ServiceError | null>(null);
  private loaded = $state.raw<ReadonlyMap<string, Place[]>>(new Map());
  /** Features of collections that are not loaded, opened one by one. */
  private singles = $state.raw<readonly Place[]>([]);
  pending = $state.raw<ReadonlySet<string>>(new Set());
  layers = $state.raw<ReadonlySet<string>>(new Set());

  private sel = $state<string | null>(null);
  card = $state<Part | null>(null);
  /** The day whose state is shown; null for all there is. */
  asOf = $state<string | null>(null);
  /** Shown within another page: the map alone. */
  embedded = $state(false);
  filter = $state('');
  /** The other places under the last press on the map. */
  private here = $state.raw<string[]>([]);
  legendOpen = $state(false);
  /** The search for what is near, once it was opened. */
  near = $state.raw<NearSearch | null>(null);
  /** What Back to its entry of the history opens again. */
  private closedNear: NearSearch | null = null;
  /** Who waits for a position that is picked on the map (longitude, latitude). */
  picking = $state.raw<((at: [number, number]) => void) | null>(null);
  /** Who waits for another place, which the next press or search opens. */
  choosing = $state.raw<((other: Place) => void) | null>(null);
  /** The shortest line between two places that were measured. */
  apart = $state.raw<LineString | null>(null);
  /** Ids of the places that are to stand side by side. */
  compared = $state.raw<string[]>([]);
  /** The areas within a walk that the map shows, the farthest first. */
  rings = $state.raw<FeatureCollection | null>(null);

  view: View | null = null;
  stage: Stage | null = null;
  /** Counts the starts; an answer to an earlier one is stale. */
  private run = 0;
  private readonly latestLoad = new Map<string, number>();
  /** Collections that could not be loaded, and the message that names them. */
  private readonly failed = new Map<Collection, ServiceError['kind']>();
  private failedNotice: number | null = null;

  gazetteer = $derived(new Gazetteer((this.app?.collections ?? []).flatMap(({ id }) => this.loaded.get(id) ?? this.singles.filter((place) => place.collection.id === id))));
  /** What map and list show: the places of the layers that are switched on. */
  places = $derived(this.gazetteer.places.filter((place) => this.layers.has(place.collection.id)));
  found = $derived(this.filter.trim() === '' ? this.places : this.places.filter((place) => matchesFilter(place, this.filter)));
  groups = $derived(groupPlaces(this.found, this.app?.plan ?? null, this.lang));
  /** The parts of the layout that there are; all of them until the service tells. */
  parts = $derived<readonly Part[]>(this.app ? partsOf(this.app, this.counts?.parts.point ?? null) : parts);
  place = $derived(this.sel === null ? null : (this.gazetteer.byKey.get(this.sel) ?? null));
  alsoHere = $derived(this.here.map((key) => this.gazetteer.byKey.get(key)).filter((place) => place !== undefined));
  panel = $derived<'legend' | 'place' | 'near' | 'part' | 'overview'>(
    this.legendOpen && !this.frame.wide ? 'legend' : this.place ? 'place' : this.near ? 'near' : this.card ? 'part' : 'overview',
  );
  /** Keys of the highlighted places, or null when nothing is highlighted. */
  emphasis = $derived.by<ReadonlySet<string> | null>(() => {
    if (!this.card) return null;
    const members = membersOf(this.card, this.app?.plan ?? null, this.gazetteer);
    return new Set([...members, ...members.flatMap((member) => belongingTo(member, this.app?.plan ?? null, this.gazetteer))].map((place) => place.key));
  });
  /** Collections that are drawn from tiles, because they are too large to be loaded. */
  tiled = $derived((this.app?.collections ?? []).filter((collection) => isLarge(collection) && this.layers.has(collection.id)).map(({ id }) => ({ id, tiles: `${location.origin}/tiles/${encodeURIComponent(id)}/{z}/{x}/{y}.mvt?properties=${this.asOf === null ? '' : `&datetime=${this.asOf}`}` })));
  syntheticShown = $derived((this.app?.collections ?? []).filter((collection) => collection.synthetic && this.layers.has(collection.id)));

  constructor() {
    super();
    // A smaller map is better seen without it.
    this.legendOpen = this.frame.wide && innerWidth >= 1200;
  }

  /** Reads the address, asks the service, and follows Back, Forward and the system's theme; gives back how to stop. */
  begin(): () => void {
    const { address, dropped } = readAddress(location.search);
    const stopAppearing = this.appear(new URLSearchParams(location.search));
    this.view = address.map;
    this.take(address);
    if (dropped.length > 0) this.tell('info', fill(this.words.droppedParts, { parts: dropped.join(this.words.listSeparator) }));
    void this.start(address.layers);

    const followHistory = () => {
      const { address: earlier } = readAddress(location.search);
      const day = this.asOf;
      if (isOfNear(history.state)) this.near ??= this.closedNear;
      else if (this.near) this.closeNear();
      this.take(earlier);
      if (this.asOf !== day) {
        this.loaded = new Map();
        this.show([...this.layers]);
      }
      this.dropDeadSelection();
      if (earlier.layers) this.show(earlier.layers);
      if (earlier.map) this.stage?.jump(earlier.map);
      this.write('replace');
    };
    const stopFollowing = this.frame.follow();
    addEventListener('popstate', followHistory);
    return () => {
      stopFollowing();
      stopAppearing();
      removeEventListener('popstate', followHistory);
    };
  }

  private take(address: Address): void {
    this.sel = address.sel;
    this.card = address.card;
    this.asOf = address.asOf;
    this.embedded = this.frame.bare = address.embed;
    this.filter = address.q;
    this.here = [];
  }

  // ---- loading

  private async start(layers: string[] | null): Promise<void> {
    const run = ++this.run;
    this.failure = null;
    try {
      const app = await readAppInfo();
      if (run !== this.run) return;
      this.app = app;
      this.heed(app);
    } catch (cause) {
      if (run === this.run) this.failure = asServiceError(cause);
      return;
    }
    const asked = this.sel?.split(':', 1)[0];
    const usual = this.usualLayers();
    this.layers = new Set(layers ? this.knownLayers(layers) : usual);
    const needed = this.app.collections.filter(({ id }) => usual.includes(id) || this.layers.has(id) || id === asked);
    await Promise.all([this.count(run), ...needed.map((collection) => this.load(collection))]);
    if (run !== this.run) return;
    this.dropDeadSelection();
    this.dropDeadCard();
  }

  retry(): void {
    void this.start(readAddress(location.search).address.layers);
  }

  private async count(run: number): Promise<void> {
    if (!this.app) return;
    try {
      const counts = await readCounts(this.app);
      if (run === this.run) this.counts = counts;
    } catch (cause) {
      if (run === this.run) this.tell('error', this.words.errors[asServiceError(cause).kind], () => void this.count(run));
    }
  }

  private async load(collection: Collection): Promise<void> {
    const { id } = collection;
    if (isLarge(collection)) {
      const [asked, feature] = this.sel?.split(/:(.*)/s) ?? [];
      if (asked === id && feature) await this.openUnloaded(this.sel!);
      return;
    }
    const turn = (this.latestLoad.get(id) ?? 0) + 1;
    const latest = () => this.latestLoad.get(id) === turn;
    this.latestLoad.set(id, turn);
    this.pending = new Set([...this.pending, id]);
    try {
      const places = await readPlaces(collection, this.asOf);
      if (latest()) {
        this.loaded = new Map([...this.loaded, [id, places]]);
        this.failed.delete(collection);
      }
    } catch (cause) {
      if (latest()) this.failed.set(collection, asServiceError(cause).kind);
    } finally {
      if (latest()) {
        this.pending = new Set([...this.pending].filter((other) => other !== id));
        this.tellFailed();
      }
    }
  }

  /** One message for all layers that could not be loaded, and one way to try them again. */
  private tellFailed(): void {
    if (this.failedNotice !== null) this.dismiss(this.failedNotice);
    this.failedNotice = null;
    const [kind] = this.failed.values();
    if (kind === undefined) return;
    const layers = [...this.failed.keys()];
    const failed = fill(this.words.layerFailed, { name: layers.map(({ title }) => say(title, this.lang)).join(this.words.listSeparator) });
    this.failedNotice = this.tell('error', failedBecause(failed, kind, this.lang), () => layers.forEach((layer) => void this.load(layer)));
  }

  /** Is any layer that is on without its places? */
  isPartial = $derived((this.app?.collections ?? []).some((collection) => this.layers.has(collection.id) && !isLarge(collection) && !this.loaded.has(collection.id)));

  private dropDeadSelection(): void {
    if (this.sel === null || this.place || this.pending.size > 0 || !this.app) return;
    this.tell('info', fill(this.words.deadPlace, { parts: `sel=${this.sel}` }));
    this.sel = null;
    this.write('replace');
  }

  private dropDeadCard(): void {
    if (this.card === null || this.parts.includes(this.card)) return;
    this.tell('info', fill(this.words.droppedParts, { parts: `card=${this.card}` }));
    this.card = null;
    this.write('replace');
  }

  // ---- layers

  private usualLayers(): string[] {
    return (this.app?.collections ?? []).filter((collection) => !collection.synthetic).map(({ id }) => id);
  }

  private knownLayers(ids: string[]): string[] {
    const known = new Set(this.app?.collections.map(({ id }) => id));
    const unknown = ids.filter((id) => !known.has(id));
    if (unknown.length > 0) this.tell('info', fill(this.words.droppedParts, { parts: `layers=${unknown.join(',')}` }));
    return ids.filter((id) => known.has(id));
  }

  private show(ids: string[]): void {
    this.layers = new Set(ids);
    for (const collection of this.app?.collections ?? []) {
      if (this.layers.has(collection.id) && !this.loaded.has(collection.id)) void this.load(collection);
    }
  }

  toggleLayer(id: string, on: boolean): void {
    const order = this.app?.collections.map((collection) => collection.id) ?? [];
    this.show(order.filter((other) => (other === id ? on : this.layers.has(other))));
    this.write('replace');
  }

  // ---- choosing

  open(key: string, { here = [] as string[], from = 'list' as 'list' | 'map' } = {}): void {
    const place = this.gazetteer.byKey.get(key);
    if (this.choosing && place && key !== this.sel) {
      const then = this.choosing;
      this.chooseOther(null);
      return then(place);
    }
    this.sel = key;
    this.here = here.filter((other) => other !== key);
    if (!this.frame.wide) {
      this.legendOpen = false;
      this.frame.stop = 'middle';
    }
    this.write('push');
    if (this.place) this.stage?.reveal(this.place, from === 'list');
  }

  /** Opens what a search found, loaded or not; says whether it could. */
  async openFound(hit: Hit): Promise<boolean> {
    const key = `${hit.collection}:${hit.id}`;
    const collection = this.app?.collections.find(({ id }) => id === hit.collection);
    if (!collection) return false;
    if (!this.gazetteer.byKey.has(key)) {
      try {
        this.singles = [...this.singles, await readFound(hit, collection)];
      } catch (cause) {
        this.tell('error', this.words.errors[asServiceError(cause).kind], () => void this.openFound(hit));
        return false;
      }
    }
    this.open(key);
    return true;
  }

  /** Opens a feature of a collection that is not loaded, by its key; one that is not there is told of. */
  async openUnloaded(key: string, here: string[] = []): Promise<void> {
    const at = key.indexOf(':');
    const collection = this.app?.collections.find(({ id }) => id === key.slice(0, at));
    if (!collection) return;
    try {
      if (!this.gazetteer.byKey.has(key)) this.singles = [...this.singles, await readPlace(collection, key.slice(at + 1))];
      this.open(key, { here, from: 'map' });
    } catch (cause) {
      const { kind } = asServiceError(cause);
      // Nothing of that id is told of where a link names it.
      if (kind !== 'refused') this.tell('error', this.words.errors[kind], () => void this.openUnloaded(key, here));
    }
  }

  /** Shows what holds on a day, or at any time. */
  askDay(day: string | null): void {
    if (day === this.asOf) return;
    this.asOf = day;
    this.loaded = new Map();
    this.show([...this.layers]);
    this.write('push');
  }

  choose(card: Part): void {
    this.card = card;
    this.sel = null;
    this.filter = '';
    this.closeNear();
    if (!this.frame.wide) {
      this.legendOpen = false;
      this.frame.stop = 'middle';
    }
    this.write('push');
    this.fitCard();
  }

  /** Opens the search for what is near, from a place where one is given; its code is fetched on first use. */
  async openNear(from: Place | null = null): Promise<void> {
    try {
      const { NearSearch } = await import('./near/near.svelte');
      this.near ??= new NearSearch(this);
    } catch {
      this.tell('error', this.words.errors.unreachable, () => void this.openNear(from));
      return;
    }
    this.sel = null;
    this.here = [];
    if (!this.frame.wide) {
      this.legendOpen = false;
      this.frame.stop = 'middle';
    }
    // Back closes it, though no address tells of it.
    if (!isOfNear(history.state)) history.pushState({ near: true }, '', location.href);
    this.write('replace');
    if (from) this.near.from(from);
  }

  /** Has the next press on the map answer with its position; null takes that back. */
  pick(then: ((at: [number, number]) => void) | null): void {
    this.picking = then;
    if (then && !this.frame.wide) this.frame.stop = 'low';
  }

  /** Has the place that is opened next answer, instead of being shown; null takes that back. */
  chooseOther(then: ((other: Place) => void) | null): void {
    if (this.choosing === then) return;
    this.choosing = then;
    if (!this.frame.wide) this.frame.stop = then ? 'low' : 'middle';
  }

  /** Takes a press on the map for a position that is waited for. */
  picked(at: [number, number]): boolean {
    const then = this.picking;
    if (!then) return false;
    this.picking = null;
    if (!this.frame.wide) this.frame.stop = 'middle';
    then(at);
    return true;
  }

  /** Takes a place among those that stand side by side, or out of them. */
  compare(id: string): void {
    if (this.compared.includes(id)) this.compared = this.compared.filter((other) => other !== id);
    else if (this.compared.length < mostCompared) this.compared = [...this.compared, id];
    else this.mention(fill(this.words.detail.sheetFull, { count: mostCompared }));
  }

  private closeNear(): void {
    this.closedNear = this.near ?? this.closedNear;
    this.near = null;
    this.picking = null;
  }

  private fitCard(): void {
    const members = this.card ? membersOf(this.card, this.app?.plan ?? null, this.gazetteer) : [];
    const bounds = joinBounds(members.map((place) => place.bounds));
    if (bounds) this.stage?.fit(bounds);
  }

  /** One step towards the first view: from a place to its card or the list, from a card to the list. */
  back(): void {
    if (this.panel === 'legend') {
      this.legendOpen = false;
      return;
    }
    if (this.picking || this.choosing) {
      this.picking = null;
      this.chooseOther(null);
      return;
    }
    if (this.sel !== null) this.sel = null;
    else if (this.near) {
      if (!isOfNear(history.state)) return this.closeNear();
      // The entry that was made for it is left, and once only.
      history.replaceState(null, '', location.href);
      history.back();
      return;
    } else if (this.card) this.card = null;
    else if (this.filter) this.filter = '';
    else return;
    this.here = [];
    this.write('push');
  }

  home(): void {
    this.closeNear();
    this.sel = null;
    this.card = null;
    this.filter = '';
    this.here = [];
    if (!this.frame.wide) this.legendOpen = false;
    this.write('push');
    this.showWholeZone();
  }

  showWholeZone(): void {
    const bounds = this.wholeZone();
    if (bounds) this.stage?.fit(bounds);
  }

  /** Shows where the reader is and what is nearest; without a location the other ways to ask are offered. */
  async locate(): Promise<void> {
    await this.openNear();
    if (this.near?.denied !== 'insecure') await this.near?.locate();
  }

  wholeZone(): Bounds | null {
    return this.app?.start_extent ?? joinBounds(this.gazetteer.drawn('zone').map((place) => place.bounds));
  }

  setFilter(filter: string): void {
    this.closeNear();
    this.filter = filter;
    this.sel = null;
    this.card = null;
    if (!this.frame.wide) {
      this.legendOpen = false;
      if (this.frame.stop === 'low') this.frame.stop = 'middle';
    }
    this.write('replace');
  }

  // ---- language, theme, link

  override switchLanguage(): void {
    super.switchLanguage();
    this.write('replace');
  }

  override switchTheme(): void {
    super.switchTheme();
    this.write('replace');
  }

  moved(view: View): void {
    this.view = view;
    this.write('replace');
  }

  /** The address of the same view with all around it. */
  get wholeAddress(): string {
    const query = new URLSearchParams(location.search);
    query.delete('embed');
    return `/?${query}`;
  }

  async share(): Promise<void> {
    this.write('replace');
    try {
      await navigator.clipboard.writeText(location.href);
      this.mention(this.words.shared);
    } catch {
      this.tell('info', this.words.shareFailed);
    }
  }

  private write(change: Change): void {
    // Until the service has answered, the address still holds what is to be restored.
    if (!this.app) return;
    const layers = [...this.layers];
    const usual = this.usualLayers();
    const changed = layers.length !== usual.length || usual.some((id) => !this.layers.has(id));
    const address = writeAddress({ map: this.view, sel: this.sel, card: this.card, layers: changed ? layers : null, q: this.filter, asOf: this.asOf, embed: this.embedded, lang: this.lang, theme: this.theme });
    // The entry of what is near has the address of what it was opened from; what leads out of it is a step all the same.
    const leavesNear = this.near === null && isOfNear(history.state);
    if (address === location.search && !(leavesNear && change === 'push')) return;
    if (change === 'push') history.pushState(null, '', address);
    else history.replaceState(leavesNear ? null : history.state, '', address);
  }

  // ---- words

  /** What the polite status region says: loading, else how many places the list holds. */
  status = $derived.by(() => {
    if (this.failure) return '';
    if (!this.app || this.pending.size > 0) return this.words.loading;
    const count = formatNumber(this.found.length, this.lang);
    if (this.found.length === 0) return this.words.listNone;
    return fill(this.filter.trim() === '' ? this.words.listCount : this.words.listFound, { count });
  });
}

/** Was an entry of the history made by opening the search for what is near? */
const isOfNear = (state: unknown): boolean => typeof state === 'object' && state !== null && 'near' in state;

/** More features than these come as tiles. */
const mostLoaded = 5000;
const isLarge = ({ count }: Collection) => count > mostLoaded;
