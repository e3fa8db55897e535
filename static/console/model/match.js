/**
 * Fuzzy matching for the command bar and the menus: the letters of the query in order, better when
 * they begin words or stand together.
 */

/**
 * How well `text` answers `query`; 0: not at all. An empty query is answered by everything.
 * @param {string} query
 * @param {string} text
 */
export function score(query, text) {
  const sought = [...query.toLocaleLowerCase().replaceAll(/\s+/gu, "")];
  const letters = [...text.toLocaleLowerCase()];
  if (sought.length === 0) return 1;
  let points = 0;
  let at = -1;
  for (const letter of sought) {
    const next = letters.indexOf(letter, at + 1);
    if (next < 0) return 0;
    if (next === at + 1) points += 3;
    if (next === 0 || /[\s@._·-]/u.test(letters[next - 1] ?? "")) points += 4;
    points += 1;
    at = next;
  }
  return points / (1 + letters.length / 100);
}

/**
 * The best answers, best first; equals keep their order. What `wordsOf` adds is found too, but its
 * name is what a thing is called by.
 * @template T
 * @param {string} query
 * @param {readonly T[]} items
 * @param {(item: T) => string} nameOf
 * @param {number} [most]
 * @param {(item: T) => string} [wordsOf]
 * @returns {T[]}
 */
export function best(query, items, nameOf, most = 50, wordsOf = () => "") {
  return items
    .map((item) => ({
      item,
      points: Math.max(
        2 * score(query, nameOf(item)),
        score(query, `${nameOf(item)} ${wordsOf(item)}`),
      ),
    }))
    .filter(({ points }) => points > 0)
    .sort((one, other) => other.points - one.points)
    .slice(0, most)
    .map(({ item }) => item);
}
