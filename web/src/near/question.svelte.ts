// A question to the service that is asked again and again: only the answer to the last one counts.
import { asServiceError, type ServiceError } from '../service';

export class Question<T> {
  answer = $state.raw<T | null>(null);
  failure = $state.raw<ServiceError | null>(null);
  busy = $state(false);
  /** Counts the questions; an answer to an earlier one is stale. */
  private run = 0;

  /** `arrived` hears the answer unless another question was asked meanwhile. */
  async ask(read: () => Promise<T>, arrived?: (answer: T) => void): Promise<void> {
    const turn = ++this.run;
    this.busy = true;
    this.failure = null;
    try {
      const answer = await read();
      if (turn !== this.run) return;
      this.answer = answer;
      arrived?.(answer);
    } catch (cause) {
      if (turn !== this.run) return;
      this.answer = null;
      this.failure = asServiceError(cause);
    } finally {
      if (turn === this.run) this.busy = false;
    }
  }

  /** Forgets what was answered, and what may still be. */
  drop(): void {
    this.run++;
    this.busy = false;
    this.answer = null;
    this.failure = null;
  }
}
