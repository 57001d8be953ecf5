// The map's drawing as one pure function of what is to be seen. The map works out what changed.
import type { DataDrivenPropertyValueSpecification, ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { FeatureCollection } from 'geojson';
import type { Lang } from '../catalogue';
import type { SourceId, Sources } from './sources';
import { beltStyles, shapeColour, unitShapes, type Tokens } from './symbols';

export interface Scene {
  tokens: Tokens;
  lang: Lang;
  sources: Sources;
  selected: FeatureCollection;
  /** Keys of the places that stay strong while all others fade; null when none fade. */
  emphasis: ReadonlySet<string> | null;
  still: boolean;
}

const regular = ['EDZ Latin', 'EDZ Han'];
const bold = ['EDZ Latin Bold', 'EDZ Han Bold'];
const faded = 0.35;

/** Layers whose features can be pressed, the most specific first. */
export const pressable = [
  'unit', 'other', 'axis-hit', 'station', 'area-fill', 'parcel-fill', 'core-fill', 'belt-fill', 'road', 'transit', 'water-fill', 'water-course', 'subdistrict-fill', 'zone-fill',
] as const;

type Numeric = DataDrivenPropertyValueSpecification<number>;
const at = (...stops: [zoom: number, value: number][]): ExpressionSpecification => ['interpolate', ['linear'], ['zoom'], ...stops.flat()] as ExpressionSpecification;
const width = (...stops: [zoom: number, value: number][]): ExpressionSpecification => ['interpolate', ['exponential', 1.6], ['zoom'], ...stops.flat()] as ExpressionSpecification;

export function styleOf({ tokens, lang, sources, selected, emphasis, still }: Scene): StyleSpecification {
  const colour = (name: string) => tokens[name] ?? '#000';
  const zh = lang === 'zh';
  const name: ExpressionSpecification = ['get', 'name'];

  /** `base` times 1 for what is highlighted and 0.35 for the rest. */
  const strength = (base: number): Numeric =>
    emphasis ? ['case', ['in', ['get', 'key'], ['literal', [...emphasis]]], base, base * faded] : base;
  const byTurn = (pick: (style: (typeof beltStyles)[number]) => string): ExpressionSpecification =>
    ['match', ['get', 'turn'], 1, pick(beltStyles[1]), pick(beltStyles[0])];

  const halo = { 'text-halo-color': colour('halo'), 'text-halo-width': 1.7 };
  const quietText = { 'text-color': colour('tx2'), 'text-halo-color': colour('land'), 'text-halo-width': 1.5 };
  const road = (id: string, classes: string[], fill: string, edge: string, sizes: [number, number][], minzoom = 0): LayerSpecification[] => {
    const shared = { source: 'road', minzoom, filter: ['in', ['get', 'class'], ['literal', classes]] as ExpressionSpecification, layout: { 'line-cap': 'round', 'line-join': 'round' } as const };
    return [
      { ...shared, id: `${id}-case`, type: 'line', paint: { 'line-color': colour(edge), 'line-width': width(...sizes.map(([zoom, size]): [number, number] => [zoom, size + 1.6])) } },
      { ...shared, id: `${id}-top`, type: 'line', paint: { 'line-color': colour(fill), 'line-width': width(...sizes) } },
    ];
  };

  const ground: LayerSpecification[] = [
    { id: 'land', type: 'background', paint: { 'background-color': colour('land') } },
    { id: 'zone-fill', type: 'fill', source: 'zone', paint: { 'fill-color': colour('land'), 'fill-opacity': 0 } },
    { id: 'subdistrict-fill', type: 'fill', source: 'subdistrict', paint: { 'fill-color': colour('land'), 'fill-opacity': 0 } },
    ...road('minor-road', ['minor'], 'road-minor', 'road-case', [[9, 0.2], [12, 1.6], [15, 10]], 11),
    ...road('plain-road', ['road'], 'road', 'road-case', [[9, 1.2], [12, 2.6], [15, 10]]),
    ...road('motorway', ['motorway'], 'mway', 'mway-case', [[9, 1.2], [12, 3.2], [15, 13]]),
    { id: 'road', type: 'line', source: 'road', paint: { 'line-color': colour('road'), 'line-width': 8, 'line-opacity': 0 } },
    { id: 'parcel-fill', type: 'fill', source: 'parcel', minzoom: 11, paint: { 'fill-color': colour('parcel'), 'fill-opacity': 0.85 } },
    { id: 'parcel-line', type: 'line', source: 'parcel', minzoom: 11, paint: { 'line-color': colour('parcel-line'), 'line-width': 0.7 } },
    { id: 'water-fill', type: 'fill', source: 'water', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-color': colour('water') } },
    { id: 'water-course', type: 'line', source: 'water', filter: ['all', ['==', ['geometry-type'], 'LineString'], ['!=', ['get', 'kind'], 'bank']], layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour('water'), 'line-width': width([8, 1.6], [12, 4], [15, 14]) } },
    { id: 'water-line', type: 'line', source: 'water', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'line-color': colour('water-line'), 'line-width': 0.8 } },
    { id: 'transit', type: 'line', source: 'transit', filter: ['==', ['geometry-type'], 'LineString'], layout: { 'line-join': 'round' }, paint: { 'line-color': colour('tx2'), 'line-width': 1.2, 'line-opacity': 0.45, 'line-dasharray': [5, 2.5] } },
    { id: 'subdistrict-line', type: 'line', source: 'subdistrict', paint: { 'line-color': colour('boundary'), 'line-width': 0.8, 'line-opacity': 0.4, 'line-dasharray': [2, 3] } },
    { id: 'outside', type: 'fill', source: 'mask', paint: { 'fill-color': colour('outside'), 'fill-opacity': 0.62 } },
    { id: 'zone-soft', type: 'line', source: 'zone', layout: { 'line-join': 'round' }, paint: { 'line-color': colour('boundary'), 'line-width': 7, 'line-opacity': 0.12, 'line-offset': 3 } },
    { id: 'zone-line', type: 'line', source: 'zone', layout: { 'line-join': 'round' }, paint: { 'line-color': colour('boundary'), 'line-width': 1.3, 'line-dasharray': [6, 2, 1.2, 2] } },
  ];

  const structure: LayerSpecification[] = [
    { id: 'belt-fill', type: 'fill', source: 'belt', paint: { 'fill-color': byTurn((belt) => colour(belt.colour)), 'fill-opacity': strength(0.1), 'fill-antialias': false } },
    { id: 'belt-hatch', type: 'fill', source: 'belt', paint: { 'fill-pattern': byTurn((belt) => belt.hatch), 'fill-opacity': strength(1), 'fill-antialias': false } },
    { id: 'belt-edge', type: 'line', source: 'belt', layout: { 'line-join': 'round' }, paint: { 'line-color': byTurn((belt) => colour(belt.colour)), 'line-width': 6, 'line-blur': 6, 'line-opacity': strength(0.45) } },
    { id: 'core-fill', type: 'fill', source: 'core', paint: { 'fill-color': colour('core'), 'fill-opacity': strength(0.15), 'fill-antialias': false } },
    { id: 'core-glow', type: 'line', source: 'core', layout: { 'line-join': 'round' }, paint: { 'line-color': colour('core'), 'line-width': 10, 'line-blur': 10, 'line-opacity': strength(0.7) } },
    { id: 'core-line', type: 'line', source: 'core', layout: { 'line-join': 'round' }, paint: { 'line-color': colour('core'), 'line-width': 1.8, 'line-dasharray': [3, 2], 'line-opacity': strength(1) } },
    { id: 'area-fill', type: 'fill', source: 'area', paint: { 'fill-color': areaColour(colour), 'fill-opacity': strength(0.07), 'fill-antialias': false } },
    { id: 'area-line', type: 'line', source: 'area', layout: { 'line-join': 'round' }, paint: { 'line-color': areaColour(colour), 'line-width': 1.2, 'line-dasharray': [2, 2.4], 'line-opacity': strength(0.75) } },
    { id: 'axis-glow', type: 'line', source: 'axis', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour('axis'), 'line-width': 16, 'line-blur': 16, 'line-opacity': strength(0.4) } },
    { id: 'axis-halo', type: 'line', source: 'axis', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour('halo'), 'line-width': 6.5, 'line-opacity': strength(1) } },
    { id: 'axis-line', type: 'line', source: 'axis', layout: { 'line-cap': 'round', 'line-join': 'round' }, paint: { 'line-color': colour('axis'), 'line-width': 3.6, 'line-opacity': strength(1) } },
    { id: 'axis-hit', type: 'line', source: 'axis', paint: { 'line-color': colour('axis'), 'line-width': 18, 'line-opacity': 0 } },
    { id: 'selected-halo', type: 'line', source: 'selected', filter: ['!=', ['geometry-type'], 'Point'], layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': colour('tx'), 'line-width': 5.5 } },
    { id: 'selected-line', type: 'line', source: 'selected', filter: ['!=', ['geometry-type'], 'Point'], layout: { 'line-join': 'round', 'line-cap': 'round' }, paint: { 'line-color': colour('sel'), 'line-width': 3.5 } },
  ];

  const otherSides = ['bottom', [0, -1.05], 'top', [0, 1.05]];
  const signLayout = {
    'icon-image': ['get', 'icon'] as ExpressionSpecification,
    'icon-size': at([9, 0.6], [12, 0.9]),
    'icon-padding': 1,
    'symbol-sort-key': ['+', ['*', 10, ['get', 'order']], ['get', 'rank']] as ExpressionSpecification,
    'text-font': regular,
    'text-size': 12,
    'text-max-width': zh ? 9 : 10,
    'text-variable-anchor-offset': ['case', ['get', 'leansWest'], ['literal', ['right', [-1.05, 0], ...otherSides]], ['literal', ['left', [1.05, 0], 'right', [-1.05, 0], ...otherSides]]] as ExpressionSpecification,
    'text-justify': 'auto' as const,
    'text-optional': true,
    'text-padding': 2,
  };
  /** The name, with a mark of how many more places share the position. */
  const selectedKey = String(selected.features[0]?.properties?.['key'] ?? '');
  const signName: ExpressionSpecification =
    ['case', ['==', ['get', 'key'], selectedKey], '', ['>', ['get', 'rank'], 0], '', ['>', ['get', 'stack'], 1], ['concat', name, ' +', ['to-string', ['-', ['get', 'stack'], 1]]], name];
  const signPaint = { 'text-color': colour('tx'), ...halo, 'icon-opacity': strength(1), 'text-opacity': strength(1) };
  const waterText = { 'text-color': colour('water-text'), 'text-halo-color': colour('water'), 'text-halo-width': 0.8 };

  const labels: LayerSpecification[] = [
    { id: 'subdistrict-name', type: 'symbol', source: 'label', filter: ['==', ['get', 'role'], 'subdistrict'], minzoom: 10, maxzoom: 14, layout: { 'text-field': name, 'text-font': regular, 'text-size': 12, 'text-letter-spacing': zh ? 0.3 : 0.06, 'text-max-width': 9, 'text-padding': 12 }, paint: { ...quietText, 'text-opacity': emphasis ? faded : 1 } },
    { id: 'road-name', type: 'symbol', source: 'road', minzoom: 11, layout: { 'text-field': name, 'symbol-placement': 'line', 'text-font': regular, 'text-size': 12, 'text-letter-spacing': zh ? 0.2 : 0.02, 'text-padding': 24 }, paint: quietText },
    { id: 'water-name', type: 'symbol', source: 'label', filter: ['==', ['get', 'role'], 'water'], minzoom: 9, layout: { 'text-field': name, 'text-font': regular, 'text-size': at([10, 12], [13, 14]), 'text-letter-spacing': zh ? 0.12 : 0.03, 'text-max-width': 7, 'text-padding': 6 }, paint: waterText },
    { id: 'river-name', type: 'symbol', source: 'label', filter: ['==', ['get', 'role'], 'river'], layout: { 'text-field': name, 'text-font': regular, 'text-size': at([9, 12], [12, 14]), 'text-letter-spacing': zh ? 0.5 : 0.15, 'text-max-width': 6, 'text-padding': 60 }, paint: waterText },
    { id: 'water-course-name', type: 'symbol', source: 'water', filter: ['all', ['==', ['geometry-type'], 'LineString'], ['!=', ['get', 'kind'], 'bank']], minzoom: 9, layout: { 'text-field': name, 'symbol-placement': 'line', 'symbol-spacing': 320, 'text-font': regular, 'text-size': 12, 'text-letter-spacing': zh ? 0.4 : 0.08 }, paint: { ...waterText, 'text-halo-color': colour('land'), 'text-halo-width': 1.4 } },
    { id: 'station', type: 'circle', source: 'transit', filter: ['==', ['geometry-type'], 'Point'], minzoom: 11, paint: { 'circle-radius': at([11, 2], [14, 4]), 'circle-color': colour('bg'), 'circle-stroke-color': colour('tx2'), 'circle-stroke-width': 1.3, 'circle-opacity': strength(1), 'circle-stroke-opacity': strength(1) } },
    { id: 'station-name', type: 'symbol', source: 'transit', filter: ['==', ['geometry-type'], 'Point'], minzoom: 13, layout: { 'text-field': name, 'text-font': regular, 'text-size': 12, 'text-max-width': 9, 'text-variable-anchor': ['left', 'right', 'bottom', 'top'], 'text-radial-offset': 0.7, 'text-justify': 'auto' }, paint: { ...quietText, 'text-opacity': strength(1) } },
    { id: 'other', type: 'symbol', source: 'point', filter: ['!', ['get', 'unit']], layout: { ...signLayout, 'text-field': ['step', ['zoom'], '', 9, ['case', ['==', ['get', 'role'], 'region'], name, ''], 11, signName], 'icon-allow-overlap': ['step', ['zoom'], false, 12, true] }, paint: signPaint },
    { id: 'unit', type: 'symbol', source: 'point', filter: ['get', 'unit'], layout: { ...signLayout, 'text-field': ['step', ['zoom'], '', 10, signName], 'icon-allow-overlap': true }, paint: signPaint },
  ];

  const structureNames: LayerSpecification[] = [
    ...alongLine('axis', 'axis', colour('axis'), ['literal', [0, -1.1]]),
    ...alongLine('belt', 'belt-line', byTurn((belt) => colour(belt.textColour)), ['match', ['get', 'turn'], 1, ['literal', [0, 1.25]], ['literal', [0, -1.9]]]),
    { id: 'core-name', type: 'symbol', source: 'label', filter: ['==', ['get', 'role'], 'core'], layout: { 'text-field': name, 'text-font': bold, 'text-size': at([8, 14], [11, 17]), 'text-letter-spacing': zh ? 0.12 : 0.03, 'text-anchor': 'top', 'text-offset': [0, 0.5], 'text-max-width': 12, 'text-allow-overlap': true }, paint: { 'text-color': colour('core'), 'text-halo-color': colour('halo'), 'text-halo-width': 2.4, 'text-opacity': strength(1) } },
    { id: 'selected-ring', type: 'circle', source: 'selected', filter: ['==', ['geometry-type'], 'Point'], paint: { 'circle-radius': at([9, 12], [12, 16]), 'circle-color': colour('sel'), 'circle-opacity': 0.28, 'circle-stroke-color': colour('sel'), 'circle-stroke-width': 3 } },
    { id: 'selected-sign', type: 'symbol', source: 'selected', filter: ['==', ['geometry-type'], 'Point'], layout: { 'icon-image': ['get', 'icon'], 'icon-size': at([9, 0.6], [12, 0.9]), 'icon-allow-overlap': true, 'icon-ignore-placement': true } },
    { id: 'selected-name', type: 'symbol', source: 'selected', filter: ['==', ['geometry-type'], 'Point'], layout: { 'text-field': name, 'text-font': bold, 'text-size': 13, 'text-max-width': zh ? 9 : 12, 'text-variable-anchor': ['left', 'right', 'bottom', 'top'], 'text-radial-offset': 1.5, 'text-justify': 'auto' }, paint: { 'text-color': colour('tx'), 'text-halo-color': colour('halo'), 'text-halo-width': 2.2 } },
  ];

  /** A name beside its line. On a small scale the line is too short for its name, which then stands beside its middle. */
  function alongLine(id: string, source: SourceId, textColour: string | ExpressionSpecification, offset: ExpressionSpecification): LayerSpecification[] {
    const paint = { 'text-color': textColour, 'text-halo-color': colour('halo'), 'text-halo-width': 2.2, 'text-opacity': strength(1) };
    const fits = zh ? 10 : 11;
    const following: LayerSpecification = { id: `${id}-name`, type: 'symbol', source, minzoom: fits, layout: { 'text-field': name, 'symbol-placement': 'line-center', 'text-font': bold, 'text-size': at([8, 12], [11, 14]), 'text-letter-spacing': zh ? 0.35 : 0.03, 'text-offset': offset, 'text-max-angle': 40, 'text-allow-overlap': true }, paint };
    const standing: LayerSpecification = { id: `${id}-name-beside`, type: 'symbol', source: 'label', filter: ['==', ['get', 'role'], id], maxzoom: fits, layout: { 'text-field': name, 'text-font': bold, 'text-size': at([8, 12], [11, 14]), 'text-max-width': zh ? 9 : 12, 'text-variable-anchor': ['right', 'left', 'top', 'bottom'], 'text-radial-offset': 1.2, 'text-justify': 'auto' }, paint };
    return [following, standing];
  }

  return {
    version: 8,
    transition: { duration: still ? 0 : 200, delay: 0 },
    sources: Object.fromEntries(
      Object.entries({ ...sources, selected }).map(([id, data]) => [id, { type: 'geojson' as const, data, tolerance: 0.2, ...(id === 'parcel' ? { maxzoom: 14 } : {}) }]),
    ),
    layers: [...ground, ...structure, ...labels, ...structureNames],
  };
}

function areaColour(colour: (name: string) => string): ExpressionSpecification {
  return ['match', ['get', 'shape'], ...unitShapes.flatMap((shape) => [shape, colour(shapeColour(shape).slice(2))]), colour('tx2')] as unknown as ExpressionSpecification;
}
