// style.json, the drawing of the map, read for one view, theme and language. The service reads it by the same rules.
//
// style.json holds layers of a MapLibre style, from the lowest to the highest. In it stand, at any depth:
//   "$core"                          the colour of the token --core
//   { "$zh": a, "$en": b }           what the language needs
//   { "$explore": a, "$parcels": b } what the view needs
//   { "$as": "name", ... }           the entry of `parts`; with more members, the entry and these, which win
//   { "$fades": 0.4 }                a number that is `faded` times as large for what is not highlighted
//   { "$recedes": 1 }                a number that is `faded` times as large while anything is highlighted
//   { "$selected": "" }              the key of the selected place, else the text given
// A layer with "$only": "explore" is a layer of that view alone.
import type { LayerSpecification } from 'maplibre-gl';
import type { Lang } from '../catalogue';
import template from './style.json' with { type: 'json' };
import type { Tokens } from './symbols';

export interface Look {
  view: 'explore' | 'parcels';
  tokens: Tokens;
  lang: Lang;
  /** Keys of the places that stay strong while all others fade; null when none fade. */
  emphasis: ReadonlySet<string> | null;
  /** The key of the selected place. */
  selected: string | null;
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
type Members = { [name: string]: Json };

const faded: number = template.faded;
const parts = template.parts as unknown as Members;

export function layersOf(look: Look): LayerSpecification[] {
  const layers = template.layers as unknown as Members[];
  const shown = layers.filter(({ $only }) => $only === undefined || $only === look.view);
  return shown.map(({ $only: _, ...layer }) => read(layer, look) as unknown as LayerSpecification);
}

function read(value: Json, look: Look): Json {
  if (typeof value === 'string') return value.startsWith('$') ? colour(value.slice(1), look.tokens) : value;
  if (Array.isArray(value)) return value.map((entry) => read(entry, look));
  if (value === null || typeof value !== 'object') return value;
  const { $as: part, ...members } = value;
  const own = Object.entries(members);
  if (part !== undefined) {
    const entry = read(known(parts[String(part)], `part ${String(part)}`), look);
    return own.length === 0 ? entry : { ...(entry as Members), ...(read(members, look) as Members) };
  }
  if (own.some(([name]) => name.startsWith('$'))) return special(members, look);
  return Object.fromEntries(own.map(([name, entry]) => [name, read(entry, look)]));
}

function special(members: Members, look: Look): Json {
  const { lang, view, emphasis, selected } = look;
  if ('$fades' in members) {
    const base = read(members['$fades']!, look) as number;
    return emphasis ? ['case', ['in', ['get', 'key'], ['literal', [...emphasis]]], base, base * faded] : base;
  }
  if ('$recedes' in members) return (read(members['$recedes']!, look) as number) * (emphasis ? faded : 1);
  if ('$selected' in members) return selected ?? members['$selected']!;
  const chosen = '$zh' in members ? members[`$${lang}`] : members[`$${view}`];
  return read(known(chosen, `choice among ${Object.keys(members).join(', ')}`), look);
}

function colour(name: string, tokens: Tokens): string {
  return known(tokens[name], `token --${name}`);
}

/** A name in style.json that stands for nothing is a fault of the build, found by its tests. */
function known<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new Error(`style.json: there is no ${what}`);
  return value;
}
