import { localTime } from './local-time.ts';
import { visible } from './untrusted-text.ts';

/** What a delivered name is made of. Numbers and call id are whatever a caller sent: never trusted. */
export interface NamedRecording {
  readonly id: string;
  readonly callId: string;
  readonly group: string;
  readonly direction: string;
  readonly from: string;
  readonly to: string;
  /** Start of the segment, ms since 1970-01-01 UTC. */
  readonly startedAt: number;
}

/** How the administrator wants recordings to be named. */
export interface Naming {
  /** Template of the file name, with or without `.wav`. */
  readonly name: string;
  /** Template of the folder, `/` between its parts; empty for none. */
  readonly folder: string;
  /** IANA time zone of the PBX. */
  readonly timeZone: string;
}

export const defaultNameTemplate = 'Aufnahme_{date}_{time}_{from}_{to}';

/** The name at a target under which a file is until it is complete. The same for every attempt, so that a later one replaces what was left. */
export function temporaryName(recording: string): string {
  // No character that a server could refuse: what goes wrong here is not for the name.
  return `.mitschnitt-${recording}.part`;
}

/** Stands for a number that is unknown, and for whatever has no safe character in it. */
const anonymous = 'anonym';

const extension = '.wav';
/** In characters. A number has 15 digits at most (E.164), a SIP user's name is rarely longer than 30. */
const longestPart = 64;
/** In bytes of UTF-8: file systems end at 255, and `-2`, a temporary mark and `.json` must still fit in. */
const longestNameBytes = 200;

/** What stands between `{` and `}` in a template, and what it becomes. */
const values = {
  date: ({ yyyy, MM, dd }) => `${yyyy}-${MM}-${dd}`,
  time: ({ HH, mm, ss }) => `${HH}-${mm}-${ss}`,
  from: (_, { from }) => numberPart(from),
  to: (_, { to }) => numberPart(to),
  group: (_, { group }) => safePart(group),
  direction: (_, { direction }) => safePart(direction),
  yyyy: ({ yyyy }) => yyyy,
  MM: ({ MM }) => MM,
  dd: ({ dd }) => dd,
  HH: ({ HH }) => HH,
  mm: ({ mm }) => mm,
  ss: ({ ss }) => ss,
  call_id: (_, { callId }) => safePart(callId),
  id: (_, { id }) => safePart(id),
} satisfies Record<string, (time: ReturnType<typeof localTime>, recording: NamedRecording) => string>;

type Placeholder = keyof typeof values;

/** Names that may stand in braces in a template. */
export const placeholders = Object.keys(values) as readonly Placeholder[];

function isPlaceholder(name: string): name is Placeholder {
  return Object.hasOwn(values, name);
}

/** Everything that is wrong with a template, as sentences; empty when it is fine. In a `name`, `/` is wrong too. */
export function templateProblems(template: string, kind: 'name' | 'folder' = 'folder'): string[] {
  const problems: string[] = [];
  const text = template.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    if (!isPlaceholder(name)) {
      problems.push(
        `unknown placeholder {${name}}; known: ${placeholders.map((each) => `{${each}}`).join(' ')}`,
      );
    }
    // A stand-in: what comes in its place is made safe by itself.
    return 'x';
  });
  if (/[{}]/.test(text)) problems.push('a brace without its counterpart');
  const unsafe = new Set(text.match(kind === 'name' ? unsafeCharacters : unsafeInFolder));
  if (unsafe.size > 0) {
    problems.push(`not allowed in a ${kind}: ${[...unsafe].map((each) => JSON.stringify(each)).join(' ')}`);
  }
  if (kind === 'name' && text.replace(/\.wav$/i, '') === '') problems.push('empty');
  if (kind === 'folder' && text !== '') problems.push(...folderProblems(text));
  return problems;
}

function folderProblems(text: string): string[] {
  const segments = text.split('/');
  const problems = segments.includes('')
    ? ['a folder without a name: "/" at the start, at the end, or doubled']
    : [];
  const changed = segments.filter(
    (segment) => segment !== '' && withoutDosName(trimmed(segment)) !== segment,
  );
  return [
    ...problems,
    ...changed.map((segment) => `no name for a folder on every system: ${JSON.stringify(segment)}`),
  ];
}

/** The file name under which a recording is delivered, safe for SMB, FTP and POSIX: at most 200 bytes of UTF-8. */
export function deliveredName(recording: NamedRecording, naming: Naming): string {
  const template = naming.name.replace(/\.wav$/i, '');
  const stem = safe(rendered(template, recording, naming.timeZone));
  return withoutDosName(cutToBytes(stem, longestNameBytes - extension.length)) + extension;
}

/** The folder into which it is delivered, `/` between its parts, or empty. Each part is as safe as a name. */
export function deliveredFolder(recording: NamedRecording, naming: Naming): string {
  return naming.folder
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => safe(rendered(segment, recording, naming.timeZone)))
    .map((segment) => withoutDosName(cutToBytes(segment, longestNameBytes)))
    .join('/');
}

/** `x.wav` -> `x-2.wav`: what a name becomes that is taken already. */
export function withSuffix(name: string, n: number): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(0, dot)}-${n}${name.slice(dot)}` : `${name}-${n}`;
}

function rendered(template: string, recording: NamedRecording, timeZone: string): string {
  const time = localTime(recording.startedAt, timeZone);
  return template.replace(/\{([^{}]*)\}/g, (_, name: string) =>
    isPlaceholder(name) ? values[name](time, recording) : '',
  );
}

/** What Asterisk, SIP phones and carriers send in place of a number that they do not tell. */
const unknownNumbers = new Set([
  ...['', 'anonymous', 'anonym', 'unknown', '<unknown>', 'unavailable', 'restricted', 'private', 'withheld'],
  ...['asterisk', 'anonymous@anonymous.invalid'],
]);

/** Whether a number says nothing of who it is. */
export function isUnknownNumber(number: string): boolean {
  return unknownNumbers.has(number.trim().toLowerCase());
}

function numberPart(number: string): string {
  return isUnknownNumber(number) ? anonymous : safePart(number);
}

/** One value from outside, made safe: at most 64 characters. */
function safePart(value: string): string {
  // Cut first: what a caller sends may be as long as a SIP message.
  return (
    trimmed(
      Array.from(safe(value.slice(0, 4 * longestPart)))
        .slice(0, longestPart)
        .join(''),
    ) || anonymous
  );
}

/**
 * What is not a letter, a mark, a digit or one of `+ - . _ ( ) ,` and blank, in any script. A list of what is allowed:
 * smbclient splits at `;` even inside quotes, URLs take `%0d` for a line end, shells take `$`, and Windows refuses
 * `\ : * ? " < > |`.
 */
const unsafeCharacters = /[^\p{L}\p{M}\p{N}+\-._(), ]+/gu;
const unsafeInFolder = /[^\p{L}\p{M}\p{N}+\-._(), /]+/gu;

function safe(text: string): string {
  const plain = visible(text).normalize('NFC');
  return trimmed(plain.replace(unsafeCharacters, '_').replace(/\.{2,}/g, '.')) || anonymous;
}

/**
 * Windows drops dots and blanks at the end, a leading dot hides a file, a leading hyphen makes it an option. The
 * underscore goes along because it stands for what was taken out.
 */
function trimmed(text: string): string {
  return text.replace(/^[-._ ]+/, '').replace(/[-._ ]+$/, '');
}

/** Windows opens a device under these names, whatever follows after a dot. */
function withoutDosName(name: string): string {
  return /^(con|prn|aux|nul|(com|lpt)[0-9¹²³]) *(\.|$)/i.test(name) ? `_${name}` : name;
}

/** The longest beginning of `text` that has at most `limit` bytes of UTF-8 and splits no character. */
function cutToBytes(text: string, limit: number): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += bytesOf(character);
    if (bytes > limit) return trimmed(text.slice(0, end)) || anonymous;
    end += character.length;
  }
  return text;
}

function bytesOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
