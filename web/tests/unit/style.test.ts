// style.json and symbols.json: whatever they name exists, and what is read from them is a MapLibre style.
import { readFileSync } from 'node:fs';
import type { LayerSpecification } from 'maplibre-gl';
import { validateStyleMin, type StyleSpecification } from '@maplibre/maplibre-gl-style-spec';
import { describe, expect, test } from 'vitest';
import { selectedFeature, sourceIds, sourcesOf } from '../../src/map/sources';
import { pressable, signsFirst, styleOf } from '../../src/map/style';
import { shapePath, tokenNames, type Tokens } from '../../src/map/symbols';
import symbols from '../../src/map/symbols.json' with { type: 'json' };
import { layersOf, type Look } from '../../src/map/template';
import { shippedPlaces } from './data';

const file = readFileSync(new URL('../../src/map/style.json', import.meta.url), 'utf8');
/** Each token has a colour of its own, so that a colour tells its token. */
const tokens: Tokens = Object.fromEntries(tokenNames.map((name, index) => [name, `#${(index + 1).toString(16).padStart(6, '0')}`]));
const look: Look = { view: 'explore', tokens, lang: 'zh', emphasis: null, selected: null };
const layer = (change: Partial<Look>, id: string) => layersOf({ ...look, ...change }).find((layer) => layer.id === id) as LayerSpecification & Record<'paint' | 'layout', Record<string, unknown>>;
const paint = (change: Partial<Look>, id: string, name: string) => layer(change, id).paint[name];

const looks = (['explore', 'parcels'] as const).flatMap((view) =>
  (['zh', 'en'] as const).flatMap((lang) => [null, new Set(['cores:c'])].map((emphasis): [string, Look] => [`${view} ${lang} ${emphasis ? 'emphasis' : 'plain'}`, { ...look, view, lang, emphasis }])),
);

describe.each(looks)('style %s', (_, look) => {
  const layers = signsFirst(layersOf(look));
  test('nothing of the template is left', () => {
    expect(JSON.stringify(layers)).not.toContain('$');
  });
  test('it is valid by the style specification', () => {
    const sources = Object.fromEntries([...sourceIds, 'selected'].map((id) => [id, { type: 'geojson' as const, data: { type: 'FeatureCollection' as const, features: [] } }]));
    expect(validateStyleMin({ version: 8, sources, layers } as StyleSpecification).map(({ message }) => message)).toEqual([]);
  });
  test('what can be pressed is drawn', () => {
    const ids = layers.map(({ id }) => id);
    expect(pressable.filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test('signs find room before names do, which stand below them', () => {
  const layers = signsFirst(layersOf(look));
  const ids = layers.map(({ id }) => id);
  const inTurn = ['other', 'other-name', 'unit-name', 'other-apart', 'unit'];
  expect(ids.filter((id) => inTurn.includes(id))).toEqual(inTurn);
  const holds = (id: string, kind: string) => JSON.stringify(layers[ids.indexOf(id)]).includes(`"${kind}-`);
  expect(inTurn.map((id) => [holds(id, 'icon'), holds(id, 'text')])).toEqual([[true, true], [false, true], [false, true], [true, false], [true, false]]);
  // Whether a sign that gives way is shown decides on its name, so both are one there.
  expect(layers.filter(({ id }) => id.startsWith('other')).map(({ minzoom, maxzoom }) => [minzoom, maxzoom])).toEqual([[undefined, 12], [12, undefined], [12, undefined]]);
});

describe('the rules of the template', () => {
  test('a token is the colour of the theme', () => {
    expect(paint({}, 'core-line', 'line-color')).toBe(tokens['core']);
    expect(() => layersOf({ ...look, tokens: {} })).toThrow('token --land');
    const used = [...file.matchAll(/"\$([\w-]+)"(?!:)/g)].map(([, name]) => name!);
    expect(used.length).toBeGreaterThan(40);
    expect(used.filter((name) => !tokenNames.includes(name))).toEqual([]);
  });
  test('a language has its own spacing', () => {
    expect([layer({}, 'core-name').layout['text-letter-spacing'], layer({ lang: 'en' }, 'core-name').layout['text-letter-spacing']]).toEqual([0.12, 0.03]);
  });
  test('the layout of the plan is quieter above parcels', () => {
    const parcels = { view: 'parcels' } as const;
    expect([paint(parcels, 'core-fill', 'fill-opacity'), paint(parcels, 'belt-fill', 'fill-opacity'), paint(parcels, 'axis-line', 'line-width')]).toEqual([0.06, 0.05, 2.2]);
    expect([paint({}, 'core-fill', 'fill-opacity'), paint({}, 'belt-fill', 'fill-opacity'), paint({}, 'axis-line', 'line-width')]).toEqual([0.15, 0.1, 3.6]);
    expect([layer({}, 'belt-hatch')?.id, layer(parcels, 'belt-hatch')?.id]).toEqual(['belt-hatch', undefined]);
  });
  test('a part takes further members, which win', () => {
    expect(layer({}, 'water-course-name').paint).toEqual({ 'text-color': tokens['water-text'], 'text-halo-color': tokens['land'], 'text-halo-width': 1.4 });
  });
  test('what is not highlighted fades, and names of the ground with it', () => {
    const emphasis = new Set(['cores:c', 'axes:a']);
    expect(paint({ emphasis }, 'core-glow', 'line-opacity')).toEqual(['case', ['in', ['get', 'key'], ['literal', ['cores:c', 'axes:a']]], 0.7, 0.7 * 0.35]);
    expect(paint({}, 'core-glow', 'line-opacity')).toBe(0.7);
    expect([paint({ emphasis }, 'subdistrict-name', 'text-opacity'), paint({}, 'subdistrict-name', 'text-opacity')]).toEqual([0.35, 1]);
  });
  test('the selected place has its name from the selection', () => {
    const named = (selected: string | null) => JSON.stringify(layer({ selected }, 'unit').layout['text-field']);
    expect(named('sites:a')).toContain('["==",["get","key"],"sites:a"]');
    expect(named(null)).toContain('["==",["get","key"],""]');
  });
});

test('a scene has a source for every layer', () => {
  const places = shippedPlaces();
  const style = styleOf({ tokens, lang: 'zh', sources: sourcesOf(places, 'zh'), selected: selectedFeature(places.find(({ geometry }) => geometry)!, 'zh'), emphasis: null, apart: { type: 'LineString', coordinates: [[0, 0], [1, 1]] }, rings: { type: 'FeatureCollection', features: [{ type: 'Feature', id: '5', properties: { minutes: 5 }, geometry: { type: 'Polygon', coordinates: [[[0, 0], [1, 0], [1, 1], [0, 0]]] } }] }, tiled: [{ id: 'lots', tiles: 'http://map.test/tiles/lots/{z}/{x}/{y}.mvt' }], still: true });
  const named = style.layers.flatMap((layer) => ('source' in layer ? [layer.source] : []));
  expect(named.filter((id) => !(id in style.sources))).toEqual([]);
  expect(Object.keys(style.sources).filter((id) => !named.includes(id))).toEqual([]);
});

test('symbols name tokens, shapes and fills that there are', () => {
  const { shapes, kinds, lifecycles, hatches, fills } = symbols;
  const colours = [...Object.values(shapes), ...hatches].map(({ colour }) => colour);
  expect([...colours, symbols.halo.colour].filter((name) => !tokenNames.includes(name))).toEqual([]);
  expect(Object.values(kinds).filter((shape) => !(shape in shapes))).toEqual([]);
  expect(Object.values(lifecycles).filter((fill) => !fills.includes(fill))).toEqual([]);
  expect(shapePath('building')).toMatch(/^M13 3\.4/);
});
