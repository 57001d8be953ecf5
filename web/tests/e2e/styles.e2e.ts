// The service draws its styles by itself: it must draw what the page draws.
import { readFileSync } from 'node:fs';
import type { Feature, FeatureCollection, Position } from 'geojson';
import type { LayerSpecification, StyleSpecification } from 'maplibre-gl';
import { validateStyleMin } from '@maplibre/maplibre-gl-style-spec';
import { placeOf, type Lang, type Place } from '../../src/catalogue';
import { sourceIds, sourcesOf } from '../../src/map/sources';
import { layersOf, type Look } from '../../src/map/template';
import { appInfo, expect, items, languages, origin, test, themes } from './explore';

const views = ['explore', 'parcels'] as const;
const looks = views.flatMap((view) => themes.flatMap((theme) => languages.map((lang) => ({ view, theme, lang }))));

async function readJson<Answer>(address: string): Promise<Answer> {
  const answer = await fetch(address);
  expect(answer.status, address).toBe(200);
  return (await answer.json()) as Answer;
}
const styleOf = ({ view, theme, lang }: (typeof looks)[number]) => readJson<StyleSpecification>(`${origin()}/styles/${view}?theme=${theme}&lang=${lang}`);

/** The tokens of a theme, as the style sheet declares them. */
function tokensOf(theme: (typeof themes)[number]): Look['tokens'] {
  const sheet = readFileSync(new URL('../../src/app.css', import.meta.url), 'utf8');
  const block = (selector: string) => sheet.slice(sheet.indexOf(`${selector} {`)).split('}', 1)[0]!;
  const text = theme === 'dark' ? block(':root') + block("[data-theme='dark']") : block(':root');
  return Object.fromEntries([...text.matchAll(/--([\w-]+): (#[0-9A-F]{6})/gi)].map(([, name, value]) => [name!, value!]));
}

for (const look of looks) {
  test(`the style ${look.view}, ${look.theme}, ${look.lang} is valid and has the layers of the page`, async () => {
    const style = await styleOf(look);
    expect(validateStyleMin(style as never).map(({ message }) => message)).toEqual([]);
    const own = layersOf({ ...look, tokens: tokensOf(look.theme), emphasis: null, selected: null }).filter((layer) => !('source' in layer && layer.source === 'selected'));
    const plain = style.layers.map((layer): LayerSpecification => {
      const { 'source-layer': _, ...rest } = layer as LayerSpecification & { 'source-layer'?: string };
      return rest as LayerSpecification;
    });
    // Made-up parcels are off when the page opens.
    expect(plain).toEqual(look.view === 'parcels' ? own : own.filter((layer) => !('source' in layer && layer.source === 'parcel')));
  });
}

async function shippedPlaces(): Promise<Place[]> {
  const { collections } = await appInfo();
  const usual = collections.filter((collection) => collection.draw !== 'parcel');
  const all = await Promise.all(usual.map(async (collection) => (await items(collection.id)).features.map((feature) => placeOf(feature as never, collection))));
  return all.flat();
}

/** A feature with its positions to a ten-millionth of a degree, as the service writes them. */
function rounded({ geometry, properties }: Feature): unknown {
  const round = (value: unknown): unknown => (Array.isArray(value) ? value.map(round) : Math.round((value as number) * 1e7) / 1e7);
  return { type: geometry.type, coordinates: round('coordinates' in geometry ? geometry.coordinates : []), properties };
}

for (const lang of languages) {
  test(`the sources of a style are those of the page, ${lang}`, async () => {
    const own = sourcesOf(await shippedPlaces(), lang as Lang);
    const style = await styleOf({ view: 'explore', theme: 'light', lang });
    const compared: string[] = [];
    for (const id of sourceIds.filter((id) => id !== 'parcel' && id !== 'belt')) {
      const source = style.sources[id] as { data: string };
      const { features } = await readJson<FeatureCollection>(source.data);
      expect(features.map(rounded), id).toEqual(own[id].features.map(rounded));
      if (features.length > 0) compared.push(id);
    }
    expect(compared).toHaveLength(13);
  });
}

/** Metres from a position to the nearest edge of a ring, true enough for a few kilometres. */
function metresTo(ring: readonly Position[], at: Position): number {
  const north = 111_320;
  const east = north * Math.cos((at[1]! * Math.PI) / 180);
  const flat = ring.map(([x, y]) => [(x! - at[0]!) * east, (y! - at[1]!) * north] as const);
  const distances = flat.slice(1).map(([bx, by], index) => {
    const [ax, ay] = flat[index]!;
    const [dx, dy] = [bx - ax, by - ay];
    const share = Math.min(1, Math.max(0, -(ax * dx + ay * dy) / (dx * dx + dy * dy || 1)));
    return Math.hypot(ax + share * dx, ay + share * dy);
  });
  return Math.min(...distances);
}

test('belts of a style are as wide as those of the page', async () => {
  const places = (await shippedPlaces()).filter((place) => place.collection.draw === 'belt');
  const own = sourcesOf(places, 'zh').belt.features;
  const style = await styleOf({ view: 'explore', theme: 'light', lang: 'zh' });
  const { features } = await readJson<FeatureCollection>((style.sources['belt'] as { data: string }).data);
  expect(features.map(({ properties }) => properties)).toEqual(own.map(({ properties }) => properties));
  const outline = ({ geometry }: Feature) => (geometry.type === 'MultiPolygon' ? geometry.coordinates[0]![0]! : geometry.type === 'Polygon' ? geometry.coordinates[0]! : []);
  expect(features.length).toBeGreaterThan(0);
  features.forEach((feature, index) => {
    const [service, page] = [outline(feature), outline(own[index]!)];
    // The page draws on a grid of a tenth of the half width, which blunts inner corners by as much; elsewhere it is exact
    // to a hundredth, on a sphere where the service takes the ellipsoid.
    const halfWidth = Number(places[index]!.properties['half_width_m']);
    const away = [...service.map((corner) => metresTo(page, corner)), ...page.map((corner) => metresTo(service, corner))].sort((a, b) => a - b);
    expect(away.at(-1)).toBeLessThan(halfWidth / 10);
    expect(away[Math.floor(away.length * 0.9)]).toBeLessThan(halfWidth / 100);
  });
});
