// The state of the Report screen: language, theme, day, and what the service says of it.
import { Appearance } from '../appearance.svelte';
import { say, type AppInfo } from '../catalogue';
import { Frame } from '../frame.svelte';
import { recall } from '../preferences';
import type { Hit } from '../search/service';
import { asServiceError, readAppInfo, type ServiceError } from '../service';
import { readReport, type Report } from './service';

const day = /^\d{4}-\d{2}-\d{2}$/;

export class Screen extends Appearance {
  readonly frame = new Frame();
  readonly shortcuts = recall('shortcuts') !== 'off';
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

  /** Day and area as the address says them. */
  private read(asked: URLSearchParams): void {
    this.asOf = asked.get('as_of');
    this.area = { within: asked.get('within'), polygon: asked.get('polygon') };
  }

  begin(): () => void {
    const asked = new URLSearchParams(location.search);
    const stop = this.appear(asked);
    this.read(asked);
    void this.load();
    const followHistory = () => {
      this.read(new URLSearchParams(location.search));
      void this.load();
    };
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
      const [app, report] = await Promise.all([this.app ?? readAppInfo(), readReport(this.query, this.areaQuery)]);
      if (run !== this.run) return;
      this.app = app;
      this.report = report;
    } catch (cause) {
      if (run !== this.run) return;
      this.report = null;
      this.failure = asServiceError(cause);
      this.app ??= await readAppInfo().catch(() => null);
    }
    this.busy = false;
  }

  ask(asOf: string): void {
    const next = day.test(asOf) ? asOf : null;
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
    for (const [name, value] of Object.entries(this.area)) if (value !== null) query.set(name, value);
    history[change === 'push' ? 'pushState' : 'replaceState'](null, '', `${location.pathname}?${query}`);
  }
}
