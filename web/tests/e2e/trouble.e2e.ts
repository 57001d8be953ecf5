import { chromium } from '@playwright/test';
import { chromiumFlags, chromiumPath } from '../../playwright.shared';
import { appInfo, desktop, expect, guard, items, mapIdle, open, origin, rowKeys, test, usualPlaces } from './explore';

test.describe('the server', () => {
  test.use({ mayComplain: true });

  test('down: a message and a retry that works', async ({ page }) => {
    await page.route('**/app.json', (route) => route.abort());
    await page.goto(`${origin()}/`);
    const alert = page.getByRole('alert').filter({ hasText: '连不上服务' });
    await expect(alert).toBeVisible();
    await expect(page.getByText('正在载入数据…')).toHaveCount(0);
    await page.unroute('**/app.json');
    await alert.getByRole('button', { name: '重试' }).click();
    await mapIdle(page);
    await expect(alert).toHaveCount(0);
    await expect(page.locator('[data-part]')).toHaveCount(4);
  });

  test('refusing: its own words are shown', async ({ page }) => {
    await page.route('**/app.json', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', json: { title: 'Service Unavailable', status: 503, detail: 'data folder is being replaced' } }));
    await page.goto(`${origin()}/`);
    await expect(page.getByRole('alert').filter({ hasText: 'data folder is being replaced' })).toBeVisible();
  });

  test('answering nonsense: a message, not a broken page', async ({ page }) => {
    await page.route('**/app.json', (route) => route.fulfill({ body: '<html>proxy login</html>' }));
    await page.goto(`${origin()}/`);
    await expect(page.getByRole('alert').filter({ hasText: '服务的回答无法读取' })).toBeVisible();
  });

  test('one layer missing: the others show, the layer can be asked for again', async ({ page }) => {
    await page.route('**/collections/water/items*', (route) => route.abort());
    await open(page);
    const alert = page.locator('.notice.error', { hasText: '水系' });
    await expect(alert).toBeVisible();
    await expect(page.locator('[data-place="sites:chunsun"]').first()).toBeVisible();
    await expect(page.locator('[data-place="water:nantaizi-lake"]')).toHaveCount(0);
    await page.unroute('**/collections/water/items*');
    await alert.getByRole('button', { name: '重试' }).click();
    await expect(page.locator('[data-place="water:nantaizi-lake"]')).toHaveCount(1);
    await expect(alert).toHaveCount(0);
  });

  test('all layers missing: one message names them, one press fetches them all, and no count is claimed', async ({ page }) => {
    await page.route('**/ogc/collections/*/items?limit=10000*', (route) => route.abort());
    await page.goto(`${origin()}/?lang=en&as_of=2025-02-30`);
    const alert = page.locator('.notice.error');
    await expect(alert.filter({ hasText: 'Water' })).toBeVisible();
    await expect(alert).toHaveCount(1);
    await expect(page.locator('.notice', { hasText: 'as_of=2025-02-30' })).toBeVisible();
    await expect(page.locator('#places .count')).toHaveText('—');
    await expect(page.getByText('No places were loaded.')).toBeVisible();
    await page.unroute('**/ogc/collections/*/items?limit=10000*');
    await alert.getByRole('button', { name: 'Try again' }).click();
    await expect(page.locator('[data-place="water:nantaizi-lake"]')).toHaveCount(1);
    await expect(alert).toHaveCount(0);
  });

  for (const { address, missing } of [
    { address: '/?layers=axis,parcels&map=114.15,30.47,13', missing: '**/tiles/**' },
    { address: '/parcels?map=114.15,30.47,13', missing: '**/tiles/**' },
    { address: '/parcels?map=114.15,30.47,13', missing: '**/styles/parcels**' },
  ]) {
    test(`without ${missing} at ${address}: the map does not look whole, and what is missing can be fetched`, async ({ page }) => {
      // So many that they are drawn from tiles.
      const app = await appInfo();
      await page.route('**/app.json', (route) => route.fulfill({ json: { ...app, collections: app.collections.map((collection) => ({ ...collection, count: collection.id === 'parcels' ? 20_000 : collection.count })) } }));
      await page.route(missing, (route) => route.abort());
      await page.goto(`${origin()}${address}`);
      const alert = page.locator('.notice', { hasText: '地图有一部分没有载入：连不上服务' });
      await expect(alert).toBeVisible();
      await page.unroute(missing);
      const tile = page.waitForResponse((response) => /\/tiles\//.test(response.url()) && response.ok());
      await alert.getByRole('button', { name: '重试' }).click();
      await tile;
      await mapIdle(page);
      await expect(alert).toHaveCount(0);
    });
  }
});

test('a slow server: the page says that it loads, then stops saying so', async ({ page }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/app.json', async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${origin()}/`);
  await expect(page.locator('#panel .loading')).toHaveText('正在载入数据…');
  release();
  await mapIdle(page);
  await expect(page.getByText('正在载入数据…')).toHaveCount(0);
  await expect(page.locator('#panel [role=status]')).toContainText(`共 ${(await usualPlaces()).length} 个地点`);
});

test('a stale answer never overwrites a newer one', async ({ page }) => {
  await open(page);
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const answers: Promise<void>[] = [];
  const named = (name: string) => ({ type: 'FeatureCollection', numberMatched: 1, features: [{ type: 'Feature', id: 'one', geometry: null, properties: { id: 'one', name_zh: name, name_en: name } }] });
  await page.route('**/collections/parcels/items*', async (route) => {
    const first = answers.length === 0;
    const answer = (async () => {
      if (first) await held;
      await route.fulfill({ json: named(first ? '旧答案' : '新答案') });
    })();
    answers.push(answer);
    await answer;
  });
  await page.locator('.legend summary').click();
  const box = page.getByRole('checkbox', { name: /虚|合成|示意地块/ });
  await box.check();
  await box.uncheck();
  await box.check();
  const row = page.locator('.places [data-place="parcels:one"]');
  await expect(row).toContainText('新答案');
  release();
  await Promise.all(answers);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await expect(row).toContainText('新答案');
  await expect(page.locator('#panel [role=status]')).not.toContainText('正在载入');
});

test('the plan unknown to the service: cards and list still work', async ({ page }) => {
  await page.route('**/app.json', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), plan: null } });
  });
  await open(page);
  const [sites, facilities] = await Promise.all(['sites', 'facilities'].map((id) => items(id, '&named_unit=true')));
  await expect(page.locator('[data-count=point]')).toHaveText(String(sites!.numberMatched + facilities!.numberMatched));
  await page.locator('[data-part=point]').click();
  await expect(page.locator('#panel [data-place]')).toHaveCount(sites!.numberMatched + facilities!.numberMatched);
});

test('without WebGL: a message, the whole list, filter and details', async () => {
  const browser = await chromium.launch({ executablePath: chromiumPath, args: [...chromiumFlags, '--disable-3d-apis'] });
  try {
    const context = await browser.newContext({ viewport: desktop });
    const seen = await guard(context);
    const page = await context.newPage();
    await page.goto(`${origin()}/`);
    await expect(page.getByRole('alert').filter({ hasText: '此浏览器无法显示地图' })).toBeVisible();
    await expect(page.locator('#places .count')).toHaveText(String((await usualPlaces()).length));
    expect((await rowKeys(page)).length).toBe((await usualPlaces()).length);
    await page.getByLabel('筛选地点').fill('创新谷');
    await page.locator('[data-place="sites:nantaizihu-innovation-valley"]').click();
    await expect(page.locator('#panel h2')).toHaveText('南太子湖创新谷');
    await page.getByRole('button', { name: '返回' }).click();
    await page.getByRole('button', { name: '清除' }).click();
    await page.locator('[data-part=axis]').click();
    await expect(page.locator('#panel h2')).toHaveText('一轴');
    await page.locator('#search').fill('东合');
    await page.locator('[data-found="sites:donghe-centre"]').click();
    await expect(page.locator('#panel h2').first()).toHaveText('东合中心');
    // The map of the report is a picture of the service, which needs nothing of the browser.
    await page.goto(`${origin()}/report?lang=zh`);
    await expect(page.locator('article')).toBeVisible();
    await expect.poll(() => page.locator('img.map').evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(1000);
    await page.locator('.cards .big a').first().click();
    await expect(page.locator('details[open] table').first()).toBeVisible();
    expect(seen.foreign).toEqual([]);
  } finally {
    await browser.close();
  }
});
