import { createHmac } from 'node:crypto';

import { codeOf, MitschnittError } from '../errors.ts';
import { noticeJson, type NoticeForm, type NoticeMessage } from './notice-message.ts';
import type { NoticeChannel } from './notifier.ts';

interface Secret {
  reveal(): string;
}

export interface WebhookSettings {
  /** May have a secret in its path: it is in no message. */
  readonly url: string;
  /** Key of the signature; after `whsec_` it is Base64. */
  readonly secret: Secret;
}

/** Receivers that take longer do their work first and answer then. */
const answerMs = 15_000;
const msPerSecond = 1_000;

/**
 * Alarms by an HTTP request, signed as standardwebhooks.com has it: `webhook-signature` is `v1,` and the Base64 of
 * HMAC-SHA256 over `webhook-id`, `webhook-timestamp` (seconds since 1970) and the body, with dots between.
 */
export class WebhookChannel implements NoticeChannel {
  readonly name = 'webhook';
  readonly #settings: WebhookSettings;
  readonly #form: NoticeForm;

  constructor(settings: WebhookSettings, form: NoticeForm) {
    this.#settings = settings;
    this.#form = form;
  }

  async send(message: NoticeMessage, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(noticeJson(message, this.#form));
    const timestamp = String(Math.floor(message.sentAt / msPerSecond));
    const response = await this.#post(body, signal, {
      'content-type': 'application/json',
      'user-agent': 'Mitschnitt',
      'webhook-id': message.id,
      'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${signatureOf(this.#settings.secret, `${message.id}.${timestamp}.${body}`)}`,
    });
    // What it says is of no interest, and may be long.
    await response.body?.cancel();
    if (!response.ok) throw this.#refused(response.status);
  }

  close(): void {
    // Nothing stays open.
  }

  async #post(body: string, signal: AbortSignal, headers: Record<string, string>): Promise<Response> {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
    try {
      // Elsewhere the signature would be given to somebody else.
      return await fetch(this.#settings.url, {
        method: 'POST',
        headers,
        body,
        signal: limit,
        redirect: 'manual',
      });
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      const reason = signal.aborted
        ? 'stopped'
        : limit.aborted
          ? `no answer for ${answerMs / msPerSecond} s`
          : codeOf(cause);
      throw this.#problem(`the webhook at ${this.#host} cannot be reached (${reason || 'unknown error'})`, {
        code: 'webhook-unreachable',
        hint: 'Check the address in alarms.webhook, that its service runs, its certificate, and the network between.',
        cause,
      });
    }
  }

  #refused(status: number): MitschnittError {
    return this.#problem(`the webhook at ${this.#host} answers with status ${status}`, {
      code: 'webhook-refused',
      hint: 'Check the address in alarms.webhook and webhook_secret, and the log of its service: it is to answer with 2xx.',
    });
  }

  get #host(): string {
    return new URL(this.#settings.url).host;
  }

  #problem(
    message: string,
    facts: { readonly code: string; readonly hint: string; readonly cause?: unknown },
  ): MitschnittError {
    return new MitschnittError(message, { fault: 'destination', retry: true, ...facts });
  }
}

const encodedKey = 'whsec_';

function signatureOf(secret: Secret, text: string): string {
  const written = secret.reveal();
  const key = written.startsWith(encodedKey)
    ? Buffer.from(written.slice(encodedKey.length), 'base64')
    : Buffer.from(written);
  return createHmac('sha256', key).update(text).digest('base64');
}
