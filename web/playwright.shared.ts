// What the browser tests and the screenshots have in common: the browser, and the address of the started server.
import type { PlaywrightTestConfig } from '@playwright/test';

export const chromiumFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // No name leads anywhere, so whatever a page asks of another host is never sent.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  // The page itself is painted without the graphics library that stands in for a card: the suite takes a seventh less so.
  '--disable-gpu-compositing',
  // Mesa draws the maps on the processor, in half the time of the browser's own stand-in for a card and keeping what it compiled.
  '--use-gl=angle',
  '--use-angle=gl-egl',
  '--ignore-gpu-blocklist',
];
export const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium-headless-shell';

export const shared: PlaywrightTestConfig = {
  globalSetup: './tests/e2e/server.ts',
  // Software drawing keeps a core busy; a second worker would only slow both.
  workers: 1,
  fullyParallel: false,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: Boolean(process.env['CI']),
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: chromiumPath, args: chromiumFlags },
    contextOptions: { reducedMotion: 'reduce' },
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    trace: 'off',
  },
};
