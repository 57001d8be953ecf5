import { getContext } from 'svelte';
import type { Lang } from '../catalogue';
import type { Explorer } from '../explorer.svelte';
import type { Messages } from '../words';

export const theExplorer = (): Explorer => getContext<Explorer>('explorer');

/** What every screen with a map has. */
export interface Shell { readonly words: Messages; readonly lang: Lang }
export const theShell = (): Shell => getContext<Shell>('explorer');
