// The state of “nearest to me”: where from, which kinds, and what the service answered.
import type { Explorer } from '../explorer.svelte';
import { say, type Place } from '../catalogue';
import { around } from '../geometry';
import { locate, mayLocate, type Denied } from '../position';
import NearPanel from './NearPanel.svelte';
import { Question } from './question.svelte';
import { readNearest, type Kind, type Neighbour, type Origin } from './service';

const most = 5;
/** So far around the reader the map shows, metres. */
const closestLookM = 2000;

export interface KindChoice extends Kind { id: string; name: string }

export class NearSearch {
  readonly panel = NearPanel;
  origin = $state.raw<Origin | null>(null);
  kind = $state('all');
  withPlanned = $state(false);
  denied = $state<Denied | null>(null);
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
    if (!mayLocate()) this.denied = 'insecure';
  }

  async locate(): Promise<void> {
    const turn = ++this.locations;
    this.locating = true;
    this.denied = null;
    this.explorer.pick(null);
    const found = await locate();
    if (turn !== this.locations) return;
    this.locating = false;
    if (typeof found === 'string') {
      this.denied = found;
      return;
    }
    this.ask(found);
    this.explorer.stage?.fit(around(found.at, Math.max(found.accuracy, closestLookM)));
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
