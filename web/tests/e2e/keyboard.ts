// The page by the Tab key.
import type { Page } from '@playwright/test';

/** Identity of what has the focus and whether its focus can be seen. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return null;
    const outlined = (candidate: Element) => {
      const style = getComputedStyle(candidate);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    };
    const box = element.getBoundingClientRect();
    return {
      name: element.getAttribute('data-place') ?? element.getAttribute('data-part') ?? element.getAttribute('aria-label') ?? element.id ?? element.textContent?.trim() ?? '',
      label: (element.getAttribute('aria-label') ?? element.textContent ?? '').trim(),
      seen: outlined(element) || outlined(element.parentElement!),
      inWindow: box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth,
    };
  });

/** Every stop of the Tab key from the first to leaving the page. */
export async function walk(page: Page): Promise<NonNullable<Awaited<ReturnType<typeof focused>>>[]> {
  const stops: NonNullable<Awaited<ReturnType<typeof focused>>>[] = [];
  // The key goes on from where the page was last pressed, so that is put before everything else.
  await page.evaluate(() => {
    const start = Object.assign(document.createElement('span'), { tabIndex: -1 });
    document.body.prepend(start);
    start.focus();
    start.remove();
  });
  for (let step = 0; step < 400; step++) {
    await page.keyboard.press('Tab');
    const stop = await focused(page);
    if (!stop) return stops;
    stops.push(stop);
  }
  throw new Error(`no end after 400 steps: ${stops.slice(-5).map(({ name }) => name).join(' → ')}`);
}
