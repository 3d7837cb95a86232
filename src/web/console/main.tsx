import '@mantine/core/styles.css';
import './style.css';

import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { Console } from './console.tsx';
import { SpeechProvider } from './language/language.tsx';
import { Boundary } from './parts/boundary.tsx';
import { DialogProvider } from './parts/dialogs.tsx';
import { theme, variables } from './theme.ts';

const page = document.getElementById('page');
if (page)
  createRoot(page).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        defaultColorScheme="auto"
        colorSchemeManager={localStorageColorSchemeManager({ key: 'mitschnitt-colours' })}
      >
        <SpeechProvider>
          <DialogProvider>
            <Boundary>
              <Console />
            </Boundary>
          </DialogProvider>
        </SpeechProvider>
      </MantineProvider>
    </StrictMode>,
  );
