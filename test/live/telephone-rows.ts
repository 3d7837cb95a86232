import { beforeAll } from 'vitest';

import { Rows } from './rows.ts';
import type { CallPlan, PartyName } from './sipp.ts';
import type { Options } from './station.ts';
import type { Telephone, TelephoneAnswer } from './telephone.ts';
import type { TelephoneCall } from './telephone-call.ts';
import { partyTones } from './tone.ts';

/** A dialplan with one plain route in each direction, through the gate. */
export const everyRoute = `
[globals]

#include "mitschnitt.conf"

[from-trunk]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)

[internal]
exten => _XXX,1,Gosub(mitschnitt,s,1)
 same => n,Dial(PJSIP/\${EXTEN},30)
exten => _0X.,1,Dial(PJSIP/\${EXTEN:1}@trunk,30,U(mitschnitt-called))
`;

const everybody = Object.keys(partyTones) as PartyName[];

/** Rows of the matrix in which every party is a telephone of our own. */
export class TelephoneRows extends Rows {
  readonly #telephones = new Map<PartyName, Telephone>();

  constructor(options: Options) {
    super(options);
    beforeAll(async () => {
      for (const name of everybody) {
        this.#telephones.set(name, await this.station.parties.telephone(name));
      }
    });
  }

  override calls(from: PartyName, to: string, plan?: CallPlan): Promise<TelephoneCall> {
    return this.#telephone(from).calls(to, plan);
  }

  override answers(party: PartyName, plan?: TelephoneAnswer): Promise<TelephoneCall> {
    return this.#telephone(party).answers(plan);
  }

  /** The trunk has called a member, and they have talked for a while. */
  async incoming(
    from: string,
    { to = '200', ...plan }: CallPlan & { readonly to?: PartyName } = {},
  ): Promise<{ readonly caller: TelephoneCall; readonly member: TelephoneCall; readonly met: number }> {
    const member = await this.answers(to);
    const caller = await this.calls('trunk', to, { from, ...plan });
    const met = await this.talking(member);
    return { caller, member, met };
  }

  #telephone(name: PartyName): Telephone {
    const telephone = this.#telephones.get(name);
    if (!telephone) throw new Error(`${name} has no telephone yet`);
    return telephone;
  }
}
