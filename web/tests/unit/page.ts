// A page without a browser: an address with a history, and a service that answers as it is told. What a screen keeps and does runs
// in it as it is, without being shown.
import { vi } from 'vitest';
import type { AppInfo, Collection, Plan } from '../../src/catalogue';

/** What the service says to a request; thrown, the request fails. A status alone is a refusal. */
export type Service = (path: string, query: URLSearchParams) => unknown;

export const refused = (status: number, detail: string): Response => Response.json({ detail }, { status });

/** A page at the last of some addresses, the others before it in its history. */
export function openPage(addresses: string[], service: Service, languages = ['zh-CN']): { asked: string[] } {
  const origin = 'http://page.test';
  const entries = addresses.map((address) => ({ url: new URL(address, origin), state: null as unknown }));
  let at = entries.length - 1;
  const listeners = new Set<() => void>();
  const asked: string[] = [];
  const here = () => entries[at]!;
  const go = (state: unknown, address: string) => ({ url: new URL(address, here().url), state });
  vi.stubGlobal('location', {
    get href() { return here().url.href; },
    get origin() { return origin; },
    get pathname() { return here().url.pathname; },
    get search() { return here().url.search; },
  });
  vi.stubGlobal('history', {
    get state() { return here().state; },
    pushState: (state: unknown, _: string, address: string) => void entries.splice(++at, Infinity, { url: new URL(address, entries[at - 1]!.url), state }),
    replaceState: (state: unknown, _: string, address: string) => (entries[at] = go(state, address)),
    back: () => setTimeout(() => {
      if (at === 0) return;
      at--;
      for (const listener of listeners) listener();
    }),
  });
  vi.stubGlobal('addEventListener', (event: string, listener: () => void) => event === 'popstate' && listeners.add(listener));
  vi.stubGlobal('removeEventListener', (_: string, listener: () => void) => listeners.delete(listener));
  vi.stubGlobal('matchMedia', () => ({ matches: true, addEventListener: () => undefined, removeEventListener: () => undefined }));
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('innerWidth', 1280);
  vi.stubGlobal('innerHeight', 720);
  vi.stubGlobal('localStorage', undefined);
  vi.stubGlobal('navigator', { languages });
  vi.stubGlobal('fetch', async (address: string, { body }: RequestInit = {}) => {
    const { pathname, searchParams } = new URL(address, origin);
    asked.push(pathname);
    for (const [name, value] of Object.entries(body ? (JSON.parse(String(body)) as Record<string, unknown>) : {})) searchParams.set(name, String(value));
    const answer = await service(pathname, searchParams);
    return answer instanceof Response ? answer : Response.json(answer);
  });
  return { asked };
}

/** A promise to be kept later. */
export function held(): { kept: Promise<void>; keep: () => void } {
  let keep = () => {};
  const kept = new Promise<void>((resolve) => (keep = resolve));
  return { kept, keep };
}

/** What the service says of itself, with some collections and no plan. */
export function appOf(collections: Collection[], more: Partial<AppInfo> = {}): AppInfo {
  return { title: { zh: '区', en: 'Zone' }, lang: null, description: null, attribution: null, licence: '', data_date: '', approval_number: '', is_internal: false, start_extent: null, extents: [], revision: '', version: '', collections, plan: null, ...more };
}

/** A plan of nothing but types of units. */
export const planOf = (unit_types: Plan['unit_types'] = []): Plan => ({ title: null, period: { start: 2023, end: 2027 }, formula: null, section: null, layout: [], unit_types, industries: [], target: null });
