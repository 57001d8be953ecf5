// Codes of the data as words for the reader.
import { text, texts, type Place } from '../catalogue';
import { fill, formatDate, wordFor, type Messages } from '../words';
import type { Lang } from '../catalogue';

export function kindOf(place: Place, words: Messages): string {
  const { draw } = place.collection;
  if (place.unit) return wordFor(words.unitKinds, place.unit);
  const finer = words.subtypes[text(place.properties['subtype']) as keyof typeof words.subtypes];
  if (finer) return finer;
  const code = text(place.properties['unit_type']) ?? text(place.properties['kind']) ?? (draw === 'zone' ? 'development-zone' : draw);
  return wordFor(words.kinds, code);
}

export function statusOf(place: Place, words: Messages): string | null {
  const code = text(place.properties['lifecycle']);
  if (code) return wordFor(words.lifecycle, code);
  return 'lifecycle' in place.properties ? words.fills.unknown : null;
}

export function kindAndStatus(place: Place, words: Messages): string {
  return [kindOf(place, words), statusOf(place, words)].filter(Boolean).join(' · ');
}

/** How well the position is known, in the classes of the legend. */
export function accuracyClass(place: Place, words: Messages): string | null {
  if (!place.geometry) return null;
  switch (place.properties['basis']) {
    case 'surveyed':
    case 'authoritative':
      return words.accuracyClass.surveyed;
    case 'interpreted':
      return words.accuracyClass.schematic;
    case 'synthetic':
      return words.accuracyClass.synthetic;
    default:
      return text(place.properties['basis']) ? words.accuracyClass.digitised : null;
  }
}

export function validity(place: Place, words: Messages, lang: Lang): string | null {
  const from = text(place.properties['valid_from']);
  const to = text(place.properties['valid_to']);
  if (from && to) return fill(words.fromUntil, { from: formatDate(from, lang), to: formatDate(to, lang) });
  if (from) return fill(words.from, { date: formatDate(from, lang) });
  return to ? fill(words.until, { date: formatDate(to, lang) }) : null;
}

/** Sections of the plan that name the place, in the plan's own numbering. */
export function planSections(place: Place): string[] {
  return texts(place.properties['plan_refs']);
}
