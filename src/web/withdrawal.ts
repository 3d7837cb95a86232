/** What goes with an administrator who is none any more: the keys that he made for others, or for himself. */
import type { AuditEntry, ConsoleLedger } from '../catalogue/console-ledger.ts';

/**
 * Ends the tokens that a user made, and the links of his that nobody used, each with a line of the audit log. Returns
 * the ids of the tokens.
 */
export async function withdraw(
  ledger: ConsoleLedger,
  maker: string,
  by: Pick<AuditEntry, 'at' | 'actor' | 'address'>,
): Promise<ReadonlySet<string>> {
  const { tokens, links } = await ledger.withdrawMadeBy(maker);
  const ended = [
    ...tokens.map(({ name }) => ({ action: 'token-delete', subject: name })),
    ...links.map((subject) => ({ action: 'user-link-void', subject })),
  ];
  for (const each of ended)
    await ledger.addAudit({ ...by, ...each, group: undefined, detail: `made by ${maker}`, ok: true });
  return new Set(tokens.map(({ id }) => id));
}
