import { Section } from '../parts/shapes.tsx';
import type { Path } from './changes.ts';
import { Field } from './field.tsx';
import type { Part } from './layouts.ts';
import { usePageWords } from './words.ts';

/** Fields under a title each; those that most never need are folded. */
export function Parts({ parts, at = [] }: { readonly parts: readonly Part[]; readonly at?: Path }) {
  const words = usePageWords();
  return parts.map(({ title, keys, folded = false }) => {
    const { name, help } = words.parts[title] ?? { name: title };
    const fields = keys.map((key) => <Field key={key} path={[...at, ...key.split('.')]} />);
    if (folded)
      return (
        <details className="card folded" key={title}>
          <summary>
            <span className="folded-name">{name}</span>
            {help !== undefined && <span className="folded-help">{help}</span>}
          </summary>
          {fields}
        </details>
      );
    return (
      <Section key={title} title={name}>
        {help !== undefined && <p className="part-help">{help}</p>}
        {fields}
      </Section>
    );
  });
}
