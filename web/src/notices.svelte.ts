// Messages about what just happened, on the screens that have some.
import { Appearance } from './appearance.svelte';

export interface Notice { id: number; kind: 'info' | 'error'; text: string; retry: (() => void) | null }

/** How long a message stays that asks for nothing. */
const briefMs = 6000;

export class Telling extends Appearance {
  notices = $state.raw<readonly Notice[]>([]);
  private lastNotice = 0;

  tell(kind: Notice['kind'], text: string, retry: Notice['retry'] = null): Notice['id'] {
    const notice: Notice = { id: ++this.lastNotice, kind, text, retry };
    // The same message twice helps nobody; the newer one carries the newer retry.
    this.notices = [...this.notices.filter((other) => other.text !== text), notice];
    return notice.id;
  }

  /** Says what needs no answer, and takes it away again. */
  mention(text: string): void {
    const id = this.tell('info', text);
    setTimeout(() => this.dismiss(id), briefMs);
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
  }

  /** Takes a message away and tries again what it is about. */
  tryAgain({ id, retry }: Notice): void {
    this.dismiss(id);
    retry?.();
  }
}
