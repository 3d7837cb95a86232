import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const petrol: MantineColorsTuple = [
  '#e9f6f8',
  '#d3eaee',
  '#a6d5dd',
  '#76bfcb',
  '#4fadbc',
  '#2d93a4',
  '#17798a',
  '#0b6674',
  '#0b5a66',
  '#08424b',
];

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 7 },
  colors: { petrol },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  defaultRadius: 'sm',
  headings: { fontWeight: '650' },
  components: {
    Button: { defaultProps: { size: 'sm' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 300, multiline: true, maw: 320 } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.4 } } },
    Anchor: { defaultProps: { underline: 'always' } },
  },
});

/** Mantine's own shades of secondary text are too light to be read by everybody (WCAG 4.5:1). */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#54606b',
    '--mantine-color-placeholder': '#66717c',
    '--mantine-color-error': '#b3261e',
    '--mantine-color-anchor': '#0b5a66',
  },
  dark: {
    '--mantine-color-dimmed': '#a9b4bd',
    '--mantine-color-placeholder': '#98a3ad',
    '--mantine-color-error': '#ff8a80',
    '--mantine-color-anchor': '#76bfcb',
  },
});
