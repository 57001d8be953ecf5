// Nearest to me: location granted, refused and not to be had; a point picked by mouse and by keyboard; from a place; and where
// places stand along the axis. What the page shows is held against the service.
import type { Page } from '@playwright/test';
import { violations } from './axe';
import { metres } from '../../src/near/say';
import { expect, languages, mapIdle, open, origin, phone, test, themes, always, windowPoint } from './explore';

const here = { longitude: 114.16, latitude: 30.49 };
const usual = "lifecycle IS NULL OR lifecycle NOT IN ('planned','proposed')";

interface Answer { features: { id: string; properties: { distance_m: number; lifecycle: string | null } }[] }

/** What the service says, of both collections together. */
async function nearest(from: string, filter: string | null = usual): Promise<string[]> {
  const ask = async (collection: string) => {
    const query = new URLSearchParams({ k: '5', ...(filter === null ? {} : { filter }) });
    const answer = (await (await fetch(`${origin()}/ogc/collections/${collection}/nearest?${from}&${query}`)).json()) as Answer;
    return answer.features.map(({ id, properties }) => ({ key: `${collection}:${id}`, metres: properties.distance_m }));
  };
  const all = (await Promise.all(['sites', 'facilities'].map(ask))).flat();
  return all.toSorted((a, b) => a.metres - b.metres).slice(0, 5).map(({ key }) => key);
}

const shown = (page: Page) => page.locator('.near li [data-place]').evaluateAll((rows) => rows.map((row) => (row as HTMLElement).dataset['place']!));

async function openNear(page: Page): Promise<void> {
  await page.locator('[data-opens=near]').first().click();
  await expect(page.locator('.near h2')).toBeFocused();
}

for (const lang of languages) {
  test(`location granted: the five nearest by straight line, planned ones on request (${lang})`, always(lang === 'zh'), async ({ page, context }) => {
    await context.grantPermissions(['geolocation'], { origin: origin() });
    await context.setGeolocation({ ...here, accuracy: 30 });
    await open(page, `?lang=${lang}`);
    await openNear(page);
    await page.locator('[data-near=locate]').click();
    const from = `point=${here.longitude},${here.latitude}`;
    await expect.poll(() => shown(page)).toEqual(await nearest(from));
    const panel = page.locator('.near');
    await expect(panel).toContainText(lang === 'zh' ? '从我的位置起（±30 米）' : 'From my location (±30 m)');
    await expect(panel).toContainText(lang === 'zh' ? '直线距离' : 'in a straight line');
    await expect(panel.locator('ol em')).toHaveCount(0);
    await panel.getByRole('checkbox').check();
    await expect.poll(() => shown(page)).toEqual(await nearest(from, null));
    await panel.getByRole('checkbox').uncheck();
    await panel.getByRole('combobox').selectOption('unit:park');
    await expect.poll(() => shown(page)).toEqual(await nearest(from, `(named_unit = TRUE AND unit_type = 'park') AND (${usual})`));
    // A place that is chosen opens; one step back leads to the same five.
    const [first] = await shown(page);
    await panel.locator('li [data-place]').first().click();
    await expect(page).toHaveURL(new RegExp(`sel=${first}`));
    await page.keyboard.press('Escape');
    await expect.poll(() => shown(page)).toContain(first);
  });

  test(`location refused: the other ways stand there at once, with a reason (${lang})`, always(lang === 'en'), async ({ page, context }) => {
    await context.clearPermissions();
    await page.addInitScript(() => {
      navigator.geolocation.getCurrentPosition = (_, failed) => failed?.({ code: 1, PERMISSION_DENIED: 1, POSITION_UNAVAILABLE: 2, TIMEOUT: 3, message: '' });
    });
    await open(page, `?lang=${lang}`);
    await openNear(page);
    await expect(page.locator('.near [role=alert]')).toHaveCount(0);
    await page.locator('[data-near=locate]').click();
    await expect(page.locator('.near [role=alert]')).toContainText(lang === 'zh' ? '没有允许使用位置' : 'did not allow');
    await expect(page.locator('[data-near=pick]')).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });
}

test('from a place that is typed', async ({ page }) => {
  await open(page, '?lang=en');
  await openNear(page);
  await page.locator('[data-near=type]').click();
  await expect(page.locator('#search')).toBeFocused();
  await page.keyboard.type('zhuankou subdistrict');
  await expect(page.locator('[data-found="subdistricts:street-zhuankou"]')).toBeVisible();
  await page.keyboard.press('Enter');
  await expect(page.locator('.near')).toContainText('From Zhuankou Subdistrict');
  await expect.poll(() => shown(page)).toEqual(await nearest('feature=subdistricts:street-zhuankou'));
});

test('no location to be had, and a page that may not ask', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.geolocation.getCurrentPosition = (_, failed) => failed?.({ code: 2, PERMISSION_DENIED: 1, POSITION_UNAVAILABLE: 2, TIMEOUT: 3, message: '' });
  });
  await open(page, '?lang=en');
  await openNear(page);
  await page.locator('[data-near=locate]').click();
  await expect(page.locator('.near [role=alert]')).toContainText('cannot be found now');
  await page.addInitScript(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
  await open(page, '?lang=en');
  await openNear(page);
  await expect(page.locator('.near [role=alert]')).toContainText('not on a secure connection');
  await expect(page.locator('[data-near=locate]')).toHaveCount(0);
  await expect(page.locator('[data-near=pick]')).toBeVisible();
});

test('a point picked by mouse, and by keyboard under the crosshair', async ({ page }) => {
  await open(page, '?lang=en&map=114.16000,30.49000,12.00');
  await openNear(page);
  await page.locator('[data-near=pick]').click();
  await expect(page.locator('.crosshair')).toBeVisible();
  const { x, y } = await windowPoint(page, [114.17, 30.495]);
  await page.mouse.click(x, y);
  await expect(page.locator('.near strong').first()).toContainText('longitude 114.1');
  await expect(page.locator('.near li')).toHaveCount(5);
  await expect(page).not.toHaveURL(/sel=/);

  await page.locator('[data-near=pick]').click();
  await page.locator('canvas').focus();
  await page.keyboard.press('Enter');
  // The middle of the map, as its address says it.
  await expect(page.locator('.near strong').first()).toContainText('longitude 114.16000, latitude 30.49000');
  await expect.poll(() => shown(page)).toEqual(await nearest('point=114.16,30.49'));

  await page.locator('[data-near=pick]').click();
  await page.locator('canvas').focus();
  await page.keyboard.press('Escape');
  await expect(page.locator('[data-near=pick]')).toHaveAttribute('aria-pressed', 'false');
});

test.describe(() => {
  test.use({ mayComplain: true });
  test('from a place; a failure says so and can be tried again', async ({ page }) => {
  await open(page, '?lang=en&sel=sites:business-city');
  let broken = true;
  await page.route(/\/nearest\?/, (route) => (broken ? route.fulfill({ status: 400, contentType: 'application/problem+json', body: '{"detail":"broken on purpose"}' }) : route.continue()));
  await page.locator('[data-opens=near]').click();
  await expect(page.locator('.near [role=alert]')).toContainText('broken on purpose');
  broken = false;
  await page.locator('.near [role=alert] button').click();
  await expect.poll(() => shown(page)).toEqual(await nearest('feature=sites:business-city'));
});
  test('an answer that comes late does not hide a newer one', async ({ page }) => {
    await open(page, '?lang=en&map=114.16000,30.49000,12.00&sel=sites:business-city');
    const held: (() => void)[] = [];
    await page.route(/\/nearest\?feature=/, async (route) => {
      await new Promise<void>((resolve) => held.push(resolve));
      await route.continue();
    });
    await page.locator('[data-opens=near]').click();
    await expect.poll(() => held.length).toBe(2);
    await page.locator('[data-near=pick]').click();
    await page.locator('canvas').focus();
    await page.keyboard.press('Enter');
    const want = await nearest('point=114.16,30.49');
    await expect.poll(() => shown(page)).toEqual(want);
    const late = page.waitForResponse(/\/nearest\?feature=/);
    held.forEach((release) => release());
    await late;
    await expect(page.locator('.near strong').first()).toContainText('longitude');
    expect(await shown(page)).toEqual(want);
  });
});

interface Along { stops: { id: string; collection: string; chainageM: number }[] }

test('along the axis: the order is that of the service, and a place says where it stands', async ({ page }) => {
  const along = (await (await fetch(`${origin()}/ogc/collections/axes/items/axis-chegu-avenue/along?limit=1000`)).json()) as Along;
  await open(page, '?lang=en&sel=axes:axis-chegu-avenue');
  const rows = page.locator('[data-along] li button');
  await expect(rows).toHaveCount(along.stops.length);
  expect(await rows.evaluateAll((all) => all.map((row) => (row as HTMLElement).dataset['opens']))).toEqual(along.stops.map(({ collection, id }) => `${collection}:${id}`));
  const core = along.stops.find(({ id }) => id === 'core-chegu-innovation')!;
  await rows.filter({ hasText: 'Chegu Innovation Core' }).click();
  const kilometres = new Intl.NumberFormat('en').format(Math.round(core.chainageM / 10) / 100);
  await expect(page.locator('[data-along] p').first()).toContainText(`chainage ${kilometres} km`);
});

test('a place tells where it stands along the belts that it lies in, and of no other belt', async ({ page }) => {
  await open(page, '?lang=en&sel=sites:huazhong-zhigu');
  const lines = page.locator('[data-along] summary');
  await expect(lines.filter({ hasText: 'Smart-manufacturing Innovation Belt' })).toBeVisible();
  const told: string[] = [];
  for (const belt of ['belt-smart-manufacturing', 'belt-emerging-industry']) {
    const along = (await (await fetch(`${origin()}/ogc/collections/belts/items/${belt}/along?limit=1000&lang=en`)).json()) as Along & { line: { name: string } };
    if (along.stops.some(({ id }) => id === 'huazhong-zhigu')) told.push(along.line.name);
  }
  expect(told.length).toBeGreaterThan(0);
  await expect(lines).toHaveCount(1 + told.length);
  for (const name of told) await expect(page.locator('[data-along] > p').filter({ hasText: name })).toContainText('chainage');
});

test('the axis shows its strip diagram, and how many stand in each stretch of it', async ({ page }) => {
  const path = '/ogc/collections/parcels/aggregates?group-by=along:axes%2Faxis-chegu-avenue&f=json';
  const profile = (await (await fetch(origin() + path)).json()) as { groups: { count: number }[]; unassigned: { count: number } };
  await open(page, '?lang=en&theme=dark&sel=axes:axis-chegu-avenue');
  const strip = page.locator('[data-strip] img');
  await expect(strip).toBeVisible();
  await expect.poll(() => strip.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(600);
  expect(await strip.getAttribute('src')).toContain('theme=dark');
  await page.locator('[data-profile] select').selectOption('parcels');
  const counts = page.locator('[data-profile] tbody .n');
  await expect(counts).toHaveCount(profile.groups.length);
  await expect(counts).toHaveText(profile.groups.map(({ count }) => new Intl.NumberFormat('en').format(count)));
  await expect(page.locator('[data-profile]')).toContainText(`${new Intl.NumberFormat('en').format(profile.unassigned.count)} farther away`);
});

test('a place leads to its sections of the plan and its sheet, two places to one beside the other', async ({ page }) => {
  await open(page, '?lang=en&sel=sites:chunsun');
  const clause = page.locator('[data-clause="三(一)4"]');
  const shown = await fetch(origin() + (await clause.getAttribute('href'))!, { headers: { accept: 'text/html' } });
  expect(await shown.text()).toContain('the points: innovation blocks');
  const sheet = await fetch(origin() + (await page.locator('[data-sheet=one]').getAttribute('href'))!);
  expect(await sheet.text()).toContain('To Chegu Avenue Industrial Innovation Axis');
  await page.getByRole('button', { name: 'Add to comparison' }).click();
  await page.locator('.links button').first().click();
  await page.getByRole('button', { name: 'Add to comparison' }).click();
  const many = (await page.locator('[data-sheet=many]').getAttribute('href'))!;
  expect(new URLSearchParams(many.split('?')[1]).get('ids')).toMatch(/^sites:chunsun,/);
  expect((await fetch(origin() + many)).status).toBe(200);
});

for (const lang of languages) {
  for (const theme of themes) {
    // On each width both languages and both themes.
    const viewport = (lang === 'zh') === (theme === 'light') ? phone : { width: 320, height: 640 };
    test(`axe finds nothing and nothing is cut off at ${viewport.width} px: ${lang}, ${theme}`, always((lang === 'zh') === (theme === 'dark')), async ({ page, context }) => {
      await context.grantPermissions(['geolocation'], { origin: origin() });
      await context.setGeolocation({ ...here, accuracy: 30 });
      await page.setViewportSize(viewport);
      await open(page, `?lang=${lang}&theme=${theme}`);
      const up = page.getByRole('button', { name: lang === 'zh' ? '拉高面板' : 'Raise panel' });
      while (await up.isEnabled()) await up.click();
      await openNear(page);
      await page.locator('[data-near=locate]').click();
      await expect(page.locator('.near li')).toHaveCount(5);
      expect(await violations(page)).toEqual([]);
      const out = await page.locator('.near *').evaluateAll((all) => all.filter((element) => element.getBoundingClientRect().right > innerWidth + 1 && element.getBoundingClientRect().width > 1).length);
      expect(out).toBe(0);
      await page.locator('.near li [data-place]').first().click();
      await expect(page.locator('[data-along]')).toBeVisible();
      await mapIdle(page);
      expect(await violations(page), 'a place').toEqual([]);
    });
  }
}

for (const lang of languages) {
  test(`the distance from a place to another is the service’s, by press and by search; Esc takes the question back (${lang})`, always(lang === 'en'), async ({ page }) => {
    await open(page, `?lang=${lang}&v=1&sel=sites:chunsun&map=114.108,30.402,12`);
    const ask = page.locator('[data-measure]');
    const told = page.locator('[data-apart]');
    const check = async (to: string) => {
      const answer = (await (await fetch(`${origin()}/ogc/distance?from=sites:chunsun&to=${to}`)).json()) as { distanceM: number };
      await expect(told).toContainText(metres(answer.distanceM, lang));
    };
    await ask.click();
    await expect(ask).toHaveAttribute('aria-pressed', 'true');
    await page.keyboard.press('Escape');
    await expect(ask).toHaveAttribute('aria-pressed', 'false');
    await expect(page).toHaveURL(/sel=sites:chunsun/);

    await ask.click();
    await page.locator('#search').fill('海尔');
    await page.locator('[data-found="sites:haier-wuhan-industrial-park"]').click();
    await check('sites:haier-wuhan-industrial-park');
    await expect(page).toHaveURL(/sel=sites:chunsun/);
    expect(await violations(page)).toEqual([]);

    await ask.click();
    // The core lies around the place: a press beside it, still within.
    await page.goto(`${origin()}/?lang=${lang}&v=1&sel=sites:chunsun&map=114.108,30.402,15`);
    await mapIdle(page);
    await page.locator('[data-measure]').click();
    const box = (await page.getByTestId('map').boundingBox())!;
    await page.mouse.click(box.x + box.width / 2 + 150, box.y + box.height / 2 + 60);
    await expect(told).toContainText(metres(0, lang));
    await expect(told).toContainText(lang === 'zh' ? '位于其内' : 'lies in it');
  });
}

test('Back closes the search for what is near, on a page that was opened with a whole address, too', async ({ page }) => {
  await open(page, '?v=1&lang=en&theme=auto');
  const title = page.getByRole('heading', { name: 'Nearest to me' });
  await page.locator('[data-opens=near]').click();
  await expect(title).toBeVisible();
  await page.goBack();
  await expect(title).toHaveCount(0);
  await expect(page.locator('[data-part]')).toHaveCount(4);
});
