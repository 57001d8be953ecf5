import { describe, expect, test } from 'vitest';
import { readAddress, writeAddress, type Address } from '../../src/address';

const everything: Address = {
  map: { longitude: 114.12346, latitude: 30.45679, zoom: 11.25 },
  sel: 'sites:chunsun',
  card: 'belt',
  layers: ['zone', 'sites'],
  q: '沌口 & co=1',
  asOf: '2025-12-31',
  embed: true,
  lang: 'en',
  theme: 'dark',
};
const nothing: Address = { map: null, sel: null, card: null, layers: null, q: '', asOf: null, embed: false, lang: null, theme: null };

describe('address', () => {
  test('what is written is read again', () => {
    expect(readAddress(writeAddress(everything))).toEqual({ address: everything, dropped: [] });
    expect(readAddress(writeAddress(nothing))).toEqual({ address: nothing, dropped: [] });
  });

  test('coordinates keep five decimals', () => {
    expect(writeAddress({ ...nothing, map: { longitude: 114.1234567, latitude: 30.1, zoom: 10 } })).toBe('?v=1&map=114.12346,30.10000,10.00');
  });

  test('switching every layer off is not the same as the usual layers', () => {
    const written = writeAddress({ ...nothing, layers: [] });
    expect(readAddress(written).address.layers).toEqual([]);
  });

  test.each([
    ['?v=2', 'v=2'],
    ['?as_of=2025-02-30', 'as_of=2025-02-30'],
    ['?map=114,30', 'map=114,30'],
    ['?map=114,,11', 'map=114,,11'],
    ['?map=114,95,11', 'map=114,95,11'],
    ['?map=a,b,c', 'map=a,b,c'],
    ['?sel=chunsun', 'sel=chunsun'],
    ['?card=moon', 'card=moon'],
    ['?lang=fr', 'lang=fr'],
    ['?theme=pink', 'theme=pink'],
    ['?draw=1', 'draw=1'],
  ])('%s is dropped by name and the rest still applies', (search, dropped) => {
    const { address, dropped: named } = readAddress(`${search}&q=park`);
    expect(named).toEqual([dropped]);
    expect(address).toEqual({ ...nothing, q: 'park' });
  });
});
