import { Button, Group, Modal, Text } from '@mantine/core';
import { useState } from 'react';

import type { LiveCall } from '../../../api.ts';
import { useDeed } from '../../connection/answers.ts';
import { ask } from '../../connection/client.ts';
import { useFormat, useWords } from '../../language/language.tsx';
import { useClock } from '../../parts/clock.ts';
import { Icon } from '../../parts/icons.tsx';
import { Empty, FailureNote } from '../../parts/notes.tsx';
import { useRule } from '../../parts/outcome.tsx';
import { DirectionMark, Party, Tag, type Tone } from '../../parts/shapes.tsx';

const tones: Readonly<Record<LiveCall['state'], Tone>> = {
  gate: 'warn',
  ringing: 'plain',
  'not-recorded': 'plain',
  starting: 'live',
  recording: 'live',
  pausing: 'warn',
  paused: 'warn',
  resuming: 'live',
  stopped: 'plain',
  failed: 'bad',
};

type Control = LiveCall['controls'][number];
const icons = { pause: 'pause', resume: 'play', stop: 'stop', start: 'record' } as const;

const everySecondMs = 1_000;

export function LiveCalls({ calls }: { readonly calls: readonly LiveCall[] }) {
  const { overview: words } = useWords();
  const now = useClock(everySecondMs);
  const act = useDeed(async (id: string, control: Control) => {
    await ask('POST /calls/:id/control', { params: { id }, body: { control } });
  });
  const [stopping, setStopping] = useState<string>();
  if (calls.length === 0) return <Empty title={words.noCalls}>{words.noCallsWhy}</Empty>;
  const run = (id: string, control: Control): void => {
    if (control === 'stop') setStopping(id);
    else act.run(id, control);
  };
  return (
    <>
      {act.failure && <FailureNote failure={act.failure} />}
      <table className="list stack">
        <caption>{words.liveCalls}</caption>
        <thead>
          <tr>
            <th>{words.columns.state}</th>
            <th>{words.columns.from}</th>
            <th>{words.columns.to}</th>
            <th>{words.columns.group}</th>
            <th className="right">{words.columns.lasts}</th>
            <th>{words.columns.controls}</th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <CallRow key={call.key} call={call} now={now} busy={act.busy} onControl={run} />
          ))}
        </tbody>
      </table>
      <StopQuestion
        opened={stopping !== undefined}
        onNo={() => setStopping(undefined)}
        onYes={() => {
          if (stopping !== undefined) act.run(stopping, 'stop');
          setStopping(undefined);
        }}
      />
    </>
  );
}

function CallRow({
  call,
  now,
  busy,
  onControl,
}: {
  readonly call: LiveCall;
  readonly now: number;
  readonly busy: boolean;
  readonly onControl: (id: string, control: Control) => void;
}) {
  const { overview: words } = useWords();
  const format = useFormat();
  const ruleIn = useRule();
  const { id } = call;
  return (
    <tr>
      <td className="nowrap whole">
        <Tag tone={tones[call.state]}>{words.states[call.state]}</Tag>
        {call.state === 'not-recorded' && call.rule !== null && (
          <Text size="xs" c="dimmed" className="why">
            {ruleIn(call.rule)}
          </Text>
        )}
      </td>
      <td>
        <DirectionMark direction={call.direction} /> <Party number={call.from} />
      </td>
      <td data-name="→">
        <Party number={call.to} />
      </td>
      <td data-name={words.columns.group}>{call.group}</td>
      <td className="right nowrap" data-name={words.columns.lasts}>
        {format.duration(now - new Date(call.start).getTime())}
      </td>
      <td className="whole">
        {id !== null && (
          <Group gap={6}>
            {call.controls.map((control) => (
              <Button
                key={control}
                size="compact-xs"
                variant="default"
                disabled={busy}
                leftSection={<Icon name={icons[control]} size={13} />}
                onClick={() => onControl(id, control)}
              >
                {words.controls[control]}
              </Button>
            ))}
          </Group>
        )}
      </td>
    </tr>
  );
}

function StopQuestion({
  opened,
  onYes,
  onNo,
}: {
  readonly opened: boolean;
  readonly onYes: () => void;
  readonly onNo: () => void;
}) {
  const { overview: words, common } = useWords();
  return (
    <Modal opened={opened} onClose={onNo} title={words.stopTitle}>
      <Text size="sm">{words.stopQuestion}</Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onNo}>
          {common.cancel}
        </Button>
        <Button color="red.9" onClick={onYes}>
          {words.controls.stop}
        </Button>
      </Group>
    </Modal>
  );
}
