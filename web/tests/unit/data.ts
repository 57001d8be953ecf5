// The shipped layers as places, read straight from their files.
import { readdirSync, readFileSync } from 'node:fs';
import type { FeatureCollection } from 'geojson';
import { placeOf, type Collection, type DrawRole, type Place } from '../../src/catalogue';

const folder = new URL('../../../geodata/', import.meta.url);
export const names = { zh: ['name_zh', 'name_en'], en: ['name_en', 'name_zh'] };
const drawOf: Record<string, DrawRole> = {
  axes: 'axis', belts: 'belt', cores: 'core', facilities: 'facility', links: 'link', parcels: 'parcel', regions: 'region', roads: 'road', sites: 'site',
  subdistricts: 'subdistrict', transit: 'transit', water: 'water', zone: 'zone',
};

export function shippedPlaces(): Place[] {
  const order: DrawRole[] = ['subdistrict', 'zone', 'water', 'road', 'transit', 'core', 'axis', 'belt', 'site', 'facility', 'region', 'link'];
  const files = readdirSync(folder).filter((name) => name.endsWith('.geojson') && name !== 'parcels.geojson');
  const ids = files.map((name) => name.replace('.geojson', '')).sort((a, b) => order.indexOf(drawOf[a]!) - order.indexOf(drawOf[b]!));
  return ids.flatMap((id) => {
    const { features } = JSON.parse(readFileSync(new URL(`${id}.geojson`, folder), 'utf8')) as FeatureCollection;
    const collection: Collection = { id, title: { zh: id, en: id }, description: null, attribution: null, draw: drawOf[id]!, synthetic: false, count: features.length, has_areas: true, fields: [], names, signs: {} };
    return features.map((feature) => placeOf(feature, collection));
  });
}

export const collectionOf = (draw: DrawRole, id: string = draw): Collection => ({ id, title: { zh: id, en: id }, description: null, attribution: null, draw, synthetic: false, count: 0, has_areas: draw === 'parcel', fields: [], names, signs: {} });
