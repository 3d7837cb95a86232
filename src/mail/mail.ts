/** A message for people (PORT): recordings and alarms are sent as such. Nothing in it is trusted to be free of line ends. */
export interface Message {
  /**
   * Its identity at mail systems (`Message-ID`, RFC 5322, 3.6.4) without the domain: the same for every attempt to send
   * the same, so that a second copy can be told.
   */
  readonly id: string;
  /** Addresses. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly attachment?: Attachment;
}

export interface Attachment {
  readonly name: string;
  /** Media type, such as `audio/wav`. */
  readonly type: string;
  readonly bytes: number;
  /** Taken once, as fast as the server takes it. What it throws comes out of `send` as it is, and nothing is sent. */
  readonly content: AsyncIterable<Buffer>;
}

/**
 * Hands messages to a mail server (PORT). Errors are MitschnittErrors without the name of whoever sends. Calls of one
 * mailer never overlap.
 */
export interface Mailer {
  /** How many bytes the message has on its way: an attachment grows by 37 %. */
  sizeOf(message: Message): Promise<number>;
  /**
   * Resolves when the server has taken charge of the message (RFC 5321, 4.2.5) for all recipients. If it refuses one of
   * them, nobody gets it. A server that dies after the last byte may have taken it all the same: nobody can know.
   */
  send(message: Message, signal: AbortSignal): Promise<void>;
  /** Asks whether the server would take a message for these recipients; sends none. */
  ask(to: readonly string[], signal: AbortSignal): Promise<void>;
  /** Ends the session, if there is one. The mailer can be used again afterwards. */
  close(): void;
}
