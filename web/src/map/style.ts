// The map's drawing as one pure function of what is to be seen. The map works out what changed.
import type { StyleSpecification } from 'maplibre-gl';
import type { FeatureCollection } from 'geojson';
import type { Lang } from '../catalogue';
import type { Sources } from './sources';
import type { Tokens } from './symbols';
import { layersOf } from './template';

export interface Scene {
  tokens: Tokens;
  lang: Lang;
  sources: Sources;
  selected: FeatureCollection;
  /** Keys of the places that stay strong while all others fade; null when none fade. */
  emphasis: ReadonlySet<string> | null;
  still: boolean;
}

/** Layers whose features can be pressed, the most specific first. */
export const pressable = [
  'unit', 'other', 'axis-hit', 'station', 'area-fill', 'parcel-fill', 'core-fill', 'belt-fill', 'road', 'transit', 'water-fill', 'water-course', 'subdistrict-fill', 'zone-fill',
] as const;

export function styleOf({ tokens, lang, sources, selected, emphasis, still }: Scene): StyleSpecification {
  const key = selected.features[0]?.properties?.['key'] as string | undefined;
  return {
    version: 8,
    transition: { duration: still ? 0 : 200, delay: 0 },
    sources: Object.fromEntries(
      Object.entries({ ...sources, selected }).map(([id, data]) => [id, { type: 'geojson' as const, data, tolerance: 0.2, ...(id === 'parcel' ? { maxzoom: 14 } : {}) }]),
    ),
    layers: layersOf({ view: 'explore', tokens, lang, emphasis, selected: key ?? null }),
  };
}
