import { describe, expect, it } from 'vitest';
import { grouped, marked, type Hit } from '../../src/search/service';

const hit = (kind: string, id: string): Hit => ({
  collection: 'places', id, kind: { id: kind, zh: kind, en: kind }, name: { zh: id, en: id }, match: { how: 'name', text: id, ranges: [] }, point: null, bbox: null,
});

describe('what was found', () => {
  it('stands by kind, in the order of the best hit of each', () => {
    const groups = grouped([hit('lake', 'a'), hit('park', 'b'), hit('lake', 'c')]);
    expect(groups.map(({ kind, hits }) => [kind.id, hits.map(({ id }) => id)])).toEqual([['lake', ['a', 'c']], ['park', ['b']]]);
    expect(grouped([])).toEqual([]);
  });

  it('is marked where it was typed, in UTF-16 code units', () => {
    // The second character takes two of them.
    expect(marked('南\u{20BB7}湖park', [[1, 3], [4, 6]])).toEqual([
      { text: '南', typed: false }, { text: '\u{20BB7}', typed: true }, { text: '湖', typed: false }, { text: 'pa', typed: true }, { text: 'rk', typed: false },
    ]);
    expect(marked('湖', [])).toEqual([{ text: '湖', typed: false }]);
    expect(marked('湖', [[0, 1]])).toEqual([{ text: '湖', typed: true }]);
  });
});
