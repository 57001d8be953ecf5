// The one Explorer of the page, for every component below it.
import { getContext } from 'svelte';
import type { Explorer } from '../explorer.svelte';

export const theExplorer = (): Explorer => getContext('explorer');
