import { describe, expect, test } from 'vitest';
import { budgets, exceeded } from '../../build/finish.mjs';

const KB = 1024;
const size = (kilobytes: number) => ({ raw: kilobytes * KB, gzip: kilobytes * KB });
const build = (changes: Record<string, number> = {}) =>
  new Map(
    Object.entries({
      'assets/index-1.js': 40, 'assets/stage-1.js': 280, 'assets/maplibre-gl-worker-1.mjs': 145, 'assets/index-1.css': 12,
      'assets/ReportScreen-1.js': 9, 'assets/ParcelsScreen-1.js': 22, 'assets/map-1.js': 3, 'assets/edit-1.js': 32, 'assets/edz-latin-1.woff2': 48, 'assets/edz-han-400-1.woff2': 540, 'assets/edz-han-700-1.woff2': 550, ...changes,
    }).map(([name, kilobytes]) => [name, size(kilobytes)]),
  );
const scripts = ['assets/index-1.js', 'assets/stage-1.js'];
const over = (changes: Record<string, number>) => exceeded(budgets(build(changes), scripts));

describe('budgets', () => {
  test('a build within them passes', () => expect(over({})).toEqual([]));
  test.each([
    ['first-screen script, gzip', { 'assets/stage-1.js': 311 }],
    ['map worker, gzip', { 'assets/maplibre-gl-worker-1.mjs': 151 }],
    ['style sheets, gzip', { 'assets/index-1.css': 21 }],
    ['parcels screen, gzip', { 'assets/ParcelsScreen-1.js': 43 }],
    ['drawing, gzip', { 'assets/edit-1.js': 46 }],
    ['report screen, gzip', { 'assets/ReportScreen-1.js': 21 }],
    ['Latin font', { 'assets/edz-latin-1.woff2': 51 }],
    ['Han font, regular', { 'assets/edz-han-400-1.woff2': 701 }],
    ['Han font, bold', { 'assets/edz-han-700-1.woff2': 701 }],
    ['all files, uncompressed', { 'assets/video.bin': 5000 }],
  ])('%s', (what, changes) => expect(over(changes as unknown as Record<string, number>)).toEqual([what]));
  test('a part that is not there at all is a fault too', () => expect(over({ 'assets/index-1.css': 0 })).toEqual(['style sheets, gzip']));
});
