import type { Checked } from '../../api.ts';
import { textAt, type Path, type Value } from './changes.ts';
import { useDraft } from './draft.ts';
import { usePageWords, useWording } from './words.ts';

/** A place of the configuration in words: `Gruppe Verkauf › Mitglieder`; of the values as they are, or as they were `seen`. */
export function usePlaceName(): (path: Path, seen?: Value) => string {
  const { values: current } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  return (path, values = current) => {
    const [section, entry] = path;
    const names: string[] = [];
    if (section === 'groups' && typeof entry === 'number')
      names.push(words.group(textAt(values, ['groups', entry, 'name']) || String(entry + 1)));
    else if (section === 'targets' && typeof entry === 'string') names.push(words.target(entry));
    else if (section !== undefined && words.sections[section] !== undefined)
      names.push(words.sections[section]);
    const from = section === 'groups' || section === 'targets' ? 2 : 1;
    for (let length = from + 1; length <= path.length; length += 1) {
      const part = path[length - 1];
      const above = path.slice(0, length);
      const name = typeof part === 'number' ? String(part + 1) : wording.label(above, values);
      if (name !== undefined) names.push(name);
      else if (length === path.length) names.push(String(part));
    }
    return names.join(' › ');
  };
}

/** A value as people read it. */
export function useShown(): (path: Path, value: Checked['differences'][number]['before']) => string {
  const { values } = useDraft();
  const wording = useWording();
  const words = usePageWords();
  const shown = (path: Path, value: Value): string => {
    if (value === null || value === '') return words.nothing;
    if (Array.isArray(value))
      return value.length === 0
        ? words.nothing
        : (value as readonly Value[]).map((each) => shown(path, each)).join(', ');
    if (typeof value === 'object')
      return (
        Object.entries(value)
          .map(([key, each]) => {
            const at = [...path, key];
            return `${wording.label(at, values) ?? key}: ${shown(at, each)}`;
          })
          .join('; ') || words.nothing
      );
    return wording.choice(path, values, String(value));
  };
  return (path, value) => shown(path, value ?? null);
}
