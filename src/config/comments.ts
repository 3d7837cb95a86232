/** What comments of the configuration file tell to those who are shown no secrets: a former password, say. */
import { isMap, isNode, isPair, isScalar, isSeq, visit } from 'yaml';
import type { Document, Node, Scalar } from 'yaml';

/** Whatever a line says that has one of these is hidden: too much rather than too little. */
const telling = new RegExp(
  [
    ...[
      'pass(word|phrase|wd|code)',
      'pass(?![a-z])',
      '(?<![a-z])(pwd?|psk)(?![a-z])',
      'secret',
      'private.?key',
      'token',
    ],
    ...['pa(ss|ß)wort', 'kennwort', 'geheim', '-----(BEGIN|END)'],
    // An address with a login.
    String.raw`://[^\s/:@]*:\S*@`,
  ].join('|'),
  'i',
);
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
  const all = ` ${hidden}`;
  /** Whether what is written last in it is a secret. */
  const endsWithSecret = (part: unknown): boolean => {
    if (isPair(part)) return isSecret(part.key) || endsWithSecret(part.value);
    if (!isMap(part) && !isSeq(part)) return false;
    const items: readonly unknown[] = part.items;
    return part.flow === true ? items.some(endsWithSecret) : endsWithSecret(items.at(-1));
  };
  /** A comment on the line below a secret belongs to what comes next. */
  const hideBelow = (items: readonly unknown[]): void => {
    for (const [index, item] of items.entries())
      if (index > 0 && endsWithSecret(items[index - 1])) hideBefore(item, all);
  };
  document.comment &&= endsWithSecret(document.contents) ? all : shown(document.comment);
  visit(document, {
    Node: (_key, node) => change(node, shown),
    Pair: (_key, { key, value }) => {
      if (!isSecret(key)) return;
      change(key, () => all);
      if (isNode(value)) visit(value, { Node: (_at, node) => change(node, () => all) });
    },
    Map: (_key, map) => {
      hideBelow(map.items);
      const first = map.items.at(0);
      // What stands before the first entry, behind the last one, or behind all of them on one line, belongs to the map.
      if (map.commentBefore) map.commentBefore = isSecret(first?.key) ? all : shown(map.commentBefore);
      if (map.comment) map.comment = endsWithSecret(map) ? all : shown(map.comment);
    },
    Seq: (_key, seq) => {
      hideBelow(seq.items);
      seq.commentBefore &&= shown(seq.commentBefore);
      if (seq.comment) seq.comment = endsWithSecret(seq) ? all : shown(seq.comment);
    },
  });
}

/** What stands above a part, which may be noted at the first of its own parts. */
function hideBefore(part: unknown, by: string): void {
  if (isPair(part)) hideBefore(part.key, by);
  else if (isNode(part)) {
    part.commentBefore &&= by;
    if (isMap(part) || isSeq(part)) hideBefore(part.items.at(0), by);
  }
}

function change(node: Node, by: (comment: string) => string): void {
  node.commentBefore &&= by(node.commentBefore);
  node.comment &&= by(node.comment);
}
