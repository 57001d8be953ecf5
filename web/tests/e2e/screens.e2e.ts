// What the three screens share: the bar with help and about, the keys; and what both maps carry.
import { violations } from './axe';
import { expect, languages, mapIdle, origin, phone, test, always } from './explore';

const here = { longitude: 114.16, latitude: 30.48 };
const paths = { explore: '/', parcels: '/parcels', report: '/report' } as const;

for (const [name, path] of Object.entries(paths)) {
  for (const lang of languages) {
    test(`${name} in ${lang}: help and about open by button and by key`, always((lang === 'zh') === (name === 'parcels')), async ({ page }) => {
      await page.goto(`${origin()}${path}?lang=${lang}`);
      const [help, about, using] = lang === 'zh' ? ['帮助', '关于', '使用帮助'] : ['Help', 'About', 'Help'];
      const dialog = page.getByRole('dialog');
      await page.getByRole('button', { name: help!, exact: true }).click();
      await expect(dialog.getByRole('heading', { name: using!, exact: true })).toBeVisible();
      expect(await violations(page), 'help').toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: about!, exact: true }).click();
      await expect(dialog).toContainText('maplibre-gl');
      await expect(dialog).toContainText('OpenStreetMap');
      expect(await violations(page), 'about').toEqual([]);
      await page.keyboard.press('Escape');
      await expect(dialog).toHaveCount(0);
      await page.locator('body').press('?');
      await expect(dialog.getByRole('heading', { name: using!, exact: true })).toBeVisible();
      await dialog.getByRole('checkbox').uncheck();
      await page.keyboard.press('Escape');
      await page.locator('body').press('/');
      await expect(page.locator('#search')).not.toBeFocused();
      await page.reload();
      await page.locator('body').press('?');
      await expect(dialog).toHaveCount(0);
    });
  }
}

for (const [size, viewport] of Object.entries({ desktop: { width: 1280, height: 800 }, phone })) {
  test(`both maps show where the reader is, at their request (${size})`, async ({ page, context }) => {
    await context.grantPermissions(['geolocation'], { origin: origin() });
    await context.setGeolocation({ ...here, accuracy: 30 });
    await page.setViewportSize(viewport);
    for (const path of [paths.explore, paths.parcels]) {
      await page.goto(`${origin()}${path}?lang=en`);
      await mapIdle(page);
      const mark = page.getByRole('img', { name: 'My location' });
      await expect(mark).toHaveCount(0);
      await page.getByRole('button', { name: 'Show my location on map' }).click();
      await expect(mark).toBeInViewport();
      await mapIdle(page);
      await expect(page.getByText('±30 m', { exact: false }).first()).toBeVisible();
      // The mark stands where the map has the position: at a finger's width it is what the map's own centre says.
      const box = (await page.getByTestId('map').boundingBox())!;
      const at = (await mark.boundingBox())!;
      const [longitude, latitude, zoom] = new URL(page.url()).searchParams.get('map')!.split(',').map(Number);
      const perDegree = (512 * 2 ** zoom!) / 360;
      const y = (degrees: number) => (Math.log(Math.tan(Math.PI / 4 + (degrees * Math.PI) / 360)) * 180) / Math.PI;
      expect(Math.abs(at.x + at.width / 2 - (box.x + box.width / 2 + (here.longitude - longitude!) * perDegree))).toBeLessThan(4);
      expect(Math.abs(at.y + at.height / 2 - (box.y + box.height / 2 - (y(here.latitude) - y(latitude!)) * perDegree))).toBeLessThan(4);
    }
  });
}

test('a location that is refused is told on the map of parcels', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.geolocation.getCurrentPosition = (_, failed) => failed?.({ code: 1, PERMISSION_DENIED: 1, POSITION_UNAVAILABLE: 2, TIMEOUT: 3, message: '' });
  });
  await page.goto(`${origin()}${paths.parcels}?lang=en`);
  await page.getByRole('button', { name: 'Show my location on map' }).click();
  await expect(page.getByText('The browser did not allow the use of your location.')).toBeVisible();
});

for (const lang of languages) {
  test(`the map of parcels has a legend, which stays in the window of a phone (${lang})`, always(lang === 'en'), async ({ page }) => {
    await page.setViewportSize(phone);
    await page.goto(`${origin()}${paths.parcels}?lang=${lang}`);
    await mapIdle(page);
    await page.locator('.legend button').click();
    const legend = page.getByRole('region', { name: lang === 'zh' ? '图例' : 'Legend' });
    for (const sign of lang === 'zh' ? ['符合条件的地块', '街区', '规划', '智能制造创新带'] : ['matching parcels', 'Block', 'Planned', 'Smart-manufacturing Innovation Belt']) await expect(legend.getByText(sign, { exact: true })).toBeAttached();
    const list = (await legend.locator('.signs').boundingBox())!;
    expect(list.y).toBeGreaterThan(60);
    expect(list.y + list.height).toBeLessThan((await page.locator('#panel').boundingBox())!.y);
    expect(await violations(page)).toEqual([]);
    await legend.getByRole('button').click();
    await expect(legend.locator('.signs')).toHaveCount(0);
  });
}
