// Makes the fonts of the page and of print from the full fonts in the installed packages:
// fonts/*.woff2 for the browser, fonts-ttf/*.ttf.gz with a larger charset for pictures and print.
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import subsetFont from 'subset-font';
import { charset, printCharset } from './charset.mjs';

const web = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const require = createRequire(import.meta.url);
const packaged = (path) => require.resolve(path);

const hanLicence = packaged('@expo-google-fonts/noto-sans-sc/LICENSE_FONT');
const latinLicence = packaged('@fontsource-variable/inter/LICENSE');
const latin = packaged('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2');
const latinMore = packaged('@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2');
const han = {
  400: packaged('@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf'),
  700: packaged('@expo-google-fonts/noto-sans-sc/700Bold/NotoSansSC_700Bold.ttf'),
};

/** Letters of Latin alphabets beyond those of Western Europe, as Ō, ş and ž: Latin Extended-A, -B and Additional. */
const moreLetters = [[0x100, 0x24f], [0x1e00, 0x1eff]].map(([first, last]) => String.fromCodePoint(...Array.from({ length: last - first + 1 }, (_, at) => first + at))).join('');

/** Packed, as the program holds them until they are used. */
const writePacked = (name, sfnt) => writeFileSync(web(`fonts-ttf/${name}.gz`), gzipSync(sfnt, { level: 9 }));

const [text, print] = [charset(), printCharset()];
const stamp = createHash('sha256').update(print).update(readFileSync(fileURLToPath(import.meta.url))).digest('hex');
const stampFile = web('fonts/charset.sha256');

if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
  console.log('fonts: up to date');
} else {
  mkdirSync(web('fonts'), { recursive: true });
  // None of an earlier build is to stay inside the program.
  rmSync(web('fonts-ttf'), { recursive: true, force: true });
  mkdirSync(web('fonts-ttf'), { recursive: true });
  for (const [weight, file] of Object.entries(han)) {
    // Hints and layout features triple the size and neither the page nor the map uses them.
    const plain = { noHinting: true, keepFeatures: [] };
    const sfnt = await subsetFont(readFileSync(file), print, { ...plain, targetFormat: 'sfnt' });
    const woff2 = await subsetFont(sfnt, text, { ...plain, targetFormat: 'woff2' });
    writePacked(`edz-han-${weight}.ttf`, sfnt);
    writeFileSync(web(`fonts/edz-han-${weight}.woff2`), woff2);
    console.log(`fonts: Han ${weight} ${(woff2.length / 1024).toFixed(0)} KB`);
  }
  copyFileSync(latin, web('fonts/edz-latin.woff2'));
  writePacked('edz-latin.ttf', await subsetFont(readFileSync(latin), null, { keepAllGlyphs: true, targetFormat: 'sfnt' }));
  writePacked('edz-latin-more.ttf', await subsetFont(readFileSync(latinMore), moreLetters, { keepFeatures: [], targetFormat: 'sfnt' }));
  for (const folder of ['fonts', 'fonts-ttf']) {
    copyFileSync(hanLicence, web(`${folder}/OFL-Noto-Sans-SC.txt`));
    copyFileSync(latinLicence, web(`${folder}/OFL-Inter.txt`));
  }
  writeFileSync(stampFile, stamp);
}
