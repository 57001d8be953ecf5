import type { Page } from '@playwright/test';
import { violations } from './axe';
import { expect, items, looks, mapIdle, open, origin, test } from './explore';

const field = (page: Page) => page.locator('#search');
const options = (page: Page) => page.locator('[role=option][data-found]');

/** The ids that the service gives, in the order of the list: by kind, kinds by their best. */
async function answer(text: string, bbox = ''): Promise<string[]> {
  const { hits } = (await (await fetch(`${origin()}/ogc/search?${new URLSearchParams({ limit: '12', f: 'json', q: text, ...(bbox && { bbox }) })}`)).json()) as { hits: { collection: string; id: string; kind: { id: string } }[] };
  const kinds = [...new Set(hits.map(({ kind }) => kind.id))];
  return kinds.flatMap((kind) => hits.filter((hit) => hit.kind.id === kind).map(({ collection, id }) => `${collection}:${id}`));
}

const shown = (page: Page) => options(page).evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset['found']!));

test('by mouse: the answers of the service, grouped, the typed letters marked; a choice opens the place', async ({ page }) => {
  await open(page);
  const before = await page.evaluate(() => history.length);
  await field(page).pressSequentially('沌口');
  await expect(options(page).first()).toBeVisible();
  await expect.poll(() => shown(page)).toEqual(await answer('沌口'));
  expect(await page.evaluate(() => history.length)).toBe(before);
  await expect(page.getByRole('group', { name: '街道' }).getByRole('option')).toHaveText(['沌口街道']);
  await expect(page.locator('[data-found="subdistricts:street-zhuankou"] mark')).toHaveText('沌口');
  await expect(page.locator('header [role=status]')).toContainText('条结果');
  await page.locator('[data-found="subdistricts:street-zhuankou"]').click();
  await expect(page.locator('#panel h2').first()).toHaveText('沌口街道');
  await expect(page.locator('#panel h2')).toBeFocused();
  await expect(page).toHaveURL(/sel=subdistricts(:|%3A)street-zhuankou/);
  await expect(options(page)).toHaveCount(0);
  expect(await page.evaluate(() => history.length)).toBe(before + 1);
  await page.goBack();
  await expect(page.locator('[data-part]')).toHaveCount(4);
});

test('of what fits alike, what lies in sight comes first: the page asks with the window of its map, on both maps', async ({ page }) => {
  const asked = async (path: string): Promise<{ bbox: number[]; shown: string[] }> => {
    await page.goto(`${origin()}${path}`);
    await mapIdle(page);
    const request = page.waitForRequest((one) => one.url().includes('/ogc/search'));
    await field(page).fill('p-');
    const bbox = new URL((await request).url()).searchParams.get('bbox')!;
    await expect(options(page).first()).toBeVisible();
    await expect.poll(() => shown(page)).toEqual(await answer('p-', bbox));
    return { bbox: bbox.split(',').map(Number), shown: await shown(page) };
  };
  const first = await asked('/?v=1&lang=zh&map=114.17000,30.50000,13.00');
  const [west, south, east, north] = first.bbox as [number, number, number, number];
  expect(west < 114.17 && 114.17 < east && south < 30.5 && 30.5 < north).toBe(true);
  // At zoom 13 a map of 900 pixels is 900 / (512 · 2^13) · 360 = 0.08 degrees wide.
  expect(east - west).toBeLessThan(0.1);
  const second = await asked('/parcels?v=1&lang=zh&map=114.03000,30.33000,14.00');
  expect(second.shown).not.toEqual(first.shown);
});

test('by keyboard: slash, arrows round the list, Enter, Escape', async ({ page }) => {
  await open(page);
  await page.keyboard.press('/');
  await expect(field(page)).toBeFocused();
  await page.keyboard.type('ntzh');
  await expect(options(page).first()).toBeVisible();
  await expect(field(page)).toHaveAttribute('aria-expanded', 'true');
  await expect(field(page)).not.toHaveAttribute('aria-activedescendant', /./);
  const all = await shown(page);
  const current = () => page.evaluate(() => {
    const id = document.querySelector('#search')!.getAttribute('aria-activedescendant');
    const option = id ? document.getElementById(id) : null;
    return option?.getAttribute('aria-selected') === 'true' ? option.dataset['found'] : null;
  });
  await page.keyboard.press('ArrowDown');
  await expect.poll(current).toBe(all[0]);
  await page.keyboard.press('ArrowUp');
  await expect.poll(current).toBe(all.at(-1));
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect.poll(current).toBe(all[1]);
  await page.keyboard.press('Escape');
  await expect(options(page)).toHaveCount(0);
  await expect(field(page)).toHaveValue('ntzh');
  await page.keyboard.press('ArrowDown');
  await expect.poll(current).toBe(all[0]);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(new RegExp(`sel=${all[0]!.replace(':', '(:|%3A)')}`));
  await field(page).focus();
  await page.keyboard.press('Escape');
  await expect(field(page)).toHaveValue('');
  await page.keyboard.press('Escape');
  await expect(field(page)).not.toBeFocused();
});

test('a parcel that is not loaded opens with its own facts, and the layer stays away', async ({ page }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await open(page);
  const parcel = (await items('parcels')).features[0]!;
  const number = String(parcel.properties['parcel_no']);
  await field(page).fill(number.toLowerCase().replace('-', ' '));
  await expect(options(page).first()).toContainText(number);
  await page.keyboard.press('Enter');
  await expect(page.locator('#panel h2').first()).toHaveText(number);
  await expect(page.locator('#panel')).toContainText(String(parcel.properties['use_name_zh']));
  await mapIdle(page);
  expect(asked).not.toContain('/ogc/collections/parcels/items');
  expect(asked).toContain(`/ogc/collections/parcels/items/${parcel.id}`);
});

for (const width of [390, 320]) {
  test(`by touch on a page of ${width} pixels`, async ({ browser }) => {
    const context = await browser.newContext({ viewport: { width, height: 700 }, hasTouch: true, isMobile: true, locale: 'zh-CN', reducedMotion: 'reduce' });
    try {
      const page = await context.newPage();
      await open(page);
      await field(page).tap();
      await field(page).fill('chunsun');
      const option = page.locator('[data-found="sites:chunsun"]');
      await expect(option).toBeVisible();
      const box = (await option.boundingBox())!;
      expect(box.height).toBeGreaterThanOrEqual(44);
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(width);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await option.tap();
      await expect(page.locator('#panel h2').first()).toHaveText('春笋');
    } finally {
      await context.close();
    }
  });
}

test.describe('when the service is slow or fails', () => {
  test.use({ mayComplain: true });

  test('an answer that was overtaken is not shown', async ({ page }) => {
    await open(page);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(/\/ogc\/search\?q=hai&/, async (route) => {
      await held;
      await route.continue().catch(() => {});
    });
    const first = page.waitForRequest(/\/ogc\/search\?q=hai&/);
    await field(page).fill('hai');
    await first;
    await field(page).fill('chunsun');
    await expect(page.locator('[data-found="sites:chunsun"]')).toBeVisible();
    release();
    await field(page).press('ArrowDown');
    await expect.poll(() => shown(page)).toEqual(await answer('chunsun'));
  });

  test('a failure says so and can be tried again; nothing found says so', async ({ page }) => {
    await open(page);
    let fails = true;
    await page.route(/\/ogc\/search/, (route) => (fails ? route.abort() : route.continue()));
    await field(page).fill('春笋');
    const alert = page.locator('header').getByRole('alert');
    await expect(alert).toContainText('连不上服务');
    fails = false;
    await page.locator('header').getByRole('button', { name: '重试' }).click();
    await expect(page.locator('[data-found="sites:chunsun"]')).toBeVisible();
    await expect(alert).toHaveCount(0);
    await field(page).fill('qqqqqqqqqqqq');
    await expect(page.locator('header .found')).toContainText('没有找到“qqqqqqqqqqqq”');
    await page.locator('h1').first().hover();
  });
});

for (const { lang, theme, size, viewport, details } of looks) {
  test(`axe finds nothing with the list open: ${lang}, ${theme}, ${size}`, details, async ({ page }) => {
    await page.setViewportSize(viewport);
    await open(page, `?lang=${lang}&theme=${theme}`);
    await field(page).fill('lake');
    await expect(options(page).first()).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await expect(page.getByRole('group', { name: lang === 'zh' ? '水系' : 'Water' })).toBeVisible();
    expect(await violations(page), 'the list').toEqual([]);
    await field(page).fill('qqqqqqqqqqqq');
    await expect(options(page)).toHaveCount(0);
    await expect(page.locator('header .found')).toBeVisible();
    expect(await violations(page), 'nothing found').toEqual([]);
  });
}
