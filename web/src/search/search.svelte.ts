// The state of the search box: what is typed, what the service answered to it, which answer is pointed at.
import type { Lang } from '../catalogue';
import type { Bounds } from '../geometry';
import { asServiceError, type ServiceError } from '../service';
import { grouped, readHits, type Clause, type Group, type Hit } from './service';

/** Someone who types on is not asked about in between. */
const pauseMs = 120;

export class Search {
  text = $state('');
  open = $state(false);
  /** The text that `hits` answer; null while there is no answer. */
  answered = $state<string | null>(null);
  failure = $state.raw<ServiceError | null>(null);
  groups = $state.raw<Group[]>([]);
  /** The section of the plan that was typed, where the plan has it. */
  clause = $state.raw<Clause | null>(null);
  active = $state(-1);

  /** Hits in the order of the list. */
  hits = $derived(this.groups.flatMap((group) => group.hits));
  current = $derived<Hit | null>(this.hits[this.active] ?? null);
  waiting = $derived(this.open && this.failure === null && this.answered !== this.text.trim());

  /** `sight` tells the part of the map that is seen; null where there is no map. */
  constructor(private readonly lang: () => Lang, private readonly sight: () => Bounds | null) {}

  private pause: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | null = null;

  type(text: string): void {
    this.text = text;
    this.active = -1;
    this.failure = null;
    this.stop();
    if (text.trim() === '') {
      this.close();
      this.groups = [];
      this.clause = null;
      this.answered = null;
      return;
    }
    this.open = true;
    if (this.answered !== text.trim()) this.pause = setTimeout(() => void this.ask(), pauseMs);
  }

  clear(): void {
    this.type('');
  }

  close(): void {
    this.open = false;
    this.active = -1;
  }

  /** Shows the list again for the text that still stands there. */
  reopen(): void {
    if (this.text.trim() === '') return;
    this.open = true;
    if (this.answered !== this.text.trim()) void this.ask();
  }

  /** One option on or back; behind the last comes the first. */
  move(step: 1 | -1): void {
    this.reopen();
    const count = this.hits.length;
    if (count > 0) this.active = this.active < 0 && step < 0 ? count - 1 : (this.active + step + count) % count;
  }

  async ask(): Promise<void> {
    this.stop();
    const running = (this.running = new AbortController());
    const text = this.text.trim();
    this.failure = null;
    try {
      const { hits, clause } = await readHits(text, this.lang(), this.sight(), running.signal);
      // An answer that was overtaken says nothing any more.
      if (running !== this.running) return;
      this.groups = grouped(hits);
      this.clause = clause;
      this.answered = text;
      this.active = -1;
    } catch (cause) {
      if (running !== this.running) return;
      this.failure = asServiceError(cause);
      this.groups = [];
      this.clause = null;
      this.answered = null;
    }
  }

  private stop(): void {
    clearTimeout(this.pause);
    this.running?.abort();
    this.running = null;
  }
}
