import { noticeText, type NoticeForm, type NoticeMessage } from './notice-message.ts';
import type { Mailer } from '../mail/mail.ts';
import type { NoticeChannel } from './notifier.ts';

/** Alarms by e-mail, one message to all addresses. */
export class EmailChannel implements NoticeChannel {
  readonly name = 'email';
  readonly #to: readonly string[];
  readonly #form: NoticeForm;
  readonly #mailer: Mailer;

  constructor(to: readonly string[], form: NoticeForm, mailer: Mailer) {
    this.#to = to;
    this.#form = form;
    this.#mailer = mailer;
  }

  async send(message: NoticeMessage, signal: AbortSignal): Promise<void> {
    try {
      await this.#mailer.send({ id: message.id, to: this.#to, ...noticeText(message, this.#form) }, signal);
    } finally {
      // The next one may be a day away.
      this.#mailer.close();
    }
  }

  close(): void {
    this.#mailer.close();
  }
}
