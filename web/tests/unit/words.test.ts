import { describe, expect, test } from 'vitest';
import type { AppInfo, DrawRole, Lang } from '../../src/catalogue';
import { countedUnits, fill, formatDate, formatNumber, messages, partTitle, schematic } from '../../src/words';
import { collectionOf } from './data';
import { parcelWords } from '../../src/words/parcels';
import { shippedPlaces } from './data';

type Tree = string | readonly unknown[] | { [key: string]: unknown };

function leaves(tree: Tree, path = ''): [string, string][] {
  if (typeof tree === 'string') return [[path, tree]];
  return Object.entries(tree as object).flatMap(([key, branch]) => leaves(branch as Tree, path ? `${path}.${key}` : key));
}
const zh = [...leaves(messages.zh), ...leaves(parcelWords.zh, 'parcels')];
const en = [...leaves(messages.en), ...leaves(parcelWords.en, 'parcels')];
const slots = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted();

describe('messages', () => {
  test('both languages have the same keys', () => expect(en.map(([key]) => key)).toEqual(zh.map(([key]) => key)));
  test('no message is empty', () => expect([...zh, ...en].filter(([, text]) => text.trim() === '')).toEqual([]));
  test('both languages fill the same slots', () => {
    expect(en.map(([key, text]) => [key, slots(text)])).toEqual(zh.map(([key, text]) => [key, slots(text)]));
  });
  test('English is free of Chinese, but for the button that names the other language', () => {
    expect(en.filter(([key, text]) => /\p{Script=Han}/u.test(text) && !key.startsWith('switchLanguage'))).toEqual([]);
  });
});

describe('codes of the data have words', () => {
  const places = shippedPlaces();
  test.each([
    ['kind', 'kinds'],
    ['lifecycle', 'lifecycle'],
    ['basis', 'basis'],
    ['confidence', 'confidence'],
  ] as const)('%s', (property, section) => {
    const codes = new Set(places.map((place) => place.properties[property]).filter((code) => typeof code === 'string'));
    const missing = [...codes].filter((code) => !(code in messages.zh[section]));
    expect(missing).toEqual([]);
  });
});

describe('filling', () => {
  test('slots, and unknown ones stay to be seen', () => expect(fill('{a} and {b}', { a: 1 })).toBe('1 and {b}'));
  test('numbers and dates by language', () => {
    expect(formatNumber(3000, 'en')).toBe('3,000');
    expect(formatDate('2026-11-24', 'zh')).toBe('2026年11月24日');
    expect(formatDate('2026-11-24', 'en')).toBe('November 24, 2026');
    expect(formatDate('2019', 'en')).toBe('2019');
  });
  test('the formula counts in its own way', () => {
    expect([partTitle('core', 1, 'zh'), partTitle('axis', 1, 'zh'), partTitle('belt', 2, 'zh'), partTitle('point', 13, 'zh')]).toEqual(['一核', '一轴', '两带', '多点']);
    expect([partTitle('core', 1, 'en'), partTitle('belt', 2, 'en'), partTitle('belt', 11, 'en'), partTitle('point', 13, 'en')]).toEqual(['One core', 'Two belts', '11 belts', 'Many points']);
  });
  test('only the parts that there are, by their number, are called schematic', () => {
    const notices = (counts: [DrawRole, number][], lang: Lang) => {
      const collections = counts.map(([draw, count]) => ({ ...collectionOf(draw), count }));
      const said = schematic({ collections } as AppInfo, lang);
      return said && [said.notice, said.short];
    };
    const whole: [DrawRole, number][] = [['belt', 2], ['core', 1], ['site', 9], ['axis', 1]];
    expect(notices(whole, 'zh')).toEqual(['核、轴、带为规划示意范围，不作为用地边界依据', '核、轴、带为示意精度']);
    expect(notices(whole, 'en')).toEqual(['core, axis and belts show planning intent, not legal boundaries', 'Schematic: core, axis and belts']);
    expect(notices([['axis', 1], ['core', 0]], 'en')).toEqual(['axis shows planning intent, not legal boundaries', 'Schematic: axis']);
    expect(notices([['axis', 3]], 'en')).toEqual(['axes show planning intent, not legal boundaries', 'Schematic: axes']);
    expect(notices([['axis', 1], ['core', 0]], 'zh')).toEqual(['轴为规划示意范围，不作为用地边界依据', '轴为示意精度']);
    expect(notices([['site', 4]], 'en')).toBeNull();
  });
  test('units are counted with the right form', () => {
    expect([countedUnits('block', 'innovation block', 1, 'en'), countedUnits('park', 'park', 9, 'en'), countedUnits('park', '园区', 9, 'zh'), countedUnits('hall', 'maker hall', 2, 'en')]).toEqual(['1 block', '9 parks', '园区 9', 'maker hall 2']);
  });
});
