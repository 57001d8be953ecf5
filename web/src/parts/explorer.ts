import { getContext } from 'svelte';
import type { Appearance } from '../appearance.svelte';
import type { AppInfo } from '../catalogue';
import type { Explorer } from '../explorer.svelte';
import type { Frame } from '../frame.svelte';
import type { Bounds } from '../geometry';
import type { Hit } from '../search/service';

export const theExplorer = (): Explorer => getContext<Explorer>('explorer');

/** What every screen has. */
export interface Shell extends Appearance {
  /** What the service says of itself, once it has. */
  readonly app: AppInfo | null;
  readonly frame: Frame;
  /** Copies a link to what is shown. */
  share: () => Promise<void>;
  /** The map, once there is one. */
  readonly stage: { bounds: () => Bounds } | null;
  /** Shows what a search found; says whether it could. */
  openFound: (hit: Hit) => Promise<boolean>;
}
export const theShell = (): Shell => getContext<Shell>('explorer');
