// Which characters the shipped Han fonts must hold. Those of the page, which a browser has beside its own: GB 2312 level 1 (the 3 755
// commonest hanzi), plus every character that data, plan facts, messages, page code and test data use. Those of pictures and print,
// where there are no others: also GB 2312 level 2 and the commonest traditional ones, so that names of any zone can be written.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('..', import.meta.url));
const textSources = ['../geodata', '../seeds', 'src', 'tests', 'index.html'];
const textKinds = new Set(['.geojson', '.json', '.toml', '.csv', '.yaml', '.yml', '.md', '.ts', '.svelte', '.html', '.txt']);

function* textFiles(path) {
  if (!existsSync(path)) return;
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) yield* textFiles(join(path, name));
  } else if (textKinds.has(extname(path))) {
    yield path;
  }
}

/** The characters of rows of a double-byte encoding, all cells of each; cells without one are left out. */
function rowsOf(encoding, [first, last], cells) {
  const bytes = [];
  for (let row = first; row <= last; row++) {
    for (const [from, to] of cells) for (let cell = from; cell <= to; cell++) bytes.push(row, cell);
  }
  return new TextDecoder(encoding).decode(Uint8Array.from(bytes)).replaceAll('\uFFFD', '');
}

export function gb2312Level1() {
  // Rows 16 to 55; the last row ends at cell 89 (GB 2312-80).
  return rowsOf('gbk', [0xb0, 0xd6], [[0xa1, 0xfe]]) + rowsOf('gbk', [0xd7, 0xd7], [[0xa1, 0xf9]]);
}

/** Rows 56 to 87. */
export const gb2312Level2 = () => rowsOf('gbk', [0xd8, 0xf7], [[0xa1, 0xfe]]);

/** The 5 401 commonest traditional hanzi: Big5 from A440 to C67E. */
export const big5Level1 = () => rowsOf('big5', [0xa4, 0xc5], [[0x40, 0x7e], [0xa1, 0xfe]]) + rowsOf('big5', [0xc6, 0xc6], [[0x40, 0x7e]]);

export function usedText() {
  return textSources.flatMap((source) => [...textFiles(join(web, source))]).map((file) => readFileSync(file, 'utf8'));
}

/** Every printable character a shipped text uses, sorted. */
export function usedCharacters() {
  const used = new Set();
  for (const text of usedText()) for (const character of text) used.add(character);
  return [...used].filter((character) => !/[\p{Cc}\p{Cf}\p{Cn}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Mn}\uFE0F]/u.test(character)).sort();
}

export function charset() {
  const ascii = Array.from({ length: 95 }, (_, index) => String.fromCodePoint(32 + index));
  const punctuation = '，。、；：？！“”‘’（）【】《》〈〉「」『』〔〕…—～·％＋－×÷＝≤≥≈°′″℃㎡㎢‰№§←→↑↓①②③④⑤⑥⑦⑧⑨⑩０１２３４５６７８９';
  return [...new Set([...ascii, ...punctuation, ...gb2312Level1(), ...usedCharacters()])].sort().join('');
}

export const printCharset = () => [...new Set(charset() + gb2312Level2() + big5Level1())].sort().join('');
