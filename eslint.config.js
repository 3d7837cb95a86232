import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = [
  'src/**/*.{ts,tsx}',
  'test/**/*.ts',
  'rolldown.config.ts',
  'vitest.config.ts',
  'vite.config.ts',
];

/** A number in a timer says neither what is waited for nor in which unit: give it a name. */
const BARE_NUMBER = ':matches(Literal, UnaryExpression, BinaryExpression:has(Literal))';
const TIMER = [
  'CallExpression[callee.name=/^(setTimeout|setInterval|sleep)$/]',
  'CallExpression[callee.property.name=/^(setTimeout|setInterval)$/]',
  'CallExpression[callee.object.name="AbortSignal"][callee.property.name="timeout"]',
];

export default tseslint.config(
  { ignores: ['dist/', 'coverage/'] },

  // A rule that does not fit is changed here, with its reason, not in the code.
  { linterOptions: { noInlineConfig: true } },

  js.configs.recommended,

  {
    rules: {
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },

  {
    files: ['**/*.mjs', '**/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        [
          ...['process', 'console', 'Buffer', 'performance', 'fetch', 'URL', 'WebSocket'],
          ...['AbortController', 'AbortSignal', 'TextEncoder', 'TextDecoder'],
          ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate'],
        ].map((name) => [name, 'readonly']),
      ),
    },
  },

  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // Every state and event is handled, and the next one that is added cannot be forgotten.
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Numbers in messages are meant as they print; objects, null and undefined stay forbidden.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // `() => clearTimeout(timer)` is how a callback is written; a void value used elsewhere stays forbidden.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // `while (true)` with a way out inside is the plainest form of a read loop.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      // winston declares its transports as interfaces that extend a class: none is made by that class.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // openid-client marks it to make it stand out: it is for a provider on this machine, see web/oidc/provider.ts.
      '@typescript-eslint/no-deprecated': [
        'error',
        { allow: [{ from: 'package', package: 'openid-client', name: 'allowInsecureRequests' }] },
      ],
      // Tests show what the compiler refuses with @ts-expect-error and a reason; the others hide faults.
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': 'allow-with-description' }],
    },
  },

  {
    files: ['src/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...TIMER.map((timer) => ({
          selector: `${timer} > ${BARE_NUMBER}`,
          message: 'No bare number in a timer: give it a name from the field, with its unit and its reason.',
        })),
        {
          selector: 'CallExpression[callee.object.name="process"][callee.property.name="exit"]',
          message: 'It cuts off what is still being written: set process.exitCode and let the program end.',
        },
      ],
    },
  },

  {
    // A component is one function, and a line of its markup for each property.
    files: ['src/web/console/**/*.tsx'],
    extends: [reactHooks.configs.flat.recommended],
    rules: {
      'max-lines-per-function': ['error', { max: 90, skipBlankLines: true, skipComments: true }],
      // Who asks the server says so at once, in the effect that asks.
      'react-hooks/set-state-in-effect': 'off',
      // The player is an object of the browser: it is told what to do by its properties.
      'react-hooks/immutability': 'off',
    },
  },

  {
    // The callback of describe() is a function, and as long as its tests together.
    files: ['test/**/*.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
);
