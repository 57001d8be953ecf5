import { describe, expect, test } from 'vitest';
import { sharingPosition, sourcesOf, selectedFeature } from '../../src/map/sources';
import { fillOf, shapeOf } from '../../src/map/symbols';
import { Gazetteer, placeOf } from '../../src/catalogue';
import { collectionOf, shippedPlaces } from './data';

const places = shippedPlaces();
const gazetteer = new Gazetteer(places);

describe('sources', () => {
  const sources = sourcesOf(places, 'zh');
  const drawn = new Set(Object.values(sources).flatMap(({ features }) => features.map((feature) => feature.properties?.['key'])));

  test('the map draws exactly the places that have a position', () => {
    const located = places.filter((place) => place.geometry).map((place) => place.key);
    expect(located.filter((key) => !drawn.has(key))).toEqual([]);
    expect(places.filter((place) => !place.geometry && drawn.has(place.key))).toEqual([]);
  });
  test('names follow the language', () => {
    expect(sources.core.features[0]?.properties?.['name']).toBe('车谷创新核心区');
    expect(sourcesOf(places, 'en').core.features[0]?.properties?.['name']).toBe('Chegu Innovation Core');
  });
  test('belts are drawn as bands', () => {
    expect(sources.belt.features.map((feature) => feature.geometry.type)).toEqual(['Polygon', 'Polygon']);
    expect(sources['belt-line'].features.map((feature) => feature.geometry.type)).toEqual(['LineString', 'LineString']);
  });
  test('a stack of equal positions is told once, by its most important place', () => {
    const university = gazetteer.named('jianghan-university')!;
    const stack = sharingPosition(university, places);
    expect(stack.length).toBeGreaterThan(1);
    const signs = sources.point.features.filter((feature) => stack.some((place) => place.key === feature.properties?.['key']));
    expect(signs.filter((sign) => sign.properties?.['rank'] === 0)).toHaveLength(1);
    expect(signs.find((sign) => sign.properties?.['rank'] === 0)?.properties?.['stack']).toBe(stack.length);
  });
  test('the ring roads are motorways', () => {
    const classes = Object.fromEntries(sources.road.features.map((feature) => [feature.properties?.['key'], feature.properties?.['class']]));
    expect(classes).toMatchObject({ 'roads:third-ring-road': 'motorway', 'roads:dongfeng-avenue': 'road' });
  });
  test('a selection without position draws nothing; a belt is outlined as its band', () => {
    expect(selectedFeature(gazetteer.named('ai-tech-park')!, 'zh').features).toEqual([]);
    expect(selectedFeature(gazetteer.named('belt-smart-manufacturing')!, 'zh').features[0]?.geometry.type).toBe('Polygon');
  });
});

describe('signs', () => {
  const site = (properties: Record<string, unknown>) => placeOf({ type: 'Feature', id: 'x', properties, geometry: null }, collectionOf('site'));
  test('shape shows the kind', () => {
    expect(['block', 'park', 'building', 'enterprise', 'zone', 'lab', 'moon'].map((kind) => shapeOf(site({ kind })))).toEqual(['block', 'park', 'building', 'enterprise', 'zone', 'facility', 'other']);
  });
  test('a type of units of the plan has the sign that the service gives it', () => {
    const collection = { ...collectionOf('site'), signs: { hub: 'star', park: 'park', later: 'a shape of later' } };
    const of = (properties: Record<string, unknown>) => shapeOf(placeOf({ type: 'Feature', id: 'x', properties, geometry: null }, collection));
    expect([{ unit_type: 'hub', named_unit: true }, { unit_type: 'hub' }, { unit_type: 'park' }, { kind: 'hub' }, { unit_type: 'later' }, { unit_type: 'tower', kind: 'building' }].map(of)).toEqual(['star', 'star', 'park', 'other', 'other', 'other']);
  });
  test('fill shows the status', () => {
    expect(['existing', 'renovate', 'under-construction', 'planned', 'proposed', null].map((lifecycle) => fillOf(site({ lifecycle })))).toEqual(['built', 'in-progress', 'in-progress', 'planned', 'planned', 'unknown']);
    expect(fillOf(site({}))).toBe('built');
  });
});
