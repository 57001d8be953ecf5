// The state of “nearest to me”: where from, which kinds, and what the service answered.
import type { Explorer } from '../explorer.svelte';
import { say, type Place } from '../catalogue';
import NearPanel from './NearPanel.svelte';
import { Question } from './question.svelte';
import { readNearest, type Kind, type Neighbour, type Origin } from './service';

const most = 5;
const patienceMs = 15_000;

export interface KindChoice extends Kind { id: string; name: string }

export class NearSearch {
  readonly panel = NearPanel;
  origin = $state.raw<Origin | null>(null);
  kind = $state('all');
  withPlanned = $state(false);
  /** Why there is no location: the reader or the browser refused, none was found, or the page may not ask. */
  denied = $state<'refused' | 'unavailable' | 'insecure' | null>(null);
  locating = $state(false);
  readonly question = new Question<Neighbour[]>();
  private locations = 0;

  kinds = $derived.by<KindChoice[]>(() => {
    const { app, lang } = this.explorer;
    const collections = (app?.collections ?? []).filter(({ draw }) => draw === 'site' || draw === 'facility');
    const typed = collections.filter(({ fields }) => ['named_unit', 'unit_type'].every((name) => fields.some((field) => field.name === name)));
    const types = typed.length > 0 ? (app?.plan?.unit_types ?? []) : [];
    return [
      { id: 'all', name: this.explorer.words.near.allKinds, collections, filter: null },
      ...types.map(({ id, name }) => ({ id: `unit:${id}`, name: say(name, lang), collections: typed, filter: `named_unit = TRUE AND unit_type = '${id.replaceAll("'", "''")}'` })),
      ...collections.map((collection) => ({ id: `of:${collection.id}`, name: say(collection.title, lang), collections: [collection], filter: null })),
    ];
  });

  constructor(private readonly explorer: Explorer) {
    // A browser hands out no location to a page that others could have changed on the way.
    if (!isSecureContext || !('geolocation' in navigator)) this.denied = 'insecure';
  }

  /** Asks the browser, which asks the reader; only ever after a press. */
  locate(): void {
    const turn = ++this.locations;
    this.locating = true;
    this.denied = null;
    this.explorer.pick(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        if (turn !== this.locations) return;
        this.locating = false;
        this.ask({ at: [coords.longitude, coords.latitude], accuracy: coords.accuracy });
      },
      (fault) => {
        if (turn !== this.locations) return;
        this.locating = false;
        this.denied = fault.code === fault.PERMISSION_DENIED ? 'refused' : 'unavailable';
      },
      { timeout: patienceMs, maximumAge: 60_000 },
    );
  }

  pickOnMap(): void {
    this.forgetLocation();
    this.explorer.pick((at) => this.ask({ at, accuracy: null }));
  }

  from(place: Place): void {
    this.ask({ place });
  }

  private forgetLocation(): void {
    this.locations++;
    this.locating = false;
  }

  ask(origin: Origin): void {
    this.forgetLocation();
    this.origin = origin;
    void this.again();
  }

  async again(): Promise<void> {
    const { origin } = this;
    const kind = this.kinds.find(({ id }) => id === this.kind);
    if (!origin || !kind) return;
    await this.question.ask(() => readNearest(origin, kind, this.withPlanned, most));
  }
}
