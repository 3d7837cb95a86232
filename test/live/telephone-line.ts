import type { CodecName } from './codecs.ts';
import type { Media } from './media.ts';
import type { SipMessage } from './sip-log.ts';
import type { KeysBy } from './telephone.ts';

/** The telephone as one of its calls sees it. */
export interface Line {
  readonly name: string;
  readonly address: string;
  readonly asterisk: string;
  readonly tone: number | undefined;
  readonly codec: CodecName | undefined;
  readonly keysBy: KeysBy;
  readonly media: Media;
  readonly send: (text: string) => void;
  /** Remembers the answer to a request, for its repetitions. */
  readonly answered: (request: SipMessage, text: string) => void;
}
