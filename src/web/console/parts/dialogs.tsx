import { MantineThemeProvider } from '@mantine/core';
import { useMemo, type ReactNode } from 'react';

import { useSpeech } from '../language/language.tsx';

/** Every dialog can be closed by a button with a name, and its header is not taken for that of the page. */
export function DialogProvider({ children }: { readonly children: ReactNode }) {
  const { words } = useSpeech();
  const { close } = words.common;
  const theme = useMemo(
    () => ({
      components: {
        Modal: {
          defaultProps: {
            closeButtonProps: { 'aria-label': close },
            attributes: { header: { role: 'none' } },
          },
        },
      },
    }),
    [close],
  );
  return <MantineThemeProvider theme={theme}>{children}</MantineThemeProvider>;
}
