// Places as the map's sources. Every drawn feature carries `key`, so a hit on the map leads back to its place.
import type { Feature, FeatureCollection, Geometry, Polygon, Position } from 'geojson';
import { text, type DrawRole, type Lang, type Place } from '../catalogue';
import { bandAround, joinBounds, pointsAlong } from '../geometry';
import { fillOf, pointRoles, shapeOf } from './symbols';

export const sourceIds = ['mask', 'zone', 'water', 'road', 'transit', 'subdistrict', 'link', 'belt', 'belt-line', 'core', 'axis', 'area', 'point', 'parcel', 'label'] as const;
export type SourceId = (typeof sourceIds)[number];
export type Sources = Record<SourceId, FeatureCollection>;

const collect = (features: Feature[]): FeatureCollection => ({ type: 'FeatureCollection', features });

function featureOf(place: Place, geometry: Geometry | null, more: Record<string, unknown>, lang: Lang): Feature[] {
  if (!geometry) return [];
  return [{ type: 'Feature', geometry, properties: { key: place.key, name: place.name[lang], kind: text(place.properties['kind']) ?? '', ...more } }];
}

/** Everything but the zone, so that its surroundings can be veiled. */
function outside(zone: readonly Place[]): Feature[] {
  const world: Position[] = [[-180, -85], [180, -85], [180, 85], [-180, 85], [-180, -85]];
  const outlines = zone.flatMap(({ geometry }) => {
    if (geometry?.type === 'Polygon') return [geometry.coordinates[0]!];
    if (geometry?.type === 'MultiPolygon') return geometry.coordinates.map((polygon) => polygon[0]!);
    return [];
  });
  const mask: Polygon = { type: 'Polygon', coordinates: [world, ...outlines] };
  return outlines.length > 0 ? [{ type: 'Feature', geometry: mask, properties: {} }] : [];
}

const bands = new WeakMap<Place, Geometry>();

/** The belt as an area: the line widened by its own half width, or the area the data already gives. */
export function beltArea(place: Place): Geometry | null {
  const { geometry } = place;
  if (!geometry || (geometry.type !== 'LineString' && geometry.type !== 'MultiLineString')) return geometry;
  const halfWidth = Number(place.properties['half_width_m']);
  if (!(halfWidth > 0)) return geometry;
  let band = bands.get(place);
  if (!band) {
    band = bandAround(geometry, halfWidth);
    bands.set(place, band);
  }
  return band;
}

/** Places drawn as a sign, the most important first: it lies on top and speaks for a stack of equal positions. */
function signs(places: readonly Place[]): Place[] {
  const weight = (place: Place) => (place.unit ? 0 : place.collection.draw === 'site' ? 1 : place.collection.draw === 'facility' ? 2 : 3);
  return places.filter((place) => pointRoles.has(place.collection.draw) && place.at !== null).sort((a, b) => weight(a) - weight(b));
}

const positionKey = (at: Position) => at.map((degrees) => degrees.toFixed(5)).join(',');

function pointFeatures(places: readonly Place[], lang: Lang): Feature[] {
  const zone = joinBounds(places.filter((place) => place.collection.draw === 'zone').map((place) => place.bounds));
  const middle = zone ? (zone[0] + zone[2]) / 2 : 0;
  const stacks = new Map<string, { place: Place; at: Position }[]>();
  for (const place of signs(places)) {
    for (const at of place.geometry?.type === 'MultiPoint' ? place.geometry.coordinates : [place.at!]) {
      const key = positionKey(at);
      stacks.set(key, [...(stacks.get(key) ?? []), { place, at }]);
    }
  }
  const features: Feature[] = [];
  for (const stack of stacks.values()) {
    stack.forEach(({ place, at }, rank) => {
      const { draw } = place.collection;
      const more = {
        icon: `${shapeOf(place)}-${fillOf(place)}`,
        unit: place.unit !== null,
        role: draw,
        // A name far from the zone leans towards it, where it is less likely to be cut off by the edge of the map.
        leansWest: draw === 'region' && at[0]! > middle,
        order: place.unit ? 0 : draw === 'site' ? 1 : 2,
        rank,
        stack: rank === 0 ? stack.length : 0,
      };
      features.push(...featureOf(place, { type: 'Point', coordinates: at }, more, lang));
    });
  }
  return features;
}

/** Places that share the very position of `place`: the map can show only one of their signs. */
export function sharingPosition(place: Place, places: readonly Place[]): Place[] {
  if (!place.at) return [];
  const key = positionKey(place.at);
  return signs(places).filter((other) => positionKey(other.at!) === key);
}

export function sourcesOf(places: readonly Place[], lang: Lang): Sources {
  const drawn = (role: DrawRole) => places.filter((place) => place.collection.draw === role);
  const whole = (role: DrawRole, more: (place: Place, index: number) => Record<string, unknown> = () => ({})) =>
    collect(drawn(role).flatMap((place, index) => featureOf(place, place.geometry, more(place, index), lang)));
  const namedAt = (places: readonly Place[], role: string, position: (place: Place) => Position[]) =>
    places.flatMap((place) => position(place).flatMap((coordinates) => featureOf(place, { type: 'Point', coordinates }, { role }, lang)));
  const areal = (role: DrawRole) => drawn(role).filter(({ geometry }) => geometry?.type === 'Polygon' || geometry?.type === 'MultiPolygon');
  const middle = ({ at }: Place) => (at ? [at] : []);
  const isRiver = (place: Place) => place.properties['kind'] === 'river';
  const labels = [
    ...namedAt(drawn('core'), 'core', ({ at, bounds }) => (at && bounds ? [[at[0]!, bounds[1]]] : [])),
    ...namedAt(drawn('axis'), 'axis', middle),
    ...drawn('belt').flatMap((place, index) => namedAt([place], 'belt', middle).map((feature) => ({ ...feature, properties: { ...feature.properties, turn: index % 2 } }))),
    ...namedAt(areal('water').filter((place) => !isRiver(place)), 'water', middle),
    ...namedAt(areal('water').filter(isRiver), 'river', ({ geometry }) => pointsAlong(geometry!)),
    ...namedAt(areal('subdistrict'), 'subdistrict', middle),
  ];
  const areas = places.filter(({ collection, geometry }) => pointRoles.has(collection.draw) && geometry && geometry.type !== 'Point' && geometry.type !== 'MultiPoint');
  return {
    mask: collect(outside(drawn('zone'))),
    zone: whole('zone'),
    water: whole('water'),
    road: whole('road', (place) => ({ class: roadClass(place) })),
    transit: whole('transit'),
    subdistrict: whole('subdistrict'),
    link: whole('link'),
    belt: collect(drawn('belt').flatMap((place, index) => featureOf(place, beltArea(place), { turn: index % 2 }, lang))),
    'belt-line': whole('belt', (_, index) => ({ turn: index % 2 })),
    core: whole('core'),
    axis: whole('axis'),
    area: collect(areas.flatMap((place) => featureOf(place, place.geometry, { shape: shapeOf(place) }, lang))),
    point: collect(pointFeatures(places, lang)),
    parcel: whole('parcel'),
    label: collect(labels),
  };
}

function roadClass(place: Place): string {
  // Data may know nothing but "road"; ring roads are told by their name.
  const named = [place.properties['class'], place.properties['road_class'], place.properties['kind'], place.name.en].map((value) => text(value) ?? '').join(' ');
  if (/motorway|expressway|ring road|trunk|highway/i.test(named)) return 'motorway';
  return /minor|residential|local/.test(named) ? 'minor' : 'road';
}

/** What the selection outlines: the belt's band rather than its line, and the sign where there is one. */
export function selectedFeature(place: Place | null, lang: Lang): FeatureCollection {
  if (!place?.geometry) return collect([]);
  const geometry = place.collection.draw === 'belt' ? beltArea(place) : place.geometry;
  const sign = pointRoles.has(place.collection.draw) && place.at ? featureOf(place, { type: 'Point', coordinates: place.at }, { icon: `${shapeOf(place)}-${fillOf(place)}` }, lang) : [];
  const shape = geometry && (geometry.type !== 'Point' || sign.length === 0) ? featureOf(place, geometry, { icon: '' }, lang) : [];
  return collect([...shape, ...sign]);
}
