// Every character of the data, the messages and the tests is in the shipped fonts themselves, not only in a list.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import subsetFont from 'subset-font';
import { big5Level1, charset, gb2312Level1, gb2312Level2, printCharset, usedCharacters } from '../../build/charset.mjs';

const font = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));

/** The characters of a font file, from its `cmap` table: segments (format 4) and groups (format 12). */
function charactersOf(file: Buffer): Set<string> {
  const tables = file.readUInt16BE(4);
  const records = Array.from({ length: tables }, (_, index) => 12 + index * 16);
  const record = records.find((at) => file.toString('latin1', at, at + 4) === 'cmap')!;
  const cmap = file.subarray(file.readUInt32BE(record + 8));
  const found = new Set<string>();
  for (let index = 0; index < cmap.readUInt16BE(2); index++) {
    const table = cmap.subarray(cmap.readUInt32BE(8 + index * 8));
    const format = table.readUInt16BE(0);
    if (format === 12) {
      for (let group = 0; group < table.readUInt32BE(12); group++) {
        const at = 16 + group * 12;
        for (let code = table.readUInt32BE(at); code <= table.readUInt32BE(at + 4); code++) found.add(String.fromCodePoint(code));
      }
    } else if (format === 4) {
      const segments = table.readUInt16BE(6) / 2;
      for (let segment = 0; segment < segments; segment++) {
        const end = table.readUInt16BE(14 + segment * 2);
        const start = table.readUInt16BE(16 + (segments + segment) * 2);
        const delta = table.readUInt16BE(16 + (2 * segments + segment) * 2);
        const offsetAt = 16 + (3 * segments + segment) * 2;
        const offset = table.readUInt16BE(offsetAt);
        for (let code = start; code <= end && code < 0xffff; code++) {
          const glyph = offset === 0 ? (code + delta) & 0xffff : table.readUInt16BE(offsetAt + offset + (code - start) * 2);
          if (glyph !== 0) found.add(String.fromCodePoint(code));
        }
      }
    }
  }
  return found;
}

const unpack = async (path: string) => charactersOf(await subsetFont(font(path), charset(), { targetFormat: 'sfnt' }));
const missing = (characters: Iterable<string>, held: readonly Set<string>[]) => [...characters].filter((character) => !held.some((set) => set.has(character)));

describe('charset', () => {
  test('GB 2312 level 1 has its 3 755 characters', () => {
    expect([...gb2312Level1()]).toHaveLength(3755);
    expect(gb2312Level1().startsWith('啊阿埃')).toBe(true);
    expect(gb2312Level1().endsWith('座')).toBe(true);
  });
  test('GB 2312 level 2 has its 3 008, level 1 of Big5 its 5 401', () => {
    expect([...gb2312Level2()]).toHaveLength(3008);
    expect(gb2312Level2().startsWith('亍丌兀')).toBe(true);
    expect(gb2312Level2().endsWith('齄')).toBe(true);
    expect([...big5Level1()]).toHaveLength(5401);
    expect(big5Level1().startsWith('一乙丁')).toBe(true);
    expect(big5Level1().endsWith('籲')).toBe(true);
  });
  test('holds what is used, 沌 of 沌口 with it', () => {
    const all = new Set(charset());
    expect(missing(usedCharacters(), [all])).toEqual([]);
    expect(all.has('沌')).toBe(true);
    expect(gb2312Level1().includes('沌')).toBe(false);
  });
});

describe.each([400, 700])('Han font of weight %i', (weight) => {
  test('pictures and print can write names of any zone', () => {
    const han = charactersOf(gunzipSync(font(`fonts-ttf/edz-han-${weight}.ttf.gz`)));
    expect(missing(printCharset(), [han, charactersOf(gunzipSync(font('fonts-ttf/edz-latin.ttf.gz')))])).toEqual([]);
    // Towns and districts of Suzhou, Quzhou, Bozhou, Ningbo, Dongguan, Taipei.
    expect(missing('葑浒墅衢亳鄞莞臺東', [han])).toEqual([]);
  });
  test.each([`fonts/edz-han-${weight}.woff2`, `fonts-ttf/edz-han-${weight}.ttf.gz`])('%s draws every used character', async (path) => {
    const han = path.endsWith('.gz') ? charactersOf(gunzipSync(font(path))) : await unpack(path);
    const latin = await unpack('fonts/edz-latin.woff2');
    expect(han.has('沌')).toBe(true);
    expect(missing(gb2312Level1(), [han])).toEqual([]);
    expect(missing(usedCharacters(), [han, latin])).toEqual([]);
  });
});
