import { Component, type ReactNode } from 'react';

import { RequestFailure } from '../connection/client.ts';
import { FailureNote } from './notes.tsx';

/** A page that breaks leaves the others. */
export class Boundary extends Component<{ readonly children: ReactNode }, { readonly broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <FailureNote
        failure={new RequestFailure('page-defect')}
        retry={() => {
          window.location.reload();
        }}
      />
    );
  }
}
