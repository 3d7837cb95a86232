/** How people come to hear of alarms; a part of assemble.ts. */
import { hostname } from 'node:os';

import { DeliveryAlarms } from './alarms/delivery-alarms.ts';
import { EmailChannel } from './alarms/email-channel.ts';
import { Notifier, type NoticeChannel } from './alarms/notifier.ts';
import { WebhookChannel } from './alarms/webhook-channel.ts';
import { SmtpMailer } from './mail/smtp.ts';
import type { Alarm, Alarms } from './alarms/alarms.ts';
import type { DeliveryEvent } from './alarms/upload-alarms.ts';
import type { NoticePolicy } from './alarms/notices.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Config } from './config/schema.ts';
import type { ConnectionCheck } from './catalogue/catalogue.ts';
import type { Log } from './log.ts';

/** What belongs together begins within seconds. */
const gatherMs = 20_000;
/** At most so often somebody is told, however much comes and goes. */
const quietMs = 5 * 60_000;

/** All that is about alarms. */
export interface Alarming {
  readonly alarms: Alarms;
  /** Hears of the beginning and the end of each alarm. */
  tell(alarm: Alarm, state: 'raised' | 'over'): void;
  /** Hears what becomes of deliveries. */
  delivery(event: DeliveryEvent): void;
  /** Hears what came of asking a target. */
  checked(check: ConnectionCheck): void;
  /** Takes over what is still to be told. With the catalogue open, after the alarms. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function alarmingOf(
  config: Config,
  { alarms, catalogue, log }: { readonly alarms: Alarms; readonly catalogue: Catalogue; readonly log: Log },
): Alarming {
  const policy: NoticePolicy = { gatherMs, quietMs, remindEveryMs: config.alarms.remind_every };
  const notifiers = channelsOf(config).map(
    (channel) => new Notifier({ channel, ledger: catalogue, alarms, policy, log, now: Date.now }),
  );
  const deliveries = new DeliveryAlarms(config.alarms.after, alarms);
  return {
    alarms,
    tell: (alarm, state) => notifiers.forEach((notifier) => notifier.tell(alarm, state)),
    delivery: (event) => deliveries.take(event),
    checked: (check) => deliveries.checked(check),
    start: async () => {
      await deliveries.start(catalogue, Object.keys(config.targets));
      for (const notifier of notifiers) await notifier.start();
    },
    stop: async () => {
      for (const notifier of notifiers) await notifier.stop();
    },
  };
}

/** Every way by which a configuration has people told. */
export function channelsOf({ alarms, smtp, pbx }: Config): readonly NoticeChannel[] {
  const form = { language: alarms.language, timeZone: pbx.timezone, host: hostname() };
  const { email, webhook: url, webhook_secret: secret } = alarms;
  return [
    ...(email.length > 0 && smtp ? [new EmailChannel(email, form, new SmtpMailer(smtp))] : []),
    ...(url !== undefined && secret ? [new WebhookChannel({ url, secret }, form)] : []),
  ];
}

/** Asking takes a login and a few answers. */
const askMs = 30_000;

/** Whether alarms would get to people, as far as that can be asked without telling any. */
export function alarmChecksOf({ alarms: { email }, smtp }: Config) {
  if (email.length === 0 || !smtp) return [];
  const run = async () => {
    const mailer = new SmtpMailer(smtp);
    try {
      await mailer.ask(email, AbortSignal.timeout(askMs));
    } finally {
      mailer.close();
    }
  };
  return [{ kind: 'alarms' as const, name: 'email', run }];
}
