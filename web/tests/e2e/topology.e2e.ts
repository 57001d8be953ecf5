// The topology check on the Parcels screen: asked at a press, told in numbers, as a list and on the map.
import type { Browser, Page } from '@playwright/test';
import { violations } from './axe';
import { desktop, expect, languages, mapIdle, origin, phone, test } from './explore';
import { misfits, over, shipped } from './zones';

const fitting = (browser: Browser, act: (page: Page, url: string) => Promise<void>) => over(browser, (folder) => misfits(shipped(folder)), act);
const section = (page: Page) => page.getByTestId('topology');
const kindsListed = (page: Page) => page.locator('[data-defect]').evaluateAll((rows) => [...new Set(rows.map((row) => (row as HTMLElement).dataset['kind']!))]);

async function check(page: Page, query: string): Promise<void> {
  await page.goto(`${origin()}/parcels${query}`);
  await mapIdle(page);
  await page.getByTestId('check').click();
  await expect(section(page).locator('[data-defect]').first()).toBeVisible();
}

for (const size of [desktop, phone]) {
  test(`defects are counted, listed and shown on a screen ${size.width} wide`, async ({ browser }) => {
    await fitting(browser, async (page, url) => {
      await page.setViewportSize(size);
      await check(page, '?v=1&lang=en');
      const answer = (await (await fetch(`${url}/ogc/collections/parcels/topology`)).json()) as { defects: number; kinds: Record<string, number> };
      // The double, the bow-tie, the stated area, and what lies over others.
      expect(answer.kinds).toMatchObject({ 'invalid-ring': 1, duplicate: 1, 'stated-area': 1, gap: 0 });
      expect(answer.kinds['overlap']).toBeGreaterThan(0);
      await expect(section(page).getByRole('status')).toContainText(`Checked: 3,001. Defects: ${answer.defects}.`);
      await expect(page.locator('[data-defect]')).toHaveCount(answer.defects);
      expect(await kindsListed(page)).toEqual(['invalid-ring', 'duplicate', 'overlap', 'stated-area']);
      // A press goes there, closer than the whole.
      const before = page.url();
      await page.locator('[data-defect][data-kind="invalid-ring"]').click();
      await expect(page).not.toHaveURL(before);
      await mapIdle(page);
      const [longitude, latitude, zoom] = new URL(page.url()).searchParams.get('map')!.split(',').map(Number);
      expect(Math.abs(longitude! - 114.0902) + Math.abs(latitude! - 30.3991)).toBeLessThan(0.02);
      expect(zoom).toBeGreaterThan(15);
      // One kind, and all again.
      await page.locator('button.kind[data-kind="duplicate"]').click();
      await expect(page.locator('[data-defect]')).toHaveCount(1);
      await expect(page.locator('[data-defect]')).toContainText('p-0000002, twice');
      await page.locator('button.kind[data-kind="duplicate"]').click();
      await expect(page.locator('[data-defect]')).toHaveCount(answer.defects);
      await expect(section(page).getByRole('link', { name: 'GeoJSON' })).toHaveAttribute('href', /collections\/parcels\/topology\?f=json/);
      await page.getByRole('button', { name: 'End the check' }).click();
      await expect(page.locator('[data-defect]')).toHaveCount(0);
    });
  });
}

test('what is checked is what matches, and a new condition ends the check', async ({ browser }) => {
  await fitting(browser, async (page) => {
    await check(page, `?v=1&lang=en&c=${encodeURIComponent('in~id~twice')}`);
    await expect(page.getByTestId('count')).toHaveText('1');
    await expect(section(page).getByRole('status')).toContainText('Checked: 1. Defects: 1.');
    expect(await kindsListed(page)).toEqual(['duplicate']);
    await page.getByRole('button', { name: 'Clear' }).click();
    await expect(page.getByTestId('count')).toHaveText('3,001');
    await expect(page.locator('[data-defect]')).toHaveCount(0);
    await expect(page.getByTestId('check')).toBeVisible();
  });
});

test('a check can be read by all', async ({ browser }) => {
  for (const lang of languages) {
    await fitting(browser, async (page) => {
      await check(page, `?v=1&lang=${lang}`);
      await page.locator('button.kind[data-kind="overlap"]').click();
      await expect(page.locator('button.kind[data-kind="overlap"]')).toHaveAttribute('aria-pressed', 'true');
      expect(await violations(page)).toEqual([]);
    });
  }
});
