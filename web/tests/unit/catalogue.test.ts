import { describe, expect, test } from 'vitest';
import { facts } from '../../src/search/facts';
import { belongingTo, credits, Gazetteer, groupPlaces, matchesFilter, membersOf, partOf, placeOf, say, type AppInfo, type Plan } from '../../src/catalogue';
import { collectionOf, shippedPlaces } from './data';

const places = shippedPlaces();
const gazetteer = new Gazetteer(places);
const plan: Plan = {
  title: null,
  period: { start: 2021, end: 2025 },
  formula: null,
  section: '',
  layout: [],
  unit_types: [
    { id: 'block', name: { zh: '创新街区', en: 'innovation block' }, sign: 'block' },
    { id: 'park', name: { zh: '创新园区', en: 'innovation park' }, sign: 'park' },
    { id: 'building', name: { zh: '创新楼宇', en: 'innovation building' }, sign: 'building' },
  ],
  industries: [],
  target: null,
};

describe('layout', () => {
  test('one core, one axis, two belts and thirteen named units', () => {
    expect(membersOf('core', null, gazetteer).map((place) => place.id)).toEqual(['core-chegu-innovation']);
    expect(membersOf('axis', null, gazetteer).map((place) => place.id)).toEqual(['axis-chegu-avenue']);
    expect(membersOf('belt', null, gazetteer)).toHaveLength(2);
    expect(membersOf('point', null, gazetteer)).toHaveLength(13);
  });

  test('the order of the plan wins over the order of the data', () => {
    const ids = ['belt-emerging-industry', 'belt-smart-manufacturing'];
    const ordered = { ...plan, layout: [{ part: 'belt' as const, ids, places: {}, section: '', sentence: null }] };
    expect(membersOf('belt', ordered, gazetteer).map((place) => place.id)).toEqual(ids);
  });

  test('a belt lists its anchors in their order', () => {
    const [belt] = membersOf('belt', null, gazetteer);
    const anchors = (belt!.properties['anchors'] as { id: string }[]).map(({ id }) => id);
    expect(belongingTo(belt!, null, gazetteer).slice(0, anchors.length).map((place) => place.id)).toEqual(anchors);
  });

  test('an axis whose feature lists nothing has the places of the plan, in its order', () => {
    const axis = placeOf({ type: 'Feature', id: 'spine', geometry: null, properties: { name_en: 'Spine' } }, collectionOf('axis'));
    const planned = { part: 'axis' as const, ids: ['spine'], places: { spine: ['junshan-science-area', 'chunsun', 'nowhere'] }, section: '', sentence: null };
    expect(belongingTo(axis, { ...plan, layout: [planned] }, gazetteer).map((place) => place.id)).toEqual(['junshan-science-area', 'chunsun']);
    expect(belongingTo(axis, plan, gazetteer)).toEqual([]);
  });

  test('the core lists its parts and what names it as parent, each once', () => {
    const inside = belongingTo(gazetteer.named('core-chegu-innovation')!, null, gazetteer).map((place) => place.id);
    expect(inside.slice(0, 3)).toEqual(['chegu-innovation-service-centre', 'junshan-science-area', 'central-activity-zone']);
    expect(inside).toContain('chunsun');
    expect(new Set(inside).size).toBe(inside.length);
  });

  test('only named units count as points', () => {
    expect(partOf(gazetteer.named('chunsun')!)).toBe('point');
    expect(partOf(gazetteer.named('digital-economy-park')!)).toBeNull();
    expect(partOf(gazetteer.named('axis-chegu-avenue')!)).toBe('axis');
  });
});

describe('list', () => {
  test('every place stands in exactly one group', () => {
    const listed = groupPlaces(places, plan, 'zh').flatMap((group) => group.places.map((place) => place.key));
    expect(listed.toSorted()).toEqual(places.map((place) => place.key).toSorted());
  });

  test('named units come first, by type, then the layout', () => {
    const ids = groupPlaces(places, plan, 'zh').map((group) => group.id);
    expect(ids.slice(0, 6)).toEqual(['unit:block', 'unit:park', 'unit:building', 'cores', 'axes', 'belts']);
  });

  test('names are sorted by the rules of the language', () => {
    for (const lang of ['zh', 'en'] as const) {
      const collator = new Intl.Collator(lang === 'zh' ? 'zh-Hans-CN' : 'en', { numeric: true });
      for (const group of groupPlaces(places, plan, lang)) {
        const names = group.places.map((place) => place.name[lang]);
        expect(names).toEqual(names.toSorted(collator.compare));
      }
    }
  });
});

describe('filter', () => {
  const valley = gazetteer.named('nantaizihu-innovation-valley')!;
  test.each(['创新谷', '南太子湖创谷', 'valley', 'VALLEY lake', 'ｖａｌｌｅｙ', 'nantaizihu-innovation'])('%s finds the valley', (filter) => {
    expect(matchesFilter(valley, filter)).toBe(true);
  });
  test('every word must occur', () => expect(matchesFilter(valley, 'valley moon')).toBe(false));
  test('no filter finds everything', () => expect(places.every((place) => matchesFilter(place, ' '))).toBe(true));
});

describe('credits', () => {
  test('a collection with words of its own is credited behind the whole where it is shown', () => {
    const whole = { zh: '市局', en: 'Bureau' };
    const collections = [
      { ...collectionOf('site', 'near'), attribution: { zh: '甲', en: 'A' } },
      { ...collectionOf('site', 'far'), attribution: { zh: '乙', en: 'B' } },
      { ...collectionOf('site', 'same'), attribution: whole },
      collectionOf('site', 'none'),
    ];
    const app = { attribution: whole, collections } as AppInfo;
    expect(credits(app, ({ id }) => id !== 'far', 'en')).toBe('Bureau; near: A');
    expect(credits(app, () => true, 'zh')).toBe('市局；near：甲；far：乙');
    expect(credits({ ...app, attribution: { zh: '', en: '' } }, ({ id }) => id === 'near', 'zh')).toBe('near：甲');
    expect(credits(null, () => true, 'zh')).toBe('');
  });
});

describe('place', () => {
  test('a name in one language serves both', () => {
    const place = placeOf({ type: 'Feature', id: 'x', properties: { name_zh: '沌口' }, geometry: null }, collectionOf('site'));
    expect(place.name).toEqual({ zh: '沌口', en: '沌口' });
    expect(place.at).toBeNull();
    expect(say({ zh: '街区' }, 'en')).toBe('街区');
  });
  test('another zone names its features in fields of its own', () => {
    const collection = { ...collectionOf('site'), names: { zh: ['name_zh', 'name_en', 'stop'], en: ['name_en', 'name_zh', 'stop'] } };
    const name = (properties: Record<string, unknown>) => placeOf({ type: 'Feature', id: 'x', properties, geometry: null }, collection).name;
    expect([name({ stop: 'Quay Street', name_zh: ' ' }), name({ stop: 'Quay', name_en: 'The Quay' })]).toEqual([
      { zh: 'Quay Street', en: 'Quay Street' },
      { zh: 'The Quay', en: 'The Quay' },
    ]);
  });
  test('what the data says of a place stands on its card, however it is drawn', () => {
    const fields = [
      { name: 'stop', title: null, unit: null, kind: 'text' },
      { name: 'lines', title: { en: 'Lines' }, unit: null, kind: 'integer' },
      { name: 'height', title: null, unit: 'm', kind: 'real' },
      { name: 'shelter', title: null, unit: null, kind: 'bool' },
      { name: 'kind', title: null, unit: null, kind: 'text' },
      { name: 'empty', title: null, unit: null, kind: 'text' },
    ];
    const collection = { ...collectionOf('facility'), fields, names: { zh: ['stop'], en: ['stop'] } };
    const properties = { stop: 'Quay', lines: 3, height: 2.5, shelter: true, kind: 'bus', empty: null };
    const place = placeOf({ type: 'Feature', id: 3, properties, geometry: null }, collection);
    expect(facts(place, 'en')).toEqual([['Lines', '3'], ['height', '2.5 m'], ['shelter', 'yes']]);
  });
  test('lists, nested values, and what is said in the other language alone stand there, too', () => {
    const names = ['calls', 'tides', 'crane', 'none', 'owner_zh', 'owner_en', 'use_zh', 'use_en', 'half_width_m', 'length_m', 'designations', 'along'];
    const properties = { calls: ['quay', 'pier'], tides: [1.5, 2], crane: { lifts: 40 }, none: [], owner_zh: '港务局', owner_en: '', use_zh: '货运', use_en: 'freight', half_width_m: 20, length_m: 350, designations: ['told apart'], along: 'the shore' };
    const collection = { ...collectionOf('road'), fields: names.map((name) => ({ name, title: null, unit: name.endsWith('_m') ? 'm' : null, kind: 'json' })) };
    const place = placeOf({ type: 'Feature', id: 3, properties, geometry: null }, collection);
    expect(facts(place, 'en', (id) => (id === 'quay' ? 'The Quay' : id))).toEqual([
      ['calls', 'The Quay, pier'], ['tides', '1.5, 2'], ['crane', '{"lifts":40}'], ['owner_zh', '港务局'], ['use_en', 'freight'], ['half_width_m', '20 m'], ['length_m', '350 m'], ['along', 'the shore'],
    ]);
    // The width of a belt is told as a belt's.
    expect(facts({ ...place, collection: { ...collection, draw: 'belt' } }, 'en').map(([title]) => title)).not.toContain('half_width_m');
  });
  test('a nameless place shows its id', () => {
    expect(placeOf({ type: 'Feature', id: 7, properties: null, geometry: null }, collectionOf('site')).name.en).toBe('7');
  });
});
