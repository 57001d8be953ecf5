// Metres and directions as the reader writes them.
import type { Lang } from '../catalogue';
import { fill, formatNumber, messages, wordFor } from '../words';

/** Metres below a kilometre, else kilometres with two decimals. */
export function metres(value: number, lang: Lang): string {
  const words = messages[lang];
  if (value < 999.5) return `${formatNumber(Math.round(value), lang)} ${words.metreShort}`;
  return `${formatNumber(Math.round(value / 10) / 100, lang)} ${words.kilometreShort}`;
}

export function accuracy(value: number | null, lang: Lang): string {
  const { near } = messages[lang];
  return value === null ? near.accuracyUnknown : fill(near.accuracy, { value: metres(value, lang) });
}

export function direction(code: string | null, lang: Lang): string {
  const { near } = messages[lang];
  return code === null ? near.inside : wordFor(near.directions, code);
}
