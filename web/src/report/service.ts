// What the Report screen asks the service. Every number and sentence on it comes from here.
import { readJson } from '../service';

export interface Line {
  id: string;
  name: string;
  type: string | null;
  reason: string;
  statement: string;
  /** Where it lies, when an area is asked for. */
  lies?: string;
}

export const statuses = ['built', 'in-progress', 'planned', 'unknown'] as const;
export type Status = (typeof statuses)[number];

/** Numbers of a row, each with its units. */
export interface Cells {
  count: number;
  statuses: Record<Status, { count: number; units: string[] }>;
}

export interface CrossRow extends Cells {
  /** Those of the plan; null for units whose type nobody tells. */
  types: (Cells & { type: string | null })[];
}

/** How a count spreads over the layout, types and states. A unit of two parts stands in both rows, once in the total. */
export interface Cross {
  statuses: { id: Status; name: string }[];
  rows: (CrossRow & { part: { kind: string | null; id: string | null; name: string } })[];
  total: CrossRow;
  countedAgain: string[];
  notes: string[];
}

export interface Count {
  rule: { id: string; title: string; statement: string };
  scope: { id: string; title: string; statement: string };
  count: number;
  byType: Record<string, number>;
  counted: Line[];
  excluded: Line[];
  /** How sure the count is, when an area is asked for. */
  inArea: { certain: number; undecided: number; withoutPosition: number; statement: string } | null;
  cross: Cross;
}

export interface Units {
  asOf: string;
  dataDate: string | null;
  areas: { feature: string; kind: string; name: string }[];
  area: { name: string; feature: string | null; statement: string } | null;
  target: {
    name: string; op: string; value: number; by: number | null; deadline: string | null; state: string; statement: string;
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

/** All of the screen: `query` says the day and the language, `area` where the units lie. */
export async function readReport(query: string, area: string): Promise<Report> {
  const read = <Answer>(path: string, more = '') => readJson<Answer>(`${path}?f=json&${query}${more}`);
  const [units, progress, { blocks }] = await Promise.all([
    read<Units>('/units', area),
    read<Progress>('/progress'),
    read<{ blocks: { id: string }[] }>('/blocks'),
  ]);
  return { units, progress, blocks: await Promise.all(blocks.map(({ id }) => read<Block>(`/blocks/${encodeURIComponent(id)}`))) };
}
