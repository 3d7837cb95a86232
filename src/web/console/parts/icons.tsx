import type { SVGProps } from 'react';

/** Strokes on a field of 24 by 24. */
const strokes = {
  overview: 'M4 13h7V4H4zM4 20h7v-4H4zM14 20h6v-9h-6zM14 4v4h6V4z',
  recordings: 'M4 10v4M8 6v12M12 9v6M16 4v16M20 10v4',
  missed: 'M5 5l14 14M12 21a9 9 0 1 0-9-9 9 9 0 0 0 9 9z',
  play: 'M7 4.5v15l12-7.5z',
  pause: 'M8 5v14M16 5v14',
  stop: 'M6 6h12v12H6z',
  record: 'M12 18a6 6 0 1 0-6-6 6 6 0 0 0 6 6z',
  download: 'M12 4v11M7 11l5 5 5-5M4 20h16',
  lock: 'M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3',
  warning: 'M12 4l9 16H3zM12 10v4M12 17v.5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M11 18a7 7 0 1 0-7-7 7 7 0 0 0 7 7zM16 16l5 5',
  back: 'M15 5l-7 7 7 7',
  down: 'M6 9l6 6 6-6',
  remove: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  incoming: 'M18 6L6 18M6 9v9h9',
  outgoing: 'M6 18L18 6M9 6h9v9',
  internal: 'M4 9h14l-4-4M20 15H6l4 4',
  group:
    'M9 11a3.5 3.5 0 1 0-3.5-3.5A3.5 3.5 0 0 0 9 11zM3 20v-1a6 6 0 0 1 12 0v1M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14a6 6 0 0 1 3 5v1',
  announcement: 'M4 10v4h3l6 4V6L7 10zM17 9a4 4 0 0 1 0 6',
  upload: 'M12 16V5M7 9l5-5 5 5M4 20h16',
  report: 'M6 3h9l4 4v14H6zM9 12h7M9 16h7',
  alarm: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15zM10 21h4',
  cleanup: 'M14 4l-4 8M7 12h8l2 8H5zM9 16v4M13 16v4',
  storage: 'M4 7c0-4 16-4 16 0v10c0 4-16 4-16 0zM4 7c0 4 16 4 16 0M4 12c0 4 16 4 16 0',
  system:
    'M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM9 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  audit: 'M4 5h16M4 10h9M4 15h6M17.5 20a3.5 3.5 0 1 0-3.5-3.5 3.5 3.5 0 0 0 3.5 3.5zM20 19l2 2',
  users: 'M12 12a4 4 0 1 0-4-4 4 4 0 0 0 4 4zM4 21v-1a8 8 0 0 1 16 0v1',
  note: 'M5 4h14v12l-4 4H5zM15 20v-4h4M9 9h6M9 13h4',
} as const;

export type IconName = keyof typeof strokes;

const filled: readonly IconName[] = ['play', 'stop', 'record'];

/** Says nothing to a screen reader: what it stands for is in words beside it, or its button's label. */
export function Icon({
  name,
  size = 18,
  ...rest
}: SVGProps<SVGSVGElement> & { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill={filled.includes(name) ? 'currentColor' : 'none'}
      stroke="currentColor"
      strokeWidth={1.8}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      {...rest}
    >
      <path d={strokes[name]} />
    </svg>
  );
}
