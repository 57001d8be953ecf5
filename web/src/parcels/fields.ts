// The fields of a layer as its queryables tell them, and how their values are written. Pure.
import type { Lang } from '../catalogue';
import { formatNumber as formatPlain } from '../words';

export type Kind = 'choice' | 'text' | 'number' | 'date' | 'boolean' | 'list';

export interface Field {
  name: string;
  title: string;
  kind: Kind;
  unit: string | null;
  /** The values that occur, where they are few. */
  choices: string[];
  /** What people call them. */
  titles: Record<string, string>;
  least: number | null;
  most: number | null;
  /** Of how many features the value is known. */
  known: number;
}

export interface Schema {
  properties: Record<string, {
    title?: string; type?: string; format?: string; enum?: string[]; minimum?: number; maximum?: number;
    'x-enum-titles'?: Record<string, string>; 'x-ogc-unit'?: string; 'x-ogc-role'?: string;
  }>;
}

function kindOf({ type, format, enum: choices }: Schema['properties'][string]): Kind | null {
  if (choices) return 'choice';
  if (format?.startsWith('date')) return 'date';
  if (type === 'string') return 'text';
  if (type === 'number' || type === 'integer') return 'number';
  if (type === 'boolean') return 'boolean';
  return type === 'array' ? 'list' : null;
}

export function fieldsOf(schema: Schema, known: Record<string, number | null | undefined>): Field[] {
  return Object.entries(schema.properties).flatMap(([name, property]) => {
    const kind = kindOf(property);
    if (!kind || property['x-ogc-role'] === 'primary-geometry') return [];
    return [{
      name,
      title: property.title ?? name,
      kind,
      unit: property['x-ogc-unit'] ?? null,
      choices: property.enum ?? [],
      titles: property['x-enum-titles'] ?? {},
      least: property.minimum ?? null,
      most: property.maximum ?? null,
      known: known[name] ?? 0,
    }];
  });
}

/** Is the field the name of something in a language that is not asked for, while there is one that is? */
function speaksOther(field: Field, fields: readonly Field[], lang: Lang): boolean {
  const other = lang === 'zh' ? '_en' : '_zh';
  return field.name.endsWith(other) && fields.some(({ name }) => name === field.name.slice(0, -other.length) + `_${lang}`);
}

/** The columns of a table that nobody has chosen columns for: what differs between features and is known of some, names first, then kinds, area and other numbers. */
export function usualColumns(fields: readonly Field[], lang: Lang): string[] {
  const telling = fields.filter((field) => field.known > 0 && field.kind !== 'list' && field.kind !== 'boolean' && field.choices.length !== 1 && field.name !== 'id' && !speaksOther(field, fields, lang));
  // What has the words of a code beside it needs no column of its own.
  const named = telling.filter(({ name }) => !(/_name_(zh|en)$/.test(name) && fields.some((field) => field.name === name.replace(/_name_(zh|en)$/, '_code'))));
  const rank = (field: Field) => (isArea(field) ? 2 : { text: 0, choice: 1, number: 3, date: 4, boolean: 5, list: 5 }[field.kind]);
  return named.toSorted((a, b) => rank(a) - rank(b)).slice(0, 8).map(({ name }) => name);
}

/** Fields that features can be parted by. */
export function groupFields(fields: readonly Field[], lang: Lang): Field[] {
  return fields.filter((field) => field.kind === 'choice' && field.choices.length > 1 && !speaksOther(field, fields, lang));
}

/** Units that areas are asked and shown in, in square metres. */
export const areaUnits = { ha: 10_000, mu: 10_000 / 15, m2: 1 } as const;
export type AreaUnit = keyof typeof areaUnits;

export const isArea = (field: Field): boolean => field.unit === 'm2';

export function formatNumber(value: number, lang: Lang, digits = 2): string {
  return formatPlain(value, lang, digits);
}

/** A value as the table shows it; null for what is unknown. */
export function shown(field: Field, value: unknown, lang: Lang, yesNo: { yes: string; no: string }): string | null {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'number') return isArea(field) ? formatNumber(value / areaUnits.ha, lang) : field.kind === 'number' && Number.isInteger(value) && !field.unit ? String(value) : formatNumber(value, lang);
  if (typeof value === 'boolean') return value ? yesNo.yes : yesNo.no;
  if (Array.isArray(value)) return value.length === 0 ? null : value.map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry))).join(lang === 'zh' ? '、' : ', ');
  const text = String(value);
  const title = field.titles[text];
  return title === undefined ? text : field.name.endsWith('_code') ? `${text} ${title}` : title;
}
