// Contrast of every pair of tokens the page and the map put together (WCAG 2.2: 1.4.3 and 1.4.11).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const sheet = readFileSync(new URL('../../src/app.css', import.meta.url), 'utf8');
const block = (selector: string) => sheet.slice(sheet.indexOf(`${selector} {`)).split('}', 1)[0]!;
const tokensIn = (text: string) => Object.fromEntries([...text.matchAll(/--([\w-]+): (#[0-9A-F]{6})/gi)].map(([, name, value]) => [name!, value!]));
const light = tokensIn(block(':root'));
const themes = { light, dark: { ...light, ...tokensIn(block("[data-theme='dark']")) } };

type Colour = [number, number, number];
const parse = (hex: string): Colour => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as Colour;
const blend = (over: Colour, under: Colour, share: number): Colour => over.map((value, index) => value * share + under[index]! * (1 - share)) as Colour;
function luminance(colour: Colour): number {
  const [r, g, b] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4)) as Colour;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(a: Colour, b: Colour): number {
  const [high, low] = [luminance(a), luminance(b)].toSorted((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

const pageText: [string, string[]][] = [
  ['tx', ['bg', 'bg2', 'bg3', 'brsoft', 'warnbg']],
  ['tx2', ['bg', 'bg2', 'bg3', 'brsoft', 'warnbg']],
  ['br', ['bg', 'bg2']],
  ['brtx', ['br']],
  ['warn', ['bg', 'warnbg']],
];
/** Map labels on their halo, which lies on every ground. */
const mapText: [string, string][] = [
  ['tx', 'halo'],
  ['core', 'halo'],
  ['axis', 'halo'],
  ['smart-text', 'halo'],
  ['emerging-text', 'halo'],
  ['tx2', 'land'],
  ['water-text', 'land'],
  ['water-text', 'water'],
];
const symbols = ['block', 'park', 'building', 'tx2', 'core', 'axis', 'smart', 'emerging', 'boundary'];

describe.each(Object.entries(themes))('%s', (_, tokens) => {
  const colour = (name: string) => parse(tokens[name]!);
  const veiled = (name: string) => blend(colour('outside'), colour(name), 0.62);

  test.each(pageText.flatMap(([text, grounds]) => grounds.map((ground) => [text, ground] as const)))('text --%s on --%s', (text, ground) => {
    expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5);
  });
  test.each(mapText)('map label --%s on --%s', (text, ground) => {
    expect(contrast(colour(text), colour(ground))).toBeGreaterThanOrEqual(4.5);
  });
  test('names of waters outside the zone, seen through its veil', () => {
    expect(contrast(colour('water-text'), veiled('water'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour('tx2'), veiled('land'))).toBeGreaterThanOrEqual(4.5);
  });
  test.each(symbols)('symbol --%s on land and on its halo', (symbol) => {
    expect(contrast(colour(symbol), colour('land'))).toBeGreaterThanOrEqual(3);
    expect(contrast(colour(symbol), colour('halo'))).toBeGreaterThanOrEqual(3);
  });
  test('edges of controls', () => {
    for (const ground of ['bg', 'bg2']) expect(contrast(colour('ln2'), colour(ground))).toBeGreaterThanOrEqual(3);
  });
  // The ring lies outside of what it marks, or on the map.
  test('one of the two colours of the focus ring stands out from any ground', () => {
    for (const ground of ['bg', 'bg2', 'land', 'water']) {
      expect(Math.max(contrast(colour('focus'), colour(ground)), contrast(colour('tx'), colour(ground)))).toBeGreaterThanOrEqual(3);
    }
  });
});
