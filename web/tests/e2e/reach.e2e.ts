// Within a walk: rings on the map and the table beside it, held against the service; links and the extents of the map.
import { violations } from './axe';
import { expect, languages, mapIdle, open, origin, phone, test, always } from './explore';

interface Reach { mode: string; categories: { title: string; counts: number[] }[]; facilities: { name: string }[]; features: { properties: { area_ha: number } }[] }

const place = 'sites:nantaizihu-innovation-block';

async function told(query: string, lang: string): Promise<Reach> {
  return (await (await fetch(`${origin()}/ogc/reach?${query}`, { headers: { accept: 'application/geo+json', 'accept-language': lang } })).json()) as Reach;
}

for (const lang of languages) {
  test(`a place tells what is within 5, 10 and 15 minutes on foot (${lang})`, always(lang === 'zh'), async ({ page }) => {
    await open(page, `?lang=${lang}&sel=${place}`);
    const section = page.locator('[data-reach]');
    await section.getByRole('button').first().click();
    const reach = await told(`feature=${place}`, lang);
    await expect(section.locator('[data-mode]')).toHaveAttribute('data-mode', reach.mode);
    for (const { title, counts } of reach.categories.filter(({ counts }) => counts.some((count) => count > 0))) {
      await expect(section.getByRole('row').filter({ hasText: title }).first()).toContainText(String(counts[2]));
    }
    const gaps = reach.categories.filter(({ counts }) => counts.every((count) => count === 0));
    await expect(section.locator('[data-gaps] > li')).toHaveCount(gaps.length);
    await mapIdle(page);
    expect(await violations(page)).toEqual([]);
    // Another press takes the rings away.
    await section.getByRole('button').first().click();
    await expect(section.locator('table')).toHaveCount(0);
  });
}

test('the extents go from the city to the nation, and a link tells its length', async ({ page }) => {
  await open(page, '?lang=en');
  const zoom = () => Number(new URL(page.url()).searchParams.get('map')?.split(',')[2] ?? NaN);
  const extents = page.getByRole('combobox', { name: 'Choose the extent of the map' });
  let before = Infinity;
  for (const id of ['city', 'province', 'nation']) {
    await extents.selectOption(id);
    await expect.poll(zoom).toBeLessThan(before);
    await mapIdle(page);
    before = zoom();
  }
  await open(page, '?lang=en&sel=links:link-beijing');
  await expect(page.locator('#panel')).toContainText('Length of the geodesic');
});

test.describe('on a phone', () => {
  test.use({ viewport: phone });
  test('the extents and the walk are there, too', async ({ page }) => {
    await open(page, `?lang=zh&sel=${place}`);
    await page.locator('[data-reach]').getByRole('button').first().click();
    await expect(page.locator('[data-reach] table')).toBeVisible();
    expect(await violations(page)).toEqual([]);
  });
});
