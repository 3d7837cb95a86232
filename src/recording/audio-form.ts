/** What of a call's audio is kept. */
export interface AudioForm {
  /** The member left and the other party right; else both mixed. */
  readonly stereo: boolean;
  /** What is above 4 kHz, where the member's telephone speaks so. */
  readonly wideband: boolean;
}

/** What Asterisk writes of a recording: one file of both parties, or the member's and the other party's. */
export type AudioFiles = readonly [mixed: string] | readonly [member: string, other: string];

/** The same at 16 kHz, which Asterisk takes from the name: `.wav16`. */
export function wideband(files: AudioFiles): AudioFiles {
  const [first, other] = files;
  return other === undefined ? [`${first}16`] : [`${first}16`, `${other}16`];
}
