// The map beyond the shipped layout: within another page, on a day, with a layer too large to load, of another zone.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apart, desktop, expect, mapIdle, open, origin, phone, picture, rowKeys, test, token, windowPoint } from './explore';
import { manyParcels, over, shipped } from './zones';

test.use({ drawn: true });

test('another page shows the map in a frame: alone, with notes and a way to the whole', async ({ page }) => {
  for (const viewport of [desktop, phone]) {
    await page.setViewportSize(viewport);
    await open(page, '?v=1&lang=en&embed=1&card=core');
    await expect(page.getByRole('banner')).toHaveCount(0);
    await expect(page.locator('#panel')).toHaveCount(0);
    await expect(page.getByText(/schematic/i).first()).toBeVisible();
    await expect(page.getByRole('button', { name: 'Zoom map in' })).toBeVisible();
    const whole = page.getByRole('link', { name: 'Open the whole map' });
    await whole.focus();
    expect(await whole.getAttribute('href')).not.toContain('embed');
  }
  const policies = await Promise.all(['/?v=1&embed=1', '/', '/?q=embed=1x', '/report?embed=1'].map(async (path) => (await fetch(`${origin()}${path}`)).headers.get('content-security-policy') ?? ''));
  expect(policies.map((policy) => policy.includes('frame-ancestors'))).toEqual([false, true, true, true]);
  expect(policies.every((policy) => policy.includes("default-src 'self'"))).toBe(true);
});

test('a day shows what holds then, and what has no dates; back takes it off', async ({ browser }) => {
  await over(
    browser,
    (folder) => {
      const data = shipped(folder);
      const file = join(data, 'sites.geojson');
      const sites = JSON.parse(readFileSync(file, 'utf8')) as { features: { id: string; properties: Record<string, unknown> }[] };
      const [gone, later] = sites.features;
      gone!.properties['valid_to'] = '2020-12-31';
      later!.properties['valid_from'] = '2024-01-01';
      writeFileSync(file, JSON.stringify(sites));
      writeFileSync(join(folder, 'ids'), `${gone!.id} ${later!.id}`);
      return data;
    },
    async (page) => {
      const all = (await (await fetch(`${origin()}/ogc/collections/sites/items?limit=1000`)).json()) as { features: { id: string; properties: Record<string, unknown> }[] };
      const gone = all.features.find(({ properties }) => properties['valid_to'] === '2020-12-31')!.id;
      const later = all.features.find(({ properties }) => properties['valid_from'] === '2024-01-01')!.id;
      const shows = async (id: string) => (await page.locator(`[data-place="sites:${id}"]`).count()) > 0;
      const open2 = async (day: string) => {
        await open(page, `?v=1&lang=en${day === '' ? '' : `&as_of=${day}`}`);
        await page.getByLabel('Filter places').fill('');
      };
      await open2('2022-06-30');
      await expect.poll(async () => (await rowKeys(page)).length).toBeGreaterThan(10);
      for (const more of await page.getByRole('button', { name: /^Show .* more/ }).all()) await more.click();
      expect([await shows(gone), await shows(later)]).toEqual([false, false]);
      await page.locator('.legend summary').click();
      const field = page.getByLabel('As of the day');
      await expect(field).toHaveValue('2022-06-30');
      await page.getByRole('button', { name: 'any time' }).click();
      await expect(field).toHaveValue('');
      await mapIdle(page);
      await page.goBack();
      await expect(field).toHaveValue('2022-06-30');
    },
  );
});

test('a layer of twenty thousand parcels is drawn from tiles and never loaded whole; a press opens one', async ({ browser }) => {
  test.setTimeout(120_000);
  await over(
    browser,
    (folder) => manyParcels(shipped(folder)),
    async (page, url) => {
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      const [one] = ((await (await fetch(`${url}/ogc/collections/parcels/items?sortby=-area_m2&limit=1`)).json()) as { features: { id: string; geometry: { coordinates: [number, number][][] } }[] }).features;
      const ring = one!.geometry.coordinates[0]!;
      const middle = [0, 1].map((axis) => ring.slice(1).reduce((sum, at) => sum + at[axis]!, 0) / (ring.length - 1)) as [number, number];
      await open(page, `?v=1&lang=en&map=${middle[0].toFixed(5)},${middle[1].toFixed(5)},15&layers=zone,parcels`);
      expect(asked.some((address) => /\/tiles\/parcels\/\d+/.test(address))).toBe(true);
      expect(asked.some((address) => /collections\/parcels\/items\?/.test(address) && !/limit=1(&|$)/.test(address))).toBe(false);
      await expect(page.getByText('Not every feature is drawn')).toHaveCount(0);
      const box = (await page.getByTestId('map').boundingBox())!;
      const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
      const shown = await picture(page);
      expect(apart(shown.at(Math.round(at.x), Math.round(at.y)), await token(page, 'parcel'))).toBeLessThan(24);
      await page.mouse.click(at.x, at.y);
      await expect.poll(() => new URL(page.url()).searchParams.get('sel')).toMatch(/^parcels:/);
      await expect(page.locator('#panel')).toContainText('synthetic');
      await page.reload();
      await expect(page.locator('#panel')).toContainText('synthetic');
      await open(page, `?v=1&lang=en&map=${middle[0].toFixed(5)},${middle[1].toFixed(5)},9&layers=zone,parcels`);
      await expect(page.getByText('Not every feature is drawn')).toBeVisible();
    },
  );
});

test('a zone elsewhere, with other layers and no plan, works as well', async ({ browser }) => {
  const square = (west: number, south: number, size: number) => ({ type: 'Polygon', coordinates: [[[west, south], [west + size, south], [west + size, south + size], [west, south + size], [west, south]]] });
  await over(
    browser,
    (folder) => {
      const data = join(folder, 'harbour');
      mkdirSync(data);
      const layer = (name: string, features: unknown[]) => writeFileSync(join(data, name), JSON.stringify({ type: 'FeatureCollection', features }));
      layer('quays.geojson', [{ type: 'Feature', id: 'north', properties: { name_zh: '北码头', name_en: 'North Quay' }, geometry: { type: 'LineString', coordinates: [[4.40, 51.92], [4.44, 51.92]] } }]);
      layer('lots.geojson', [0, 1, 2, 3].map((step) => ({ type: 'Feature', id: step + 1, properties: { lot: `H-${step + 1}`, size_m2: step === 3 ? null : 10_000 * (step + 1), let_to: step % 2 ? 'open' : 'leased' }, geometry: square(4.40 + 0.01 * step, 51.9, 0.002) })));
      writeFileSync(join(data, 'catalog.toml'), `title = { zh = "港区", en = "Harbour" }
start_extent = [4.38, 51.88, 4.46, 51.94]
[[layers]]
id = "quays"
file = "quays.geojson"
title = { zh = "码头", en = "Quays" }
draw = "axis"
synthetic = false
[[layers]]
id = "lots"
file = "lots.geojson"
title = { zh = "地块", en = "Lots" }
draw = "parcel"
synthetic = false
[layers.fields.size_m2]
title = { zh = "面积", en = "size" }
unit = "m2"
kind = "real"
`);
      return data;
    },
    async (page, url) => {
      await open(page, '?v=1&lang=en');
      await expect(page.getByText('Harbour').first()).toBeVisible();
      await expect(page.getByRole('link', { name: 'Report' })).toHaveCount(0);
      // It has one axis, and nothing else of a layout; the signs of one are of no use to it.
      await expect(page.locator('#panel [data-part]')).toHaveText([/One axis/]);
      await expect(page.locator('.legend ul[aria-label="Structure"] li')).toHaveText([/innovation axis/]);
      await page.goto(`${url}/report?lang=en`);
      await expect(page.getByRole('heading', { name: 'The data has no plan' })).toBeVisible();
      await expect(page.getByRole('link', { name: /^Parcels \((PDF|Word|Excel)\)$/ })).toHaveCount(3);
      await page.goto(`${url}/?v=1&lang=en`);
      await page.getByRole('link', { name: 'Parcels' }).click();
      await mapIdle(page);
      await expect(page.getByTestId('count')).toHaveText('4');
      await page.goto(`${url}/parcels?v=1&lang=en&c=gte~size_m2~1~~ha&sort=distance_m`);
      await mapIdle(page);
      await expect(page.getByTestId('count')).toHaveText('3');
      await expect(page.getByTestId('searched')).toContainText('1 more were left out');
      await expect(page.getByRole('columnheader', { name: 'Distance to North Quay (m)' })).toBeVisible();
      // 0.018 degrees of the meridian at 52 degrees are 18 / 1000 of 111.26 km.
      await expect(page.locator('tr[data-id]').first()).toContainText('2,00');
      const text = await page.evaluate(() => document.body.innerText);
      expect(text).not.toMatch(/Wuhan|Chegu|武汉|车谷|undefined|\bNaN\b/);
    },
  );
});

test('an area drawn across 180 degrees holds what lies on both of its sides, and a link keeps it', async ({ browser }) => {
  const square = (west: number, east: number) => [[[west, -16.7], [east, -16.7], [east, -16.68], [west, -16.68], [west, -16.7]]];
  const lots = [[179.9, 179.92], [179.96, 179.98], [-179.98, -179.96], [-179.92, -179.9], [0, 0.02]] as const;
  await over(
    browser,
    (folder) => {
      const data = join(folder, 'lagoon');
      mkdirSync(data);
      const features = [
        ...lots.map(([west, east], index) => ({ type: 'Feature', id: index, properties: {}, geometry: { type: 'Polygon', coordinates: square(west, east) } })),
        { type: 'Feature', id: 9, properties: {}, geometry: { type: 'MultiPolygon', coordinates: [square(179.995, 180), square(-180, -179.995)] } },
      ];
      writeFileSync(join(data, 'lots.geojson'), JSON.stringify({ type: 'FeatureCollection', features }));
      writeFileSync(join(data, 'catalog.toml'), 'title = { zh = "礁湖", en = "Lagoon" }\nstart_extent = [179.4, -17.2, -179.4, -16.2]\n[[layers]]\nid = "lots"\nfile = "lots.geojson"\ntitle = { zh = "地块", en = "Lots" }\ndraw = "parcel"\nsynthetic = false\n');
      return data;
    },
    async (page, url) => {
      // The second and the third lot, and that on both sides.
      const inside = async () => {
        await expect(page.getByTestId('count')).toHaveText('3');
        expect((await page.locator('tr[data-id]').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['id']!))).sort()).toEqual(['1', '2', '9']);
      };
      await page.goto(`${url}/parcels?v=1&lang=en&map=179.99,-16.69,11`);
      await mapIdle(page);
      // Nothing here is schematic.
      await expect(page.getByText(/schematic/i)).toHaveCount(0);
      await page.getByRole('button', { name: 'Polygon' }).click();
      for (const [longitude, latitude] of [[179.94, -16.72], [180.06, -16.72], [180.06, -16.66], [179.94, -16.66]] as const) {
        const { x, y } = await windowPoint(page, [longitude, latitude]);
        await page.mouse.click(x, y);
      }
      await page.getByRole('button', { name: 'Finish' }).click();
      await inside();
      await page.reload();
      await mapIdle(page);
      await inside();
      await page.getByRole('button', { name: /Change the shape/ }).click();
      await expect(page.locator('.notice', { hasText: 'A shape across 180°' })).toBeVisible();
    },
  );
});
