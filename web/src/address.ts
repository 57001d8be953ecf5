// What the page's address holds, and back: `?v=1&map=lng,lat,zoom&sel=…&card=…&layers=…&q=…&as_of=…&embed=1&lang=…&theme=…`.
// Reading never fails: a part that cannot be understood is left out and named in `dropped`.
import { parts, type Lang, type Part } from './catalogue';

export const themes = ['auto', 'light', 'dark'] as const;
export type ThemeChoice = (typeof themes)[number];
/** The choice that follows another, round and round. */
export const themeAfter = (theme: ThemeChoice): ThemeChoice => themes[(themes.indexOf(theme) + 1) % themes.length]!;

export interface View { longitude: number; latitude: number; zoom: number }

export interface Address {
  map: View | null;
  /** Key of the selected place. */
  sel: string | null;
  card: Part | null;
  /** Collections drawn on the map, when they are not the usual ones. */
  layers: string[] | null;
  q: string;
  /** The day whose state is shown. */
  asOf: string | null;
  /** The map alone, within another page. */
  embed: boolean;
  lang: Lang | null;
  theme: ThemeChoice | null;
}

const formVersion = '1';

/** Longitude, latitude and zoom; null for what is no view of the earth. */
export function viewOf(value: string): View | null {
  const numbers = value.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const [longitude, latitude, zoom] = numbers;
  if (numbers.length !== 3 || longitude === undefined || latitude === undefined || zoom === undefined) return null;
  const possible = Math.abs(longitude) <= 180 && Math.abs(latitude) <= 85 && zoom >= 0 && zoom <= 24;
  return possible ? { longitude, latitude, zoom } : null;
}

/** A day of the calendar; the 30th of February is none, although it can be parsed. */
export function isDay(value: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : NaN;
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(value);
}

export function readAddress(search: string): { address: Address; dropped: string[] } {
  const address: Address = { map: null, sel: null, card: null, layers: null, q: '', asOf: null, embed: false, lang: null, theme: null };
  const dropped: string[] = [];
  for (const [name, value] of new URLSearchParams(search)) {
    let understood = true;
    switch (name) {
      case 'v':
        understood = value === formVersion;
        break;
      case 'map':
        address.map = viewOf(value);
        understood = address.map !== null;
        break;
      case 'sel':
        understood = /^[^:]+:.+$/.test(value);
        if (understood) address.sel = value;
        break;
      case 'card':
        address.card = parts.find((part) => part === value) ?? null;
        understood = address.card !== null;
        break;
      case 'layers':
        address.layers = value.split(',').filter((id) => id !== '');
        break;
      case 'q':
        address.q = value;
        break;
      case 'as_of':
        understood = isDay(value);
        if (understood) address.asOf = value;
        break;
      case 'embed':
        understood = value === '1';
        address.embed = understood;
        break;
      case 'lang':
        understood = value === 'zh' || value === 'en';
        if (understood) address.lang = value as Lang;
        break;
      case 'theme':
        address.theme = themes.find((theme) => theme === value) ?? null;
        understood = address.theme !== null;
        break;
      default:
        understood = false;
    }
    if (!understood) dropped.push(`${name}=${value}`);
  }
  return { address, dropped };
}

export function writeAddress(address: Address): string {
  const query = [`v=${formVersion}`];
  // Commas and colons are legal in a query (RFC 3986, 3.4) and keep a shared link readable.
  const add = (name: string, value: string) => query.push(`${name}=${encodeURIComponent(value).replaceAll('%2C', ',').replaceAll('%3A', ':')}`);
  const { map } = address;
  if (map) add('map', `${map.longitude.toFixed(5)},${map.latitude.toFixed(5)},${map.zoom.toFixed(2)}`);
  if (address.sel) add('sel', address.sel);
  if (address.card) add('card', address.card);
  if (address.layers) add('layers', address.layers.join(','));
  if (address.q) add('q', address.q);
  if (address.asOf) add('as_of', address.asOf);
  if (address.embed) add('embed', '1');
  if (address.lang) add('lang', address.lang);
  if (address.theme) add('theme', address.theme);
  return `?${query.join('&')}`;
}
