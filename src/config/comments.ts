/** What comments of the configuration file tell to those who are shown no secrets: a former password, say. */
import { isNode, isScalar, visit } from 'yaml';
import type { Document, Node, Scalar } from 'yaml';

/** Whatever a line says that has one of these is hidden: too much rather than too little. */
const telling = /pass(word|phrase)|secret|private.?key|token|pa(ss|ß)wort|kennwort|geheim|-----(BEGIN|END)/i;
/** A line of a key. */
const encoded = /[A-Za-z0-9+/=]{40}/;
/** Shorter ones are words that stand anywhere. */
const leastSecret = 4;

/** Hides every comment that stands at a secret, and every line of others that may tell one. */
export function hideComments(
  document: Document,
  {
    keys,
    texts,
    hidden,
  }: {
    /** Of secrets and of what they are read from. */
    readonly keys: ReadonlySet<string>;
    /** Of secrets. */
    readonly texts: readonly string[];
    /** What is shown instead. */
    readonly hidden: string;
  },
): void {
  const told = texts.filter((text) => text.length >= leastSecret);
  const isTelling = (line: string): boolean =>
    telling.test(line) || encoded.test(line) || told.some((text) => line.includes(text));
  const shown = (comment: string): string =>
    comment
      .split('\n')
      .map((line) => (isTelling(line) ? ` ${hidden}` : line))
      .join('\n');
  const isSecret = (key: unknown): key is Scalar => isScalar(key) && keys.has(String(key.value));
  document.commentBefore &&= shown(document.commentBefore);
  document.comment &&= shown(document.comment);
  const all = ` ${hidden}`;
  visit(document, {
    Node: (_key, node) => change(node, shown),
    Pair: (_key, { key, value }) => {
      if (!isSecret(key)) return;
      change(key, () => all);
      if (isNode(value)) visit(value, { Node: (_at, node) => change(node, () => all) });
    },
    Map: (_key, map) => {
      const [first, last] = [map.items.at(0), map.items.at(-1)];
      // What stands before the first entry, behind the last one, or behind all of them on one line, belongs to the map.
      const [isAtFirst, isAtLast] = [isSecret(first?.key), isSecret(last?.key)];
      const isOnItsLine = map.flow === true && map.items.some(({ key }) => isSecret(key));
      if (map.commentBefore) map.commentBefore = isAtFirst ? all : shown(map.commentBefore);
      if (map.comment) map.comment = isAtLast || isOnItsLine ? all : shown(map.comment);
    },
  });
}

function change(node: Node, by: (comment: string) => string): void {
  node.commentBefore &&= by(node.commentBefore);
  node.comment &&= by(node.comment);
}
