// What the Report screen asks the service. Every number and sentence on it comes from here.
import type { Lang } from '../catalogue';
import { readJson } from '../service';

export interface Line {
  id: string;
  name: string;
  type: string | null;
  reason: string;
  statement: string;
}

export interface Count {
  rule: { id: string; title: string; statement: string };
  scope: { id: string; title: string; statement: string };
  count: number;
  byType: Record<string, number>;
  counted: Line[];
  excluded: Line[];
}

export interface Units {
  asOf: string;
  target: {
    name: string; op: string; value: number; by: number | null; state: string; statement: string;
    decidedBy: { rule: string; scope: string; count: number; statement: string };
  } | null;
  counts: Count[];
}

export interface Row {
  id: string;
  number: number | null;
  name: string;
  unit: string;
  baseline: number | null;
  op: string;
  target: number;
  by: number | null;
  latest: { value: number; date: string } | null;
  shareOfChangeDue: number | null;
  status: string;
  statement: string;
  sections: string[];
  notes: string[];
}

export interface Progress {
  rule: { statement: string };
  indicators: Row[];
  targets: Row[];
  cautions: { id: string; statement: string; sections: string[] }[];
}

export interface Member {
  id: string;
  name: string;
  lies: string;
  statement: string;
}

export interface Block {
  id: string;
  name: string;
  contains: { what: string; stated: number; inside: number; notNamed: number; places: Member[] }[];
  edges: { side: string; id: string; name: string; nearestM: number | null; toleranceM: number | null; meets: boolean | null; follows: boolean | null }[];
  notes: string[];
}

export interface Report {
  units: Units;
  progress: Progress;
  blocks: Block[];
}

/** All of the screen, as of a day, or of the day of the data when none is named. */
export async function readReport(asOf: string | null, lang: Lang): Promise<Report> {
  const query = new URLSearchParams({ f: 'json', lang, ...(asOf === null ? {} : { as_of: asOf }) }).toString();
  const read = <Answer>(path: string) => readJson<Answer>(`${path}?${query}`);
  const [units, progress, { blocks }] = await Promise.all([
    read<Units>('/units'),
    read<Progress>('/progress'),
    read<{ blocks: { id: string }[] }>('/blocks'),
  ]);
  return { units, progress, blocks: await Promise.all(blocks.map(({ id }) => read<Block>(`/blocks/${encodeURIComponent(id)}`))) };
}
