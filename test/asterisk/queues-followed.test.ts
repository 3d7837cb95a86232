// Members of queues, as the connection to Asterisk follows them: those who come and go without an event, too.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { field } from '../../src/asterisk/ami-wire.ts';
import { Asterisk } from '../../src/asterisk/asterisk.ts';
import { eventually } from '../live/eventually.ts';
import { afterLogin, Manager, managerSecret } from './manager.ts';
import type { PbxListener } from '../../src/asterisk/pbx.ts';

const lists = ['QueueStatus', 'BridgeList', 'CoreShowChannels'];

/** The member of the queue; Asterisk tells when it is asked, and never else. */
let member: string;
let manager: Manager;
let asterisk: Asterisk;

afterEach(async () => {
  await asterisk.stop();
  await manager.stop();
  vi.useRealTimers();
});
beforeEach(() => {
  meanwhile = () => undefined;
});

/** Done once Asterisk is asked for its channels, before it answers. */
let meanwhile: () => void;

/** Who is told to be a member, one entry for each time. */
async function connected(queues: boolean): Promise<string[]> {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  member = 'PJSIP/300';
  manager = await Manager.start(
    afterLogin((action, session) => {
      const [asked, id] = [field(action, 'Action'), `ActionID: ${field(action, 'ActionID')}`];
      session.send('Response: Success', id, 'Message: done', 'AsteriskVersion: 22.10.1~dfsg');
      if (!lists.includes(asked)) return;
      if (asked === 'CoreShowChannels') meanwhile();
      if (asked === 'QueueStatus')
        session.send('Event: QueueMember', id, 'Queue: agents', `Location: ${member}`, 'Paused: 0');
      session.send(`Event: ${asked}Complete`, id, 'EventList: Complete');
    }),
  );
  const ami = { host: '127.0.0.1', port: manager.port, username: 'x', secret: managerSecret, tls: undefined };
  // Nobody is there.
  const ari = { url: 'http://127.0.0.1:1/ari', username: 'x', password: 'x', app: 'mitschnitt' };
  const nobody = { last: () => undefined, note: () => undefined };
  const nothing = (): void => undefined;
  const silence = { media: 'sound:silence', ms: 60_000 };
  asterisk = new Asterisk({ ari, ami, silence, queues, announces: false }, nothing, nothing, nobody);
  const told: string[] = [];
  let stands = false;
  const listener: PbxListener = {
    ...{ event: nothing, channels: nothing, inGate: nothing, endpoints: nothing, knows: () => false },
    queues: (members) => told.push([...(members.get('agents') ?? [])].join()),
    connections: ({ ami: isConnected }) => (stands = isConnected),
  };
  asterisk.start(listener);
  await eventually(() => stands);
  return told;
}

test('a member who came without an event is known within a minute', async () => {
  const told = await connected(true);
  await eventually(() => told.length === 1);
  member = 'PJSIP/301';
  await eventually(() => {
    vi.advanceTimersByTime(60_000);
    return told.at(-1) === 'PJSIP/301';
  });
  expect(told[0]).toBe('PJSIP/300');
});

test('where another configuration has queues, their members are known when it is in force', async () => {
  const told = await connected(false);
  expect(told).toEqual([]);
  await asterisk.adapt({ queues: true, announces: false });
  expect(told).toEqual(['PJSIP/300']);
  const masks = manager.session.actions.map((action) => field(action, 'EventMask'));
  expect(masks).toContain('call,user,agent');
});

test('the version of Asterisk is known a moment after somebody wanted it', async () => {
  await connected(false);
  expect(asterisk.version).toBeUndefined();
  await eventually(() => asterisk.version === '22.10.1~dfsg');
});

test('also where that is taken over while the connection is only being made', async () => {
  meanwhile = () => void asterisk.adapt({ queues: true, announces: false });
  const told = await connected(false);
  await eventually(() => told.at(-1) === 'PJSIP/300');
  const masks = manager.session.actions.map((action) => field(action, 'EventMask')).filter(Boolean);
  expect(masks.at(-1)).toBe('call,user,agent');
});
