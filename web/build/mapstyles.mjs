// Of the map library's style sheet only what this page's maps wear: three quarters of it dress controls, popups and
// markers of the library's own, none of which is used.
const unused = /ctrl|popup|marker|user-location|cooperative|attrib/;

/** Rules at the top of a style sheet, each with its block. */
function rules(css) {
  const found = [];
  let [depth, start] = [0, 0];
  for (let at = 0; at < css.length; at++) {
    if (css[at] === '{') depth++;
    if (css[at] !== '}' || --depth > 0) continue;
    found.push(css.slice(start, at + 1));
    start = at + 1;
  }
  return found;
}

/** The sheet without selectors of what is not used, and without rules and media that then are empty. */
export function worn(css) {
  return rules(css).flatMap((rule) => {
    const open = rule.indexOf('{');
    const head = rule.slice(0, open);
    if (head.startsWith('@keyframes')) return unused.test(head) ? [] : [rule];
    if (head.startsWith('@')) {
      const inner = worn(rule.slice(open + 1, -1));
      return inner === '' ? [] : [`${head}{${inner}}`];
    }
    const kept = head.split(',').filter((selector) => !unused.test(selector));
    return kept.length === 0 ? [] : [kept.join(',') + rule.slice(open)];
  }).join('');
}

export const mapStyles = () => ({
  name: 'map-styles',
  enforce: 'pre',
  transform: (code, id) => (/maplibre-gl\.css$/.test(id) ? worn(code) : null),
});
