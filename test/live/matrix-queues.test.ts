// Calls through queues, whose agents are members of the group as long as they are logged in; on both versions.
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, test } from 'vitest';

import { all, recordsAll, Rows, type Expected } from './rows.ts';

const dialplan = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
exten => support,1,Gosub(mitschnitt,s,1(queue:support))
 same => n,Queue(support,,,,20)
exten => agents,1,Gosub(mitschnitt,s,1(queue:agents))
 same => n,Queue(agents,,,,20)
exten => reception,1,Gosub(mitschnitt,s,1(queue:reception))
 same => n,Queue(reception,,,,20)

[agents]
exten => _XXX,1,Dial(PJSIP/\${EXTEN},30)
exten => _9XXX,1,Dial(PJSIP/\${EXTEN:1},30)

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
`;

const files = {
  'extensions.conf': dialplan,
  'queues.conf': `[general]
autofill = yes
[ringing](!)
strategy = ringall
timeout = 2
retry = 1
[support](ringing)
member => PJSIP/200
[agents](ringing)
[reception](ringing)
member => PJSIP/200
member => PJSIP/300
`,
  'musiconhold.conf': '[general]\n',
};

const groups = [{ name: 'Verkauf', members: ['200', '201', 'queue:agents'], ...recordsAll }];

/** AMI tells who logged in a moment after the command. */
const toldMs = 100;

describe.each([22, 16] as const)('on Asterisk %i', (version) => {
  const rows = new Rows({
    version,
    files,
    modules: ['res_musiconhold', 'app_queue'],
    configure: (config) => ({ ...config, groups }),
  });
  const loggedIn = new Set<string>();

  async function agent(command: string): Promise<void> {
    await rows.station.asterisk.cli(`queue ${command}`);
    await pause(toldMs);
  }
  async function logIn(name: string, options = ''): Promise<void> {
    await agent(`add member ${name} to agents ${options}`);
    loggedIn.add(name);
  }
  async function logOut(name: string): Promise<void> {
    await agent(`remove member ${name} from agents`);
    loggedIn.delete(name);
  }
  afterEach(async () => {
    for (const name of loggedIn) await logOut(name);
  });

  /** A caller and who answered talk, and the caller hangs up. */
  async function talkTo(to: string, party: '200' | '300', meanwhile?: () => Promise<void>) {
    const number = rows.newNumber();
    const { caller, member, met } = await rows.connected(number, to, party);
    await meanwhile?.();
    const parted = await rows.hangUp(caller);
    await member.done;
    const recorded: Expected = {
      talk: `incoming ${number}>${party}`,
      heard: all([met, parted], 'trunk', party),
    };
    return { number, recorded };
  }

  test('queue, answered by its member', async () => {
    const { recorded } = await talkTo('support', '200');
    await rows.leaves(recorded);
  });

  test('queue, answered by somebody else', async () => {
    const member = await rows.answers('200', { afterMs: 10_000 });
    const { number } = await talkTo('reception', '300');
    await member.done;
    await rows.leaves({ talk: `incoming ${number}>200`, outcome: 'not-answered', rule: 'no-talk' });
  });

  test('queue, answered when it rings again', async () => {
    const number = rows.newNumber();
    const first = await rows.answers('200', { afterMs: 10_000 });
    const caller = await rows.calls('trunk', 'support', { from: number });
    await first.done;
    const second = await rows.answers('200');
    const met = await rows.talking(second);
    const parted = await rows.hangUp(caller);
    await second.done;
    await rows.leaves({ talk: `incoming ${number}>200`, heard: all([met, parted], 'trunk', '200') });
  });

  test.each([
    ['by its endpoint', 'PJSIP/300', ''],
    ['with a penalty', 'PJSIP/300', 'penalty 7'],
    ['through Local channels that Asterisk takes away', 'Local/300@agents', ''],
    ['through Local channels that stay', 'Local/300@agents/n', ''],
    [
      'through Local channels, known by the state of its telephone',
      'Local/9300@agents/n',
      'penalty 0 as Carla state_interface PJSIP/300',
    ],
  ])('queue, answered by an agent who logged in %s', async (_how, name, options) => {
    await logIn(name, options);
    const { recorded } = await talkTo('agents', '300');
    await rows.leaves(recorded);
  });

  test('an agent who logged in is recorded in every call, and not any more after logging out', async () => {
    await logIn('PJSIP/300');
    const { recorded } = await talkTo('300', '300');
    await logOut('PJSIP/300');
    await talkTo('300', '300');
    await rows.leaves(recorded);
  });

  test('an agent who pauses is not recorded any more, but a talk goes on to its end', async () => {
    await logIn('PJSIP/300');
    const { recorded } = await talkTo('agents', '300', () => agent('pause member PJSIP/300 queue agents'));
    await talkTo('300', '300');
    await agent('unpause member PJSIP/300 queue agents');
    const again = await talkTo('300', '300');
    await rows.leaves(recorded, again.recorded);
  });
});
