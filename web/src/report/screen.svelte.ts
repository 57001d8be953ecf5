// The state of the Report screen: language, theme, day, and what the service says of it.
import type { Geometry } from 'geojson';
import { isDay } from '../address';
import { Appearance } from '../appearance.svelte';
import { say, type AppInfo } from '../catalogue';
import { isDrawingId, keepDrawing, longestAddress, longestInLink, readDrawing } from '../drawings';
import { Frame } from '../frame.svelte';
import { drawnOf, wkt } from '../parcels/conditions';
import { measure } from '../parcels/service';
import type { Hit } from '../search/service';
import { asServiceError, readAppInfo, type ServiceError } from '../service';
import { fill } from '../words';
import { parcelWords } from '../words/parcels';
import { reportWords } from '../words/report';
import { readReport, type Report } from './service';

/** An area as the service takes it; null for what has none. */
function areaText(geometry: Geometry): string | null {
  const drawn = drawnOf(geometry);
  if (drawn) return wkt(drawn);
  return geometry.type === 'Polygon' || geometry.type === 'MultiPolygon' ? JSON.stringify(geometry) : null;
}

export class Screen extends Appearance {
  readonly frame = new Frame();
  /** What is said of drawing. */
  readonly own = $derived(parcelWords[this.lang]);
  /** The words of the page and of this screen. */
  readonly text = $derived({ ...this.words, ...reportWords[this.lang] });
  /** There is no map to search around. */
  readonly stage = null;
  /** What came of copying the link. */
  said = $state('');
  /** The day that is asked for; that of the data when there is none. */
  asOf = $state<string | null>(null);
  /** The area that is asked for: a feature, or a polygon as WKT or GeoJSON; the whole zone when both are null. */
  area = $state<{ within: string | null; polygon: string | null }>({ within: null, polygon: null });
  app = $state.raw<AppInfo | null>(null);
  report = $state.raw<Report | null>(null);
  failure = $state.raw<ServiceError | null>(null);
  busy = $state(true);
  private run = 0;

  title = $derived(say(this.app?.title, this.lang) || 'innospace');
  /** What an address of this service needs to speak of the same day in the same language. */
  query = $derived(new URLSearchParams({ lang: this.lang, ...(this.asOf === null ? {} : { as_of: this.asOf }) }).toString());

  /** The same for addresses that speak of units, which may lie in an area. */
  areaQuery = $derived(Object.entries(this.area).map(([name, value]) => (value === null ? '' : `&${name}=${encodeURIComponent(value)}`)).join(''));

  /** Ids of polygons that the service keeps, because they are too long for a link. */
  private readonly kept = new Map<string, string>();

  /** Day and area as the address says them; a drawing that is not there is told of, and the rest applies. */
  private async read(asked: URLSearchParams): Promise<void> {
    this.asOf = asked.get('as_of');
    let polygon = asked.get('polygon');
    const id = asked.get('drawing');
    if (id !== null) {
      try {
        polygon = isDrawingId(id) ? areaText(await readDrawing(id)) : null;
        if (polygon !== null) this.kept.set(polygon, id);
        else this.said = fill(this.own.drawingUnknown, { id });
      } catch (cause) {
        const fault = asServiceError(cause);
        this.said = fault.kind === 'refused' ? fill(this.own.drawingUnknown, { id }) : this.words.errors[fault.kind];
      }
    }
    this.area = { within: asked.get('within'), polygon };
  }

  begin(): () => void {
    const asked = new URLSearchParams(location.search);
    const stop = this.appear(asked);
    const follow = (to: URLSearchParams) => void this.read(to).then(() => this.load());
    follow(asked);
    const followHistory = () => follow(new URLSearchParams(location.search));
    addEventListener('popstate', followHistory);
    const unfollow = this.frame.follow();
    return () => {
      unfollow();
      stop();
      removeEventListener('popstate', followHistory);
    };
  }

  async load(): Promise<void> {
    const run = ++this.run;
    this.busy = true;
    this.failure = null;
    try {
      const app = this.app ?? (await readAppInfo());
      if (run !== this.run) return;
      this.app = app;
      // The language of the report may be that of the data.
      this.heed(app);
      // Units and progress are those of a plan.
      const report = app.plan === null ? null : await readReport(this.query, this.areaQuery);
      if (run !== this.run) return;
      this.report = report;
    } catch (cause) {
      if (run !== this.run) return;
      this.report = null;
      this.failure = asServiceError(cause);
    }
    this.busy = false;
  }

  ask(asOf: string): void {
    const next = isDay(asOf) ? asOf : null;
    if (next === this.asOf) return;
    this.asOf = next;
    this.write('push');
    void this.load();
  }

  askArea(within: string | null, polygon: string | null): void {
    if (within === this.area.within && polygon === this.area.polygon) return;
    this.area = { within, polygon };
    this.write('push');
    void this.load();
  }

  /** Asks for the units in an area that was drawn or pasted: WKT, GeoJSON or a list of positions, in any system that the service tells. */
  async askPolygon(text: string): Promise<void> {
    this.said = '';
    try {
      const { geometry } = await measure({ geometry: text }, this.lang);
      const polygon = areaText(geometry);
      if (polygon === null) return void (this.said = this.own.pasteNoArea);
      if (encodeURIComponent(polygon).length > longestAddress) return void (this.said = this.text.reportTooLong);
      if (polygon.length > longestInLink && !this.kept.has(polygon)) {
        await keepDrawing(geometry).then(
          (id) => this.kept.set(polygon, id),
          (cause: unknown) => (this.said = fill(this.own.drawingNotKept, { why: asServiceError(cause).detail })),
        );
      }
      this.askArea(null, polygon);
    } catch (cause) {
      this.said = asServiceError(cause).detail;
    }
  }

  /** What a search found is shown where there is a map: on the Explore screen. */
  openFound = (hit: Hit): Promise<boolean> => {
    location.assign(`/?${new URLSearchParams({ v: '1', sel: `${hit.collection}:${hit.id}`, lang: this.lang })}`);
    return Promise.resolve(false);
  };

  async share(): Promise<void> {
    this.write('replace');
    this.said = await navigator.clipboard.writeText(location.href).then(() => this.words.shared, () => this.words.shareFailed);
  }

  override switchLanguage(): void {
    super.switchLanguage();
    this.write('replace');
    void this.load();
  }

  override switchTheme(): void {
    super.switchTheme();
    this.write('replace');
  }

  private write(change: 'push' | 'replace'): void {
    const query = new URLSearchParams({ lang: this.lang, ...(this.theme === 'auto' ? {} : { theme: this.theme }), ...(this.asOf === null ? {} : { as_of: this.asOf }) });
    const { within, polygon } = this.area;
    const id = polygon === null ? undefined : this.kept.get(polygon);
    if (within !== null) query.set('within', within);
    if (id !== undefined) query.set('drawing', id);
    else if (polygon !== null) query.set('polygon', polygon);
    history[change === 'push' ? 'pushState' : 'replaceState'](null, '', `${location.pathname}?${query}`);
  }
}
