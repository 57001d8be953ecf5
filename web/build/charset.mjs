// Which characters the shipped Han fonts must hold: GB 2312 level 1 (the 3 755 commonest hanzi), plus every character
// that data, plan facts, messages, page code and test data use. Level 1 alone lacks common place-name characters.
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

export function gb2312Level1() {
  // Rows 16 to 55 hold level 1; the last row ends at cell 89 (GB 2312-80).
  const bytes = [];
  for (let row = 0xb0; row <= 0xd7; row++) {
    for (let cell = 0xa1; cell <= (row === 0xd7 ? 0xf9 : 0xfe); cell++) bytes.push(row, cell);
  }
  return new TextDecoder('gbk').decode(Uint8Array.from(bytes));
}

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
