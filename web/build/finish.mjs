// The last step of a build: writes .br and .gz beside every compressible file and fails when a budget is exceeded.
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const compressible = new Set(['.js', '.mjs', '.css', '.html', '.svg', '.json', '.txt']);
const KB = 1024;

function* filesIn(folder) {
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesIn(path);
    else yield path;
  }
}

/** Rows of [what, bytes, limit] from the sizes of the built files, { raw, gzip } by name. */
export function budgets(files, firstScreenScripts) {
  const named = (pattern) => [...files].filter(([name]) => pattern.test(name)).map(([, size]) => size);
  const gzip = (sizes) => sizes.reduce((sum, size) => sum + size.gzip, 0);
  const raw = (sizes) => sizes.reduce((sum, size) => sum + size.raw, 0);
  const shipped = [...files].filter(([name]) => !/\.(br|gz)$/.test(name)).map(([, size]) => size);
  return [
    ['first-screen script, gzip', gzip(firstScreenScripts.map((name) => files.get(name))), 350 * KB],
    ['map worker, gzip', gzip(named(/maplibre-gl-worker.*\.mjs$/)), 150 * KB],
    ['style sheets, gzip', gzip(named(/\.css$/)), 20 * KB],
    ['parcels screen, gzip', gzip(named(/ParcelsScreen.*\.js$|\/map-.*\.js$/)), 45 * KB],
    ['drawing, gzip', gzip(named(/\/edit-.*\.js$/)), 45 * KB],
    ['report screen, gzip', gzip(named(/ReportScreen.*\.js$/)), 20 * KB],
    ['Latin font', raw(named(/edz-latin.*\.woff2$/)), 50 * KB],
    ['Han font, regular', raw(named(/edz-han-400.*\.woff2$/)), 700 * KB],
    ['Han font, bold', raw(named(/edz-han-700.*\.woff2$/)), 700 * KB],
    ['all files, uncompressed', raw(shipped), 6 * KB * KB],
  ];
}

/** What is over its limit, or missing, which a renamed file would make look small. */
export function exceeded(rows) {
  return rows.filter(([, bytes, limit]) => bytes > limit || bytes === 0).map(([what]) => what);
}

export function compressAndWeigh() {
  let outDir = '';
  let firstScreenScripts = [];
  return {
    name: 'compress-and-weigh',
    apply: 'build',
    configResolved(config) {
      outDir = config.build.outDir;
    },
    writeBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((part) => part.type === 'chunk');
      const needed = new Set();
      const need = (name) => {
        if (needed.has(name)) return;
        needed.add(name);
        chunks.find((chunk) => chunk.fileName === name)?.imports.forEach(need);
      };
      chunks.filter((chunk) => chunk.isEntry).forEach((chunk) => need(chunk.fileName));
      // The map is fetched by a dynamic import as soon as the page runs, so it belongs to the first screen.
      chunks.filter((chunk) => chunk.moduleIds.some((id) => id.includes('/node_modules/maplibre-gl/'))).forEach((chunk) => need(chunk.fileName));
      firstScreenScripts = [...needed];
    },
    closeBundle() {
      if (firstScreenScripts.length === 0) return;
      const files = new Map();
      for (const path of filesIn(outDir)) {
        const bytes = readFileSync(path);
        const size = { raw: bytes.length, gzip: bytes.length };
        if (compressible.has(extname(path))) {
          const gzip = gzipSync(bytes, { level: 9 });
          size.gzip = gzip.length;
          writeFileSync(`${path}.gz`, gzip);
          writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }));
        }
        files.set(relative(outDir, path), size);
      }
      const rows = budgets(files, firstScreenScripts);
      for (const [what, bytes, limit] of rows) console.log(`${what}: ${(bytes / KB).toFixed(1)} of ${limit / KB} KB`);
      const over = exceeded(rows);
      if (over.length > 0) throw new Error(`over budget or missing: ${over.join(', ')}`);
    },
  };
}
