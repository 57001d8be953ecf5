// Pictures for review: what the page looks like in both languages, both themes, on desktop and phone.
import { mkdirSync, writeFileSync } from 'node:fs';
import { languages, open, origin, phone, picture, test, themes } from './explore';
import { decode, encodeSmall } from './png';

const desktop = { width: 1440, height: 900 };

for (const lang of languages) {
  for (const theme of themes) {
    for (const [size, viewport] of Object.entries({ desktop, phone })) {
      test(`${lang} ${theme} ${size}`, async ({ page }) => {
        await page.setViewportSize(viewport);
        await open(page, `?lang=${lang}&theme=${theme}`);
        mkdirSync('screenshots', { recursive: true });
        writeFileSync(`screenshots/explore-${lang}-${theme}-${size}.png`, encodeSmall(await picture(page)));
        await page.goto(`${origin()}/parcels?v=1&lang=${lang}&theme=${theme}&c=in~use_code~M0&c=near~axes~axis-chegu-avenue~5000&map=${size === 'phone' ? '114.08,30.4,11.4' : '114.075,30.4,12.4'}`);
        await page.locator('tr[data-id]').first().waitFor();
        writeFileSync(`screenshots/parcels-${lang}-${theme}-${size}.png`, encodeSmall(await picture(page)));
        await page.goto(`${origin()}/report?lang=${lang}&theme=${theme}`);
        await page.getByTestId('headline').waitFor();
        await page.waitForLoadState('networkidle');
        writeFileSync(`screenshots/report-${lang}-${theme}-${size}.png`, encodeSmall(decode(await page.screenshot())));
      });
    }
  }
}
