import type { Call } from '../live/call.ts';
import type { Parties } from '../live/sipp.ts';

/** A call of the demo, and what must become of it. */
export interface DemoCall {
  readonly title: string;
  /** Who called whom: finds its line in the catalogue. */
  readonly from: string;
  readonly to: string;
  /** Undefined for a call that is of no concern to any group, and so in no list. */
  readonly expected: { readonly outcome: string; readonly rule: string } | undefined;
  /** Whose voices must be in the file, and nobody else's. */
  readonly voices: readonly string[];
  place(parties: Parties): Promise<void>;
}

const talkMs = 3_000;

async function finished(...calls: readonly Promise<Call>[]): Promise<void> {
  await Promise.all(calls.map(async (call) => (await call).done));
}

export const demoCalls: readonly DemoCall[] = [
  {
    title: 'Eingehend, angenommen',
    from: '+41791234567',
    to: '200',
    expected: { outcome: 'recorded', rule: 'announced' },
    voices: ['200', 'trunk'],
    async place(parties) {
      const member = await parties.party('200').answers({ afterMs: 500, talkMs });
      const caller = parties.party('trunk').calls('200', { from: '+41791234567', name: 'Karl Kunde' });
      await finished(Promise.resolve(member), caller);
    },
  },
  {
    title: 'Eingehend, Taste 1 während der Ansage',
    from: '+41797654321',
    to: '200',
    expected: { outcome: 'declined', rule: 'party-declined' },
    voices: [],
    async place(parties) {
      const member = await parties.party('200').answers({ afterMs: 500, talkMs });
      const keys = [{ key: '1', afterMs: 2_000 }];
      const caller = parties.party('trunk').calls('200', { from: '+41797654321', keys });
      await finished(Promise.resolve(member), caller);
    },
  },
  {
    title: 'Ausgehend, mit Hinweis',
    from: '201',
    to: '443332211',
    expected: { outcome: 'recorded', rule: 'announced' },
    voices: ['201', 'trunk'],
    async place(parties) {
      const called = await parties.party('trunk').answers({ afterMs: 500 });
      const member = parties.party('201').calls('0443332211', { talkMs });
      await finished(Promise.resolve(called), member);
    },
  },
  {
    title: 'Eingehend an einen Apparat ausserhalb der Gruppe',
    from: '+41790000300',
    to: '300',
    expected: undefined,
    voices: [],
    async place(parties) {
      const stranger = await parties.party('300').answers({ talkMs: 1_500 });
      const caller = parties.party('trunk').calls('300', { from: '+41790000300' });
      await finished(Promise.resolve(stranger), caller);
    },
  },
  {
    title: 'Intern zwischen zwei Mitgliedern, intern ist aus',
    from: '201',
    to: '200',
    expected: { outcome: 'direction-off', rule: 'direction-is-off' },
    voices: [],
    async place(parties) {
      const member = await parties.party('200').answers({ talkMs: 1_500 });
      const caller = parties.party('201').calls('200');
      await finished(Promise.resolve(member), caller);
    },
  },
  {
    title: 'Eingehend, Anrufer legt während der Ansage auf',
    from: '+41791112233',
    to: '200',
    expected: { outcome: 'not-answered', rule: 'no-talk' },
    voices: [],
    async place(parties) {
      await finished(parties.party('trunk').calls('200', { from: '+41791112233', talkMs: 2_000 }));
    },
  },
];
