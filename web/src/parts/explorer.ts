import { getContext } from 'svelte';
import type { Lang } from '../catalogue';
import type { Explorer } from '../explorer.svelte';
import type { Frame } from '../frame.svelte';
import type { Bounds } from '../geometry';
import type { Hit } from '../search/service';
import type { Messages } from '../words';

export const theExplorer = (): Explorer => getContext<Explorer>('explorer');

/** What every screen with a map has. */
export interface Shell {
  readonly words: Messages;
  readonly lang: Lang;
  readonly frame: Frame;
  readonly shortcuts: boolean;
  /** The map, once there is one. */
  readonly stage: { bounds: () => Bounds } | null;
  /** Shows what a search found; says whether it could. */
  openFound: (hit: Hit) => Promise<boolean>;
}
export const theShell = (): Shell => getContext<Shell>('explorer');
