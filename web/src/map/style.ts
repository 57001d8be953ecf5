// The map's drawing as one pure function of what is to be seen. The map works out what changed.
import type { LayerSpecification, StyleSpecification, SymbolLayerSpecification } from 'maplibre-gl';
import type { FeatureCollection, LineString } from 'geojson';
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
  /** Collections too large to be loaded: their tiles. */
  tiled: readonly Tiled[];
  /** Areas within a walk, the farthest first; null when none are asked for. */
  rings: FeatureCollection | null;
  /** The line between two places that were measured. */
  apart: LineString | null;
  still: boolean;
}

export interface Tiled { id: string; tiles: string }

/** The layers of a collection that comes as tiles, as parcels look, whatever it holds. */
const tiledLayers = ['fill', 'line', 'spot'] as const;
export const pressableOf = ({ id }: Tiled): string[] => [`tiled-fill:${id}`, `tiled-spot:${id}`];

/** Layers whose features can be pressed, the most specific first. */
export const pressable = [
  'unit', 'other-apart', 'other', 'unit-name', 'other-name', 'axis-hit', 'station', 'area-fill', 'link-hit', 'parcel-fill', 'core-fill', 'belt-fill', 'road', 'transit', 'water-fill', 'water-course', 'subdistrict-fill', 'zone-fill',
] as const;

/** From this zoom on all signs are shown; below, those that are no units give way to others, and their names with them. */
const allSigns = 12;

/** Finds room for signs before it does for names, so that no name stands on the sign of another place. */
export function signsFirst(layers: readonly LayerSpecification[]): LayerSpecification[] {
  const of = (id: string): SymbolLayerSpecification => layers.find((layer): layer is SymbolLayerSpecification => layer.id === id && layer.type === 'symbol')!;
  const [unit, other] = [of('unit'), of('other')];
  const only = (kind: 'icon' | 'text', layer: SymbolLayerSpecification, id: string): SymbolLayerSpecification => {
    const foreign = kind === 'icon' ? 'text' : 'icon';
    const own = <T extends object>(all: T | undefined) => Object.fromEntries(Object.entries(all ?? {}).filter(([name]) => !name.startsWith(`${foreign}-`)));
    return { ...layer, id, layout: own(layer.layout), paint: own(layer.paint) };
  };
  const apart = { minzoom: allSigns };
  const drawn = [
    { ...other, maxzoom: allSigns },
    { ...only('text', other, 'other-name'), ...apart },
    only('text', unit, 'unit-name'),
    { ...only('icon', other, 'other-apart'), ...apart },
    only('icon', unit, 'unit'),
  ];
  return layers.flatMap((layer) => (layer.id === 'other' ? drawn : layer.id === 'unit' ? [] : [layer]));
}

function layersOfTiles({ id }: Tiled, tokens: Tokens): LayerSpecification[] {
  const shared = (kind: (typeof tiledLayers)[number]) => ({ id: `tiled-${kind}:${id}`, source: `tiled:${id}`, 'source-layer': id });
  return [
    { ...shared('fill'), type: 'fill', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': tokens['parcel']!, 'fill-opacity': 0.85 } },
    { ...shared('line'), type: 'line', filter: ['!=', ['geometry-type'], 'Point'], paint: { 'line-color': tokens['parcel-line']!, 'line-width': 0.7 } },
    { ...shared('spot'), type: 'circle', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': 3, 'circle-color': tokens['tx2']!, 'circle-stroke-color': tokens['halo']!, 'circle-stroke-width': 1 } },
  ];
}

/** Rings lie on one another, so that what is near is strongest; the last line is solid, those of shorter walks are dashed. */
function layersOfRings(rings: FeatureCollection, tokens: Tokens): LayerSpecification[] {
  const color = tokens['sel']!;
  return [
    { id: 'ring-fill', type: 'fill', source: 'rings', paint: { 'fill-color': color, 'fill-opacity': 0.14 } },
    ...rings.features.map((feature, at): LayerSpecification => ({
      id: `ring-line:${feature.id}`, type: 'line', source: 'rings', filter: ['==', ['get', 'minutes'], feature.properties!['minutes']],
      layout: { 'line-join': 'round' }, paint: { 'line-color': tokens['tx']!, 'line-width': 1.6, ...(at > 0 ? { 'line-dasharray': [4 / at, 2] } : {}) },
    })),
  ];
}

export function styleOf({ tokens, lang, sources, selected, emphasis, tiled, rings, apart, still }: Scene): StyleSpecification {
  const key = selected.features[0]?.properties?.['key'] as string | undefined;
  const layers = signsFirst(layersOf({ view: 'explore', tokens, lang, emphasis, selected: key ?? null }));
  // Where parcels stand: above the ground and roads, below water and the layout.
  const at = layers.findIndex(({ id }) => id === 'parcel-line') + 1;
  // Rings lie above the veil over what is outside, and below the layout.
  const above = layers.findIndex(({ id }) => id === 'zone-line') + 1;
  const names = layers.findIndex(({ type }) => type === 'symbol');
  return {
    version: 8,
    transition: { duration: still ? 0 : 200, delay: 0 },
    sources: {
      ...Object.fromEntries(tiled.map(({ id, tiles }) => [`tiled:${id}`, { type: 'vector' as const, tiles: [tiles], minzoom: 0, maxzoom: 16 }])),
      ...Object.fromEntries(
      Object.entries({ ...sources, selected, ...(rings ? { rings } : {}), ...(apart ? { apart } : {}) }).map(([id, data]) => [id, { type: 'geojson' as const, data, tolerance: 0.2, ...(id === 'parcel' ? { maxzoom: 14 } : {}) }]),
      ),
    },
    layers: [
      ...layers.slice(0, at), ...tiled.flatMap((one) => layersOfTiles(one, tokens)), ...layers.slice(at, above),
      ...(rings ? layersOfRings(rings, tokens) : []), ...layers.slice(above, names),
      ...(apart ? [{ id: 'apart-line', type: 'line' as const, source: 'apart', layout: { 'line-cap': 'round' as const }, paint: { 'line-color': tokens['tx']!, 'line-width': 2.4, 'line-dasharray': [1.5, 2] } }] : []),
      ...layers.slice(names),
    ],
  };
}
