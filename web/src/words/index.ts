// The words of the page in both languages. Missing keys fail the type check.
import { coursesOf, say, type AppInfo, type Lang, type Part, type UnitType } from '../catalogue';
import type { ServiceError } from '../service';
import { en } from './en';
import { zh } from './zh';

export type Messages = typeof zh;

export const messages: Record<Lang, Messages> = { zh, en };
export const localeOf: Record<Lang, string> = { zh: 'zh-CN', en: 'en' };

export function fill(pattern: string, values: Record<string, string | number>): string {
  return pattern.replace(/\{(\w+)\}/g, (slot, name: string) => String(values[name] ?? slot));
}

// To make one takes longer than a hundred uses of it.
const numberFormats = new Map<string, Intl.NumberFormat>();
const pluralRules: Record<Lang, Intl.PluralRules> = { zh: new Intl.PluralRules(localeOf.zh), en: new Intl.PluralRules(localeOf.en) };

export function formatNumber(value: number, lang: Lang, digits = 3): string {
  const key = `${lang} ${digits}`;
  const format = numberFormats.get(key) ?? new Intl.NumberFormat(localeOf[lang], { maximumFractionDigits: digits });
  numberFormats.set(key, format);
  return format.format(value);
}

/** A calendar date as the reader writes it; anything else is shown as it stands. */
export function formatDate(value: string, lang: Lang): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return value;
  return new Intl.DateTimeFormat(localeOf[lang], { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(`${value}T00:00:00Z`));
}

/** What was not loaded, and why. */
export function failedBecause(failed: string, kind: ServiceError['kind'], lang: Lang): string {
  return `${failed}${lang === 'zh' ? '：' : ': '}${messages[lang].errors[kind]}`;
}

const numerals: Record<Lang, string[]> = {
  zh: ['', '一', '两', '三', '四', '五', '六', '七', '八', '九', '十'],
  en: ['', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten'],
};

/** “一核”, “两带”, “多点”: the formula's own way of counting; points are always “many”. */
export function partTitle(part: Part, count: number, lang: Lang): string {
  const amount = part === 'point' ? messages[lang].many : (numerals[lang][count] ?? String(count));
  const { parts, partsSingle } = messages[lang];
  const noun = count === 1 && part !== 'point' ? partsSingle[part] : parts[part];
  return lang === 'zh' ? `${amount}${noun}` : `${amount} ${noun}`;
}

/** The notice of schematic accuracy and a short one, which name the parts that there are; `null` where there are none. */
export function schematic(app: AppInfo | null, lang: Lang): { notice: string; short: string } | null {
  const courses = app ? coursesOf(app) : [];
  const names = courses.map(([part, count]) => messages[lang][count === 1 ? 'partsSingle' : 'parts'][part]);
  const last = names.pop();
  if (last === undefined) return null;
  const { listSeparator, and, schematicNotice, schematicNoticeOne, schematicShort } = messages[lang];
  const parts = names.length > 0 ? `${names.join(listSeparator)}${and}${last}` : last;
  const isOne = courses.reduce((sum, [, count]) => sum + count, 0) === 1;
  return { notice: fill(isOne ? schematicNoticeOne : schematicNotice, { parts }), short: fill(schematicShort, { parts }) };
}

/** “9 parks”, “园区 9”; of a unit type without forms of its own, or that the plan calls otherwise, its name. */
export function countedUnits(type: string | null, name: string, count: number, lang: Lang): string {
  const forms = messages[lang].unitCounts[type as keyof Messages['unitCounts']];
  const form = pluralRules[lang].select(count) === 'one' ? forms?.one : forms?.other;
  return fill(form ?? `${name} {count}`, { count: formatNumber(count, lang) });
}

/** Does a plan call a type of units as the page does, so that the page's own forms of the word hold? */
export const isUsualName = (type: string, name: string, lang: Lang): boolean => (messages[lang].unitKinds as Record<string, string>)[type] === name;

export type WordsOfPlan = Messages & Record<'kinds' | 'unitKinds' | 'unitNames' | 'reportTypes', Record<string, string>>;

/** The words of the page, in which types of units are called as their plan calls them. */
export function inWordsOfPlan(types: readonly UnitType[], lang: Lang): WordsOfPlan {
  const words = messages[lang];
  const called = types.map(({ id, name }): [string, string] => [id, say(name, lang) || id]);
  const own = Object.fromEntries(called.filter(([id, name]) => !isUsualName(id, name, lang)));
  return {
    ...words,
    kinds: { ...own, ...words.kinds },
    unitKinds: { ...words.unitKinds, ...own },
    unitNames: { ...words.unitNames, ...own },
    reportTypes: { ...words.reportTypes, ...own },
  };
}

/** The word for a code of the data, or the code itself when the data uses one we have no word for. */
export function wordFor(words: Record<string, string>, code: string): string {
  return words[code] ?? code;
}
