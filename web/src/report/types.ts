// The types of units as the plan has them: their order, their words, and the colours that the figures of the service have, too.
import type { UnitType } from '../catalogue';
import { wordFor, type WordsOfPlan } from '../words';
import type { ReportWords } from '../words/report';
import type { Count } from './service';

/** `id` is null for units whose type nobody tells. */
export interface TypeShown { id: string | null; name: string; color: string }

/** Those of the map, which types of these ids have, then others of it that can be told from them. */
const mapInks = ['block', 'park', 'building'];
const inks = [...mapInks, 'emerging', 'smart', 'axis', 'core', 'hit'];

/** The colour of each type: that of the map where it has one, else the next that no other type of the plan has. */
export function typesOf(types: readonly UnitType[], words: WordsOfPlan): TypeShown[] {
  const free = inks.filter((ink) => !mapInks.includes(ink) || types.every(({ id }) => id !== ink));
  return types.map(({ id }) => ({ id, name: wordFor(words.reportTypes, id), color: `var(--${mapInks.includes(id) ? id : (free.shift() ?? 'tx2')})` }));
}

/** So many units of a count are of a type; those of none that the plan has are what is left. */
export function countOf(count: Pick<Count, 'count' | 'byType'>, type: string | null, types: readonly TypeShown[]): number {
  const told = (id: string) => count.byType[id] ?? 0;
  return type === null ? count.count - types.reduce((sum, { id }) => sum + (id === null ? 0 : told(id)), 0) : told(type);
}

/** A type in tables and figures; null is no type. */
export function typeShown(type: string | null, types: readonly TypeShown[], words: Pick<ReportWords, 'reportNoType'>): TypeShown {
  return types.find(({ id }) => id === type) ?? { id: type, name: type ?? words.reportNoType, color: 'var(--tx2)' };
}
