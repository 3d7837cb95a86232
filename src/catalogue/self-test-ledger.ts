import type { RecordingId } from '../call/call.ts';

/** A file of a self-test that is at a target, or about to be. */
export interface TestFile {
  readonly recording: RecordingId;
  readonly target: string;
  /** As in {@link FinishedRecording}. */
  readonly folder: string;
  readonly name: string;
  /** Of its content, lower-case hex. */
  readonly sha256: string;
  /** When its delivery began, ms since 1970. */
  readonly at: number;
}

/** What self-tests may have left at targets. */
export interface SelfTestLedger {
  /** Before it is delivered: outlives a power cut when it resolves. */
  addTestFile(file: TestFile): Promise<void>;
  /** Oldest first. */
  testFiles(): Promise<readonly TestFile[]>;
  /** Nothing of it is there any more. */
  forgetTestFile(file: Pick<TestFile, 'recording' | 'target'>): Promise<void>;
}
