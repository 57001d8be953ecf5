// The words of the Report screen, in both languages: they are fetched with it.
import type { Lang } from '../catalogue';
import { messages as ofPage } from './index';
import { en } from './report.en';
import { zh } from './report.zh';

export type ReportWords = typeof zh;

/** With those of all screens. */
export const messages = { zh: { ...ofPage.zh, ...zh }, en: { ...ofPage.en, ...en } } satisfies Record<Lang, ReportWords>;

export const reportWords: Record<Lang, ReportWords> = { zh, en };
