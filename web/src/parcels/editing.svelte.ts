// A drawn condition that is being changed: its shape so far, the handle that the keyboard carries, the corner touched last.
import type { Position } from 'geojson';
import type { Drawn } from './conditions';
import { changedCorner, handlesOf, isAcross, moved, withoutCorner, type Handle } from './shapes';

export class Editing {
  drawn = $state.raw() as Drawn;
  carried = $state.raw<Handle | null>(null);
  /** The corner that was moved last, which a button takes away. */
  last = $state<number | null>(null);

  /** `at` is the place of the condition among all. */
  constructor(readonly at: number, drawn: Drawn) {
    this.drawn = drawn;
  }

  canDrop = $derived(this.last !== null && withoutCorner(this.drawn, this.last) !== null);

  /** What the hand made of it. */
  take(drawn: Drawn): void {
    this.last = changedCorner(this.drawn, drawn) ?? this.last;
    this.drawn = drawn;
  }

  /** Picks up the handle that lies nearest by `far` and within reach; says whether there is one. */
  pick(far: (at: Position) => number, reach: number): boolean {
    const [nearest] = handlesOf(this.drawn).map(({ at, handle }) => ({ handle, far: far(at) })).filter((near) => near.far <= reach).sort((a, b) => a.far - b.far);
    if (!nearest) return false;
    this.carried = nearest.handle;
    if (nearest.handle !== 'whole' && 'corner' in nearest.handle) this.last = nearest.handle.corner;
    return true;
  }

  /** The carried handle follows, as far as 180 degrees. An edge becomes a corner with its first step. */
  carry(to: Position): void {
    const { carried, drawn } = this;
    const next = carried && moved(drawn, carried, to);
    if (!carried || !next || isAcross(next)) return;
    this.drawn = next;
    if (carried === 'whole' || !('edge' in carried)) return;
    this.last = carried.edge + 1;
    this.carried = { corner: this.last };
  }

  /** Takes a corner away, the one touched last unless another is meant. */
  drop(corner: number | null = this.last): boolean {
    const next = corner === null ? null : withoutCorner(this.drawn, corner);
    if (!next) return false;
    this.drawn = next;
    this.carried = this.last = null;
    return true;
  }
}
