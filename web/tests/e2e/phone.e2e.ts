// What a phone has on every screen: tabs at the foot, targets that a finger hits, nothing sideways; and the sheet of the Parcels screen.
import type { Page } from '@playwright/test';
import { expect, languages, mapIdle, origin, phone, test } from './explore';

const narrowest = { width: 320, height: 640 };
const paths = { explore: '/', parcels: '/parcels', report: '/report' } as const;
type Name = keyof typeof paths;
const screens = Object.keys(paths) as Name[];

async function visit(page: Page, name: Name, query: string): Promise<void> {
  await page.goto(`${origin()}${paths[name]}${query}`);
  if (name === 'report') await expect(page.locator('article')).toBeVisible();
  else await mapIdle(page);
  if (name === 'parcels') await expect(page.getByTestId('count')).not.toHaveText('…');
}

/** Controls that a finger may miss: smaller than 44 px, those of running text and of the map's sources excepted (WCAG 2.5.8). */
const small = (page: Page) =>
  page.locator('button:visible, summary:visible, input:visible, select:visible, nav a:visible, a.button:visible').evaluateAll((controls) =>
    controls
      .filter((control) => !control.closest('.notes, .hidden'))
      .map((control) => ({ name: `${control.tagName} ${control.textContent?.trim().slice(0, 30) || control.getAttribute('aria-label')}`, box: (control.matches('input[type=checkbox]') ? (control.closest('label, td') ?? control) : control).getBoundingClientRect() }))
      .filter(({ box }) => box.width > 1 && (box.width < 44 || box.height < 43.9))
      .map(({ name, box }) => `${name} ${box.width}×${box.height}`),
  );

for (const lang of languages) {
  for (const name of screens) {
    test(`${name} in ${lang}: tabs at the foot lead to the three screens, targets are 44 px, nothing goes sideways`, async ({ page }) => {
      await page.setViewportSize(phone);
      await visit(page, name, `?lang=${lang}`);
      const tabs = page.getByRole('navigation', { name: lang === 'zh' ? '页面' : 'Screens' });
      await expect(tabs.getByRole('link')).toHaveCount(3);
      const bar = (await tabs.boundingBox())!;
      expect(Math.round(bar.y + bar.height)).toBe(phone.height);
      expect(bar.width).toBe(phone.width);
      await expect(tabs.locator('[aria-current=page]')).toHaveAttribute('href', `${paths[name]}?lang=${lang}`);
      expect(await small(page)).toEqual([]);
      await page.setViewportSize(narrowest);
      for (const size of ['100%', '200%']) {
        await page.evaluate((text) => (document.documentElement.style.fontSize = text), size);
        expect(await page.evaluate(() => document.documentElement.scrollWidth), size).toBeLessThanOrEqual(narrowest.width);
        const out = await page.locator('h1, h2, p, nav a, button, summary, select, input').evaluateAll((all) =>
          all.filter((element) => !element.closest('.skip, .hidden, .scroll, [role=toolbar]')).map((element) => ({ name: element.textContent?.trim().slice(0, 40), box: element.getBoundingClientRect() })).filter(({ box }) => box.width > 1 && (box.right > innerWidth + 1 || box.left < -1)).map(({ name }) => name));
        expect(out, size).toEqual([]);
      }
      const next = screens[(screens.indexOf(name) + 1) % screens.length]!;
      await tabs.locator(`a[href^="${paths[next]}?"]`).click();
      await expect(page).toHaveURL(new RegExp(`${paths[next]}\\?`));
      await expect(tabs.locator('[aria-current=page]')).toHaveAttribute('href', `${paths[next]}?lang=${lang}`);
    });
  }
}

test('the Parcels screen of a phone is the map, with a sheet of three stops by button and by finger', async ({ page }) => {
  await page.setViewportSize(phone);
  await visit(page, 'parcels', '?v=1&lang=en&c=in~use_code~M0');
  expect(await page.getByTestId('map').boundingBox()).toEqual({ x: 0, y: 0, ...phone });
  const sheet = page.locator('#panel');
  const height = async () => Math.round((await sheet.boundingBox())!.height);
  const middle = Math.round(phone.height * 0.45);
  expect(Math.abs((await height()) - middle)).toBeLessThan(3);
  const up = page.getByRole('button', { name: 'Raise panel' });
  const down = page.getByRole('button', { name: 'Lower panel' });
  await up.click();
  await expect.poll(height).toBeGreaterThan(phone.height * 0.8);
  await expect(up).toBeDisabled();
  // The last row of the sheet can be scrolled to; the sheet scrolls, the page does not.
  await page.getByTestId('xlsx').scrollIntoViewIfNeeded();
  await expect(page.getByTestId('xlsx')).toBeInViewport();
  expect(await page.evaluate(() => scrollY)).toBe(0);
  await down.click();
  await down.click();
  await expect.poll(height).toBe(96);
  await expect(sheet.locator('.glance')).toBeInViewport();
  const grip = (await page.locator('#panel .grip').boundingBox())!;
  await page.mouse.move(grip.x + 20, grip.y + 2);
  await page.mouse.down();
  await page.mouse.move(grip.x + 20, phone.height - 56 - middle + 10, { steps: 4 });
  await page.mouse.up();
  await expect.poll(async () => Math.abs((await height()) - middle)).toBeLessThan(3);
});

test('a parcel that is opened on a phone stands above the sheet, and drawing leaves the map free', async ({ page }) => {
  await page.setViewportSize(phone);
  await visit(page, 'parcels', '?v=1&lang=en&c=in~use_code~M0');
  await page.locator('tr[data-id] .open').first().click();
  await expect(page.getByTestId('detail')).toBeVisible();
  await mapIdle(page);
  await page.getByRole('button', { name: 'Lower panel' }).click();
  await page.getByTestId('detail').getByRole('button', { name: 'Close' }).click();
  // Under the middle of what the half-open sheet leaves free lies the parcel that was shown.
  const notes = (await page.locator('.notes').boundingBox())!;
  const bar = (await page.getByRole('toolbar').boundingBox())!;
  const free = { top: bar.y + bar.height, bottom: notes.y };
  expect(free.bottom - free.top).toBeGreaterThan(120);
  await page.getByRole('toolbar').getByRole('button', { name: 'Box' }).click();
  await expect.poll(async () => Math.round((await page.locator('#panel').boundingBox())!.height)).toBe(96);
  await page.mouse.click(100, 300);
  await page.mouse.click(260, 480);
  await expect(page.locator('.chip')).toHaveText([/M0/, /Touches: Box/]);
});

for (const path of ['/', '/parcels']) {
  test(`on a phone on its side ${path} shows the zone at first, not the world`, async ({ page }) => {
    await page.setViewportSize({ width: 844, height: 390 });
    await page.goto(`${origin()}${path}?lang=en`);
    await mapIdle(page);
    // The bar is no longer than 96 pixels, a ninth of the window's width.
    const [, value, unit] = /([\d.,]+)\s*(km|m)$/.exec((await page.locator('.scale').innerText()).trim())!;
    expect(Number(value!.replace(',', '')) * (unit === 'km' ? 1000 : 1), 'scale bar in metres').toBeLessThanOrEqual(20_000);
    await expect(page.locator('canvas')).toBeVisible();
  });
}
