import { expect, test } from 'vitest';
import { worn } from '../../build/mapstyles.mjs';

test('of the style sheet of the map library only what maps wear is kept', () => {
  const sheet = '.maplibregl-map{a:1}.maplibregl-ctrl button:hover,.maplibregl-canvas{b:2}.maplibregl-popup{c:3}@media(hover:hover){.maplibregl-ctrl{d:4}}@media print{.maplibregl-map{e:5}.maplibregl-marker{f:6}}@keyframes maplibregl-spin{0%{g:7}to{h:8}}';
  expect(worn(sheet)).toBe('.maplibregl-map{a:1}.maplibregl-canvas{b:2}@media print{.maplibregl-map{e:5}}@keyframes maplibregl-spin{0%{g:7}to{h:8}}');
});
