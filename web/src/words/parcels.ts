// The words of parcels and of drawing, in both languages: they are fetched with the screens that say them.
import type { Lang } from '../catalogue';
import { en } from './parcels.en';
import { zh } from './parcels.zh';

export type ParcelWords = typeof zh;

export const parcelWords: Record<Lang, ParcelWords> = { zh, en };
