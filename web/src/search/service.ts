// What the service answers to a search, and how it is asked.
import type { Collection, Lang, Place } from '../catalogue';
import type { Bounds } from '../geometry';
import { readJson, readPlace } from '../service';

export interface Kind { id: string; zh: string; en: string }
export interface Hit {
  collection: string;
  id: string;
  kind: Kind;
  name: Record<Lang, string>;
  /** `ranges` count UTF-16 code units of `text`. */
  match: { how: string; text: string; ranges: [number, number][] };
  point: [number, number] | null;
  bbox: Bounds | null;
  synthetic?: boolean;
}

export interface Group { kind: Kind; hits: Hit[] }

const most = 12;

/** A section of the plan that was looked for. */
export interface Clause { title: string; href: string }

export interface Found { hits: Hit[]; clause: Clause | null }

/** What is found; of what fits alike, what lies in sight comes first. */
export async function readHits(text: string, lang: Lang, sight: Bounds | null, signal: AbortSignal): Promise<Found> {
  const query = new URLSearchParams({ q: text, limit: String(most), f: 'json', lang, ...(sight && { bbox: sight.map((degrees) => degrees.toFixed(5)).join(',') }) });
  const { hits, links } = await readJson<{ hits: Hit[]; links: { rel: string; href: string; title: string }[] }>(`/ogc/search?${query}`, { signal });
  const clause = links.find(({ rel }) => rel === 'urn:innospace:rel:clause');
  // Links are absolute; behind a proxy their host may not be ours.
  const address = clause && new URL(clause.href, location.href);
  return { hits, clause: clause && address ? { title: clause.title, href: address.pathname + address.search } : null };
}

/** A feature that the page has not loaded, as a place under the name that it was found by. */
export async function readFound(hit: Hit, collection: Collection): Promise<Place> {
  return { ...(await readPlace(collection, hit.id)), name: hit.name };
}

/** Hits by kind, the kinds in the order of their best hit. */
export function grouped(hits: readonly Hit[]): Group[] {
  const groups = new Map<string, Group>();
  for (const hit of hits) {
    const group = groups.get(hit.kind.id);
    if (group) group.hits.push(hit);
    else groups.set(hit.kind.id, { kind: hit.kind, hits: [hit] });
  }
  return [...groups.values()];
}

/** A text in pieces, those that were typed and those that were not. */
export function marked(text: string, ranges: readonly (readonly [number, number])[]): { text: string; typed: boolean }[] {
  let at = 0;
  const pieces = ranges.flatMap(([from, to]) => {
    const both = [{ text: text.slice(at, from), typed: false }, { text: text.slice(from, to), typed: true }];
    at = to;
    return both;
  });
  return [...pieces, { text: text.slice(at), typed: false }].filter((piece) => piece.text !== '');
}
