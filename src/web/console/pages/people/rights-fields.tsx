import { Checkbox, NativeSelect, Stack } from '@mantine/core';

import type { Me } from '../../../api.ts';
import { useWords } from '../../language/language.tsx';
import { useMe } from '../../session.tsx';

export interface Rights {
  readonly role: Me['role'];
  readonly groups: readonly string[];
}

const roles = ['supervisor', 'auditor', 'administrator'] as const;

/** As the server wants them: only a supervisor has groups. */
export function rightsFor({ role, groups }: Rights): { role: Me['role']; groups: string[] } {
  return { role, groups: role === 'supervisor' ? [...groups] : [] };
}

export function areComplete({ role, groups }: Rights): boolean {
  return role !== 'supervisor' || groups.length > 0;
}

/** Role, what it may do, and whose calls. */
export function RightsFields({
  rights,
  change,
}: {
  readonly rights: Rights;
  readonly change: (rights: Rights) => void;
}) {
  const { users: words, roles: names } = useWords();
  const { known_groups: known } = useMe();
  const gone = rights.groups.filter((group) => !known.includes(group));
  return (
    <Stack gap="sm">
      <NativeSelect
        label={words.role}
        description={words.roleHelp[rights.role]}
        data={roles.map((value) => ({ value, label: names[value] }))}
        value={rights.role}
        onChange={({ currentTarget: { value } }) =>
          change({ ...rights, role: roles.find((role) => role === value) ?? rights.role })
        }
      />
      {rights.role === 'supervisor' && (
        <Checkbox.Group
          label={words.groups}
          description={words.groupsHelp}
          value={[...rights.groups]}
          onChange={(groups) => change({ ...rights, groups })}
        >
          <Stack gap={6} mt={6}>
            {[...known, ...gone].map((group) => (
              <Checkbox
                key={group}
                value={group}
                label={known.includes(group) ? group : words.goneGroup(group)}
              />
            ))}
          </Stack>
        </Checkbox.Group>
      )}
    </Stack>
  );
}

/** Whose calls somebody sees, in a table. */
export function GroupNames({ role, groups }: Rights) {
  const { users: words } = useWords();
  return role === 'supervisor' ? groups.join(', ') : words.allGroups;
}
