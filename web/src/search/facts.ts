// What a feature says of itself beside what every place says: the fields of its collection with their titles and units.
import { say, text, type Lang, type Place } from '../catalogue';
import { formatNumber } from '../words';

/** Fields that stand elsewhere, or say nothing to a reader. */
const elsewhere = new Set([
  'id', 'name_zh', 'name_en', 'aliases', 'plan_refs', 'inside_zone', 'basis', 'accuracy_m', 'confidence', 'source', 'valid_from', 'valid_to',
  'note', 'area_km2', 'industries', 'synthetic',
]);

/** A unit in UCUM as people write it; that of a ratio is none. */
const written: Record<string, string> = { m2: ' m²', m: ' m', '1': '' };

export function facts(place: Place, lang: Lang): [string, string][] {
  if (place.collection.draw !== 'parcel') return [];
  const other = lang === 'zh' ? '_en' : '_zh';
  const fields = place.collection.fields.filter(({ name }) => !elsewhere.has(name) && !name.endsWith(other));
  return fields.flatMap(({ name, title, unit }) => {
    const value = place.properties[name];
    const unitText = unit === null ? '' : (written[unit] ?? ` ${unit}`);
    // A year is no quantity: it has no unit and no groups of digits.
    const shown = typeof value === 'number' ? (unit === null ? String(value) : `${formatNumber(value, lang)}${unitText}`) : text(value);
    return shown === null ? [] : [[say(title, lang) || name, shown] as [string, string]];
  });
}
