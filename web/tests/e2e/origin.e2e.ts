import { gzipSync } from 'node:zlib';
import { expect, mapIdle, open, origin, phone, test } from './explore';

test.use({ drawn: true });

const KB = 1024;

test('no request leaves the origin, whatever is done; the first screen keeps its budget', async ({ page }) => {
  const urls: string[] = [];
  const scripts: Promise<number>[] = [];
  page.on('request', (request) => urls.push(request.url()));
  page.on('response', (response) => {
    if (/\.js$/.test(new URL(response.url()).pathname)) scripts.push(response.body().then((body) => gzipSync(body, { level: 9 }).length));
  });
  await open(page);
  const firstScreen = (await Promise.all(scripts)).reduce((sum, bytes) => sum + bytes, 0);
  expect(firstScreen).toBeGreaterThan(100 * KB);
  expect(firstScreen).toBeLessThanOrEqual(350 * KB);

  await page.getByRole('button', { name: 'Switch to English' }).click();
  await page.getByRole('button', { name: /^Theme/ }).click();
  await page.getByRole('button', { name: 'About' }).click();
  await expect(page.getByText(/^maplibre-gl /)).toBeVisible();
  await expect(page.getByText('OFL-1.1').first()).toBeVisible();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByRole('button', { name: 'Zoom map in' }).click();
  await page.locator('[data-part=axis]').click();
  await page.locator('.legend summary').click();
  await page.getByRole('checkbox', { name: /Sample parcels/ }).check();
  await mapIdle(page);
  await page.setViewportSize(phone);
  await mapIdle(page);
  const elsewhere = urls.filter((url) => !/^(data|blob):/.test(url) && new URL(url).origin !== origin());
  expect(elsewhere).toEqual([]);
});

test('the answers carry the policy and the caching they should', async () => {
  const page = await fetch(`${origin()}/`);
  const policy = page.headers.get('content-security-policy') ?? '';
  for (const rule of ["default-src 'self'", "worker-src 'self' blob:", "connect-src 'self'", "font-src 'self'", "object-src 'none'", "base-uri 'self'"]) expect(policy).toContain(rule);
  const script = /src="([^"]+\.js)"/.exec(await page.text())![1]!;
  expect((await fetch(`${origin()}${script}`)).headers.get('content-type')).toContain('text/javascript');
  expect((await fetch(`${origin()}/assets/nothing.js`)).status).toBe(404);
});
