import { desktop, expect, guard, mapIdle, open, origin, test } from './explore';

test('a shared link restores place, view, layers, language and theme', async ({ page, browser }) => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: origin() });
  await open(page, '?lang=en&theme=dark');
  await page.locator('.legend summary').click();
  await page.getByRole('checkbox', { name: 'Transit' }).uncheck();
  await page.locator('.places [data-place="sites:huazhong-zhigu"]').click();
  await mapIdle(page);
  await page.getByRole('button', { name: 'Zoom map out' }).click();
  await mapIdle(page);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByText('Link copied')).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());

  const context = await browser.newContext({ viewport: desktop, reducedMotion: 'reduce' });
  const seen = await guard(context);
  const other = await context.newPage();
  await other.goto(link);
  await mapIdle(other);
  await expect(other.locator('#panel h2')).toHaveText('Central China Intelligence Valley');
  await expect(other.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(other.locator('html')).toHaveAttribute('lang', 'en');
  await other.locator('.legend summary').click();
  await expect(other.getByRole('checkbox', { name: 'Transit' })).not.toBeChecked();
  await expect(other.getByRole('checkbox', { name: 'Water' })).toBeChecked();
  await other.getByRole('button', { name: 'Copy link' }).click();
  expect(other.url()).toBe(link);
  await context.close();
  expect(seen).toEqual({ foreign: [], complaints: [] });
});

test('a link with a dead place opens with a message and the rest applies', async ({ page }) => {
  await open(page, '?v=1&sel=sites:gone&map=114.15000,30.48000,12.00&theme=dark');
  await expect(page.getByText('链接指向的地点不存在，已忽略：sel=sites:gone')).toBeVisible();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(page.locator('[data-part]')).toHaveCount(4);
  await expect(page).not.toHaveURL(/sel=/);
  await expect(page).toHaveURL(/map=114\.15000,30\.48000,12\.00/);
});

test('parts that are not understood are named', async ({ page }) => {
  await open(page, '?v=1&draw=circle&card=moon&layers=zone,gone&q=湖');
  await expect(page.getByText('已忽略：draw=circle、card=moon')).toBeVisible();
  await expect(page.getByText('已忽略：layers=gone')).toBeVisible();
  await expect(page.getByLabel('筛选地点')).toHaveValue('湖');
});

test('Back and Forward walk through what was opened', async ({ page }) => {
  await open(page);
  await page.locator('[data-part=belt]').click();
  await mapIdle(page);
  await page.locator('#panel [data-place="sites:business-city"]').first().click();
  await mapIdle(page);
  const heading = page.locator('#panel h2').first();
  await expect(heading).toHaveText('商务城');
  await page.goBack();
  await expect(heading).toHaveText('两带');
  await page.goBack();
  await expect(heading).toHaveText('认识创新空间格局');
  await page.goForward();
  await expect(heading).toHaveText('两带');
  await page.goForward();
  await expect(heading).toHaveText('商务城');
});

test('the brand leads back to the first view', async ({ page }) => {
  await open(page, '?sel=sites:chunsun&map=114.10800,30.40200,15.00');
  await expect(page.locator('#panel h2')).toHaveText('春笋');
  await page.locator('h1 button').click();
  await mapIdle(page);
  await expect(page.locator('[data-part]')).toHaveCount(4);
  expect(Number(new URL(page.url()).searchParams.get('map')!.split(',')[2])).toBeLessThan(11);
});
