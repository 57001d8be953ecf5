// What a feature says of itself beside what every place says: the fields of its collection with their titles and units.
import { drawRoles, say, text, type DrawRole, type Lang, type Place } from '../catalogue';
import { formatNumber, messages } from '../words';

/** Fields that stand elsewhere, or say nothing to a reader. */
const elsewhere = new Set([
  'id', 'aliases', 'plan_refs', 'inside_zone', 'basis', 'accuracy_m', 'confidence', 'source', 'valid_from', 'valid_to', 'note', 'area_km2',
  'industries', 'synthetic', 'kind', 'subtype', 'unit_type', 'named_unit', 'parent_id', 'lifecycle', 'lifecycle_inferred',
  'description_zh', 'description_en',
]);
/** Likewise, where the features are drawn as parts of the layout: what they run along and join is told by name. */
const told: Partial<Record<DrawRole, string[]>> = { core: ['body_id'], axis: ['direction'], belt: ['direction', 'half_width_m'], link: ['link', 'from_id', 'to_id', 'length_m'] };
/** Likewise lists, by how the features are drawn. */
const lists: Partial<Record<string, readonly DrawRole[]>> = { along: drawRoles, designations: drawRoles, parts: ['core'], anchors: ['axis', 'belt'] };

/** A unit in UCUM as people write it; that of a ratio is none. */
const written: Record<string, string> = { m2: ' m²', m: ' m', '1': '' };

/** `nameOf` says what people call the feature of an id; what is none is given back. */
export function facts(place: Place, lang: Lang, nameOf: (id: string) => string = (id) => id): [string, string][] {
  const { draw, fields: all, names } = place.collection;
  const other = lang === 'zh' ? '_en' : '_zh';
  /** Does the same stand there in the asked language? */
  const isTranslated = (name: string) => name.endsWith(other) && text(place.properties[name.slice(0, -other.length) + `_${lang}`]) !== null;
  const heading = new Set([...names.zh, ...names.en].filter((name) => Object.values(place.name).includes(String(place.properties[name]))));
  const fields = all.filter(({ name }) => !elsewhere.has(name) && !told[draw]?.includes(name) && !(Array.isArray(place.properties[name]) && lists[name]?.includes(draw)) && !heading.has(name) && !isTranslated(name));
  return fields.flatMap(({ name, title, unit }) => {
    const value = place.properties[name];
    const unitText = unit === null ? '' : (written[unit] ?? ` ${unit}`);
    // A year is no quantity: it has no unit and no groups of digits.
    if (typeof value === 'boolean') return [[say(title, lang) || name, value ? messages[lang].yes : messages[lang].no] as [string, string]];
    const shown = typeof value === 'number' ? (unit === null ? String(value) : `${formatNumber(value, lang)}${unitText}`) : (text(value) ?? nested(value, lang, nameOf));
    return shown === null ? [] : [[say(title, lang) || name, shown] as [string, string]];
  });
}

/** A list, or whatever else is not one value; null for an empty list. */
function nested(value: unknown, lang: Lang, nameOf: (id: string) => string): string | null {
  if (typeof value !== 'object' || value === null) return null;
  if (!Array.isArray(value)) return JSON.stringify(value);
  const entries = value.map((entry) => (typeof entry === 'string' ? nameOf(entry) : JSON.stringify(entry)));
  return entries.length === 0 ? null : entries.join(messages[lang].listSeparator);
}
