// What a feature says of itself beside what every place says: the fields of its collection with their titles and units.
import { say, text, type DrawRole, type Lang, type Place } from '../catalogue';
import { formatNumber, messages } from '../words';

/** Fields that stand elsewhere, or say nothing to a reader. */
const elsewhere = new Set([
  'id', 'aliases', 'plan_refs', 'inside_zone', 'basis', 'accuracy_m', 'confidence', 'source', 'valid_from', 'valid_to', 'note', 'area_km2',
  'industries', 'synthetic', 'kind', 'subtype', 'unit_type', 'named_unit', 'parent_id', 'lifecycle', 'lifecycle_inferred', 'half_width_m',
  'length_m', 'description_zh', 'description_en',
]);
/** Likewise, where the features are drawn as parts of the layout: what they run along and join is told by name. */
const told: Partial<Record<DrawRole, string[]>> = { core: ['body_id'], axis: ['direction'], belt: ['direction'], link: ['link', 'from_id', 'to_id'] };

/** A unit in UCUM as people write it; that of a ratio is none. */
const written: Record<string, string> = { m2: ' m²', m: ' m', '1': '' };

export function facts(place: Place, lang: Lang): [string, string][] {
  const { draw, fields: all, names } = place.collection;
  const other = lang === 'zh' ? '_en' : '_zh';
  const heading = new Set([...names.zh, ...names.en].filter((name) => Object.values(place.name).includes(String(place.properties[name]))));
  const fields = all.filter(({ name }) => !elsewhere.has(name) && !told[draw]?.includes(name) && !heading.has(name) && !name.endsWith(other));
  return fields.flatMap(({ name, title, unit }) => {
    const value = place.properties[name];
    const unitText = unit === null ? '' : (written[unit] ?? ` ${unit}`);
    // A year is no quantity: it has no unit and no groups of digits.
    if (typeof value === 'boolean') return [[say(title, lang) || name, value ? messages[lang].yes : messages[lang].no] as [string, string]];
    const shown = typeof value === 'number' ? (unit === null ? String(value) : `${formatNumber(value, lang)}${unitText}`) : text(value);
    return shown === null ? [] : [[say(title, lang) || name, shown] as [string, string]];
  });
}
